"""When the desks of a past day could call, from what was recorded. Pure: no clock, no SQL.

A desk could call while it was open, unless the office paused. A free desk that calls no person although people
wait was not able to: its agent had a break, or a call by video or telephone. Where no opening was recorded, a desk
counts as open between its own calls only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .plan import Shift

Period = tuple[datetime, datetime]

AWAY_AFTER = timedelta(minutes=3)  # agents who complete the record of a visit call the next person sooner
UNRECORDED_GAP = timedelta(minutes=20)  # a desk without a call for so long was probably left


@dataclass(frozen=True, slots=True)
class DeskVisit:
    """A period in which a ticket of a line was called to a desk, or served at it."""

    desk_id: str
    line_id: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class DeskDay:
    """The records of the desks of a day.

    `lines`: ids of the lines of each desk, in its order. `sessions`: periods in which each desk was open; a desk
    of an older day has none. `waits`: by line, the periods in which people without an appointment waited.
    """

    openings: Sequence[Period]
    lines: Mapping[str, tuple[str, ...]]
    sessions: Mapping[str, Sequence[Period]]
    visits: Sequence[DeskVisit]
    waits: Mapping[str, Sequence[Period]]
    pauses: Sequence[Period] = ()


@dataclass(frozen=True, slots=True)
class RecordedDesks:
    """The shifts of a past day. `derived`: the desks whose openings were not recorded."""

    shifts: tuple[Shift, ...]
    derived: frozenset[str]


def recorded_desks(day: DeskDay) -> RecordedDesks:
    """Return when each desk could call. A desk that neither opened nor called has no shift."""
    visits: dict[str, list[DeskVisit]] = {}
    for visit in day.visits:
        visits.setdefault(visit.desk_id, []).append(visit)
    order = {desk_id: place for place, desk_id in enumerate(day.lines)}
    desk_ids = sorted({*visits, *day.sessions}, key=lambda desk_id: (order.get(desk_id, len(order)), desk_id))
    shifts: list[Shift] = []
    derived = set()
    for desk_id in desk_ids:
        own = visits.get(desk_id, [])
        # a desk may have served other lines on that day than it does now
        line_ids = tuple(dict.fromkeys([*day.lines.get(desk_id, ()), *(visit.line_id for visit in own)]))
        periods = _able_periods(day, line_ids, day.sessions.get(desk_id, ()), own)
        if line_ids and periods:
            shifts += [Shift(desk_id, line_ids, opens, closes) for opens, closes in periods]
            if not day.sessions.get(desk_id):
                derived.add(desk_id)
    return RecordedDesks(tuple(shifts), frozenset(derived))


def _able_periods(
    day: DeskDay, line_ids: Collection[str], sessions: Sequence[Period], visits: Sequence[DeskVisit]
) -> list[Period]:
    busy = join_periods((visit.started_at, visit.ended_at) for visit in visits)
    if sessions:
        # a desk that was never closed is not open at night; visits that go on into a break of the office count
        is_open = join_periods([*common_periods(sessions, day.openings), *busy], AWAY_AFTER)
    else:
        is_open = join_periods(busy, UNRECORDED_GAP)
    # after the office has closed, the rules of overtime decide
    is_open = [(start, min(end, day.openings[-1][1])) for start, end in is_open if start < day.openings[-1][1]]
    idle = without_periods(is_open, busy)
    waits = join_periods(wait for line_id in line_ids for wait in day.waits.get(line_id, ()))
    away = [period for period in common_periods(idle, waits) if period[1] - period[0] >= AWAY_AFTER]
    return without_periods(is_open, join_periods([*away, *day.pauses]))


# Periods: lists in order of time, without overlaps


def join_periods(periods: Iterable[Period], gap: timedelta = timedelta()) -> list[Period]:
    """Sort periods, and join those that overlap or are at most `gap` apart."""
    joined: list[Period] = []
    for start, end in sorted(period for period in periods if period[0] < period[1]):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def common_periods(some: Iterable[Period], others: Iterable[Period]) -> list[Period]:
    """Return the periods that are in both."""
    found, limits = [], join_periods(others)
    for start, end in join_periods(some):
        clipped = ((max(start, other[0]), min(end, other[1])) for other in limits)
        found += [period for period in clipped if period[0] < period[1]]
    return found


def without_periods(periods: Iterable[Period], removed: Sequence[Period]) -> list[Period]:
    """Return the parts of the periods that are outside of all removed periods."""
    left = []
    for start, end in join_periods(periods):
        begins = start
        for removed_start, removed_end in join_periods(removed):
            if removed_end <= begins or removed_start >= end:
                continue
            if removed_start > begins:
                left.append((begins, removed_start))
            begins = max(begins, removed_end)
        if begins < end:
            left.append((begins, end))
    return left
