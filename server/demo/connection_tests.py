"""Connection tests before the demo's video appointments: good, weak and missing."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import cycle
from typing import Any

from ...appointments.service import appointment_token
from ...core.runtime import Runtime
from ...offices.service import Office
from ...precheck.actions.connection_tests import add_report, create_test, latest_test_summaries
from ...precheck.storage.measurement_schemas import MeasurementsMessage
from .appointments import runtime_at, upcoming_appointments

TESTED_BEFORE = timedelta(minutes=40)  # age of the tests
DEMO_TEST_ROOM = "demo"  # the room that measured; it does not exist

GOOD_MEASUREMENTS: dict[str, Any] = {
    "rtt_ms": 38,
    "jitter_ms": 6,
    "loss_up_pct": 0.2,
    "loss_down_pct": 0.1,
    "up_kbps": 4_100,
    "down_kbps": 4_800,
    "video_width": 640,
    "video_height": 480,
    "video_fps": 29.7,
    "path": "udp",
    "microphone_dbfs": -31,
    "microphone_clipping_pct": 0,
    "camera_luma": 112,
    "camera_std": 41,
    "camera_moving": True,
    "websocket_ok": True,
    "permissions": "granted",
    "devices": {"camera": True, "microphone": True, "speaker": True},
}
WEAK_MEASUREMENTS: dict[str, Any] = {
    **GOOD_MEASUREMENTS,
    "rtt_ms": 84,
    "jitter_ms": 44,
    "loss_up_pct": 3.1,
    "up_kbps": 640,
    "video_fps": 18,
    "link": "wifi",
}
SENT_PACKETS = {"loss_up_packets": 1_240, "loss_down_packets": 1_236}
RELAYS: dict[str, Any] = {
    "udp": {"ok": True, "rtt_ms": 41, "jitter_ms": 5, "loss_pct": 0, "packets": 100},
    "tcp": {"ok": True, "rtt_ms": 47, "jitter_ms": 8, "loss_pct": 0, "packets": 100},
    "tls": {"ok": True, "rtt_ms": 49, "jitter_ms": 9, "loss_pct": 0, "packets": 100},
}


def build_details(measured: dict[str, Any]) -> dict[str, Any]:
    """Build measurements with the technical details of a test that gave these figures."""
    return {
        **measured,
        **SENT_PACKETS,
        "up_limited_by": "link",
        "down_limited_by": "link",
        "rtt_min_ms": 32,
        "rtt_loaded_up_ms": measured["rtt_ms"] * 3,
        "rtt_loaded_down_ms": measured["rtt_ms"] * 2,
        "limited_by": "none",
        "page_lag_ms": 4,
        "dropped_frames_pct": 0.4,
        "ways": RELAYS,
        "details": {
            "codec": "VP8",
            "candidates": {"local": "prflx", "remote": "host"},
            "phases_ms": {"signaling": 64, "ice": 92, "dtls": 118, "first_media": 340},
            "series": _build_series(measured),
        },
    }


def _build_series(measured: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Build the figures of a test of 22 s: download, upload, then picture and voice."""

    def wave(name: str, start_s: int, end_s: int, swing: float) -> list[tuple[float, float]]:
        usual = measured[name]
        halves = range(2 * start_s, 2 * end_s)
        return [(half / 2, round(usual * (1 + swing * math.sin(half * half)), 1)) for half in halves]

    return {
        "rtt_ms": wave("rtt_ms", 0, 22, 0.2),
        "loss_up_pct": wave("loss_up_pct", 12, 22, 0.6),
        "loss_down_pct": wave("loss_down_pct", 12, 22, 0.6),
        "down_kbps": wave("down_kbps", 1, 5, 0.1),
        "up_kbps": wave("up_kbps", 6, 10, 0.1),
    }


async def ensure_connection_tests(runtime: Runtime, office: Office) -> None:
    """Add tests to the next video appointments, except the first, which is for a visitor."""
    async with runtime.read_session() as session:
        due = (await upcoming_appointments(session, office, "video", runtime.now()))[1:]
        tested = await latest_test_summaries(session, [appointment.id for appointment in due])
    earlier = runtime_at(runtime, runtime.now() - TESTED_BEFORE)
    for appointment, measured in zip(due, cycle((GOOD_MEASUREMENTS, WEAK_MEASUREMENTS, None)), strict=False):
        if measured is None or appointment.id in tested:
            continue
        _test, token = await create_test(earlier, DEMO_TEST_ROOM, appointment_token(runtime, appointment))
        await add_report(earlier, token, MeasurementsMessage.model_validate(build_details(measured)))
