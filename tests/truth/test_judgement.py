"""Comparison of a report with what is true of a link or a device."""

from __future__ import annotations

from typing import Any

import pytest
from office360.benchmarks.truth.conditions import DEVICES, LINKS, EmulatedLink, ForgedDevice
from office360.benchmarks.truth.judgement import TrueValues, judge_device, judge_link
from office360.benchmarks.truth.table import format_comparison

GOOD: dict[str, Any] = {
    "path": "udp",
    "rtt_ms": 22,
    "jitter_ms": 4,
    "loss_up_pct": 0.0,
    "loss_down_pct": 0.0,
    "up_kbps": 5_000,
    "down_kbps": 5_000,
}
TRUE = TrueValues(rtt_ms=(20, 23), loss_pct={"up": (0.0, 0.0), "down": (0.0, 0.0)})


def _link(name: str) -> EmulatedLink:
    return next(link for link in LINKS if link.name == name)


def _device(name: str) -> ForgedDevice:
    return next(device for device in DEVICES if device.name == name)


def _report(verdict: str, fault: str, grades: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
    given = grades or {}
    gates = [{"name": name, "value": value, "grade": given.get(name)} for name, value in values.items()]
    gates += [{"name": name, "value": None, "grade": given[name]} for name in given.keys() - values.keys()]
    return {"verdict": verdict, "fault": fault, "sign_language": verdict, "gates": gates}


def test_right_report_of_a_clean_link_is_all_right() -> None:
    judged = judge_link(_link("clean"), TRUE, _report("green", "none", **GOOD), {})
    assert judged.all_right


def test_each_wrong_part_of_a_report_is_named() -> None:
    values = {**GOOD, "rtt_ms": 40, "loss_down_pct": 2.5, "up_kbps": 3_000, "path": "tls"}
    judged = judge_link(_link("clean"), TRUE, _report("amber", "wifi", **values), {})
    assert (judged.verdict, judged.place) == (False, False)
    assert set(judged.wrong_figures) == {"path", "rtt_ms", "loss_down_pct", "up_kbps"}


@pytest.mark.parametrize(("kbps", "right"), [(235, False), (245, True), (355, True), (365, False)])
def test_speed_of_a_slow_link_may_differ_by_a_fifth(kbps: int, right: bool) -> None:
    values = {**GOOD, "up_kbps": kbps, "down_kbps": 300}
    judged = judge_link(_link("300 kbps"), TRUE, _report("red", "provider", **values), {})
    assert judged.all_right is right


@pytest.mark.parametrize(
    ("grade", "right"), [("green", True), ("unknown", True), ("amber", False), ("red", False)]
)
def test_speed_limited_by_the_probe_must_not_look_slow(grade: str, right: bool) -> None:
    values = {**GOOD, "rtt_ms": 500, "down_kbps": 900}
    report = _report("red", "provider", {"down_kbps": grade}, **values)
    true = TrueValues(rtt_ms=(500, 505))
    assert judge_link(_link("rtt 500"), true, report, {"down_limited_by": "window"}).all_right is right
    assert not judge_link(_link("rtt 500"), true, report, {"down_limited_by": "link"}).all_right


def test_missing_figure_is_wrong_except_where_none_can_be_known() -> None:
    values = {**GOOD, "loss_up_pct": None, "up_kbps": 300, "down_kbps": 300}
    slow = judge_link(_link("300 kbps"), TRUE, _report("red", "provider", **values), {})
    assert slow.wrong_figures == ("loss_up_pct",)
    values = {**GOOD, "loss_up_pct": None, "up_kbps": 80, "down_kbps": 70}
    assert judge_link(_link("80 kbps"), TRUE, _report("red", "provider", **values), {}).all_right


def test_places_that_no_comparison_separates_are_both_right() -> None:
    true = TrueValues(rtt_ms=(20, 20), loss_pct={"up": (9.0, 10.0)})
    for place, right in (("wifi", True), ("unknown", True), ("provider", False), ("us", False)):
        report = _report("red", place, **{**GOOD, "loss_up_pct": 9.5})
        assert judge_link(_link("loss up 10"), true, report, {}).all_right is right


def test_device_must_have_its_grades_and_that_of_signing() -> None:
    black = {**_report("amber", "device", {"camera_luma": "amber"}), "sign_language": "red"}
    assert judge_device(_device("black"), black).all_right
    judged = judge_device(_device("black"), {**_report("amber", "device"), "sign_language": "amber"})
    assert judged.wrong_figures == ("camera_luma", "sign_language")


def test_comparison_counts_right_runs_before_and_now() -> None:
    right = {"verdict": True, "place": True, "wrong_figures": [], "all": True}
    wrong = {"verdict": True, "place": False, "wrong_figures": ["up_kbps"], "all": False}
    before = [{"condition": "clean", "right": wrong}, {"condition": "clean", "right": right}]
    now = [{"condition": name, "right": right} for name in ("clean", "rtt 250")]
    rows = [[cell.strip() for cell in row.split("|")] for row in format_comparison(before, now)]
    changed = "1 of 2 → 1 of 1"
    assert rows[1:] == [
        ["clean", "2 of 2 → 1 of 1", changed, changed, changed],
        ["rtt 250", *["– → 1 of 1"] * 4],
    ]


def test_bench_counts_seventeen_links_and_eleven_devices() -> None:
    assert (sum(link.counted for link in LINKS), len(DEVICES)) == (17, 11)
