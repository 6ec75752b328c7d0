"""When video visits would begin as things stand. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERRUN_TOLERANCE = timedelta(
    minutes=15
)  # calls end a little early or late; beyond, the next ones are kept waiting
OVERRUN_DIVISOR = 4  # a call that is over its time goes on for a quarter of it, as visits at desks do
ARRIVAL_GRACE = timedelta(minutes=10)  # whoever has not come by then is not waited for


@dataclass(frozen=True, slots=True)
class VideoVisit:
    """One visit of a service. `is_on`: somebody of the office talks to its guest; `is_here`: who has come."""

    id: str
    starts_at: datetime
    ends_at: datetime
    is_in_call: bool = False
    has_arrived: bool = False

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at


def forecast_starts(visits: Sequence[VideoVisit], capacity: int, now: datetime) -> dict[str, datetime]:
    """When each visit that has not begun would, with so many calls at a time. Empty while no call is much over its
    time, or another agent is free: then nobody is kept waiting."""
    going = [one for one in visits if one.is_in_call]
    if not any(now > one.ends_at + OVERRUN_TOLERANCE for one in going) or len(going) < capacity:
        return {}
    free = [_expected_end(one, now) for one in going]
    heapq.heapify(free)
    expected = {}
    for one in sorted(_upcoming_visits(visits, now), key=lambda visit: (visit.starts_at, visit.id)):
        begins = max(one.starts_at, heapq.heappop(free))
        expected[one.id] = begins
        heapq.heappush(free, begins + one.duration)
    return expected


def _expected_end(one: VideoVisit, now: datetime) -> datetime:
    return max(one.ends_at, now + one.duration / OVERRUN_DIVISOR)


def _upcoming_visits(visits: Iterable[VideoVisit], now: datetime) -> Iterable[VideoVisit]:
    return (
        one for one in visits if not one.is_in_call and (one.has_arrived or now < one.starts_at + ARRIVAL_GRACE)
    )
