"""The state of a simulated office: clock, pending events, lines, desks, forecasts. Pure.

`engine.py` decides what happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from ..domain import wait_estimate
from ..domain.call_order import OpenDesk
from ..domain.line import Line, is_late
from ..domain.service_times import ServiceTimes
from ..domain.ticket import ENDED_STATES, Ticket, TicketPriority, TicketState
from ..domain.wait_estimate import (
    APPOINTMENTS_AHEAD,
    ExpectedAppointment,
    ForecastInput,
    ForecastRange,
    NewTicketForecast,
)
from .plan import DayPlan, OfficeSample, PlannedAppointment, PlannedService, Shift, SimulatedDay, TicketOutcome


@dataclass(slots=True)
class SimulatedDesk:
    """An open desk. `ticket_id`: the ticket that is called to it or served at it."""

    shift: Shift
    speed: float
    rng: Random
    ticket_id: str | None = None
    free_from: datetime | None = None
    closing: bool = False
    busy_since: datetime | None = None


@dataclass(slots=True)
class TicketTrace:
    """The record of a ticket during the simulation."""

    ticket: Ticket
    shown_range: ForecastRange | None
    remaining: timedelta  # service time that is still needed
    overtaking_limit: int
    rng: Random
    overtaken: int = 0
    calls: int = 0
    visits: int = 0
    called_at: datetime | None = None
    is_excluded: bool = False
    answers_call: bool = True
    walk: timedelta | None = None  # recorded time from the call to the desk


class SimulatedOffice:
    """An office on a day, with a queue of pending events in order of time."""

    def __init__(self, plan: DayPlan, seed: int, service_times: ServiceTimes, *, shows_ranges: bool) -> None:
        self.plan = plan
        self.service_times = service_times
        self.shows_ranges = shows_ranges
        self.seed = seed
        self.arrivals_rng = Random(f"people {seed}")  # noqa: S311  not a secret
        self.now = plan.opens
        self.lines = {line.id: Line(line.id, settings=line.rules) for line in plan.lines}
        self.desks: dict[str, SimulatedDesk] = {}
        self.traces: dict[str, TicketTrace] = {}
        self.pending_appointments: list[PlannedAppointment] = sorted(
            plan.appointments, key=lambda appointment: appointment.starts_at
        )
        self.issued: Counter[str] = Counter()
        self.walk_ins: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.no_shows = 0
        self.open_time = self.busy_time = timedelta()
        self.samples: list[OfficeSample] = []
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def run_events(self, after_each: Callable[[], None]) -> None:
        """Run the pending events in order of time; call `after_each` after each.

        Events may schedule further events.
        """
        while self._events:
            self.now, _, action = heappop(self._events)
            action()
            after_each()
            self._record_sample()

    def schedule(self, moment: datetime, action: Callable[[], None]) -> None:
        """Schedule an event; a time in the past counts as now."""
        self._count += 1  # keeps events of the same time in order
        heappush(self._events, (max(moment, self.now), self._count, action))

    def schedule_unless_moved(self, ticket: Ticket, moment: datetime, action: Callable[[Ticket], None]) -> None:
        """Schedule an event of a ticket; drop it if the ticket has another state by then."""

        def run_if_unmoved() -> None:
            current = self.current_ticket(ticket.id)
            if (current.state, current.since) == (ticket.state, ticket.since):
                action(current)

        self.schedule(moment, run_if_unmoved)

    def schedule_desk_check(self, moment: datetime) -> None:
        """Schedule an empty event, after which free desks call."""
        self.schedule(moment, lambda: None)

    def update_ticket(self, changed: Ticket) -> None:
        """Store the new state of a ticket. An ended ticket is removed from its line."""
        line = self.lines[changed.line_id]
        self.traces[changed.id].ticket = changed
        if changed.state in ENDED_STATES:
            self.lines[line.id] = line.without_ticket(changed.id)
            return
        self.lines[line.id] = line.with_tickets(changed)
        if changed.not_before is not None:
            self.schedule_desk_check(changed.not_before)

    def current_ticket(self, ticket_id: str) -> Ticket:
        """Return a ticket in its present state, ended or not."""
        trace = self.traces[ticket_id]
        active = {ticket.id: ticket for ticket in self.lines[trace.ticket.line_id].tickets}
        return active.get(ticket_id, trace.ticket)

    # Forecasts

    def expected_appointments(self) -> list[ExpectedAppointment]:
        """Return the appointments of the next hours whose citizens may still arrive."""
        found = []
        for appointment in self.pending_appointments:
            service = self.plan.appointment_service(appointment)
            is_over = appointment.starts_at + self.lines[service.line_id].settings.late_until <= self.now
            if not is_over and appointment.starts_at < self.now + APPOINTMENTS_AHEAD:
                expected = ExpectedAppointment(
                    appointment.starts_at,
                    service.expected,
                    service.line_id,
                    service.slug,
                    more_services=service.more_services,
                )
                found.append(expected)
        return found

    def open_desks(self) -> list[OpenDesk]:
        return [self._open_desk(desk) for desk in self.desks.values() if not desk.closing]

    def _open_desk(self, desk: SimulatedDesk) -> OpenDesk:
        ticket = self.current_ticket(desk.ticket_id) if desk.ticket_id else None
        return wait_estimate.make_open_desk(desk.shift.line_ids, ticket, self.now, self.service_times)

    def forecast_new_ticket(self, line: Line, service: PlannedService) -> NewTicketForecast | None:
        if not self.shows_ranges:
            return None
        return wait_estimate.forecast_new_ticket(line, service.expected, self._forecast_input(), service.slug)

    def forecast_line(self, line: Line) -> tuple[list[str], dict[str, ForecastRange]]:
        """Return the ticket ids in call order at the desks of a line, and its ranges."""
        return wait_estimate.forecast_line(line, self._forecast_input())

    def _forecast_input(self) -> ForecastInput:
        lines, booked = list(self.lines.values()), self.expected_appointments()
        return ForecastInput(lines, self.open_desks(), booked, self.now, self.service_times)

    # Outcome

    def simulated_day(self) -> SimulatedDay:
        """Return the outcome of the day."""
        return SimulatedDay(
            self.plan,
            tuple(self._ticket_outcome(trace) for trace in self.traces.values()),
            dict(self.refused),
            self.no_shows,
            self.open_time,
            self.busy_time,
            tuple(self.samples),
        )

    def _record_sample(self) -> None:
        waiting = {
            line.id: sum(1 for ticket in line.tickets if ticket.state is TicketState.WAITING)
            for line in self.lines.values()
        }
        busy = sum(1 for desk in self.desks.values() if desk.ticket_id)
        sample = OfficeSample(self.now, waiting, len(self.desks), busy)
        if self.samples and self.samples[-1].at == self.now:
            self.samples.pop()
        self.samples.append(sample)

    def _ticket_outcome(self, trace: TicketTrace) -> TicketOutcome:
        ticket = trace.ticket
        return TicketOutcome(
            code=ticket.code,
            line_id=ticket.line_id,
            kind=ticket.kind,
            preferential=ticket.priority is TicketPriority.PREFERENTIAL,
            issued_at=ticket.issued_at,
            appointment_at=ticket.appointment_at,
            is_late=is_late(ticket, self.lines[ticket.line_id].settings),
            called_at=trace.called_at,
            ended_at=ticket.since,
            state=ticket.state,
            shown_range=trace.shown_range,
            is_excluded=trace.is_excluded,
            overtaking_limit=trace.overtaking_limit,
            overtaken=trace.overtaken,
            calls=trace.calls,
            visits=trace.visits,
        )
