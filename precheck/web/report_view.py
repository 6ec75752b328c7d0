"""Report of a test as pages show it to citizens and staff, beyond the API's report.

No SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.i18n.catalogues import N_, GettextFunction
from ..domain.fault_location import DEVICE_GATE_NAMES, Fault
from ..domain.measurement_times import Part, earlier_parts
from ..domain.report import ConnectionTest
from ..domain.verdict import GATES_RED_FOR_SIGNING, SIGN_LANGUAGE_REQUIREMENTS, Grade

ReportJson = Mapping[str, Any]

COMPARED_GATES = ("rtt_ms", "jitter_ms", "loss_up_pct", "loss_down_pct", "up_kbps", "down_kbps", "video")
PART_LABELS = {
    Part.DEVICES: N_("camera and permissions"),
    Part.VOICE: N_("microphone and speaker"),
    Part.NETWORK: N_("connection"),
}
GROUP_TITLES = {
    Part.NETWORK: N_("Connection"),
    Part.DEVICES: N_("Camera and permissions"),
    Part.VOICE: N_("Microphone"),
}
VOICE_GATE_NAMES = frozenset({"microphone_dbfs", "microphone_clipping_pct"})
NOTICE_KINDS = {Grade.GREEN: "good", Grade.AMBER: "warn", Grade.RED: "bad", Grade.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class PathStation:
    """Part of a call's path, from the device to the service; there are four."""

    fault: Fault
    icon: str
    name: str


@dataclass(frozen=True, slots=True)
class GateGroup:
    """The gates that a part of the test measures; the part can be repeated alone."""

    part: Part
    title: str
    gates: list[dict[str, Any]]

    @property
    def advice_texts(self) -> list[str]:
        """Return each advice of these gates once."""
        return list(dict.fromkeys(gate["advice_text"] for gate in self.gates if gate["advice_text"]))


def path_stations(t: GettextFunction) -> tuple[PathStation, ...]:
    """List the parts in the order in which a call passes through them."""
    return (
        PathStation(Fault.DEVICE, "phone", t("Your device")),
        PathStation(Fault.WIFI, "wifi", t("Your home network")),
        PathStation(Fault.PROVIDER, "globe", t("Your internet provider")),
        PathStation(Fault.US, "desk", t("Us")),
    )


def group_gates(report: ReportJson, t: GettextFunction) -> list[GateGroup]:
    """Group the gates by the part of the test that measures them, the network first."""
    return [
        GateGroup(part, t(title), [gate for gate in report["gates"] if _gate_part(gate["name"]) is part])
        for part, title in GROUP_TITLES.items()
    ]


def _gate_part(name: str) -> Part:
    if name in VOICE_GATE_NAMES:
        return Part.VOICE
    return Part.DEVICES if name in DEVICE_GATE_NAMES else Part.NETWORK


def compare_gates(before: ReportJson, now: ReportJson) -> list[dict[str, Any]]:
    """Pair the gates that depend on the network, of two tests."""
    earlier = {gate["name"]: gate for gate in before["gates"]}
    return [
        {"title": gate["title"], "before": earlier[gate["name"]], "now": gate}
        for gate in now["gates"]
        if gate["name"] in COMPARED_GATES
    ]


def sign_language_hint(test: ConnectionTest, t: GettextFunction) -> str:
    """Explain a black picture or a low frame rate; empty if neither is the reason."""
    fps, grade = test.measurements.video_fps, test.verdict.sign_language
    dark = {gate.name for gate in test.verdict.gates if gate.grade is Grade.AMBER} & GATES_RED_FOR_SIGNING
    if dark:
        return t("Hands cannot be seen clearly in your picture.")
    if fps is None or fps >= SIGN_LANGUAGE_REQUIREMENTS[0].fps or grade not in (Grade.AMBER, Grade.RED):
        return ""
    return t("%(fps)s pictures a second came back. 20 are needed; 25 is better.") % {"fps": round(fps)}


def verdict_page_context(test: ConnectionTest, report: ReportJson, t: GettextFunction) -> dict[str, Any]:
    """Build the context of `precheck/verdict.html`, which citizens and staff see."""
    return {
        "report": report,
        "earlier_parts": [(t(PART_LABELS[part]), at) for part, at in earlier_parts(test.measurement_times)],
        "at": test.measured_at,
        "advice_texts": report["advice_texts"],
        "stations": path_stations(t),
        "signing_kind": NOTICE_KINDS[test.verdict.sign_language],
        "signing_text": sign_language_hint(test, t),
    }
