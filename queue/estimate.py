"""How long it takes, as a range of clock times. Pure: no clock, no SQL.

The calls to come are replayed with the very rules of line.py, every visit as long as its service is expected
to take. Until the office has a history of its own, durations spread as those of counters do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .line import Line, OpenDesk, Place, order, replay
from .ticket import Kind, LineRules, State, Ticket

STEP = timedelta(minutes=5)  # a range that jumps by single minutes is read as a promise, and broken
SPREAD = 0.7  # standard deviation of a service's duration ÷ its mean; skewed to the right, as at most counters
Z80 = 0.84  # the 80th percentile of a normal distribution, in standard deviations
OVERRUN = 4  # a visit that has lasted longer than expected takes a quarter of that more


@dataclass(frozen=True, slots=True)
class Range:
    """P50 to P80, on multiples of five minutes of the hour, and none of them past."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment of the line whose person is not here yet."""

    starts_at: datetime
    expected: timedelta


def free_at(there: Ticket | None, now: datetime) -> datetime:
    """When a desk can call again; `there` is who is called to it or served at it."""
    if there is None:
        return now
    if there.state is State.CALLED:
        return now + there.expected
    return max(there.since + there.expected, now + there.expected / OVERRUN)


def outlook(
    line: Line, lines: Sequence[Line], desks: Sequence[OpenDesk], booked: Sequence[Booked], now: datetime
) -> tuple[list[str], dict[str, Range]]:
    """The ids of a line's waiting people in the order of their calls, and the range of each.

    `lines`: all lines of the office, this one among them, for desks are shared. Without an open desk there is
    an order as of now, and no range.
    """
    working = [desk for desk in desks if line.id in desk.line_ids]
    if not working:
        return [place.ticket.id for place in order(line, now)], {}
    around = {line_id for desk in working for line_id in desk.line_ids}
    helping = sum(1 for desk in desks if around & set(desk.line_ids))
    ids, ranges, variance = [], {}, 0.0
    for place in replay(lines, desks, now):
        if place.ticket.line_id == line.id:
            ids.append(place.ticket.id)
            late = _booked_before(booked, place, now, line.rules) / helping
            spread = timedelta(seconds=Z80 * math.sqrt(variance)) + late
            ranges[place.ticket.id] = _range(place.at, spread, max(now, place.ticket.not_before or now))
        if place.ticket.line_id in around:
            variance += (SPREAD * place.ticket.expected.total_seconds() / helping) ** 2
    return ids, ranges


def newcomer(
    line: Line,
    expected: timedelta,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[Booked],
    now: datetime,
) -> Range | None:
    """The range of somebody without an appointment who took a ticket now; None without a desk."""
    ticket = Ticket("?", line.id, 10**6, "", "", Kind.WALK_IN, now, now, now, expected=expected, passes_left=10**6)
    joined = line.with_tickets(ticket)
    others = [joined if one.id == line.id else one for one in lines]
    return outlook(joined, others, desks, booked, now)[1].get(ticket.id)


def could_pass(booked: Iterable[Booked], latest: datetime, now: datetime, rules: LineRules) -> int:
    """How many who are booked could come and be called before a ticket that is called by `latest`."""
    coming = (one.starts_at for one in booked if one.starts_at + rules.late_until > now)
    return sum(1 for starts_at in coming if starts_at - rules.due_before <= latest)


def _booked_before(booked: Sequence[Booked], place: Place, now: datetime, rules: LineRules) -> timedelta:
    """The work of appointments that would pass a person without one, if all of them came in time."""
    if place.ticket.kind is not Kind.WALK_IN:
        return timedelta()
    passing = [
        one.expected
        for one in booked
        if now < one.starts_at + rules.on_time_until and one.starts_at - rules.due_before <= place.at
    ]
    return sum(passing[: place.ticket.passes_left], timedelta())


def _range(earliest: datetime, spread: timedelta, not_before: datetime) -> Range:
    """Rounded outwards; but nobody is told a time that is over, or at which they asked not to be called."""
    start = _round(earliest, down=True)
    if start < not_before:
        start = _round(max(earliest, not_before), down=False)
    end = _round(earliest + spread, down=False)
    return Range(start, max(end, start + STEP))


def _round(moment: datetime, *, down: bool) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    floor = whole - timedelta(minutes=whole.minute % 5)
    return floor if down or floor == moment else floor + STEP
