"""Simulation of a day, event by event, with the rules that run a real office.

Pure: no clock, no SQL.
Only the behaviour of people is random: when they arrive, how long they take, who does not answer. `admission.py`,
`line.py`, `ticket.py` and `wait_estimate.py` of the domain decide on tickets, calls and forecasts.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from ..domain import admission, wait_estimate
from ..domain import ticket as ticket_rules
from ..domain.admission import AdmissionContext
from ..domain.line import CallReason, Line, can_be_overtaken, choose_and_call_next, overtaking_limit_at_issue
from ..domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTime, ServiceTimes
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketKind, TicketPriority, TicketState
from ..domain.wait_estimate import ForecastRange, NewTicketForecast
from .office import SimulatedDesk, SimulatedOffice, TicketTrace
from .plan import DayPlan, PlannedAppointment, PlannedService, RecordedPerson, Shift, SimulatedDay

WALK_TO_DESK_S = (15, 75)  # seconds from a chair to a desk
DESK_CHANGEOVER_S = (0, 20)  # seconds between two visits at a desk
CALL_TAKEN_BACK_AFTER = timedelta(seconds=20)  # an agent notices a mistaken call
UNKNOWN_WAIT = timedelta(hours=1)  # assumed wait of a new ticket without a forecast
COLLEAGUE_TRANSFER_SHARE = 0.3  # share of the transfers that go to a certain desk
MAX_OVERTIME = timedelta(minutes=25)  # agents stay this long after closing for waiting citizens
MAX_SERVICE_TIME = timedelta(hours=1)  # cuts the long tail of the random service times


def simulate_day(
    plan: DayPlan, seed: int, service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES, *, shows_ranges: bool = True
) -> SimulatedDay:
    """Simulate a day.

    The same seed gives the same day; with other desks the same citizens come.
    `service_times`: what the office assumes for its forecasts. `shows_ranges`: show each citizen a forecast range,
    which takes most of the computing time.
    """
    office = SimulatedOffice(plan, seed, service_times, shows_ranges=shows_ranges)
    return SimulationEngine(office).simulate()


class SimulationEngine:
    """The actions of citizens and agents in a simulated office."""

    def __init__(self, office: SimulatedOffice) -> None:
        self.office = office
        self.plan = office.plan
        self.day_speed = _draw_factor(office.arrivals_rng, office.plan.behaviour.days)
        self._people_count = 0

    def simulate(self) -> SimulatedDay:
        """Run all events of the day."""
        office, plan = self.office, self.plan
        self._schedule_arrivals()
        for shift in plan.shifts:
            office.schedule(shift.opens, partial(self._open_desk_shift, shift))
        expire_after = max((line.rules.expire_after_closing for line in plan.lines), default=timedelta())
        office.schedule_desk_check(plan.closes)
        office.schedule(plan.closes + expire_after, self._expire_all_tickets)
        office.run_events(self._call_at_free_desks)
        return office.simulated_day()

    # Arrivals

    def _schedule_arrivals(self) -> None:
        rng = self.office.arrivals_rng
        for person in self.plan.walk_ins:
            self._schedule_walk_in(person.arrived_at, self.plan.service(person.service), person)
        for flow in self.plan.flows:
            for _ in range(_draw_count(rng, flow.count)):
                moment = flow.start + (flow.end - flow.start) * rng.random()
                self._schedule_walk_in(moment, self.plan.service(flow.service))
        for appointment in self.plan.appointments:
            self._schedule_check_in(appointment)

    def _next_person_rng(self) -> Random:
        """Return the random numbers of the next citizen."""
        # independent of other citizens and of desks, so that a difference between two days comes from the change
        self._people_count += 1
        return Random(f"{self.office.seed} person {self._people_count}")  # noqa: S311  not a secret

    def _schedule_walk_in(
        self, moment: datetime, service: PlannedService, person: RecordedPerson | None = None
    ) -> None:
        rng = self._next_person_rng()
        self.office.schedule(moment, lambda: self._take_walk_in_ticket(service, rng, person))

    def _schedule_check_in(self, appointment: PlannedAppointment) -> None:
        behaviour, service = self.plan.behaviour, self.plan.appointment_service(appointment)
        rng = self._next_person_rng()
        early_s = rng.gauss(behaviour.early.total_seconds(), behaviour.punctuality.total_seconds())
        arrives_at = max(appointment.starts_at - timedelta(seconds=early_s), self.plan.opens)
        if appointment.person is not None:
            arrives_at = appointment.person.arrived_at
        settings = self.office.lines[service.line_id].settings
        if rng.random() < behaviour.no_show or arrives_at >= appointment.starts_at + settings.late_until:
            self.office.no_shows += 1
            return
        # an early citizen waits until check-in opens
        checks_in_at = max(arrives_at, appointment.starts_at - settings.check_in_opens)
        self.office.schedule(checks_in_at, lambda: self._check_in(appointment, service, rng))

    def _draw_service_time(self, rng: Random, service: PlannedService) -> timedelta:
        """Draw the service time of a visit at a desk of average speed."""
        return min(MAX_SERVICE_TIME, _draw_service_time(rng, service.service_time) * self.day_speed)

    def _take_walk_in_ticket(
        self, service: PlannedService, rng: Random, person: RecordedPerson | None = None
    ) -> None:
        office = self.office
        line = office.lines[service.line_id]
        forecast = office.forecast_new_ticket(line, service)
        refusal = admission.check_walk_in(self._admission_context(service, forecast))
        if refusal is not None:
            office.refused[refusal.code] += 1
            return
        office.walk_ins[line.id] += 1
        call_range = forecast.call_range if forecast else None
        latest = call_range.latest if call_range else office.now + UNKNOWN_WAIT
        ticket = self._make_ticket(service, TicketKind.WALK_IN, latest)
        if rng.random() < self.plan.behaviour.preferential:
            ticket = replace(ticket, priority=TicketPriority.PREFERENTIAL)
        self._issue_ticket(ticket, service, call_range, rng, person)

    def _admission_context(self, service: PlannedService, forecast: NewTicketForecast | None) -> AdmissionContext:
        return AdmissionContext(
            paused=False,
            closes_at=self.plan.closes if self.office.now < self.plan.closes else None,
            opens_at=None,
            walk_ins_stopped=False,
            daily_quota=next(line.quota for line in self.plan.lines if line.id == service.line_id),
            walk_ins_today=self.office.walk_ins[service.line_id],
            forecast=lambda: forecast,
            settings=self.office.lines[service.line_id].settings,
        )

    def _check_in(self, appointment: PlannedAppointment, service: PlannedService, rng: Random) -> None:
        now, starts_at = self.office.now, appointment.starts_at
        settings = self.office.lines[service.line_id].settings
        if admission.check_appointment(starts_at, now, paused=False, settings=settings) is not None:
            self.office.refused["too_late_for_turn"] += 1
            return
        self.office.pending_appointments.remove(appointment)
        ticket = self._make_ticket(service, TicketKind.APPOINTMENT, max(now, starts_at))
        ticket = replace(ticket, appointment_id=f"a{starts_at}", appointment_at=starts_at)
        self._issue_ticket(ticket, service, None, rng, appointment.person)

    def _make_ticket(self, service: PlannedService, kind: TicketKind, latest: datetime) -> Ticket:
        """Make a ticket.

        `latest`: the latest expected call, up to which booked appointments may overtake it.
        """
        office, line_id = self.office, service.line_id
        settings, now = office.lines[line_id].settings, office.now
        office.issued[line_id] += 1
        number = office.issued[line_id]
        letter = next(line.letter for line in self.plan.lines if line.id == line_id)
        booked = [expected for expected in office.expected_appointments() if expected.line_id == line_id]
        overtakers = wait_estimate.count_possible_overtakers(booked, latest, now, settings)
        return Ticket(
            id=f"{letter}{number:03d}",
            line_id=line_id,
            number=number,
            code=f"{letter}-{number:03d}",
            service=service.slug,
            kind=kind,
            issued_at=now,
            arrived_at=now,
            since=now,
            expected=service.expected,
            more_services=service.more_services,
            overtakings_left=overtaking_limit_at_issue(overtakers, settings),
        )

    def _issue_ticket(
        self,
        ticket: Ticket,
        service: PlannedService,
        shown: ForecastRange | None,
        rng: Random,
        person: RecordedPerson | None,
    ) -> None:
        office, behaviour = self.office, self.plan.behaviour
        service_time = self._draw_service_time(rng, service)
        answers_call = rng.random() >= behaviour.absent
        trace = TicketTrace(ticket, shown, service_time, ticket.overtakings_left, rng, answers_call=answers_call)
        if person is not None:
            self._follow_record(trace, person)
        office.traces[ticket.id] = trace
        office.update_ticket(ticket)
        if shown is None and office.shows_ranges:
            trace.shown_range = office.forecast_line(office.lines[ticket.line_id])[1].get(ticket.id)
        for share, least_min, most_min, action in (
            (behaviour.leaves, 20, 90, self._leave_line),
            (behaviour.placed, 1, 30, self._put_first),
            (behaviour.postpones, 2, 25, self._postpone_call),
        ):
            if rng.random() < share:
                moment = office.now + timedelta(minutes=rng.uniform(least_min, most_min))
                office.schedule(moment, partial(action, ticket.id))

    def _follow_record(self, trace: TicketTrace, person: RecordedPerson) -> None:
        trace.walk = person.walk
        trace.remaining = trace.remaining if person.at_desk is None else person.at_desk
        trace.answers_call = not person.is_absent
        if person.left_at is not None:
            self.office.schedule(person.left_at, partial(self._leave_line, trace.ticket.id))

    # While a ticket waits

    def _leave_line(self, ticket_id: str) -> None:
        ticket = self.office.current_ticket(ticket_id)
        if ticket.state is TicketState.WAITING:
            self.office.update_ticket(ticket_rules.end_as_left(ticket, self.office.now))

    def _postpone_call(self, ticket_id: str) -> None:
        office, ticket = self.office, self.office.current_ticket(ticket_id)
        settings = office.lines[ticket.line_id].settings
        actions = ticket_rules.allowed_actions(ticket, settings, office.now)
        if ticket.state is TicketState.WAITING and "postpone" in actions:
            office.traces[ticket_id].is_excluded = True
            office.update_ticket(ticket_rules.postpone_ticket(ticket, settings, office.now))

    def _put_first(self, ticket_id: str) -> None:
        office, ticket = self.office, self.office.current_ticket(ticket_id)
        if ticket.state is TicketState.WAITING:
            office.traces[ticket_id].is_excluded = True
            office.update_ticket(ticket_rules.put_first(ticket, office.now))

    def _rejoin_line(self, ticket: Ticket) -> None:
        office = self.office
        settings = office.lines[ticket.line_id].settings
        if "rejoin" in ticket_rules.allowed_actions(ticket, settings, office.now):
            office.traces[ticket.id].answers_call = True
            office.update_ticket(ticket_rules.rejoin_after_miss(ticket, settings, office.now))

    # Desks

    def _open_desk_shift(self, shift: Shift) -> None:
        """Open a desk. An agent who still serves a ticket from before a break continues with it."""
        office = self.office
        desk = office.desks.get(shift.desk_id)
        if desk is None:
            rng = Random(f"{office.seed} {shift.desk_id}")  # noqa: S311  not a secret
            office.desks[shift.desk_id] = SimulatedDesk(shift, _draw_factor(rng, self.plan.behaviour.agents), rng)
        else:
            # the visit lasted until the next shift, so the desk was open in the break, too
            office.open_time += shift.opens - desk.shift.opens
            desk.shift, desk.closing = shift, False
        office.schedule(shift.closes, lambda: self._close_desk_shift(shift))

    def _close_desk_shift(self, shift: Shift) -> None:
        """Close a desk after its present visit.

        The last shift also waits until no ticket waits, but at most MAX_OVERTIME.
        """
        office = self.office
        desk = office.desks.get(shift.desk_id)
        if desk is None or desk.shift is not shift:
            return
        if desk.ticket_id is not None or self._should_stay_open(shift):
            # in the overtime of the last shift a desk goes on calling; before a break it only ends its visit
            desk.closing = shift.closes < self.plan.closes
            office.schedule(office.now + timedelta(minutes=1), lambda: self._close_desk_shift(shift))
            return
        office.open_time += office.now - shift.opens
        del office.desks[shift.desk_id]
        for line in list(office.lines.values()):
            for ticket in [ticket for ticket in line.tickets if ticket.returns_to == shift.desk_id]:
                office.update_ticket(ticket_rules.release_from_desk(ticket, office.now))

    def _should_stay_open(self, shift: Shift) -> bool:
        is_last = shift.closes >= self.plan.closes and self.office.now < self.plan.closes + MAX_OVERTIME
        return is_last and any(
            ticket.state is TicketState.WAITING
            for line_id in shift.line_ids
            for ticket in self.office.lines[line_id].tickets
        )

    def _call_at_free_desks(self) -> None:
        for desk_id, desk in self.office.desks.items():
            is_free = desk.ticket_id is None and (desk.free_from or self.office.now) <= self.office.now
            if is_free and not desk.closing:
                self._call_next(desk_id, desk)

    def _call_next(self, desk_id: str, desk: SimulatedDesk) -> None:
        office, before = self.office, self.office.lines
        lines = [before[line_id] for line_id in desk.shift.line_ids]
        after, choice = choose_and_call_next(lines, desk_id, f"agent of {desk_id}", office.now)
        if choice is None:
            return
        called = choice.ticket
        assert before[called.line_id].ticket(called.id).state not in AT_DESK_STATES
        if choice.why is not CallReason.HOST:
            self._count_overtaken(before[called.line_id], called)
        office.lines = before | {line.id: line for line in after}
        trace = office.traces[called.id]
        trace.calls += 1
        trace.called_at = trace.called_at or office.now
        desk.ticket_id, desk.busy_since = called.id, office.now
        self._schedule_answer(called, desk_id)

    def _schedule_answer(self, called: Ticket, desk_id: str) -> None:
        """Schedule the answer to a call, its miss, or that the agent takes it back."""
        office, trace = self.office, self.office.traces[called.id]
        settings, now = office.lines[called.line_id].settings, office.now
        if trace.rng.random() < self.plan.behaviour.put_back:
            office.schedule_unless_moved(
                called, now + CALL_TAKEN_BACK_AFTER, lambda ticket: self._take_back_call(ticket, desk_id)
            )
        elif trace.answers_call:
            drawn = timedelta(seconds=trace.rng.uniform(*WALK_TO_DESK_S))
            way = drawn if trace.walk is None else trace.walk
            office.schedule_unless_moved(called, now + way, lambda ticket: self._begin_service(ticket, desk_id))
        else:
            office.schedule_unless_moved(called, now + settings.recall_after, self._recall)
            office.schedule_unless_moved(
                called, now + settings.missed_after, lambda ticket: self._miss_call(ticket, desk_id)
            )

    def _count_overtaken(self, line: Line, called: Ticket) -> None:
        """Count overtakings by the words of the promise."""
        # not by `choose_and_call_next`, whose counts this checks: a ticket over its limit is a bug
        for ticket in line.tickets:
            if can_be_overtaken(ticket, self.office.now) and ticket.issue_order < called.issue_order:
                self.office.traces[ticket.id].overtaken += 1

    def _recall(self, ticket: Ticket) -> None:
        self.office.update_ticket(ticket_rules.repeat_call(ticket))

    def _take_back_call(self, ticket: Ticket, desk_id: str) -> None:
        self.office.update_ticket(ticket_rules.take_back_call(ticket, self.office.now))
        self._free_desk(desk_id)

    def _miss_call(self, ticket: Ticket, desk_id: str) -> None:
        office, settings = self.office, self.office.lines[ticket.line_id].settings
        missed = ticket_rules.miss_call(ticket, office.now)
        office.update_ticket(missed)
        self._free_desk(desk_id)
        rng = office.traces[ticket.id].rng
        if ticket_rules.can_rejoin_again(missed, settings) and rng.random() < self.plan.behaviour.rejoins:
            rejoins_at = office.now + timedelta(minutes=rng.uniform(1, 15))
            office.schedule_unless_moved(missed, rejoins_at, self._rejoin_line)
        office.schedule_unless_moved(missed, ticket_rules.missed_until(missed, settings), self._end_as_no_show)

    def _end_as_no_show(self, ticket: Ticket) -> None:
        self.office.update_ticket(ticket_rules.end_as_no_show(ticket, self.office.now))

    def _begin_service(self, ticket: Ticket, desk_id: str) -> None:
        office, behaviour = self.office, self.plan.behaviour
        desk, trace = office.desks[desk_id], office.traces[ticket.id]
        serving = ticket_rules.begin_service(ticket, desk_id, f"agent of {desk_id}", office.now)
        office.update_ticket(serving)
        trace.visits += 1
        duration, is_first = trace.remaining * desk.speed, trace.visits == 1
        if is_first and trace.rng.random() < behaviour.holds:
            trace.remaining /= 2
            action, ends_at = self._put_on_hold, office.now + duration / 2
        elif is_first and trace.rng.random() < behaviour.transfers:
            action, ends_at = self._transfer_ticket, office.now + duration
        else:
            action, ends_at = self._end_service, office.now + duration
        office.schedule_unless_moved(serving, ends_at, lambda ticket: action(ticket, desk_id))

    def _transfer_ticket(self, ticket: Ticket, desk_id: str) -> None:
        """Transfer the ticket to any service of the office, sometimes to a certain desk."""
        office, rng = self.office, self.office.traces[ticket.id].rng
        service = rng.choice(self.plan.services)
        able = [
            other_id
            for other_id, desk in office.desks.items()
            if service.line_id in desk.shift.line_ids and not desk.closing
        ]
        returns_to = rng.choice(able) if able and rng.random() < COLLEAGUE_TRANSFER_SHARE else None
        moved = ticket_rules.move_to_line(
            ticket, service.line_id, service.slug, service.expected, returns_to, office.now
        )
        office.traces[ticket.id].remaining = self._draw_service_time(rng, service)
        source = office.lines[ticket.line_id]
        office.lines[source.id] = source.without_ticket(ticket.id)
        office.update_ticket(moved)
        self._free_desk(desk_id)

    def _put_on_hold(self, ticket: Ticket, desk_id: str) -> None:
        office = self.office
        until = office.now + office.lines[ticket.line_id].settings.hold_for
        held = ticket_rules.put_on_hold(ticket, desk_id, until, office.now)
        office.update_ticket(held)
        office.schedule_unless_moved(held, until, self._end_hold)
        self._free_desk(desk_id)

    def _end_hold(self, ticket: Ticket) -> None:
        self.office.update_ticket(ticket_rules.end_hold(ticket, self.office.now))

    def _end_service(self, ticket: Ticket, desk_id: str) -> None:
        self.office.update_ticket(ticket_rules.end_service(ticket, None, self.office.now))
        self._free_desk(desk_id)

    def _free_desk(self, desk_id: str) -> None:
        desk = self.office.desks[desk_id]
        assert desk.busy_since is not None
        self.office.busy_time += self.office.now - desk.busy_since
        desk.ticket_id = desk.busy_since = None
        desk.free_from = self.office.now + timedelta(seconds=desk.rng.uniform(*DESK_CHANGEOVER_S))
        self.office.schedule_desk_check(desk.free_from)

    def _expire_all_tickets(self) -> None:
        for line in list(self.office.lines.values()):
            for ticket in line.tickets:
                self.office.update_ticket(ticket_rules.expire_ticket(ticket, self.office.now))
        for desk_id in [desk_id for desk_id, desk in self.office.desks.items() if desk.ticket_id]:
            self._free_desk(desk_id)


def _draw_factor(rng: Random, deviation: float) -> float:
    """Draw a factor with mean 1 and this standard deviation."""
    return rng.lognormvariate(-(deviation**2) / 2, deviation)


def _draw_service_time(rng: Random, service_time: ServiceTime) -> timedelta:
    """Draw from the lognormal distribution, because service times are skewed to the right."""
    mean_s = service_time.mean.total_seconds()
    square = math.log(1 + (service_time.deviation.total_seconds() / mean_s) ** 2)
    return timedelta(seconds=rng.lognormvariate(math.log(mean_s) - square / 2, math.sqrt(square)))


def _draw_count(rng: Random, mean: float) -> int:
    """Draw from the Poisson distribution: gaps between arrivals are exponential."""
    count, passed = 0, rng.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + rng.expovariate(1.0)
    return count
