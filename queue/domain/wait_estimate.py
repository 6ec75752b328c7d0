"""How long it takes, as a range of clock times. Pure: no clock, no SQL.

The calls to come are replayed with the very rules of line.py: every visit as long as the office's past lets one
expect, everybody who is booked a person who comes with the chance that they do. How far off that may be adds up
over the visits in between, as variances of independent things do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .call_order import OpenDesk, Place, order, replay
from .line import Line, Why
from .service_times import COLD, Pace
from .ticket import Kind, LineRules, State, Ticket

STEP = timedelta(minutes=5)  # a range that jumps by single minutes is read as a promise, and broken
Z80 = 0.8416  # the 80th percentile of a normal distribution, in standard deviations
LOW, HIGH = -Z80, Z80  # where a range begins and ends, likewise (docs/decisions/0016)
OVERRUN = 4  # a visit that has lasted longer than expected takes a quarter of that more
BEFORE_TIME = timedelta(minutes=5)  # people come to an appointment about so long before it


@dataclass(frozen=True, slots=True)
class Range:
    """On multiples of five minutes of the hour; its end is to come, its start is not over for five minutes."""

    earliest: datetime
    latest: datetime

    def holds(self, called_at: datetime) -> bool:
        """Whether a call came within it, as a clock shows it: at 10:50:59 it is 10:50."""
        return self.earliest <= _minute(called_at) <= self.latest

    def ended_before(self, called_at: datetime) -> bool:
        """Whether a call came later than was said."""
        return _minute(called_at) > self.latest


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment whose person is not here yet. `line_id` empty: of the line that is asked about.

    `told_at`: when to come, as they were told because we run late. `expected`: how long `service` and `more` take.
    """

    starts_at: datetime
    expected: timedelta
    line_id: str = ""
    service: str = ""
    appointment_id: str = ""
    told_at: datetime | None = None
    more: tuple[str, ...] = ()

    @property
    def comes_at(self) -> datetime:
        return self.told_at or self.starts_at


def free_at(there: Ticket | None, now: datetime, pace: Pace = COLD) -> datetime:
    """When a desk can call again; `there` is who is called to it or served at it."""
    if there is None:
        return now
    mean = pace.visit(there.service, there.expected, there.more_services).mean
    if there.state is State.CALLED:
        return now + mean
    return max(there.since + mean, now + mean / OVERRUN)


def outlook(
    line: Line,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[Booked],
    now: datetime,
    pace: Pace = COLD,
) -> tuple[list[str], dict[str, Range]]:
    """The ids of a line's waiting people in the order of their calls, and the range of each.

    `lines`: all lines of the office, this one among them, for desks are shared. Without an open desk there is
    an order as of now, and no range.
    """
    if not _is_served(line, desks):
        return [place.ticket.id for place in order(line, now)], {}
    here = {ticket.id for ticket in line.tickets if ticket.state is State.WAITING}
    ids, ranges = [], {}
    for place, low, unsure in _foretold(line, lines, desks, booked, now, pace):
        if place.ticket.id in here:
            ids.append(place.ticket.id)
            ranges[place.ticket.id] = _range(low, place.at + HIGH * unsure, now, place.ticket.not_before)
    return ids, ranges


def expected_calls(
    line: Line,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[Booked],
    now: datetime,
    pace: Pace = COLD,
) -> dict[str, datetime]:
    """When those who are booked would be called if they come in time, by appointment: in a line, and in all lines
    with which it shares desks.

    Half of them earlier, half later: a time to come at, not a promise.
    """
    if not _is_served(line, desks):
        return {}
    calls = _foretold(line, lines, desks, booked, now, pace)
    expected = {one.appointment_id for one in booked if one.appointment_id}
    return {name: place.at for place, _, _ in calls if (name := place.ticket.appointment_id or "") in expected}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of somebody without an appointment who took a ticket now.

    `called`: the range in which they would be called. `finished_by`: when the visit would be over, P80.
    `delay`: how late the appointments would be called that are due until then.
    """

    called: Range
    finished_by: datetime
    delay: timedelta


def forecast(
    line: Line,
    expected: timedelta,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[Booked],
    now: datetime,
    pace: Pace = COLD,
    service: str = "",
) -> Forecast | None:
    """What becomes of whoever takes a ticket now without an appointment; None without a desk of the line."""
    if not _is_served(line, desks):
        return None
    ticket = Ticket(
        "?", line.id, 10**6, "", service, Kind.WALK_IN, now, now, now, expected=expected, passes_left=10**6
    )
    joined = line.with_tickets(ticket)
    others = [joined if one.id == line.id else one for one in lines]
    delay = timedelta()
    for place, low, unsure in _foretold(joined, others, desks, booked, now, pace):
        if place.ticket.id == ticket.id:
            visit = pace.visit(service, expected)
            spread = math.hypot(unsure.total_seconds(), visit.deviation.total_seconds())
            finished_by = place.at + visit.mean + timedelta(seconds=Z80 * spread)
            return Forecast(_range(low, place.at + HIGH * unsure, now, None), finished_by, delay)
        if place.ticket.line_id == line.id and place.why is Why.APPOINTMENT_DUE and place.ticket.appointment_at:
            delay = max(delay, place.at - max(place.ticket.appointment_at, place.ticket.arrived_at))
    return None


def open_desk(line_ids: tuple[str, ...], there: Ticket | None, now: datetime, pace: Pace = COLD) -> OpenDesk:
    """A desk at which somebody sits, and whoever is called to it or served at it."""
    if there is None:
        return OpenDesk(line_ids, now)
    visit = pace.visit(there.service, there.expected, there.more_services)
    gone = (now - there.since) / visit.mean if there.state is State.SERVING else 0.0
    return OpenDesk(line_ids, free_at(there, now, pace), visit.deviation * max(0.5, 1 - gone / 2))


def could_pass(booked: Iterable[Booked], latest: datetime, now: datetime, rules: LineRules) -> int:
    """How many who are booked could come and be called before a ticket that is called by `latest`."""
    coming = (one.starts_at for one in booked if one.comes_at + rules.late_until > now)
    return sum(1 for starts_at in coming if starts_at - rules.due_before <= latest)


def _is_served(line: Line, desks: Sequence[OpenDesk]) -> bool:
    return any(line.id in desk.line_ids for desk in desks)


def _foretold(
    line: Line,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[Booked],
    now: datetime,
    pace: Pace,
) -> Iterator[tuple[Place, datetime, timedelta]]:
    """The calls to come at the desks around a line, from when on each may be, and its standard deviation.

    Nobody may be called earlier than whoever is before in the line, though less is known of later calls.
    """
    around = {line_id for desk in desks if line.id in desk.line_ids for line_id in desk.line_ids}
    helping = [desk for desk in desks if around & set(desk.line_ids)]
    near = _reachable(line.id, desks)
    present = [_all_present(one, now) for one in lines if one.id in near]
    chances = _Chances(pace, {one.id: one.rules for one in present})
    expected = list(_expected(booked, line, present, now, chances))
    crowd = [one.with_tickets(*(ticket for ticket in expected if ticket.line_id == one.id)) for one in present]
    low, work, variance = now, 0.0, sum(desk.doubt.total_seconds() ** 2 for desk in helping)
    working = [desk for desk in desks if near & set(desk.line_ids)]
    for place in replay(crowd, working, now, chances.lasts):
        unsure = timedelta(seconds=math.hypot(math.sqrt(variance), pace.doubt * work) / len(helping))
        if place.ticket.line_id == line.id:
            low = max(low, place.at + LOW * unsure)
        yield place, low, unsure
        if place.ticket.line_id in around:
            mean, more = chances.moments(place.ticket)
            work, variance = work + mean, variance + more


def _reachable(line_id: str, desks: Sequence[OpenDesk]) -> set[str]:
    """The lines that can matter to a line: those of its desks, those of their desks, and so on."""
    near, more = set[str](), {line_id}
    while more:
        near |= more
        more = {other for desk in desks if near & set(desk.line_ids) for other in desk.line_ids} - near
    return near


def _all_present(line: Line, now: datetime) -> Line:
    """The line with those who are on hold as people who come back when they said."""
    held = [
        replace(ticket, state=State.WAITING, returns_to=None)
        for ticket in line.tickets
        if ticket.state is State.ON_HOLD
    ]
    return line.with_tickets(*held) if held else line


class _Chances:
    """How long a desk is busy with each person, those included who may not answer, or not come at all."""

    def __init__(self, pace: Pace, rules: Mapping[str, LineRules]) -> None:
        self._pace = pace
        self._rules = rules
        self._coming: dict[str, float] = {}  # of those who are not here, the chance that they come
        self._known: dict[tuple[str, str, timedelta, tuple[str, ...], float], tuple[float, float]] = {}

    def expect(self, ticket: Ticket, chance: float) -> None:
        self._coming[ticket.id] = chance

    def moments(self, ticket: Ticket) -> tuple[float, float]:
        """Mean and variance of the seconds that a desk is busy with this person."""
        chance = self._coming.get(ticket.id, 1.0)
        key = (ticket.line_id, ticket.service, ticket.expected, ticket.more_services, chance)
        if key not in self._known:
            self._known[key] = self._moments(*key)
        return self._known[key]

    def _moments(
        self, line_id: str, service: str, expected: timedelta, more: tuple[str, ...], chance: float
    ) -> tuple[float, float]:
        visit = self._pace.visit(service, expected, more)
        mean, deviation = visit.mean.total_seconds(), visit.deviation.total_seconds()
        nobody = self._rules[line_id].missed_after.total_seconds()
        served, missed = chance * (1 - self._pace.absent), chance * self._pace.absent
        first = served * mean + missed * nobody
        second = served * (mean**2 + deviation**2) + missed * nobody**2
        return first, max(0.0, second - first**2)

    def coming(self, one: Booked, rules: LineRules, now: datetime) -> float:
        """The chance that somebody who is booked still comes: the longer after the time, the smaller."""
        late = max(timedelta(), now - one.comes_at) / (rules.on_time_until or STEP)
        return (1 - self._pace.no_show) * max(0.0, 1 - late)

    def lasts(self, ticket: Ticket) -> timedelta:
        return timedelta(seconds=self.moments(ticket)[0])


def _expected(
    booked: Sequence[Booked], line: Line, lines: Sequence[Line], now: datetime, chances: _Chances
) -> Iterator[Ticket]:
    """Those who are booked, as tickets that appear when people usually come."""
    rules = {one.id: one.rules for one in lines}
    for number, one in enumerate(booked):
        line_id = one.line_id or line.id
        if line_id not in rules:
            continue
        chance = chances.coming(one, rules[line_id], now)
        if chance > 0:
            comes = max(now, one.comes_at - BEFORE_TIME)
            ticket = Ticket(
                id=f"booked {number}",
                line_id=line_id,
                number=10**6 + number,
                code="",
                service=one.service,
                more_services=one.more,
                kind=Kind.APPOINTMENT,
                issued_at=comes,
                arrived_at=min(comes, one.comes_at + rules[line_id].on_time_until),
                since=comes,
                expected=one.expected,
                appointment_at=one.starts_at,
                told_at=one.told_at,
                appointment_id=one.appointment_id,
                not_before=comes if comes > now else None,
                passes_left=10**6,
            )
            chances.expect(ticket, chance)
            yield ticket


def _range(low: datetime, high: datetime, now: datetime, not_before: datetime | None) -> Range:
    """Rounded outwards; but nobody is told a time that is over, or at which they asked not to be called.

    The five minutes that run are not over: whoever is called at once is called within the range.
    """
    start = _round(max(now, low), down=True)
    if not_before is not None and start < not_before:
        start = _round(not_before, down=False)
    return Range(start, max(_round(high, down=False), start + STEP))


def later(found: Range, by: timedelta) -> Range:
    """The same range so much later, rounded outwards again."""
    return Range(_round(found.earliest + by, down=True), _round(found.latest + by, down=False))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _round(moment: datetime, *, down: bool) -> datetime:
    whole = _minute(moment)
    floor = whole - timedelta(minutes=whole.minute % 5)
    return floor if down or floor == moment else floor + STEP
