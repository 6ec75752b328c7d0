"""Slots of a visit. Pure: no clock, no SQL, no sockets.

All times are UTC instants, also those of opening hours, so that days of 23 or 25 hours need no special rule.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

NEAREST_COUNT = 3  # alternatives for a taken slot: they fit on a phone's screen without scrolling

Interval = tuple[datetime, datetime]  # start included, end excluded, aware UTC


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A slot that can be booked, and how many places it has left."""

    starts_at: datetime
    ends_at: datetime
    left: int


@dataclass(frozen=True, slots=True)
class OverlapCounts:
    """How many intervals overlap at each instant: from `times[i]` on, `levels[i]` of them."""

    times: Sequence[datetime]
    levels: Sequence[int]

    @classmethod
    def from_intervals(cls, intervals: Iterable[Interval]) -> OverlapCounts:
        # Changes of an instant are added up, so that a visit can take the place of a visit that ends then.
        changes: dict[datetime, int] = defaultdict(int)
        for start, end in intervals:
            changes[start] += 1
            changes[end] -= 1
        times = sorted(changes)
        return cls(times, list(accumulate(changes[time] for time in times)))

    def peak(self, start: datetime, end: datetime) -> int:
        """Return the highest count at an instant of [start, end)."""
        # A change at `end` is left out: consecutive visits need a single place.
        first, last = bisect_right(self.times, start), bisect_left(self.times, end)
        at_start = self.levels[first - 1] if first else 0
        return max(at_start, *self.levels[first:last]) if first < last else at_start


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """A number of places, some of them taken.

    A visit needs a place from `begins` to `ends` after its start.
    """

    places: int
    begins: timedelta
    ends: timedelta
    taken: OverlapCounts

    def places_left(self, start: datetime) -> int:
        """Return how many more visits could start then and have a place until their end."""
        return self.places - self.taken.peak(start + self.begins, start + self.ends)


def free_slots(
    openings: Iterable[Interval],
    length: timedelta,
    step: timedelta,
    limits: Sequence[CapacityLimit],
    earliest: datetime,
) -> list[FreeSlot]:
    """Return the slots that start at `earliest` or later and reach no limit, in order."""
    found = []
    for start, end in slot_grid(openings, length, step):
        if start < earliest:
            continue
        left = min((limit.places_left(start) for limit in limits), default=0)
        if left > 0:
            found.append(FreeSlot(start, end, left))
    return found


def slots_outside(slots: Iterable[FreeSlot], closed: Sequence[Interval]) -> list[FreeSlot]:
    """Return the slots that overlap none of these intervals, in their order."""
    return [
        slot for slot in slots if not any(slot.starts_at < end and start < slot.ends_at for start, end in closed)
    ]


def slot_grid(openings: Iterable[Interval], length: timedelta, step: timedelta) -> Iterator[Interval]:
    """Yield a visit every `step` from each opening, as long as it ends before closing."""
    # Each opening has its own grid, so that the first visit after a break begins when the office opens again.
    for opens, closes in sorted(openings):
        start = opens
        while start + length <= closes:
            yield start, start + length
            start += step


def nearest_slots(slots: Iterable[FreeSlot], wanted: datetime, count: int = NEAREST_COUNT) -> list[FreeSlot]:
    """Return the `count` slots closest to `wanted`, by time."""
    closest = sorted(slots, key=lambda slot: (abs(slot.starts_at - wanted), slot.starts_at))[:count]
    return sorted(closest, key=lambda slot: slot.starts_at)
