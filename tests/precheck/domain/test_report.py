"""Report of a test: the API object in both languages, with formatted figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from office360.core.i18n.catalogues import Catalogues
from office360.precheck.domain.advice_texts import ADVICE_TEXTS, GATE_TITLES
from office360.precheck.domain.fault_location import RoomHealth
from office360.precheck.domain.report import ConnectionTest, build_report_json, call_start_kbps
from office360.precheck.domain.verdict import (
    DeviceAvailability,
    Measurements,
    Permission,
    SpeedLimit,
    grade_measurements,
)

from .test_fault_location import GOOD

FOLDER = Path(__file__).parent.parent.parent.parent / "precheck"
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def build_report(language: str = "es", **measured: Any) -> dict[str, Any]:
    test = ConnectionTest("id", "K7-42", None, None, AT, AT, replace(GOOD, **measured))
    return build_report_json(test, language, Catalogues([FOLDER]).translations(language).gettext)


def find_gate(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(gate for gate in report["gates"] if gate["name"] == name)


def test_report_json_has_the_documented_fields() -> None:
    report = build_report()
    assert (report["code"], report["verdict"], report["fault"]) == ("K7-42", "green", "none")
    assert report["at"] == "2026-11-25T09:30:00+00:00"
    assert find_gate(report, "rtt_ms").items() >= {
        ("value", 40),
        ("unit", "ms"),
        ("grade", "green"),
        ("advice", None),
    }


def test_report_without_measurements_is_unknown() -> None:
    test = ConnectionTest("id", "K7-42", None, None, AT)
    report = build_report_json(test, "es", Catalogues([FOLDER]).translations("es").gettext)
    assert (report["verdict"], report["fault"], report["reported"]) == ("unknown", "unknown", False)
    assert {gate["grade"] for gate in report["gates"]} == {"unknown"}
    assert {gate["shown"] for gate in report["gates"]} == {"sin probar"}


def test_upstream_loss_report_has_the_designed_texts() -> None:
    report = build_report(loss_up_pct=3.1, jitter_ms=40)
    assert report["title"] == "Se te oirá bien. La imagen puede cortarse."
    assert report["text"] == "Tu red de casa o tu wifi pierde o retrasa datos."
    assert report["advice_texts"][0] == "Acércate al router y repite la prueba."
    assert find_gate(report, "loss_up_pct")["shown"] == "3,1 %"
    assert find_gate(build_report("en", loss_up_pct=3.1), "loss_up_pct")["shown"] == "3.1 %"


def test_fault_on_our_side_gives_no_advice() -> None:
    late = RoomHealth(loop_lag_ms=180, healthy=False)
    test = ConnectionTest("id", "K7-42", None, None, AT, AT, replace(GOOD, jitter_ms=70), room_health=late)
    report = build_report_json(test, "es", Catalogues([FOLDER]).translations("es").gettext)
    assert (report["fault"], report["advice_texts"]) == ("us", [])
    assert report["text"] == "Es cosa nuestra. Repite la prueba dentro de unos minutos."


def test_figures_are_formatted_for_the_language() -> None:
    report = build_report(microphone_dbfs=-31.4, up_kbps=1_640)
    assert find_gate(report, "microphone_dbfs")["shown"] == "−31 dB"
    assert find_gate(report, "up_kbps")["shown"] == "1.640 kb/s"
    assert find_gate(report, "video")["shown"] == "640×480, 30 img/s"


def test_undecided_loss_is_shown_as_a_range() -> None:
    report = build_report(loss_up_pct=1.3, loss_up_packets=690)
    loss = find_gate(report, "loss_up_pct")
    assert (loss["grade"], loss["shown"], loss["low"], loss["high"]) == ("unknown", "0,8–2,2 %", 0.76, 2.22)
    assert (report["verdict"], report["title"]) == ("unknown", "La prueba tiene que medir un poco más.")
    assert report["text"].startswith("Se perdieron datos")
    decided = find_gate(build_report(loss_up_pct=3.1, loss_up_packets=690), "loss_up_pct")
    assert decided["shown"] == "3,1 %"


def test_speed_of_a_capped_probe_is_shown_as_at_least() -> None:
    report = build_report(down_kbps=5_000, down_limited_by=SpeedLimit.CAP)
    assert find_gate(report, "down_kbps")["shown"] == "al menos 5.000 kb/s"


def test_missing_device_is_named() -> None:
    report = build_report(devices=DeviceAvailability(False, True, True), permissions=Permission.UNAVAILABLE)
    assert find_gate(report, "devices")["shown"] == "sin cámara"
    assert report["title"] == "Este dispositivo no tiene cámara."  # no permission was denied


@pytest.mark.parametrize(
    ("measured", "title"),
    [
        ({"permissions": Permission.DENIED}, "El navegador no deja usar la cámara y el micrófono."),
        ({"permissions": Permission.UNAVAILABLE}, "Otro programa está usando la cámara o el micrófono."),
        ({"microphone_dbfs": -90}, "No te oímos."),
        (
            {"permissions": Permission.DENIED, "devices": DeviceAvailability(None, True, True)},
            "El navegador no deja usar la cámara.",
        ),
        ({"permissions": Permission.UNAVAILABLE, "camera_luma": None}, "Otro programa está usando la cámara."),
        ({"camera_luma": 4}, "Tu imagen se ve muy oscura."),
        ({"up_kbps": 200}, "Solo la voz irá bien."),
        ({"jitter_ms": 40, "microphone_dbfs": None}, "La llamada puede cortarse."),
        ({"rtt_ms": 900}, "La voz llegará demasiado tarde."),
        ({"loss_up_pct": 12}, "Así la videollamada no irá bien."),
        ({"up_kbps": 80}, "Esta conexión es demasiado lenta para una llamada."),
    ],
)
def test_title_names_the_most_specific_cause(measured: dict[str, Any], title: str) -> None:
    assert build_report(**measured)["title"] == title


def test_sign_language_is_unknown_without_a_received_picture() -> None:
    seen = build_report(video_fps=22)
    unseen = build_report(loss_up_pct=3, video_fps=None)
    assert (seen["sign_language"], seen["sign_language_text"]) == (
        "amber",
        "Tu conexión sirve, aunque justo, para hablar en lengua de signos.",
    )
    assert unseen["sign_language"] == "amber"
    assert unseen["sign_language_text"] == "No sabemos si tu conexión sirve para hablar en lengua de signos."


def test_every_gate_and_advice_has_a_text() -> None:
    assert {gate.name for gate in grade_measurements(Measurements()).gates} == set(GATE_TITLES)
    assert set(build_report(rtt_ms=900, jitter_ms=90, up_kbps=50, microphone_dbfs=-90)["advice"]) <= set(
        ADVICE_TEXTS
    )


@pytest.mark.parametrize(
    ("up_kbps", "down_kbps", "start_kbps"),
    [
        (5_000, 5_000, 1_500),
        (800, 5_000, 560),
        (5_000, 800, 560),
        (200, 5_000, 150),
        (80, 5_000, 80),
        (None, 1_000, 700),
        (0, 0, 60),
        (None, None, None),
    ],
)
def test_call_starts_below_the_slower_direction(
    up_kbps: float | None, down_kbps: float | None, start_kbps: int | None
) -> None:
    assert call_start_kbps(Measurements(up_kbps=up_kbps, down_kbps=down_kbps)) == start_kbps
