"""How long it takes, as a range of clock times. Pure: no clock, no SQL.

Cold start: until the office has a history to replay, a person ahead costs the expected minutes of their
service divided by the open desks, and durations spread as those of offices do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .line import Line, Pace, Place, order
from .ticket import Kind, LineRules, State, Ticket

STEP = timedelta(minutes=5)  # a range that jumps by single minutes is read as a promise, and broken
SPREAD = 0.7  # standard deviation of a service's duration ÷ its mean; skewed to the right, as in most counters
Z80 = 0.84  # the 80th percentile of a normal distribution, in standard deviations
HALF = 2  # a person being served is, on average, in the middle of it


@dataclass(frozen=True, slots=True)
class Range:
    """P50 to P80, on multiples of five minutes of the hour."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment of the line whose person is not here yet."""

    starts_at: datetime
    expected: timedelta


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk at which somebody sits: its lines, and whether it could call now."""

    line_ids: tuple[str, ...]
    free: bool


def pace(line: Line, desks: Iterable[OpenDesk], waiting: Mapping[str, int], now: datetime) -> Pace | None:
    """How fast the line moves; None when no desk works for it.

    A desk of several lines calls whoever has waited longest, so it gives each line a share by its people.
    """
    serving = [desk for desk in desks if line.id in desk.line_ids]
    if not serving:
        return None
    mine = max(1, waiting.get(line.id, 0))
    shares = [mine / (mine + sum(waiting.get(o, 0) for o in desk.line_ids if o != line.id)) for desk in serving]
    if any(desk.free for desk in serving):
        return Pace(sum(shares), now)
    return Pace(sum(shares), now + _mean_expected(line) / HALF / len(serving))


def ranges(
    line: Line, speed: Pace | None, booked: Sequence[Booked], now: datetime
) -> tuple[list[str], dict[str, Range]]:
    """The ids of the waiting people in the order of their calls, and the range of each (none without a desk)."""
    places = order(line, now, speed)
    ids = [place.ticket.id for place in places]
    if speed is None:
        return ids, {}
    found: dict[str, Range] = {}
    variance = 0.0
    for place in places:
        late = _booked_before(booked, place, now, line.rules) / speed.desks
        found[place.ticket.id] = _range(place.at, timedelta(seconds=Z80 * math.sqrt(variance)) + late)
        variance += (SPREAD * place.ticket.expected.total_seconds() / speed.desks) ** 2
    return ids, found


def newcomer(
    line: Line, expected: timedelta, speed: Pace | None, booked: Sequence[Booked], now: datetime
) -> Range | None:
    """The range of somebody without an appointment who took a ticket now; None without a desk."""
    ticket = Ticket("?", line.id, 10**6, "", "", Kind.WALK_IN, now, now, now, expected=expected, passes_left=10**6)
    return ranges(line.with_tickets(ticket), speed, booked, now)[1].get(ticket.id)


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


def _range(earliest: datetime, spread: timedelta) -> Range:
    start = _round(earliest, down=True)
    end = _round(earliest + spread, down=False)
    return Range(start, max(end, start + STEP))


def _round(moment: datetime, *, down: bool) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    floor = whole - timedelta(minutes=whole.minute % 5)
    return floor if down or floor == moment else floor + STEP


def _mean_expected(line: Line) -> timedelta:
    """Of those at desks, else of those who wait, else ten minutes."""
    there = [one for one in line.tickets if one.state in (State.CALLED, State.SERVING)] or list(line.tickets)
    total = sum((one.expected for one in there), timedelta())
    return total / len(there) if there else timedelta(minutes=10)
