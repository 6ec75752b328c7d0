"""A day lived through at random, one event after the other, with the very rules that run an office. Pure.

Only what people do is invented: when they come, how long they take, who does not answer. Whether they get a
ticket, who is called and when they are told to be called is asked of admission.py, line.py and estimate.py.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from ..domain import admission, ticket, wait_estimate
from ..domain.admission import AdmissionContext
from ..domain.line import CallReason, Line, can_be_overtaken, choose_and_call_next, overtaking_limit_at_issue
from ..domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTime, ServiceTimes
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketKind, TicketPriority, TicketState
from ..domain.wait_estimate import ForecastRange, NewTicketForecast
from .office import SimulatedDesk, SimulatedOffice, TicketTrace
from .plan import DayPlan, PlannedAppointment, PlannedService, Shift, SimulatedDay

WALK_TO_DESK_S = (15, 75)  # seconds from a chair to a desk
DESK_CHANGEOVER_S = (0, 20)  # seconds from one person to the next
COLLEAGUE_TRANSFER_SHARE = 0.3  # of those who are sent on, to one desk
MAX_OVERTIME = timedelta(minutes=25)  # agents stay so long for those who still wait
MAX_SERVICE_TIME = timedelta(hours=1)  # nobody takes longer at a desk


def simulate_day(
    plan: DayPlan, seed: int, service_times: ServiceTimes = UNMEASURED_SERVICE_TIMES, *, shows_ranges: bool = True
) -> SimulatedDay:
    """One day of this plan. The same seed is the same day; another number of desks meets the same people.

    `pace`: what the office believes when it says how long it takes. `shown`: tell people a range, which costs
    most of the time that a day takes to be lived through.
    """
    return _SimulationEngine(plan, seed, service_times, shows_ranges).simulate()


class _SimulationEngine(SimulatedOffice):
    """What people and agents do on the floor."""

    def __init__(self, plan: DayPlan, seed: int, service_times: ServiceTimes, shown: bool) -> None:
        super().__init__(plan, seed, service_times, shown)
        self.day_speed = _draw_factor(self.arrivals_rng, plan.behaviour.days)
        self._people_count = 0

    def simulate(self) -> SimulatedDay:
        """Let everything happen."""
        self._schedule_arrivals()
        for shift in self.plan.shifts:
            self.schedule(shift.opens, partial(self._open_desk_shift, shift))
        last = max((one.rules.expire_after_closing for one in self.plan.lines), default=timedelta())
        self.schedule(self.plan.closes, self.recheck_desks)
        self.schedule(self.plan.closes + last, self._expire_all_tickets)
        self.run_events()
        return self.simulated_day()

    # People come

    def _schedule_arrivals(self) -> None:
        for flow in self.plan.flows:
            for _ in range(_draw_count(self.arrivals_rng, flow.count)):
                moment = flow.start + (flow.end - flow.start) * self.arrivals_rng.random()
                self._schedule_walk_in(moment, self.plan.service(flow.service))
        for planned in self.plan.appointments:
            self._schedule_check_in(planned)

    def _next_person_rng(self) -> Random:
        """The luck of one more person, which is theirs whatever the others and the desks do."""
        self._people_count += 1
        return Random(f"{self.seed} person {self._people_count}")  # noqa: S311  a simulation, no secret

    def _schedule_walk_in(self, moment: datetime, offered: PlannedService) -> None:
        luck = self._next_person_rng()
        self.schedule(moment, lambda: self._take_walk_in_ticket(offered, luck))

    def _schedule_check_in(self, planned: PlannedAppointment) -> None:
        habits, offered = self.plan.behaviour, self.plan.appointment_service(planned)
        luck = self._next_person_rng()
        early = luck.gauss(habits.early.total_seconds(), habits.punctuality.total_seconds())
        comes = max(planned.starts_at - timedelta(seconds=early), self.plan.opens)
        rules = self.lines[offered.line_id].settings
        if luck.random() < habits.no_show or comes >= planned.starts_at + rules.late_until:
            self.no_shows += 1
            return
        comes = max(comes, planned.starts_at - rules.check_in_opens)  # "too early" is answered with the time
        self.schedule(comes, lambda: self._check_in(planned, offered, luck))

    def _draw_service_time(self, rng: Random, offered: PlannedService) -> timedelta:
        """How long a person will take at a desk of usual speed."""
        return min(MAX_SERVICE_TIME, _draw_service_time(rng, offered.service_time) * self.day_speed)

    def _take_walk_in_ticket(self, offered: PlannedService, rng: Random) -> None:
        line = self.lines[offered.line_id]
        forecast = self.forecast_new_ticket(line, offered)
        refusal = admission.check_walk_in(self._admission_context(offered, forecast))
        if refusal is not None:
            self.refused[refusal.code] += 1
            return
        self.walk_ins[line.id] += 1
        called = forecast.call_range if forecast else None
        latest = called.latest if called else self.now + timedelta(hours=1)
        person = self._make_ticket(offered, TicketKind.WALK_IN, latest)
        if rng.random() < self.plan.behaviour.preferential:
            person = replace(person, priority=TicketPriority.PREFERENTIAL)
        self._issue_ticket(person, self._draw_service_time(rng, offered), called, rng)

    def _admission_context(self, offered: PlannedService, forecast: NewTicketForecast | None) -> AdmissionContext:
        return AdmissionContext(
            paused=False,
            closes_at=self.plan.closes if self.now < self.plan.closes else None,
            opens_at=None,
            walk_ins_stopped=False,
            daily_quota=next(one.quota for one in self.plan.lines if one.id == offered.line_id),
            walk_ins_today=self.walk_ins[offered.line_id],
            forecast=forecast,
            settings=self.lines[offered.line_id].settings,
        )

    def _check_in(self, planned: PlannedAppointment, offered: PlannedService, rng: Random) -> None:
        rules = self.lines[offered.line_id].settings
        if admission.check_appointment(planned.starts_at, self.now, paused=False, settings=rules) is not None:
            self.refused["too_late_for_turn"] += 1
            return
        self.pending_appointments.remove(planned)
        person = self._make_ticket(offered, TicketKind.APPOINTMENT, max(self.now, planned.starts_at))
        person = replace(person, appointment_id=f"a{planned.starts_at}", appointment_at=planned.starts_at)
        self._issue_ticket(person, self._draw_service_time(rng, offered), None, rng)

    def _make_ticket(self, offered: PlannedService, kind: TicketKind, latest: datetime) -> Ticket:
        line_id, rules = offered.line_id, self.lines[offered.line_id].settings
        self.issued[line_id] += 1
        number = self.issued[line_id]
        letter = next(one.letter for one in self.plan.lines if one.id == line_id)
        coming = [one for one in self.expected_appointments() if one.line_id == line_id]
        return Ticket(
            id=f"{letter}{number:03d}",
            line_id=line_id,
            number=number,
            code=f"{letter}-{number:03d}",
            service=offered.slug,
            kind=kind,
            issued_at=self.now,
            arrived_at=self.now,
            since=self.now,
            expected=offered.expected,
            more_services=offered.more_services,
            passes_left=overtaking_limit_at_issue(
                wait_estimate.count_possible_overtakers(coming, latest, self.now, rules), rules
            ),
        )

    def _issue_ticket(self, person: Ticket, needs: timedelta, shown: ForecastRange | None, rng: Random) -> None:
        habits = self.plan.behaviour
        trace = TicketTrace(
            person, shown, needs, person.passes_left, rng, answers_call=rng.random() >= habits.absent
        )
        self.traces[person.id] = trace
        self.update_ticket(person)
        if shown is None and self.shows_ranges:
            trace.shown_range = self.forecast_ranges(self.lines[person.line_id]).get(person.id)
        for share, least, most, happen in (
            (habits.leaves, 20, 90, self._leave_line),
            (habits.placed, 1, 30, self._put_first),
            (habits.postpones, 2, 25, self._postpone_call),
        ):
            if rng.random() < share:
                self.schedule(self.now + timedelta(minutes=rng.uniform(least, most)), partial(happen, person.id))

    # What people do while they wait

    def _leave_line(self, ticket_id: str) -> None:
        person = self.current_ticket(ticket_id)
        if person.state is TicketState.WAITING:
            self.update_ticket(ticket.end_as_left(person, self.now))

    def _postpone_call(self, ticket_id: str) -> None:
        person = self.current_ticket(ticket_id)
        rules = self.lines[person.line_id].settings
        if person.state is TicketState.WAITING and "postpone" in ticket.allowed_actions(person, rules, self.now):
            self.traces[ticket_id].is_excluded = True
            self.update_ticket(ticket.postpone_ticket(person, rules, self.now))

    def _put_first(self, ticket_id: str) -> None:
        person = self.current_ticket(ticket_id)
        if person.state is TicketState.WAITING:
            self.traces[ticket_id].is_excluded = True
            self.update_ticket(ticket.put_first(person, self.now))

    def _rejoin_line(self, person: Ticket) -> None:
        rules = self.lines[person.line_id].settings
        if "rejoin" in ticket.allowed_actions(person, rules, self.now):
            self.traces[person.id].answers_call = True
            self.update_ticket(ticket.rejoin_after_miss(person, rules, self.now))

    # Desks

    def _open_desk_shift(self, shift: Shift) -> None:
        """Sit down. Whoever still had somebody from before the break goes on with them."""
        desk = self.desks.get(shift.desk_id)
        if desk is None:
            luck = Random(f"{self.seed} {shift.desk_id}")  # noqa: S311
            self.desks[shift.desk_id] = SimulatedDesk(shift, _draw_factor(luck, self.plan.behaviour.agents), luck)
        else:
            self.open_time += shift.opens - desk.shift.opens
            desk.shift, desk.closing = shift, False
        self.schedule(shift.closes, lambda: self._close_desk_shift(shift))

    def _close_desk_shift(self, shift: Shift) -> None:
        """Stand up: after whoever is there, and at the end of the day after all who wait, half an hour at most."""
        desk = self.desks.get(shift.desk_id)
        if desk is None or desk.shift is not shift:
            return
        if desk.ticket_id is not None or self._should_stay_open(shift):
            desk.closing = shift.closes < self.plan.closes
            self.schedule(self.now + timedelta(minutes=1), lambda: self._close_desk_shift(shift))
            return
        self.open_time += self.now - shift.opens
        del self.desks[shift.desk_id]
        for line in list(self.lines.values()):
            for bound in [one for one in line.tickets if one.returns_to == shift.desk_id]:
                self.update_ticket(ticket.release_from_desk(bound, self.now))

    def _should_stay_open(self, shift: Shift) -> bool:
        is_last = shift.closes >= self.plan.closes and self.now < self.plan.closes + MAX_OVERTIME
        return is_last and any(
            one.state is TicketState.WAITING for line in shift.line_ids for one in self._tickets_in_line(line)
        )

    def _tickets_in_line(self, line_id: str) -> tuple[Ticket, ...]:
        return self.lines[line_id].tickets

    def call_at_free_desks(self) -> None:
        """Every desk that is free calls."""
        for desk_id, desk in self.desks.items():
            is_free = desk.ticket_id is None and (desk.free_from or self.now) <= self.now
            if is_free and not desk.closing:
                self._call_next(desk_id, desk)

    def _call_next(self, desk_id: str, desk: SimulatedDesk) -> None:
        before = self.lines
        after, choice = choose_and_call_next(
            [before[line_id] for line_id in desk.shift.line_ids], desk_id, f"agent of {desk_id}", self.now
        )
        if choice is None:
            return
        called = choice.ticket
        assert before[called.line_id].ticket(called.id).state not in AT_DESK_STATES
        if choice.why is not CallReason.HOST:
            self._count_overtaken(before[called.line_id], called)
        self.lines = before | {line.id: line for line in after}
        trace = self.traces[called.id]
        trace.calls += 1
        trace.called_at = trace.called_at or self.now
        desk.ticket_id, desk.busy_since = called.id, self.now
        self._schedule_answer(called, desk_id)

    def _schedule_answer(self, called: Ticket, desk_id: str) -> None:
        """Whoever is called comes, or does not; or the agent takes the call back."""
        rules, luck = self.lines[called.line_id].settings, self.traces[called.id].rng
        if luck.random() < self.plan.behaviour.put_back:
            self.schedule_unless_moved(
                called, self.now + timedelta(seconds=20), lambda one: self._take_back_call(one, desk_id)
            )
        elif self.traces[called.id].answers_call:
            way = timedelta(seconds=luck.uniform(*WALK_TO_DESK_S))
            self.schedule_unless_moved(called, self.now + way, lambda one: self._begin_service(one, desk_id))
        else:
            self.schedule_unless_moved(
                called, self.now + rules.recall_after, lambda one: self.update_ticket(ticket.repeat_call(one))
            )
            self.schedule_unless_moved(
                called, self.now + rules.missed_after, lambda one: self._miss_call(one, desk_id)
            )

    def _count_overtaken(self, line: Line, called: Ticket) -> None:
        """By the words of the promise: every ticket issued later and called before costs one."""
        for one in line.tickets:
            if can_be_overtaken(one, self.now) and one.issue_order < called.issue_order:
                self.traces[one.id].overtaken += 1

    def _take_back_call(self, person: Ticket, desk_id: str) -> None:
        self.update_ticket(ticket.take_back_call(person, self.now))
        self._free_desk(desk_id)

    def _miss_call(self, person: Ticket, desk_id: str) -> None:
        rules = self.lines[person.line_id].settings
        missed = ticket.miss_call(person, rules, self.now)
        self.update_ticket(missed)
        self._free_desk(desk_id)
        if missed.state is TicketState.MISSED:
            luck = self.traces[person.id].rng
            if luck.random() < self.plan.behaviour.rejoins:
                self.schedule_unless_moved(
                    missed, self.now + timedelta(minutes=luck.uniform(1, 15)), self._rejoin_line
                )
            give_up = self.now + rules.rejoin_within
            self.schedule_unless_moved(
                missed, give_up, lambda one: self.update_ticket(ticket.end_as_no_show(one, self.now))
            )

    def _begin_service(self, person: Ticket, desk_id: str) -> None:
        desk, trace, habits = self.desks[desk_id], self.traces[person.id], self.plan.behaviour
        serving = ticket.begin_service(person, desk_id, f"agent of {desk_id}", self.now)
        self.update_ticket(serving)
        trace.visits += 1
        lasts, first = trace.remaining * desk.speed, trace.visits == 1
        if first and trace.rng.random() < habits.holds:
            trace.remaining /= 2
            self.schedule_unless_moved(serving, self.now + lasts / 2, lambda one: self._put_on_hold(one, desk_id))
        elif first and trace.rng.random() < habits.transfers:
            self.schedule_unless_moved(serving, self.now + lasts, lambda one: self._transfer_ticket(one, desk_id))
        else:
            self.schedule_unless_moved(serving, self.now + lasts, lambda one: self._end_service(one, desk_id))

    def _transfer_ticket(self, person: Ticket, desk_id: str) -> None:
        """To any service of the office, at times to one colleague."""
        luck = self.traces[person.id].rng
        to = luck.choice(self.plan.services)
        able = [one for one, desk in self.desks.items() if to.line_id in desk.shift.line_ids and not desk.closing]
        bound = luck.choice(able) if able and luck.random() < COLLEAGUE_TRANSFER_SHARE else None
        sent = ticket.move_to_line(person, to.line_id, to.slug, to.expected, bound, self.now)
        self.traces[person.id].remaining = self._draw_service_time(luck, to)
        source = self.lines[person.line_id]
        self.lines[source.id] = source.without_ticket(person.id)
        self.update_ticket(sent)
        self._free_desk(desk_id)

    def _put_on_hold(self, person: Ticket, desk_id: str) -> None:
        until = self.now + self.lines[person.line_id].settings.hold_for
        held = ticket.put_on_hold(person, desk_id, until, self.now)
        self.update_ticket(held)
        self.schedule_unless_moved(held, until, lambda one: self.update_ticket(ticket.end_hold(one, self.now)))
        self._free_desk(desk_id)

    def _end_service(self, person: Ticket, desk_id: str) -> None:
        self.update_ticket(ticket.end_service(person, None, self.now))
        self._free_desk(desk_id)

    def _free_desk(self, desk_id: str) -> None:
        desk = self.desks[desk_id]
        assert desk.busy_since is not None
        self.busy_time += self.now - desk.busy_since
        desk.ticket_id = desk.busy_since = None
        desk.free_from = self.now + timedelta(seconds=desk.rng.uniform(*DESK_CHANGEOVER_S))
        self.schedule(desk.free_from, self.recheck_desks)

    def _expire_all_tickets(self) -> None:
        for line in list(self.lines.values()):
            for one in line.tickets:
                self.update_ticket(ticket.expire_ticket(one, self.now))
        for desk_id in [one for one, desk in self.desks.items() if desk.ticket_id]:
            self._free_desk(desk_id)


def _draw_factor(rng: Random, deviation: float) -> float:
    """A factor near one, with this standard deviation."""
    return rng.lognormvariate(-(deviation**2) / 2, deviation)


def _draw_service_time(rng: Random, visit: ServiceTime) -> timedelta:
    """Service times at counters are skewed to the right; the lognormal has the mean and deviation asked for."""
    mean = visit.mean.total_seconds()
    square = math.log(1 + (visit.deviation.total_seconds() / mean) ** 2)
    return timedelta(seconds=rng.lognormvariate(math.log(mean) - square / 2, math.sqrt(square)))


def _draw_count(rng: Random, mean: float) -> int:
    """How many come when so many come on average: gaps between them are exponential."""
    count, passed = 0, rng.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + rng.expovariate(1.0)
    return count
