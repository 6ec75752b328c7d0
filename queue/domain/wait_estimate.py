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

from .call_order import ExpectedCall, OpenDesk, call_order, simulate_desks
from .line import CallReason, Line
from .line_settings import LineSettings
from .service_times import UNMEASURED_SERVICE_TIMES, ServiceTimes
from .ticket import Ticket, TicketKind, TicketState

ROUNDING_STEP = timedelta(minutes=5)  # a range that jumps by single minutes is read as a promise, and broken
Z80 = 0.8416  # the 80th percentile of a normal distribution, in standard deviations
RANGE_START_Z, RANGE_END_Z = -Z80, Z80  # where a range begins and ends, likewise (docs/decisions/0016)
OVERRUN_DIVISOR = 4  # a visit that has lasted longer than expected takes a quarter of that more
USUAL_EARLINESS = timedelta(minutes=5)  # people come to an appointment about so long before it


@dataclass(frozen=True, slots=True)
class ForecastRange:
    """On multiples of five minutes of the hour; its end is to come, its start is not over for five minutes."""

    earliest: datetime
    latest: datetime

    def contains(self, called_at: datetime) -> bool:
        """Whether a call came within it, as a clock shows it: at 10:50:59 it is 10:50."""
        return self.earliest <= _drop_seconds(called_at) <= self.latest

    def ends_before(self, called_at: datetime) -> bool:
        """Whether a call came later than was said."""
        return _drop_seconds(called_at) > self.latest


@dataclass(frozen=True, slots=True)
class ExpectedAppointment:
    """An appointment whose person is not here yet. `line_id` empty: of the line that is asked about.

    `told_at`: when to come, as they were told because we run late. `expected`: how long `service` and `more` take.
    """

    starts_at: datetime
    expected: timedelta
    line_id: str = ""
    service: str = ""
    appointment_id: str = ""
    told_at: datetime | None = None
    more_services: tuple[str, ...] = ()

    @property
    def expected_at(self) -> datetime:
        return self.told_at or self.starts_at


def desk_free_at(
    ticket_at_desk: Ticket | None, now: datetime, service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES
) -> datetime:
    """When a desk can call again; `there` is who is called to it or served at it."""
    if ticket_at_desk is None:
        return now
    mean = service_times.visit_time(
        ticket_at_desk.service, ticket_at_desk.expected, ticket_at_desk.more_services
    ).mean
    if ticket_at_desk.state is TicketState.CALLED:
        return now + mean
    return max(ticket_at_desk.since + mean, now + mean / OVERRUN_DIVISOR)


def forecast_line(
    line: Line,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[ExpectedAppointment],
    now: datetime,
    service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES,
) -> tuple[list[str], dict[str, ForecastRange]]:
    """The ids of a line's waiting people in the order of their calls, and the range of each.

    `lines`: all lines of the office, this one among them, for desks are shared. Without an open desk there is
    an order as of now, and no range.
    """
    if not _has_open_desk(line, desks):
        return [place.ticket.id for place in call_order(line, now)], {}
    here = {ticket.id for ticket in line.tickets if ticket.state is TicketState.WAITING}
    ids, ranges = [], {}
    for place, low, unsure in _forecast_calls(line, lines, desks, booked, now, service_times):
        if place.ticket.id in here:
            ids.append(place.ticket.id)
            ranges[place.ticket.id] = _rounded_range(
                low, place.at + RANGE_END_Z * unsure, now, place.ticket.not_before
            )
    return ids, ranges


def expected_call_times(
    line: Line,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[ExpectedAppointment],
    now: datetime,
    service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES,
) -> dict[str, datetime]:
    """When those who are booked would be called if they come in time, by appointment: in a line, and in all lines
    with which it shares desks.

    Half of them earlier, half later: a time to come at, not a promise.
    """
    if not _has_open_desk(line, desks):
        return {}
    calls = _forecast_calls(line, lines, desks, booked, now, service_times)
    expected = {one.appointment_id for one in booked if one.appointment_id}
    return {name: place.at for place, _, _ in calls if (name := place.ticket.appointment_id or "") in expected}


@dataclass(frozen=True, slots=True)
class NewTicketForecast:
    """What becomes of somebody without an appointment who took a ticket now.

    `called`: the range in which they would be called. `finished_by`: when the visit would be over, P80.
    `delay`: how late the appointments would be called that are due until then.
    """

    call_range: ForecastRange
    finished_by: datetime
    appointment_delay: timedelta


def forecast_new_ticket(
    line: Line,
    expected: timedelta,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[ExpectedAppointment],
    now: datetime,
    service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES,
    service: str = "",
) -> NewTicketForecast | None:
    """What becomes of whoever takes a ticket now without an appointment; None without a desk of the line."""
    if not _has_open_desk(line, desks):
        return None
    ticket = Ticket(
        "?", line.id, 10**6, "", service, TicketKind.WALK_IN, now, now, now, expected=expected, passes_left=10**6
    )
    joined = line.with_tickets(ticket)
    others = [joined if one.id == line.id else one for one in lines]
    delay = timedelta()
    for place, low, unsure in _forecast_calls(joined, others, desks, booked, now, service_times):
        if place.ticket.id == ticket.id:
            visit = service_times.visit_time(service, expected)
            spread = math.hypot(unsure.total_seconds(), visit.deviation.total_seconds())
            finished_by = place.at + visit.mean + timedelta(seconds=Z80 * spread)
            return NewTicketForecast(
                _rounded_range(low, place.at + RANGE_END_Z * unsure, now, None), finished_by, delay
            )
        if (
            place.ticket.line_id == line.id
            and place.why is CallReason.APPOINTMENT_DUE
            and place.ticket.appointment_at
        ):
            delay = max(delay, place.at - max(place.ticket.appointment_at, place.ticket.arrived_at))
    return None


def make_open_desk(
    line_ids: tuple[str, ...],
    ticket_at_desk: Ticket | None,
    now: datetime,
    service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES,
) -> OpenDesk:
    """A desk at which somebody sits, and whoever is called to it or served at it."""
    if ticket_at_desk is None:
        return OpenDesk(line_ids, now)
    visit = service_times.visit_time(ticket_at_desk.service, ticket_at_desk.expected, ticket_at_desk.more_services)
    gone = (now - ticket_at_desk.since) / visit.mean if ticket_at_desk.state is TicketState.SERVING else 0.0
    return OpenDesk(
        line_ids, desk_free_at(ticket_at_desk, now, service_times), visit.deviation * max(0.5, 1 - gone / 2)
    )


def count_possible_overtakers(
    booked: Iterable[ExpectedAppointment], latest: datetime, now: datetime, settings: LineSettings
) -> int:
    """How many who are booked could come and be called before a ticket that is called by `latest`."""
    coming = (one.starts_at for one in booked if one.expected_at + settings.late_until > now)
    return sum(1 for starts_at in coming if starts_at - settings.due_before <= latest)


def _has_open_desk(line: Line, desks: Sequence[OpenDesk]) -> bool:
    return any(line.id in desk.line_ids for desk in desks)


def _forecast_calls(
    line: Line,
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    booked: Sequence[ExpectedAppointment],
    now: datetime,
    service_times: ServiceTimes,
) -> Iterator[tuple[ExpectedCall, datetime, timedelta]]:
    """The calls to come at the desks around a line, from when on each may be, and its standard deviation.

    Nobody may be called earlier than whoever is before in the line, though less is known of later calls.
    """
    around = {line_id for desk in desks if line.id in desk.line_ids for line_id in desk.line_ids}
    helping = [desk for desk in desks if around & set(desk.line_ids)]
    near = _connected_lines(line.id, desks)
    present = [_with_held_as_waiting(one, now) for one in lines if one.id in near]
    chances = _BusyTimes(service_times, {one.id: one.settings for one in present})
    expected = list(_expected_tickets(booked, line, present, now, chances))
    crowd = [one.with_tickets(*(ticket for ticket in expected if ticket.line_id == one.id)) for one in present]
    low, work, variance = now, 0.0, sum(desk.free_at_deviation.total_seconds() ** 2 for desk in helping)
    working = [desk for desk in desks if near & set(desk.line_ids)]
    for place in simulate_desks(crowd, working, now, chances.mean_duration):
        unsure = timedelta(
            seconds=math.hypot(math.sqrt(variance), service_times.systematic_spread * work) / len(helping)
        )
        if place.ticket.line_id == line.id:
            low = max(low, place.at + RANGE_START_Z * unsure)
        yield place, low, unsure
        if place.ticket.line_id in around:
            mean, more = chances.mean_and_variance(place.ticket)
            work, variance = work + mean, variance + more


def _connected_lines(line_id: str, desks: Sequence[OpenDesk]) -> set[str]:
    """The lines that can matter to a line: those of its desks, those of their desks, and so on."""
    near, more = set[str](), {line_id}
    while more:
        near |= more
        more = {other for desk in desks if near & set(desk.line_ids) for other in desk.line_ids} - near
    return near


def _with_held_as_waiting(line: Line, now: datetime) -> Line:
    """The line with those who are on hold as people who come back when they said."""
    held = [
        replace(ticket, state=TicketState.WAITING, returns_to=None)
        for ticket in line.tickets
        if ticket.state is TicketState.ON_HOLD
    ]
    return line.with_tickets(*held) if held else line


class _BusyTimes:
    """How long a desk is busy with each person, those included who may not answer, or not come at all."""

    def __init__(self, service_times: ServiceTimes, rules: Mapping[str, LineSettings]) -> None:
        self._pace = service_times
        self._rules = rules
        self._arrival_chances: dict[str, float] = {}  # of those who are not here, the chance that they come
        self._moments_by_key: dict[tuple[str, str, timedelta, tuple[str, ...], float], tuple[float, float]] = {}

    def set_arrival_chance(self, ticket: Ticket, chance: float) -> None:
        self._arrival_chances[ticket.id] = chance

    def mean_and_variance(self, ticket: Ticket) -> tuple[float, float]:
        """Mean and variance of the seconds that a desk is busy with this person."""
        chance = self._arrival_chances.get(ticket.id, 1.0)
        key = (ticket.line_id, ticket.service, ticket.expected, ticket.more_services, chance)
        if key not in self._moments_by_key:
            self._moments_by_key[key] = self._compute_mean_and_variance(*key)
        return self._moments_by_key[key]

    def _compute_mean_and_variance(
        self, line_id: str, service: str, expected: timedelta, more: tuple[str, ...], chance: float
    ) -> tuple[float, float]:
        visit = self._pace.visit_time(service, expected, more)
        mean, deviation = visit.mean.total_seconds(), visit.deviation.total_seconds()
        nobody = self._rules[line_id].missed_after.total_seconds()
        served, missed = chance * (1 - self._pace.unanswered_share), chance * self._pace.unanswered_share
        first = served * mean + missed * nobody
        second = served * (mean**2 + deviation**2) + missed * nobody**2
        return first, max(0.0, second - first**2)

    def arrival_chance(self, one: ExpectedAppointment, settings: LineSettings, now: datetime) -> float:
        """The chance that somebody who is booked still comes: the longer after the time, the smaller."""
        late = max(timedelta(), now - one.expected_at) / (settings.on_time_until or ROUNDING_STEP)
        return (1 - self._pace.no_show_share) * max(0.0, 1 - late)

    def mean_duration(self, ticket: Ticket) -> timedelta:
        return timedelta(seconds=self.mean_and_variance(ticket)[0])


def _expected_tickets(
    booked: Sequence[ExpectedAppointment], line: Line, lines: Sequence[Line], now: datetime, chances: _BusyTimes
) -> Iterator[Ticket]:
    """Those who are booked, as tickets that appear when people usually come."""
    rules = {one.id: one.settings for one in lines}
    for number, one in enumerate(booked):
        line_id = one.line_id or line.id
        if line_id not in rules:
            continue
        chance = chances.arrival_chance(one, rules[line_id], now)
        if chance > 0:
            comes = max(now, one.expected_at - USUAL_EARLINESS)
            ticket = Ticket(
                id=f"booked {number}",
                line_id=line_id,
                number=10**6 + number,
                code="",
                service=one.service,
                more_services=one.more_services,
                kind=TicketKind.APPOINTMENT,
                issued_at=comes,
                arrived_at=min(comes, one.expected_at + rules[line_id].on_time_until),
                since=comes,
                expected=one.expected,
                appointment_at=one.starts_at,
                told_at=one.told_at,
                appointment_id=one.appointment_id,
                not_before=comes if comes > now else None,
                passes_left=10**6,
            )
            chances.set_arrival_chance(ticket, chance)
            yield ticket


def _rounded_range(low: datetime, high: datetime, now: datetime, not_before: datetime | None) -> ForecastRange:
    """Rounded outwards; but nobody is told a time that is over, or at which they asked not to be called.

    The five minutes that run are not over: whoever is called at once is called within the range.
    """
    start = _round_to_step(max(now, low), down=True)
    if not_before is not None and start < not_before:
        start = _round_to_step(not_before, down=False)
    return ForecastRange(start, max(_round_to_step(high, down=False), start + ROUNDING_STEP))


def shift_range(found: ForecastRange, by: timedelta) -> ForecastRange:
    """The same range so much later, rounded outwards again."""
    return ForecastRange(
        _round_to_step(found.earliest + by, down=True), _round_to_step(found.latest + by, down=False)
    )


def _drop_seconds(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _round_to_step(moment: datetime, *, down: bool) -> datetime:
    whole = _drop_seconds(moment)
    floor = whole - timedelta(minutes=whole.minute % 5)
    return floor if down or floor == moment else floor + ROUNDING_STEP
