"""The state of an office: lines, desk sessions, appointments, forecasts. No writes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import additional_services, expected_appointments, first_service_now, visit_duration
from ...core.db.process_cache import process_cache
from ...core.db.session_hooks import is_read_only
from ...offices.service import Office, OfficeLine, OfficeService, hours
from ..domain import wait_estimate
from ..domain.admission import AdmissionRefusal
from ..domain.call_order import OpenDesk
from ..domain.desk_activity import DeskNow, desk_activity
from ..domain.incremental_order import update_line_order
from ..domain.line import Line
from ..domain.line_settings import LineSettings
from ..domain.people_ahead import PeopleAhead, count_people_ahead
from ..domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTimes
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState
from ..domain.wait_estimate import (
    APPOINTMENTS_AHEAD,
    ExpectedAppointment,
    ForecastInput,
    ForecastRange,
    NewCallForecast,
    NewTicketForecast,
    range_from_now,
)
from ..storage.desk_rows import DeskSession
from ..storage.line_cache import CachedLine, load_cached_lines, merge_desk_sessions
from .forecasts import LARGE_OFFICE_TICKETS, ForecastCache, LineForecast
from .service_time_history import load_service_times

DEFAULT_VISIT_DURATION = timedelta(minutes=10)  # for a line without services: any usual duration will do


@dataclass(frozen=True, slots=True)
class LineWait:
    """The waiting tickets of a line, and the forecast range of a new walk-in.

    `ahead`: the people whom the desks of the line would call before a new walk-in, also of other lines; set by
    `walk_in_admission.walk_in_options` only. `stopped`: a host has stopped walk-ins. `refusal`: the reason to
    refuse a walk-in now for the shortest service of the line, which then has no range; set by
    `walk_in_admission.line_waits` only.
    """

    slug: str
    name: str
    waiting: int
    eta: tuple[datetime, datetime] | None
    stopped: bool = False
    refusal: AdmissionRefusal | None = None
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class CallSchedule:
    """The call order of a line as ticket ids, the forecast ranges, and the open desks.

    `shared_order`: the order of the forecast at the desks of the line, with the tickets of other lines; empty if
    it is the line's own. `others`: the tickets of other lines that wait.
    """

    order: Sequence[str]
    ranges: Mapping[str, ForecastRange]
    desks_open: int
    shared_order: Sequence[str] = ()
    others: frozenset[str] = frozenset()

    def people_ahead(self) -> PeopleAhead:
        """Count the people before each ticket."""
        return count_people_ahead(self.order, self.shared_order, self.others)


@dataclass(frozen=True, slots=True)
class OfficeState:
    """The state of an office at a time.

    `lines`, `appointments_by_line` and `forecasts` are keyed by line id.
    `sessions` is keyed by desk id. `cached_lines` holds the lines that `load_office_state` read itself.
    """

    office: Office
    now: datetime
    lines: Mapping[str, Line]
    sessions: Mapping[str, DeskSession]
    appointments_by_line: Mapping[str, Sequence[ExpectedAppointment]]
    service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES
    forecasts: Mapping[str, LineForecast] = field(default_factory=dict)
    cached_lines: Mapping[str, CachedLine] = field(default_factory=dict)
    _new_calls: dict[tuple[str, bool], NewCallForecast | None] = field(default_factory=dict, init=False)

    def forecast_key(self) -> Hashable:
        """Return the facts besides the tickets on which a cached forecast depends.

        With another key the forecast is invalid.
        """
        sessions = self.sessions.items()
        return (
            self.office.version,
            self.office.paused,
            frozenset((desk_id, desk_session.works) for desk_id, desk_session in sessions),
        )

    def is_large(self) -> bool:
        """Return whether simulating this office takes too long to repeat it for every request."""
        return sum(len(line.tickets) for line in self.lines.values()) > LARGE_OFFICE_TICKETS

    def ticket_at_desk(self, desk_id: str) -> Ticket | None:
        """Return the ticket that is called to this desk or served at it."""
        tickets = (ticket for line in self.lines.values() for ticket in line.tickets)
        return next(
            (ticket for ticket in tickets if ticket.desk_id == desk_id and ticket.state in AT_DESK_STATES), None
        )

    def desk_now(self, desk_id: str) -> DeskNow:
        """Return the activity of a desk."""
        desk_session = self.sessions.get(desk_id)
        return desk_activity(self.ticket_at_desk(desk_id), None if desk_session is None else desk_session.works)

    def open_desks(self) -> list[OpenDesk]:
        """Return the desks that call tickets now: an empty list while the office is paused."""
        if self.office.paused:
            return []
        return [
            wait_estimate.make_open_desk(
                desk.line_ids,
                self.ticket_at_desk(desk.id),
                self.now,
                self.service_times,
                self.sessions[desk.id].works,
            )
            for desk in self.office.desks
            if desk.id in self.sessions
        ]

    def count_open_desks(self, line_id: str) -> int:
        """Count the desks of a line at which an agent sits."""
        return sum(1 for desk in self.office.desks if desk.id in self.sessions and line_id in desk.line_ids)

    def count_waiting(self, line_id: str) -> int:
        return sum(1 for ticket in self.lines[line_id].tickets if ticket.state is TicketState.WAITING)

    def call_schedule(self, line_id: str, order: Sequence[str] | None = None) -> CallSchedule:
        """Compute the order of calls at a line, and the forecast range of each waiting ticket.

        `order`: that of the line as of now, if it is known. A ticket that no open desk would call has no range.
        """
        ids = update_line_order(self.lines[line_id], self.now).ids if order is None else order
        forecast = self.forecasts.get(line_id)
        if forecast is not None:
            shared_order = forecast.shared_order
            found = {ticket_id: forecast.range_for_ticket(ticket_id) for ticket_id in ids}
        else:
            shared_order, ranges = self._forecast_order(line_id)
            found = dict(ranges)
        from_now = {
            ticket_id: range_from_now(range_, self.now)
            for ticket_id, range_ in found.items()
            if range_ is not None
        }
        desks_open = self.count_open_desks(line_id)
        # the forecast has no ticket of another line, so the positions in this line are enough
        if list(shared_order) == list(ids):
            return CallSchedule(ids, from_now, desks_open)
        return CallSchedule(ids, from_now, desks_open, shared_order, self._waiting_elsewhere(line_id))

    def _forecast_order(self, line_id: str) -> tuple[Sequence[str], Mapping[str, ForecastRange]]:
        """Simulate the calls at the desks of a line. Slow for a long line.

        While no desk calls, the order is that at the desks with an agent, else at all desks.
        """
        line = self.lines[line_id]
        order, ranges = wait_estimate.forecast_line(line, self.forecast_input())
        # without an open desk, the order is that of this line alone, and leaves out people of other lines
        if not ranges:
            present = [desk for desk in self.office.desks if desk.id in self.sessions and line_id in desk.line_ids]
            desks = [OpenDesk(desk.line_ids, self.now) for desk in present] or self.all_desks_as_open()
            order, _ = wait_estimate.forecast_line(line, self.forecast_input(desks))
        return order, ranges

    def _waiting_elsewhere(self, line_id: str) -> frozenset[str]:
        """Return the waiting tickets of the other lines."""
        return frozenset(
            ticket.id
            for other_id, line in self.lines.items()
            for ticket in line.tickets
            if other_id != line_id and ticket.state is TicketState.WAITING
        )

    def forecast_input(self, desks: Sequence[OpenDesk] | None = None) -> ForecastInput:
        """Return the input of a forecast: this office with `desks`, or with its open desks."""
        return ForecastInput(
            list(self.lines.values()),
            self.open_desks() if desks is None else desks,
            self.expected_appointments(),
            self.now,
            self.service_times,
        )

    def expected_appointments(self) -> list[ExpectedAppointment]:
        """Return the expected appointments of all lines, because lines share desks."""
        return [appointment for line in self.appointments_by_line.values() for appointment in line]

    def expected_call_times(self) -> dict[str, datetime]:
        """Return the expected call time of each expected appointment, by its id.

        Slow for long lines.
        """
        inputs = self.forecast_input()
        found: dict[str, datetime] = {}
        for line in inputs.lines:
            # the times of a line include those of the lines that share its desks
            if any(booked.appointment_id not in found for booked in self.appointments_by_line[line.id]):
                found |= wait_estimate.expected_call_times(line, inputs)
        return found

    def new_ticket_range(self, line_id: str, expected: timedelta) -> ForecastRange | None:
        """Return the forecast range of a new walk-in; None without an open desk."""
        forecast = self.forecast_new_ticket(line_id, expected)
        return forecast.call_range if forecast else None

    def forecast_new_ticket(
        self, line_id: str, expected: timedelta, service: str = "", *, all_desks: bool = False
    ) -> NewTicketForecast | None:
        """Forecast the visit of a new walk-in at the open desks, or as if all were open.

        The services of a line share a simulation.
        """
        known = None if all_desks else self.forecasts.get(line_id)
        if known is not None:
            return known.forecast_for_new_ticket(
                self.count_waiting(line_id), expected / max(1, self.count_open_desks(line_id))
            )
        # the call of a new walk-in does not depend on its service: only the visit that follows does
        key = (line_id, all_desks)
        if key not in self._new_calls:
            inputs = self.forecast_input(self.all_desks_as_open() if all_desks else None)
            self._new_calls[key] = wait_estimate.forecast_new_call(self.lines[line_id], inputs)
        call = self._new_calls[key]
        return call.with_visit(self.service_times.visit_time(service, expected)) if call else None

    def with_ticket(self, ticket: Ticket) -> OfficeState:
        """Return this state with a further ticket in its line."""
        line = self.lines[ticket.line_id].with_tickets(ticket)
        return replace(self, lines={**self.lines, line.id: line})

    def forecast_assuming_all_desks(
        self, line_id: str, expected: timedelta, service: str = ""
    ) -> NewTicketForecast | None:
        """Forecast a new ticket; without an open desk, assume that all desks are open.

        In the morning a citizen gets an answer before the first agent sits down.
        """
        return self.forecast_new_ticket(line_id, expected, service) or self.forecast_new_ticket(
            line_id, expected, service, all_desks=True
        )

    def earliest_finish(self, service: OfficeService) -> datetime:
        """Return the end (P80) of a visit for this service that is called now, with an empty line."""
        expected = timedelta(minutes=service.minutes)
        return wait_estimate.earliest_finish(self.now, self.service_times.visit_time(service.slug, expected))

    def compute_forecast(self, line_id: str) -> LineForecast:
        """Simulate the calls of a line for `ForecastCache`. Slow for a long line."""
        line, inputs = self.lines[line_id], self.forecast_input()
        order, ranges = self._forecast_order(line_id)
        new_ticket = wait_estimate.forecast_new_ticket(line, self.mean_visit_duration(line_id), inputs)
        return LineForecast(ranges, new_ticket, self.count_waiting(line_id), tuple(order))

    def mean_visit_duration(self, line_id: str) -> timedelta:
        """Return the mean expected duration of the services of a line."""
        minutes = [service.minutes for service in self.office.services if service.line_id == line_id]
        return timedelta(minutes=sum(minutes) / len(minutes)) if minutes else DEFAULT_VISIT_DURATION

    def all_desks_as_open(self) -> list[OpenDesk]:
        """Return every desk of the office as if it were open and free now."""
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
    """Load the state of an office.

    `known_lines` are used as they are, with the `sessions` at their desks.
    `forecast_line_id`: the only line whose forecast the caller needs, so that no other long line is simulated.
    """
    state = await load_office_without_appointments(session, office, now, known_lines, sessions)
    state = replace(
        state,
        appointments_by_line=await _load_expected_appointments(session, office, now),
        service_times=await load_service_times(session, office, now),
    )
    if not state.is_large():
        return state
    return replace(state, forecasts=await _load_forecasts(session, state, forecast_line_id))


async def load_office_without_appointments(
    session: AsyncSession,
    office: Office,
    now: datetime,
    known_lines: Iterable[Line] = (),
    sessions: Mapping[str, DeskSession] | None = None,
) -> OfficeState:
    """Load lines and desk sessions only: no appointments, service times or forecasts."""
    given = {line.id: line for line in known_lines}
    others = [line for line in office.lines if line.id not in given]
    cached = await load_cached_lines(session, office, others, hours.to_local_day(office.hours, now))
    lines = {line_id: cached_line.line for line_id, cached_line in cached.items()} | given
    return OfficeState(
        office,
        now,
        lines,
        merge_desk_sessions(cached) | dict(sessions or {}),
        appointments_by_line=dict.fromkeys(lines, ()),
        cached_lines=cached,
    )


async def _load_forecasts(
    session: AsyncSession, state: OfficeState, forecast_line_id: str | None
) -> dict[str, LineForecast]:
    """Return the cached forecasts by line id, and compute them in read-only sessions."""
    cache, key = process_cache(session).get(ForecastCache), state.forecast_key()
    found = {line_id: cache.get_usable(line_id, key) for line_id in state.lines}
    # a writing transaction holds the lock of the line, and must not wait for a simulation
    if is_read_only(session):
        for line_id in found if forecast_line_id is None else [forecast_line_id]:
            found[line_id] = await cache.get_or_compute(line_id, key, partial(state.compute_forecast, line_id))
    return {line_id: forecast for line_id, forecast in found.items() if forecast is not None}


async def _load_expected_appointments(
    session: AsyncSession, office: Office, now: datetime
) -> dict[str, list[ExpectedAppointment]]:
    """Load the appointments whose citizens may still arrive in the next hours, by line id."""
    # a citizen can still check in until `late_until` after the appointment
    late = max((LineSettings.from_overrides(line.rules).late_until for line in office.lines), default=timedelta())
    found: dict[str, list[ExpectedAppointment]] = {line.id: [] for line in office.lines}
    for appointment in await expected_appointments(
        session, office.id, "in_person", now - late, now + APPOINTMENTS_AHEAD
    ):
        service = first_service_now(office, appointment)
        if service is None:
            continue
        more_services = additional_services(office, appointment)
        expected = ExpectedAppointment(
            starts_at=appointment.starts_at,
            expected=visit_duration((service, *more_services)),
            line_id=service.line_id,
            service=service.slug,
            appointment_id=appointment.id,
            told_at=appointment.latest_told_at,
            more_services=tuple(service.slug for service in more_services),
        )
        found[service.line_id].append(expected)
    return found


def line_wait(state: OfficeState, office_line: OfficeLine, language: str) -> LineWait:
    """Return the waiting tickets of a line, and the wait of a new walk-in."""
    eta = walk_in_range(state, office_line.id)
    return LineWait(
        slug=office_line.slug,
        name=office_line.name(language),
        waiting=state.count_waiting(office_line.id),
        eta=(eta.earliest, eta.latest) if eta else None,
        stopped=office_line.stopped,
    )


def walk_in_range(state: OfficeState, line_id: str) -> ForecastRange | None:
    """Return the forecast range of a new walk-in, from now on.

    None without an open office and desk.
    """
    if not hours.is_open(state.office.hours, state.now):
        return None
    found = state.new_ticket_range(line_id, state.mean_visit_duration(line_id))
    return range_from_now(found, state.now) if found else None
