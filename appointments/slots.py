"""Free times of one service in one mode. Pure: no clock, no SQL, no sockets.

Everything is in UTC: opening hours come in as instants, so a day of 23 or 25 hours needs no rule of its own.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NEAREST = 3  # alternatives offered for a time that is gone: they fit a phone's screen without scrolling

Interval = tuple[datetime, datetime]  # from (included) until (excluded), aware


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, and how many places it still has."""

    starts_at: datetime
    ends_at: datetime
    left: int


@dataclass(frozen=True, slots=True)
class Agenda:
    """How long one visit takes, and how many can take place at once."""

    length: timedelta
    places: int


def free_slots(
    agenda: Agenda, openings: Iterable[Interval], busy: Iterable[Interval], earliest: datetime
) -> list[Slot]:
    """Every slot with a place left that starts at `earliest` or later, in order."""
    occupied = sorted(busy)
    longest = max((end - start for start, end in occupied), default=timedelta())
    found = []
    for start, end in grid(openings, agenda.length):
        if start < earliest:
            continue
        left = agenda.places - peak((start, end), _near(occupied, start - longest, end))
        if left > 0:
            found.append(Slot(start, end, left))
    return found


def grid(openings: Iterable[Interval], length: timedelta) -> Iterator[Interval]:
    """Visits laid end to end from each opening; one that would end after closing is not given."""
    for opens, closes in sorted(openings):
        start = opens
        while start + length <= closes:
            yield start, start + length
            start += length


def peak(slot: Interval, busy: Iterable[Interval]) -> int:
    """How many of `busy` take place at the same instant, at the worst instant of `slot`."""
    changes = []
    for start, end in busy:
        if start < slot[1] and end > slot[0]:
            changes += [(max(start, slot[0]), 1), (end, -1)]
    worst = now = 0
    for _, change in sorted(changes):  # at one instant an end (-1) sorts before a start (+1)
        now += change
        worst = max(worst, now)
    return worst


def nearest(slots: Iterable[Slot], wanted: datetime, count: int = NEAREST) -> list[Slot]:
    """The `count` slots that start closest to `wanted`, in order of time."""
    closest = sorted(slots, key=lambda slot: (abs(slot.starts_at - wanted), slot.starts_at))[:count]
    return sorted(closest, key=lambda slot: slot.starts_at)


def _near(occupied: Sequence[Interval], after: datetime, before: datetime) -> Sequence[Interval]:
    """Those that can touch the slot: a start earlier than the longest visit before it cannot."""
    return occupied[bisect_left(occupied, (after, after)) : bisect_left(occupied, (before, before))]
