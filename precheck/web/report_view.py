"""What a citizen and a member of staff are shown of a test, beyond the report that programs get too. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.i18n.catalogues import N_
from ..domain.fault_location import DEVICE_GATES, Fault
from ..domain.measurement_times import Part, earlier
from ..domain.report import ConnectionTest
from ..domain.verdict import Grade

Report = Mapping[str, Any]
Translate = Callable[[str], str]

COMPARED = ("rtt_ms", "jitter_ms", "loss_up_pct", "loss_down_pct", "up_kbps", "down_kbps", "video")
PARTS = {
    Part.DEVICES: N_("camera and permissions"),
    Part.VOICE: N_("microphone and speaker"),
    Part.NETWORK: N_("connection"),
}
NOTICES = {Grade.GREEN: "good", Grade.AMBER: "warn", Grade.RED: "bad", Grade.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Station:
    """One of the four places that a call passes, from the device to us."""

    fault: Fault
    icon: str
    name: str


def stations(t: Translate) -> tuple[Station, ...]:
    """In the order in which a call passes them."""
    return (
        Station(Fault.DEVICE, "phone", t("Your device")),
        Station(Fault.WIFI, "wifi", t("Your Wi-Fi")),
        Station(Fault.PROVIDER, "globe", t("Your company")),
        Station(Fault.US, "desk", t("We")),
    )


def grouped(report: Report, t: Translate) -> list[tuple[str, list[dict[str, Any]]]]:
    """All gates, those of the network first, each group under its name."""
    of_device = {gate["name"] for gate in report["gates"]} & DEVICE_GATES
    network = [gate for gate in report["gates"] if gate["name"] not in of_device]
    device = [gate for gate in report["gates"] if gate["name"] in of_device]
    return [(t("Connection"), network), (t("This device"), device)]


def compared(before: Report, now: Report) -> list[dict[str, Any]]:
    """The gates that another network changes, of two tests, side by side."""
    earlier = {gate["name"]: gate for gate in before["gates"]}
    return [
        {"title": gate["title"], "before": earlier[gate["name"]], "now": gate}
        for gate in now["gates"]
        if gate["name"] in COMPARED
    ]


def advice_texts(report: Report) -> list[str]:
    """What to do, each thing once: who is told of the router need not read of it again beside a cable."""
    told = dict(zip(report["advice"], report["advice_texts"], strict=True))
    if "nearer_to_router" in told:
        told.pop("use_cable", None)
    return list(told.values())


def signing_text(test: ConnectionTest, t: Translate) -> str:
    """Why it is not enough for sign language, when it is the number of pictures; else empty."""
    fps, grade = test.measured.video_fps, test.verdict.sign_language
    if fps is None or fps >= 25 or grade not in (Grade.AMBER, Grade.RED):
        return ""
    return t("%(fps)s pictures a second came back. 20 are needed, 25 are better.") % {"fps": round(fps)}


def verdict_page(test: ConnectionTest, report: Report, t: Translate) -> dict[str, Any]:
    """What `precheck/verdict.html` needs beside the report; the staff's page shows the same."""
    return {
        "report": report,
        "earlier_parts": [(t(PARTS[part]), at) for part, at in earlier(test.moments)],
        "at": test.at,
        "advice_texts": advice_texts(report),
        "groups": grouped(report, t),
        "stations": stations(t),
        "signing_kind": NOTICES[test.verdict.sign_language],
        "signing_text": signing_text(test, t),
    }
