"""What the demo's people measured before their video appointments: one fine, one weak, one not at all."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle
from typing import Any

from ...appointments.service import token_of
from ...core.runtime import Runtime
from ...offices.service import Office
from ...precheck.actions.connection_tests import add_report, latest_tests, start_test
from ...precheck.storage.measurement_schemas import MeasurementsMessage
from .appointments import at, soon

MADE_BEFORE = timedelta(minutes=40)  # they tested when the day began
ROOM = "demo"  # the room that measured; it is not there any more

FINE: dict[str, Any] = {
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
WEAK: dict[str, Any] = {
    **FINE,
    "jitter_ms": 44,
    "loss_up_pct": 3.1,
    "up_kbps": 640,
    "video_fps": 18,
    "link": "wifi",
}


async def fill_tests(runtime: Runtime, office: Office) -> None:
    """A test for each of the office's next video appointments but the first, which is for whoever looks around."""
    async with runtime.reading() as session:
        due = (await soon(session, office, "video", runtime.now()))[1:]
        tested = await latest_tests(session, [one.id for one in due])
    earlier = at(runtime, runtime.now() - MADE_BEFORE)
    for appointment, measured in zip(due, cycle((FINE, WEAK, None)), strict=False):
        if measured is None or appointment.id in tested:
            continue
        _test, token = await start_test(earlier, ROOM, token_of(runtime, appointment))
        await add_report(earlier, token, MeasurementsMessage.model_validate(measured))
