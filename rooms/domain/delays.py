"""When video visits would begin as things stand. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERRUN = timedelta(minutes=15)  # calls end a little early or late; beyond, the next ones are kept waiting
STILL = 4  # a call that is over its time goes on for a quarter of it, as visits at desks do
COMES = timedelta(minutes=10)  # whoever has not come by then is not waited for


@dataclass(frozen=True, slots=True)
class VideoVisit:
    """One visit of a service. `is_on`: somebody of the office talks to its guest; `is_here`: who has come."""

    id: str
    starts_at: datetime
    ends_at: datetime
    is_on: bool = False
    is_here: bool = False

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


def expected_starts(visits: Sequence[VideoVisit], places: int, now: datetime) -> dict[str, datetime]:
    """When each visit that has not begun would, with so many calls at a time. Empty while no call is much over its
    time, or another agent is free: then nobody is kept waiting."""
    going = [one for one in visits if one.is_on]
    if not any(now > one.ends_at + OVERRUN for one in going) or len(going) < places:
        return {}
    free = [_ends(one, now) for one in going]
    heapq.heapify(free)
    expected = {}
    for one in sorted(_to_come(visits, now), key=lambda visit: (visit.starts_at, visit.id)):
        begins = max(one.starts_at, heapq.heappop(free))
        expected[one.id] = begins
        heapq.heappush(free, begins + one.length)
    return expected


def _ends(one: VideoVisit, now: datetime) -> datetime:
    return max(one.ends_at, now + one.length / STILL)


def _to_come(visits: Iterable[VideoVisit], now: datetime) -> Iterable[VideoVisit]:
    return (one for one in visits if not one.is_on and (one.is_here or now < one.starts_at + COMES))
