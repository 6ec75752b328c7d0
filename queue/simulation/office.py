"""The floor of an invented office at one moment: its clock, its lines, its desks, and what it would tell people.

`simulation.py` says what happens on it. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from ..domain import wait_estimate
from ..domain.call_order import OpenDesk
from ..domain.line import Line, is_late
from ..domain.service_times import ServiceTimes
from ..domain.ticket import ENDED_STATES, Ticket, TicketPriority, TicketState
from ..domain.wait_estimate import ExpectedAppointment, ForecastRange, NewTicketForecast
from .plan import DayPlan, OfficeSample, PlannedAppointment, PlannedService, Shift, SimulatedDay, TicketOutcome

APPOINTMENTS_AHEAD = timedelta(hours=4)  # as reading.py looks ahead


@dataclass(slots=True)
class SimulatedDesk:
    """A desk as it is. `ticket_id`: who is called to it or sits there."""

    shift: Shift
    speed: float
    rng: Random
    ticket_id: str | None = None
    free_from: datetime | None = None
    closing: bool = False
    busy_since: datetime | None = None


@dataclass(slots=True)
class TicketTrace:
    """What is written down of one person."""

    ticket: Ticket
    shown_range: ForecastRange | None
    remaining: timedelta  # how long they still need at a desk
    overtaking_limit: int
    rng: Random
    overtaken: int = 0
    calls: int = 0
    visits: int = 0
    called_at: datetime | None = None
    is_excluded: bool = False
    answers_call: bool = True


class SimulatedOffice:
    """An office through one day. Events are kept by time."""

    def __init__(self, plan: DayPlan, seed: int, service_times: ServiceTimes, shown: bool) -> None:
        self.plan = plan
        self.service_times = service_times
        self.shows_ranges = shown
        self.seed = seed
        self.arrivals_rng = Random(f"people {seed}")  # noqa: S311  a simulation, no secret
        self.now = plan.opens
        self.lines = {one.id: Line(one.id, settings=one.rules) for one in plan.lines}
        self.desks: dict[str, SimulatedDesk] = {}
        self.traces: dict[str, TicketTrace] = {}
        self.pending_appointments: list[PlannedAppointment] = sorted(
            plan.appointments, key=lambda one: one.starts_at
        )
        self.issued: Counter[str] = Counter()
        self.walk_ins: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.no_shows = 0
        self.open_time = self.busy_time = timedelta()
        self.samples: list[OfficeSample] = []
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def run_events(self) -> None:
        """Let everything happen that is planned, and what comes of it."""
        while self._events:
            self.now, _, happen = heappop(self._events)
            happen()
            self.call_at_free_desks()
            self._record_sample()

    def call_at_free_desks(self) -> None:
        """Desks that are free call."""
        raise NotImplementedError

    def schedule(self, moment: datetime, happen: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._events, (max(moment, self.now), self._count, happen))

    def schedule_unless_moved(self, person: Ticket, moment: datetime, happen: Callable[[Ticket], None]) -> None:
        """Let something happen to somebody, unless they have moved on by then."""

        def still() -> None:
            found = self.current_ticket(person.id)
            if (found.state, found.since) == (person.state, person.since):
                happen(found)

        self.schedule(moment, still)

    def recheck_desks(self) -> None:
        """Nothing happens but that desks look again."""

    def update_ticket(self, changed: Ticket) -> None:
        """Write what somebody has become; whoever is over leaves the line."""
        line = self.lines[changed.line_id]
        self.traces[changed.id].ticket = changed
        if changed.state in ENDED_STATES:
            left = tuple(one for one in line.tickets if one.id != changed.id)
            self.lines[line.id] = replace(line, tickets=left)
            return
        self.lines[line.id] = line.with_tickets(changed)
        if changed.not_before is not None:
            self.schedule(changed.not_before, self.recheck_desks)

    def current_ticket(self, ticket_id: str) -> Ticket:
        """Somebody as they are now."""
        trace = self.traces[ticket_id]
        present = {one.id: one for one in self.lines[trace.ticket.line_id].tickets}
        return present.get(ticket_id, trace.ticket)

    # What people are told

    def expected_appointments(self) -> list[ExpectedAppointment]:
        """Who is booked in the next hours and not here."""
        found = []
        for one in self.pending_appointments:
            offered = self.plan.appointment_service(one)
            gone = one.starts_at + self.lines[offered.line_id].settings.late_until <= self.now
            if not gone and one.starts_at < self.now + APPOINTMENTS_AHEAD:
                known = ExpectedAppointment(
                    one.starts_at,
                    offered.expected,
                    offered.line_id,
                    offered.slug,
                    more_services=offered.more_services,
                )
                found.append(known)
        return found

    def open_desks(self) -> list[OpenDesk]:
        return [self._open_desk(desk) for desk in self.desks.values() if not desk.closing]

    def _open_desk(self, desk: SimulatedDesk) -> OpenDesk:
        there = self.current_ticket(desk.ticket_id) if desk.ticket_id else None
        return wait_estimate.make_open_desk(desk.shift.line_ids, there, self.now, self.service_times)

    def forecast_new_ticket(self, line: Line, offered: PlannedService) -> NewTicketForecast | None:
        if not self.shows_ranges:
            return None
        lines, desks = list(self.lines.values()), self.open_desks()
        return wait_estimate.forecast_new_ticket(
            line,
            offered.expected,
            lines,
            desks,
            self.expected_appointments(),
            self.now,
            self.service_times,
            offered.slug,
        )

    def forecast_ranges(self, line: Line) -> dict[str, ForecastRange]:
        lines = list(self.lines.values())
        return wait_estimate.forecast_line(
            line, lines, self.open_desks(), self.expected_appointments(), self.now, self.service_times
        )[1]

    # What is written down

    def simulated_day(self) -> SimulatedDay:
        """What came of it."""
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
            line.id: sum(1 for one in line.tickets if one.state is TicketState.WAITING)
            for line in self.lines.values()
        }
        busy = sum(1 for desk in self.desks.values() if desk.ticket_id)
        sample = OfficeSample(self.now, waiting, len(self.desks), busy)
        if self.samples and self.samples[-1].at == self.now:
            self.samples.pop()
        self.samples.append(sample)

    def _ticket_outcome(self, trace: TicketTrace) -> TicketOutcome:
        person = trace.ticket
        return TicketOutcome(
            code=person.code,
            line_id=person.line_id,
            kind=person.kind,
            preferential=person.priority is TicketPriority.PREFERENTIAL,
            issued_at=person.issued_at,
            appointment_at=person.appointment_at,
            is_late=is_late(person, self.lines[person.line_id].settings),
            called_at=trace.called_at,
            ended_at=person.since,
            state=person.state,
            shown_range=trace.shown_range,
            is_excluded=trace.is_excluded,
            overtaking_limit=trace.overtaking_limit,
            overtaken=trace.overtaken,
            calls=trace.calls,
            visits=trace.visits,
        )
