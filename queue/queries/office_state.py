"""Reads what people see: the state of a line, what a newcomer would wait, the board of an office."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import additional_services, expected_appointments, first_service_now, visit_duration
from ...core.db.process_cache import is_read_only, process_cache
from ...core.i18n.dates import format_rfc3339
from ...offices.service import Office, OfficeDesk, OfficeLine, hours
from ..domain import wait_estimate
from ..domain.call_order import OpenDesk, next_calls_at_desk
from ..domain.incremental_order import update_line_order
from ..domain.line import Line
from ..domain.line_settings import LineSettings
from ..domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTimes
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState
from ..domain.wait_estimate import ExpectedAppointment, ForecastRange, NewTicketForecast
from ..storage import ticket_rows
from ..storage.desk_rows import DeskSession
from ..storage.line_cache import CachedLine, load_cached_lines, merge_desk_sessions
from ..storage.ticket_rows import TicketRecord
from .forecasts import LARGE_OFFICE_TICKETS, ForecastCache, LineForecast
from .service_time_history import load_service_times
from .ticket_json import CallSchedule, LineView, make_line_view, range_json, state_ends_at

APPOINTMENTS_AHEAD = timedelta(hours=4)  # nobody is told to wait longer, so later appointments pass nobody
NEXT_CALLS_SHOWN = 5  # the console shows who is next, and the four after


@dataclass(frozen=True, slots=True)
class LineWait:
    """How long one line is now: who waits, and when somebody who comes now would be called."""

    slug: str
    name: str
    waiting: int
    eta: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class OfficeState:
    """An office at one moment: its lines with their people, who sits at which desk, who is still expected."""

    office: Office
    now: datetime
    lines: Mapping[str, Line]
    sessions: Mapping[str, DeskSession]
    appointments_by_line: Mapping[str, Sequence[ExpectedAppointment]]
    service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES
    forecasts: Mapping[str, LineForecast] = field(default_factory=dict)
    cached_lines: Mapping[str, CachedLine] = field(default_factory=dict)  # of the lines that were not given

    def forecast_key(self) -> Hashable:
        """What the people have no part in: where it is another, nothing holds that was foretold."""
        return self.office.version, self.office.paused, frozenset(self.sessions)

    def is_large(self) -> bool:
        """Whether so many are here that it is not played through whenever somebody asks."""
        return sum(len(line.tickets) for line in self.lines.values()) > LARGE_OFFICE_TICKETS

    def ticket_at_desk(self, desk_id: str) -> Ticket | None:
        """Who is called to a desk, or served at it."""
        tickets = (ticket for line in self.lines.values() for ticket in line.tickets)
        return next((one for one in tickets if one.desk_id == desk_id and one.state in AT_DESK_STATES), None)

    def open_desks(self) -> list[OpenDesk]:
        """The desks that call people now: none while the office is paused."""
        if self.office.paused:
            return []
        return [
            wait_estimate.make_open_desk(desk.line_ids, self.ticket_at_desk(desk.id), self.now, self.service_times)
            for desk in self.office.desks
            if desk.id in self.sessions
        ]

    def count_open_desks(self, line_id: str) -> int:
        """At how many desks of a line somebody sits."""
        return sum(1 for desk in self.office.desks if desk.id in self.sessions and line_id in desk.line_ids)

    def count_waiting(self, line_id: str) -> int:
        return sum(1 for ticket in self.lines[line_id].tickets if ticket.state is TicketState.WAITING)

    def call_schedule(self, line_id: str) -> CallSchedule:
        """The order of a line, and the range of each person."""
        ids = update_line_order(self.lines[line_id], self.now).ids
        return CallSchedule(ids, self.forecast_ranges(line_id, ids), self.count_open_desks(line_id))

    def forecast_ranges(self, line_id: str, waiting: Iterable[str]) -> Mapping[str, ForecastRange]:
        """The range of each person who waits in a line; none of whom no open desk would call."""
        told = self.forecasts.get(line_id)
        if told is not None:
            return {one: found for one in waiting if (found := told.range_for_ticket(one)) is not None}
        lines, booked = list(self.lines.values()), self.expected_appointments()
        return wait_estimate.forecast_line(
            self.lines[line_id], lines, self.open_desks(), booked, self.now, self.service_times
        )[1]

    def expected_appointments(self) -> list[ExpectedAppointment]:
        """Who is still expected in any line, for desks are shared."""
        return [one for line in self.appointments_by_line.values() for one in line]

    def expected_call_times(self) -> dict[str, datetime]:
        """When whoever is still expected would be called, by appointment: long work for long lines."""
        lines, desks, booked = list(self.lines.values()), self.open_desks(), self.expected_appointments()
        found: dict[str, datetime] = {}
        for line in lines:
            if any(one.appointment_id not in found for one in self.appointments_by_line[line.id]):
                found |= wait_estimate.expected_call_times(
                    line, lines, desks, booked, self.now, self.service_times
                )
        return found

    def new_ticket_range(self, line_id: str, expected: timedelta) -> ForecastRange | None:
        """When somebody who takes a ticket now would be called; None without an open desk."""
        found = self.forecast_new_ticket(line_id, expected)
        return found.call_range if found else None

    def forecast_new_ticket(
        self, line_id: str, expected: timedelta, service: str = "", desks: Sequence[OpenDesk] | None = None
    ) -> NewTicketForecast | None:
        """What becomes of somebody who takes a ticket now, at the open desks or at these."""
        told = self.forecasts.get(line_id) if desks is None else None
        if told is not None:
            return told.forecast_for_new_ticket(
                self.count_waiting(line_id), expected / max(1, self.count_open_desks(line_id))
            )
        working = self.open_desks() if desks is None else desks
        line, lines = self.lines[line_id], list(self.lines.values())
        return wait_estimate.forecast_new_ticket(
            line, expected, lines, working, self.expected_appointments(), self.now, self.service_times, service
        )

    def with_ticket(self, ticket: Ticket) -> OfficeState:
        """The floor with one more ticket."""
        line = self.lines[ticket.line_id].with_tickets(ticket)
        return replace(self, lines={**self.lines, line.id: line})

    def forecast_assuming_all_desks(
        self, line_id: str, expected: timedelta, service: str = ""
    ) -> NewTicketForecast | None:
        """As `forecast`; before anybody has sat down, the day's desks are all believed to open."""
        return self.forecast_new_ticket(line_id, expected, service) or self.forecast_new_ticket(
            line_id, expected, service, self.all_desks_as_open()
        )

    def compute_forecast(self, line_id: str) -> LineForecast:
        """What `outlook` and `forecast` need, played through: long work for a long line."""
        lines, desks = list(self.lines.values()), self.open_desks()
        line, booked = self.lines[line_id], self.expected_appointments()
        ranges = wait_estimate.forecast_line(line, lines, desks, booked, self.now, self.service_times)[1]
        expected = self.mean_visit_duration(line_id)
        newcomer = wait_estimate.forecast_new_ticket(
            line, expected, lines, desks, booked, self.now, self.service_times
        )
        return LineForecast(ranges, newcomer, self.count_waiting(line_id))

    def mean_visit_duration(self, line_id: str) -> timedelta:
        """How long the services of a line take, on average."""
        minutes = [one.minutes for one in self.office.services if one.line_id == line_id] or [10]
        return timedelta(minutes=sum(minutes) / len(minutes))

    def all_desks_as_open(self) -> list[OpenDesk]:
        """Every desk of the office, as if somebody sat at each and nobody were there."""
        return [OpenDesk(desk.line_ids, self.now) for desk in self.office.desks]


async def load_office_state(
    session: AsyncSession,
    office: Office,
    now: datetime,
    known_lines: Iterable[Line] = (),
    sessions: Mapping[str, DeskSession] | None = None,
    *,
    forecast_line_id: str | None = None,
) -> OfficeState:
    """An office's floor. `known` lines are taken as they are, with those who sit at their desks.

    `only`: the one line whose people's times are asked for; a long line is not played through for nothing.
    """
    present = await _load_without_forecasts(session, office, now, known_lines, sessions)
    coming, pace = (
        await _load_expected_appointments(session, office, now),
        await load_service_times(session, office, now),
    )
    made = replace(present, appointments_by_line=coming, service_times=pace)
    return (
        replace(made, forecasts=await _load_forecasts(session, made, forecast_line_id))
        if made.is_large()
        else made
    )


async def _load_without_forecasts(
    session: AsyncSession,
    office: Office,
    now: datetime,
    known_lines: Iterable[Line] = (),
    sessions: Mapping[str, DeskSession] | None = None,
) -> OfficeState:
    """A floor with nobody but those who are there."""
    given = {line.id: line for line in known_lines}
    others = [line for line in office.lines if line.id not in given]
    found = await load_cached_lines(session, office, others, hours.to_local_day(office.hours, now))
    lines = {line_id: one.line for line_id, one in found.items()} | given
    nobody = dict.fromkeys(lines, ())
    return OfficeState(
        office,
        now,
        lines,
        merge_desk_sessions(found) | dict(sessions or {}),
        appointments_by_line=nobody,
        cached_lines=found,
    )


async def _load_forecasts(
    session: AsyncSession, state: OfficeState, forecast_line_id: str | None
) -> dict[str, LineForecast]:
    """By line. A transaction does not wait for it: it holds the line."""
    outlooks, floor = process_cache(session).get(ForecastCache), state.forecast_key()
    found = {line_id: outlooks.get_usable(line_id, floor) for line_id in state.lines}
    if is_read_only(session):
        for line_id in found if forecast_line_id is None else [forecast_line_id]:
            found[line_id] = await outlooks.get_or_compute(
                line_id, floor, partial(state.compute_forecast, line_id)
            )
    return {line_id: told for line_id, told in found.items() if told is not None}


async def _load_expected_appointments(
    session: AsyncSession, office: Office, now: datetime
) -> dict[str, list[ExpectedAppointment]]:
    """The appointments in person that may still come in the next hours, by line."""
    late = max((LineSettings.from_overrides(line.rules).late_until for line in office.lines), default=timedelta())
    found: dict[str, list[ExpectedAppointment]] = {line.id: [] for line in office.lines}
    expected = await expected_appointments(session, office.id, "in_person", now - late, now + APPOINTMENTS_AHEAD)
    for one in expected:
        service = first_service_now(office, one)
        if service is not None:
            more = additional_services(office, one)
            minutes, slugs = visit_duration((service, *more)), tuple(each.slug for each in more)
            told = one.latest_told_at
            booked = ExpectedAppointment(
                one.starts_at, minutes, service.line_id, service.slug, one.id, told, slugs
            )
            found[service.line_id].append(booked)
    return found


async def load_line_view(
    session: AsyncSession,
    office: Office,
    line_id: str,
    now: datetime,
    extra_ticket_ids: frozenset[str] = frozenset(),
) -> LineView:
    """The scene of a line as it stands in SQL, with the tickets in `also` whatever their state."""
    around = await load_office_state(session, office, now, forecast_line_id=line_id)
    line = around.lines[line_id]
    missing = extra_ticket_ids - {ticket.id for ticket in line.tickets}
    line = line.with_tickets(*await ticket_rows.tickets_by_ids(session, missing)) if missing else line
    return make_line_view(office, office.line_by_id(line_id), line, around.call_schedule(line_id), now)


async def load_ticket_view(session: AsyncSession, office: Office, ticket: Ticket, now: datetime) -> LineView:
    """The scene of one ticket, as far as it is about it: of whoever does not wait, nothing is foretold."""
    day = hours.to_local_day(office.hours, now)
    named = office.line_by_id(ticket.line_id)
    snapshot = (await load_cached_lines(session, office, [named], day))[named.id]
    present = next((one for one in snapshot.line.tickets if one.id == ticket.id), None)
    if present is not None and present.state is TicketState.WAITING:
        return await _load_waiting_ticket_view(session, office, present, now)
    return LineView(
        office=office,
        office_line=named,
        version=named.version,
        settings=snapshot.line.settings,
        tickets={ticket.id: present or snapshot.ended.get(ticket.id) or ticket},
        positions={},
        ranges={},
        desks_open=len(snapshot.sessions),
        now=now,
    )


async def _load_waiting_ticket_view(
    session: AsyncSession, office: Office, ticket: Ticket, now: datetime
) -> LineView:
    """As `read_line`; of a long line that was foretold a moment ago nothing more is asked."""
    around = await _load_without_forecasts(session, office, now)
    told = (
        process_cache(session).get(ForecastCache).get_fresh(ticket.line_id, around.forecast_key())
        if around.is_large()
        else None
    )
    if told is None:
        return await load_line_view(session, office, ticket.line_id, now)
    outlook = replace(around, forecasts={ticket.line_id: told}).call_schedule(ticket.line_id)
    return make_line_view(office, office.line_by_id(ticket.line_id), around.lines[ticket.line_id], outlook, now)


async def line_waits(session: AsyncSession, office: Office, now: datetime, language: str = "es") -> list[LineWait]:
    """Every line of the office: how many wait, and the range of somebody who comes now."""
    around = await load_office_state(session, office, now)
    return [line_wait(around, named, language) for named in office.lines]


def line_wait(state: OfficeState, office_line: OfficeLine, language: str) -> LineWait:
    """How long one line of the floor is, for somebody who comes now."""
    eta = walk_in_range(state, office_line.id)
    return LineWait(
        slug=office_line.slug,
        name=office_line.name(language),
        waiting=state.count_waiting(office_line.id),
        eta=(eta.earliest, eta.latest) if eta else None,
    )


def walk_in_range(state: OfficeState, line_id: str) -> ForecastRange | None:
    """When somebody who comes now would be called; None when the office is closed, or nobody calls."""
    is_open = hours.is_open(state.office.hours, state.now)
    return state.new_ticket_range(line_id, state.mean_visit_duration(line_id)) if is_open else None


# The board


async def staff_board(session: AsyncSession, office: Office, now: datetime, language: str) -> dict[str, Any]:
    """The contract's board without its lobby, with names, and with who is next at each desk and why."""
    around = await load_office_state(session, office, now)
    records = await ticket_rows.active_ticket_records(session, office.id)
    outlooks = {line.id: around.call_schedule(line.id) for line in office.lines}
    return {
        "office": office.slug,
        "v": sum(line.version for line in office.lines),
        "paused": office.paused,
        "pause_message": office.pause_message,
        "lines": [_staff_board_line(around, line, outlooks[line.id], language) for line in office.lines],
        "desks": [_staff_board_desk(around, desk) for desk in office.desks],
        "tickets": [staff_board_ticket(record, around, outlooks) for record in records],
    }


def _staff_board_line(
    state: OfficeState, line: OfficeLine, schedule: CallSchedule, language: str
) -> dict[str, Any]:
    wait, office = line_wait(state, line, language), state.office
    following = min((one.starts_at for one in state.appointments_by_line[line.id]), default=None)
    return {
        "id": line.id,
        "slug": line.slug,
        "letter": line.letter,
        "name": wait.name,
        "waiting": wait.waiting,
        "stopped": line.stopped,
        "stop_reason": line.stop_reason,
        "eta": range_json(ForecastRange(*wait.eta) if wait.eta else None, office),
        "next_appointment": format_rfc3339(following, office.timezone) if following else None,
        "order": list(schedule.order),
    }


def _staff_board_desk(state: OfficeState, desk: OfficeDesk) -> dict[str, Any]:
    sitting, ticket = state.sessions.get(desk.id), state.ticket_at_desk(desk.id)
    mine = [state.lines[line_id] for line_id in desk.line_ids]
    following = next_calls_at_desk(mine, desk.id, state.now, NEXT_CALLS_SHOWN) if sitting else []
    return {
        "id": desk.id,
        "name": desk.name,
        "lines": [state.office.line_by_id(line_id).slug for line_id in desk.line_ids],
        "state": _desk_state(sitting, ticket),
        "agent": sitting.agent_name if sitting else None,
        "agent_id": sitting.agent_id if sitting else None,
        "ticket": {"id": ticket.id, "code": ticket.code, "state": str(ticket.state)} if ticket else None,
        "next": [{"id": one.ticket.id, "code": one.ticket.code, "why": str(one.why)} for one in following],
    }


def _desk_state(sitting: DeskSession | None, ticket: Ticket | None) -> str:
    """`closed free calling serving`."""
    if ticket is not None:
        return "serving" if ticket.state is TicketState.SERVING else "calling"
    return "free" if sitting else "closed"


def staff_board_ticket(
    record: TicketRecord, state: OfficeState, schedules: Mapping[str, CallSchedule]
) -> dict[str, Any]:
    """One ticket for staff, with the name of its person; `outlooks` by the id of the line."""
    ticket, office = record.ticket, state.office

    def time(moment: datetime | None) -> str | None:
        return format_rfc3339(moment, office.timezone) if moment else None

    return {
        "id": ticket.id,
        "code": ticket.code,
        "state": str(ticket.state),
        "line": office.line_by_id(ticket.line_id).slug,
        "service": ticket.service,
        "more_services": list(ticket.more_services),
        "kind": str(ticket.kind),
        "priority": str(ticket.priority),
        "preferential_requested": record.preferential_requested,
        "appointment": ticket.appointment_id,
        "issued_at": time(ticket.issued_at),
        "arrived_at": time(ticket.arrived_at),
        "called_at": time(ticket.called_at),
        "appointment_at": time(ticket.appointment_at),
        "told_at": time(ticket.told_at),
        "since": time(ticket.since),
        "until": time(state_ends_at(ticket, state.lines[ticket.line_id].settings)),
        "placed_at": time(ticket.placed_at),
        "eta": range_json(schedules[ticket.line_id].ranges.get(ticket.id), office),
        "desk": ticket.desk_id,
        "returns_to": ticket.returns_to,
        "recalls": ticket.recalls,
        "name": record.name,
        "language": record.language,
        "help": ticket.help,
    }
