"""Free times of a visit. Pure: no clock, no SQL, no sockets.

Everything is in UTC: opening hours come in as instants, so a day of 23 or 25 hours needs no rule of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

NEAREST_COUNT = 3  # alternatives offered for a time that is gone: they fit a phone's screen without scrolling

Interval = tuple[datetime, datetime]  # from (included) until (excluded), aware


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A time that can be booked, and how many places it still has."""

    starts_at: datetime
    ends_at: datetime
    left: int


@dataclass(frozen=True, slots=True)
class OverlapCounts:
    """How many of some intervals hold at each instant: from `times[i]` on, `levels[i]`."""

    times: Sequence[datetime]
    levels: Sequence[int]

    @classmethod
    def from_intervals(cls, intervals: Iterable[Interval]) -> OverlapCounts:
        changes: dict[datetime, int] = defaultdict(int)
        for start, end in intervals:
            changes[start] += 1
            changes[end] -= 1
        times = sorted(changes)
        return cls(times, list(accumulate(changes[one] for one in times)))

    def peak(self, start: datetime, end: datetime) -> int:
        """The most that hold at one instant of [start, end)."""
        first, last = bisect_right(self.times, start), bisect_left(self.times, end)
        at_start = self.levels[first - 1] if first else 0
        return max(at_start, *self.levels[first:last]) if first < last else at_start


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """So many `places`, some of them `taken`, which a visit needs from `begins` to `ends` after its start."""

    places: int
    begins: timedelta
    ends: timedelta
    taken: OverlapCounts

    def places_left(self, start: datetime) -> int:
        """How many visits that start then would still have a place all the time."""
        return self.places - self.taken.peak(start + self.begins, start + self.ends)


def free_slots(
    openings: Iterable[Interval],
    length: timedelta,
    step: timedelta,
    limits: Sequence[CapacityLimit],
    earliest: datetime,
) -> list[FreeSlot]:
    """Every slot that starts at `earliest` or later and for which no limit is reached, in order."""
    found = []
    for start, end in slot_grid(openings, length, step):
        if start < earliest:
            continue
        left = min((limit.places_left(start) for limit in limits), default=0)
        if left > 0:
            found.append(FreeSlot(start, end, left))
    return found


def slots_outside(slots: Iterable[FreeSlot], closed: Sequence[Interval]) -> list[FreeSlot]:
    """The slots that touch none of these intervals, in their order."""
    return [
        slot for slot in slots if not any(slot.starts_at < end and start < slot.ends_at for start, end in closed)
    ]


def slot_grid(openings: Iterable[Interval], length: timedelta, step: timedelta) -> Iterator[Interval]:
    """Visits that start every `step` from each opening on; one that would end after closing is not given."""
    for opens, closes in sorted(openings):
        start = opens
        while start + length <= closes:
            yield start, start + length
            start += step


def nearest_slots(slots: Iterable[FreeSlot], wanted: datetime, count: int = NEAREST_COUNT) -> list[FreeSlot]:
    """The `count` slots that start closest to `wanted`, in order of time."""
    closest = sorted(slots, key=lambda slot: (abs(slot.starts_at - wanted), slot.starts_at))[:count]
    return sorted(closest, key=lambda slot: slot.starts_at)
