"""Connection tests before the demo's video appointments: one good, one weak, one missing."""

from __future__ import annotations

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
    "jitter_ms": 44,
    "loss_up_pct": 3.1,
    "up_kbps": 640,
    "video_fps": 18,
    "link": "wifi",
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
        await add_report(earlier, token, MeasurementsMessage.model_validate(measured))
