"""Open desks and exact service times for tests of forecasts."""

from __future__ import annotations

from datetime import timedelta

from office360.queue.domain.call_order import OpenDesk
from office360.queue.domain.service_times import ServiceTime, ServiceTimes

from .tickets import at_minute

TEN = timedelta(minutes=10)
# Every visit takes exactly ten minutes.
EXACT_SERVICE_TIMES = ServiceTimes(
    by_service={"documents": ServiceTime(TEN, timedelta())}, no_show_share=0.0, systematic_spread=0.0
)


def open_desks(count: int, free: float = 0, lines: tuple[str, ...] = ("line",)) -> list[OpenDesk]:
    """Return open desks that are free from the minute `free` on."""
    return [OpenDesk(lines, at_minute(free)) for _ in range(count)]
