"""Forecast of the starts of calls by video or telephone while others run over. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERRUN_TOLERANCE = timedelta(minutes=15)  # shorter overruns are normal and delay no forecast
# A call past its end lasts another quarter of its duration, like visits at desks.
OVERRUN_DIVISOR = 4
# A citizen who has not arrived this long after the start is skipped.
ARRIVAL_GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RemoteVisit:
    """A visit by video or telephone."""

    id: str
    starts_at: datetime
    ends_at: datetime
    is_in_call: bool = False
    has_arrived: bool = False

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at


def forecast_starts(visits: Sequence[RemoteVisit], capacity: int, now: datetime) -> dict[str, datetime]:
    """Forecast the start of each visit that has not begun, by visit id.

    `capacity` is the number of calls at a time. Returns an empty dict if no call has overrun by more
    than the tolerance, or if an agent is free: then no visit is delayed.
    """
    ongoing = [visit for visit in visits if visit.is_in_call]
    if not any(now > visit.ends_at + OVERRUN_TOLERANCE for visit in ongoing) or len(ongoing) < capacity:
        return {}
    free_at = [_expected_end(visit, now) for visit in ongoing]
    heapq.heapify(free_at)
    starts = {}
    for visit in sorted(_upcoming_visits(visits, now), key=lambda visit: (visit.starts_at, visit.id)):
        start = max(visit.starts_at, heapq.heappop(free_at))
        starts[visit.id] = start
        heapq.heappush(free_at, start + visit.duration)
    return starts


def _expected_end(visit: RemoteVisit, now: datetime) -> datetime:
    return max(visit.ends_at, now + visit.duration / OVERRUN_DIVISOR)


def _upcoming_visits(visits: Iterable[RemoteVisit], now: datetime) -> Iterable[RemoteVisit]:
    return (
        visit
        for visit in visits
        if not visit.is_in_call and (visit.has_arrived or now < visit.starts_at + ARRIVAL_GRACE)
    )
