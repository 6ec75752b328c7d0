"""Comparison of a test's report with the true values of its link or device. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .conditions import PROBE_CAP_KBPS, EmulatedLink, Expected, ForgedDevice

SHARE = 0.2  # of a delay or a rate
SLACK_MS, SLACK_KBPS, SLACK_LOSS = 10.0, 20.0, 2.0
RELAYED_PATHS = ("tcp", "tls")


@dataclass(frozen=True)
class TrueValues:
    """True values of a link. A range holds those of different times of the test."""

    rtt_ms: tuple[float, float] | None = None
    jitter_ms: tuple[float, float] | None = None  # without and with packets that were overtaken
    loss_pct: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # by direction
    peak_kbps: Mapping[str, float] = field(default_factory=dict)  # what passed in the best second


@dataclass(frozen=True)
class Judgement:
    """Whether the report is right. Empty `wrong_figures`: all are."""

    verdict: bool
    place: bool
    wrong_figures: tuple[str, ...] = ()

    @property
    def all_right(self) -> bool:
        return self.verdict and self.place and not self.wrong_figures


def judge_device(device: ForgedDevice, report: Mapping[str, Any]) -> Judgement:
    """Compare the grades that a device must have."""
    return _judge(device.expected, report, [])


def judge_link(
    link: EmulatedLink, true: TrueValues, report: Mapping[str, Any], measured: Mapping[str, Any]
) -> Judgement:
    """Compare verdict, place and figures.

    `measured`: what the page sent, which says what limited a speed.
    """
    gates = {gate["name"]: gate for gate in report["gates"]}
    values = {name: gate["value"] for name, gate in gates.items()}
    wrong = [] if _is_path_right(link.path, values.get("path")) else ["path"]
    if true.rtt_ms is not None and link.path != "none":
        wrong += _unless(_is_in(values.get("rtt_ms"), *_delay_range(*true.rtt_ms)), "rtt_ms", link, values)
    if true.jitter_ms is not None:
        right = _is_in(values.get("jitter_ms"), *_delay_range(*true.jitter_ms))
        wrong += _unless(right, "jitter_ms", link, values)
    for direction, (least, most) in true.loss_pct.items():
        name = f"loss_{direction}_pct"
        right = _is_in(values.get(name), least - SLACK_LOSS, most + SLACK_LOSS)
        wrong += _unless(right, name, link, values)
    if link.path != "none" and not link.downloads:
        for direction, line in (("up", link.up), ("down", link.down)):
            name = f"{direction}_kbps"
            right = _is_rate_right(line.kbps, gates.get(name, {}), measured.get(f"{direction}_limited_by"))
            wrong += _unless(right, name, link, values)
    return _judge(link.expected, report, wrong)


def _judge(expected: Expected, report: Mapping[str, Any], wrong: list[str]) -> Judgement:
    grades = {gate["name"]: gate["grade"] for gate in report["gates"]}
    wrong += [name for name, grade in expected.gates.items() if grades.get(name) != grade]
    signing = expected.sign_language
    if signing is not None and report["sign_language"] != signing:
        wrong.append("sign_language")
    return Judgement(report["verdict"] == expected.verdict, report["fault"] in expected.places, tuple(wrong))


def _unless(right: bool, name: str, link: EmulatedLink, values: Mapping[str, Any]) -> list[str]:
    missing_allowed = values.get(name) is None and name in link.unmeasured
    return [] if right or missing_allowed else [name]


def _is_in(value: float | None, least: float, most: float) -> bool:
    return value is not None and least <= value <= most


def _delay_range(least: float, most: float) -> tuple[float, float]:
    return least - max(SHARE * least, SLACK_MS), most + max(SHARE * most, SLACK_MS)


def _is_path_right(true: str, path: str | None) -> bool:
    return path in RELAYED_PATHS if true in RELAYED_PATHS else path == true


def _is_rate_right(kbps: float, gate: Mapping[str, Any], limited_by: str | None) -> bool:
    """Tell whether a measured rate is the link's.

    On a link faster than the probe, a report may say that its own protocol was the limit: then it is right as long
    as it does not call the link slow.
    """
    true = min(kbps or PROBE_CAP_KBPS, PROBE_CAP_KBPS)
    value, slack = gate.get("value"), max(SHARE * true, SLACK_KBPS)
    if not kbps:
        is_lower_bound = limited_by == "window" and gate.get("grade") not in ("amber", "red")
        return is_lower_bound or _is_in(value, true - slack, float("inf"))
    return _is_in(value, true - slack, true + slack)
