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
from ..domain.admission import Situation
from ..domain.line import Line, Why, call_next, can_be_passed, passes_at_issue
from ..domain.service_times import COLD, Pace, Visit
from ..domain.ticket import AT_DESK, Kind, Priority, State, Ticket
from ..domain.wait_estimate import Forecast, Range
from .office import Desk, Floor, Trace
from .plan import Day, Offered, Plan, Planned, Shift

WAY = (15, 75)  # seconds from a chair to a desk
TIDY = (0, 20)  # seconds from one person to the next
TO_COLLEAGUE = 0.3  # of those who are sent on, to one desk
AFTER_CLOSING = timedelta(minutes=25)  # agents stay so long for those who still wait
MOST = timedelta(hours=1)  # nobody takes longer at a desk


def live(plan: Plan, seed: int, pace: Pace = COLD, *, shown: bool = True) -> Day:
    """One day of this plan. The same seed is the same day; another number of desks meets the same people.

    `pace`: what the office believes when it says how long it takes. `shown`: tell people a range, which costs
    most of the time that a day takes to be lived through.
    """
    return _Office(plan, seed, pace, shown).live()


class _Office(Floor):
    """What people and agents do on the floor."""

    def __init__(self, plan: Plan, seed: int, pace: Pace, shown: bool) -> None:
        super().__init__(plan, seed, pace, shown)
        self.day_speed = _around(self.people, plan.habits.days)
        self._people = 0

    def live(self) -> Day:
        """Let everything happen."""
        self._plan_people()
        for shift in self.plan.shifts:
            self.at(shift.opens, partial(self._open, shift))
        last = max((one.rules.expire_after_closing for one in self.plan.lines), default=timedelta())
        self.at(self.plan.closes, self.look)
        self.at(self.plan.closes + last, self._expire)
        self.run()
        return self.day()

    # People come

    def _plan_people(self) -> None:
        for flow in self.plan.flows:
            for _ in range(_poisson(self.people, flow.count)):
                moment = flow.start + (flow.end - flow.start) * self.people.random()
                self._expect_walk_in(moment, self.plan.service(flow.service))
        for planned in self.plan.appointments:
            self._expect_appointment(planned)

    def _somebody(self) -> Random:
        """The luck of one more person, which is theirs whatever the others and the desks do."""
        self._people += 1
        return Random(f"{self.seed} person {self._people}")  # noqa: S311  a simulation, no secret

    def _expect_walk_in(self, moment: datetime, offered: Offered) -> None:
        luck = self._somebody()
        self.at(moment, lambda: self._walk_in(offered, luck))

    def _expect_appointment(self, planned: Planned) -> None:
        habits, offered = self.plan.habits, self.plan.booked(planned)
        luck = self._somebody()
        early = luck.gauss(habits.early.total_seconds(), habits.punctuality.total_seconds())
        comes = max(planned.starts_at - timedelta(seconds=early), self.plan.opens)
        rules = self.lines[offered.line_id].rules
        if luck.random() < habits.no_show or comes >= planned.starts_at + rules.late_until:
            self.no_shows += 1
            return
        comes = max(comes, planned.starts_at - rules.check_in_opens)  # "too early" is answered with the time
        self.at(comes, lambda: self._check_in(planned, offered, luck))

    def _needs_of(self, luck: Random, offered: Offered) -> timedelta:
        """How long a person will take at a desk of usual speed."""
        return min(MOST, _lognormal(luck, offered.visit) * self.day_speed)

    def _walk_in(self, offered: Offered, luck: Random) -> None:
        line = self.lines[offered.line_id]
        forecast = self.forecast(line, offered)
        refusal = admission.walk_in(self._situation(offered, forecast))
        if refusal is not None:
            self.refused[refusal.code] += 1
            return
        self.walk_ins[line.id] += 1
        called = forecast.called if forecast else None
        latest = called.latest if called else self.now + timedelta(hours=1)
        person = self._new(offered, Kind.WALK_IN, latest)
        if luck.random() < self.plan.habits.preferential:
            person = replace(person, priority=Priority.PREFERENTIAL)
        self._issue(person, self._needs_of(luck, offered), called, luck)

    def _situation(self, offered: Offered, forecast: Forecast | None) -> Situation:
        return Situation(
            paused=False,
            closing=self.plan.closes if self.now < self.plan.closes else None,
            opens_at=None,
            stopped=False,
            quota=next(one.quota for one in self.plan.lines if one.id == offered.line_id),
            walk_ins=self.walk_ins[offered.line_id],
            forecast=forecast,
            rules=self.lines[offered.line_id].rules,
        )

    def _check_in(self, planned: Planned, offered: Offered, luck: Random) -> None:
        rules = self.lines[offered.line_id].rules
        if admission.appointment(planned.starts_at, self.now, paused=False, rules=rules) is not None:
            self.refused["too_late_for_turn"] += 1
            return
        self.coming.remove(planned)
        person = self._new(offered, Kind.APPOINTMENT, max(self.now, planned.starts_at))
        person = replace(person, appointment_id=f"a{planned.starts_at}", appointment_at=planned.starts_at)
        self._issue(person, self._needs_of(luck, offered), None, luck)

    def _new(self, offered: Offered, kind: Kind, latest: datetime) -> Ticket:
        line_id, rules = offered.line_id, self.lines[offered.line_id].rules
        self.issued[line_id] += 1
        number = self.issued[line_id]
        letter = next(one.letter for one in self.plan.lines if one.id == line_id)
        coming = [one for one in self.booked() if one.line_id == line_id]
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
            more_services=offered.more,
            passes_left=passes_at_issue(wait_estimate.could_pass(coming, latest, self.now, rules), rules),
        )

    def _issue(self, person: Ticket, needs: timedelta, shown: Range | None, luck: Random) -> None:
        habits = self.plan.habits
        trace = Trace(person, shown, needs, person.passes_left, luck, answers=luck.random() >= habits.absent)
        self.traces[person.id] = trace
        self.change(person)
        if shown is None and self.shown:
            trace.shown = self.ranges(self.lines[person.line_id]).get(person.id)
        for share, least, most, happen in (
            (habits.leaves, 20, 90, self._leave),
            (habits.placed, 1, 30, self._put_first),
            (habits.postpones, 2, 25, self._postpone),
        ):
            if luck.random() < share:
                self.at(self.now + timedelta(minutes=luck.uniform(least, most)), partial(happen, person.id))

    # What people do while they wait

    def _leave(self, ticket_id: str) -> None:
        person = self.person(ticket_id)
        if person.state is State.WAITING:
            self.change(ticket.leave(person, self.now))

    def _postpone(self, ticket_id: str) -> None:
        person = self.person(ticket_id)
        rules = self.lines[person.line_id].rules
        if person.state is State.WAITING and "postpone" in ticket.may(person, rules, self.now):
            self.traces[ticket_id].aside = True
            self.change(ticket.postpone(person, rules, self.now))

    def _put_first(self, ticket_id: str) -> None:
        person = self.person(ticket_id)
        if person.state is State.WAITING:
            self.traces[ticket_id].aside = True
            self.change(ticket.place(person, self.now))

    def _rejoin(self, person: Ticket) -> None:
        rules = self.lines[person.line_id].rules
        if "rejoin" in ticket.may(person, rules, self.now):
            self.traces[person.id].answers = True
            self.change(ticket.rejoin(person, rules, self.now))

    # Desks

    def _open(self, shift: Shift) -> None:
        """Sit down. Whoever still had somebody from before the break goes on with them."""
        desk = self.desks.get(shift.desk_id)
        if desk is None:
            luck = Random(f"{self.seed} {shift.desk_id}")  # noqa: S311
            self.desks[shift.desk_id] = Desk(shift, _around(luck, self.plan.habits.agents), luck)
        else:
            self.open += shift.opens - desk.shift.opens
            desk.shift, desk.closing = shift, False
        self.at(shift.closes, lambda: self._close(shift))

    def _close(self, shift: Shift) -> None:
        """Stand up: after whoever is there, and at the end of the day after all who wait, half an hour at most."""
        desk = self.desks.get(shift.desk_id)
        if desk is None or desk.shift is not shift:
            return
        if desk.ticket_id is not None or self._stays(shift):
            desk.closing = shift.closes < self.plan.closes
            self.at(self.now + timedelta(minutes=1), lambda: self._close(shift))
            return
        self.open += self.now - shift.opens
        del self.desks[shift.desk_id]
        for line in list(self.lines.values()):
            for bound in [one for one in line.tickets if one.returns_to == shift.desk_id]:
                self.change(ticket.release(bound, self.now))

    def _stays(self, shift: Shift) -> bool:
        is_last = shift.closes >= self.plan.closes and self.now < self.plan.closes + AFTER_CLOSING
        return is_last and any(one.state is State.WAITING for line in shift.line_ids for one in self._of(line))

    def _of(self, line_id: str) -> tuple[Ticket, ...]:
        return self.lines[line_id].tickets

    def call(self) -> None:
        """Every desk that is free calls."""
        for desk_id, desk in self.desks.items():
            is_free = desk.ticket_id is None and (desk.free_from or self.now) <= self.now
            if is_free and not desk.closing:
                self._call_next(desk_id, desk)

    def _call_next(self, desk_id: str, desk: Desk) -> None:
        before = self.lines
        after, choice = call_next(
            [before[line_id] for line_id in desk.shift.line_ids], desk_id, f"agent of {desk_id}", self.now
        )
        if choice is None:
            return
        called = choice.ticket
        assert before[called.line_id].ticket(called.id).state not in AT_DESK
        if choice.why is not Why.HOST:
            self._count_passed(before[called.line_id], called)
        self.lines = before | {line.id: line for line in after}
        trace = self.traces[called.id]
        trace.calls += 1
        trace.called_at = trace.called_at or self.now
        desk.ticket_id, desk.busy_since = called.id, self.now
        self._answer(called, desk_id)

    def _answer(self, called: Ticket, desk_id: str) -> None:
        """Whoever is called comes, or does not; or the agent takes the call back."""
        rules, luck = self.lines[called.line_id].rules, self.traces[called.id].luck
        if luck.random() < self.plan.habits.put_back:
            self.then(called, self.now + timedelta(seconds=20), lambda one: self._put_back(one, desk_id))
        elif self.traces[called.id].answers:
            way = timedelta(seconds=luck.uniform(*WAY))
            self.then(called, self.now + way, lambda one: self._start(one, desk_id))
        else:
            self.then(called, self.now + rules.recall_after, lambda one: self.change(ticket.recall(one)))
            self.then(called, self.now + rules.missed_after, lambda one: self._miss(one, desk_id))

    def _count_passed(self, line: Line, called: Ticket) -> None:
        """By the words of the promise: every ticket issued later and called before costs one."""
        for one in line.tickets:
            if can_be_passed(one, self.now) and one.issue < called.issue:
                self.traces[one.id].passed += 1

    def _put_back(self, person: Ticket, desk_id: str) -> None:
        self.change(ticket.put_back(person, self.now))
        self._free(desk_id)

    def _miss(self, person: Ticket, desk_id: str) -> None:
        rules = self.lines[person.line_id].rules
        missed = ticket.miss(person, rules, self.now)
        self.change(missed)
        self._free(desk_id)
        if missed.state is State.MISSED:
            luck = self.traces[person.id].luck
            if luck.random() < self.plan.habits.rejoins:
                self.then(missed, self.now + timedelta(minutes=luck.uniform(1, 15)), self._rejoin)
            give_up = self.now + rules.rejoin_within
            self.then(missed, give_up, lambda one: self.change(ticket.no_show(one, self.now)))

    def _start(self, person: Ticket, desk_id: str) -> None:
        desk, trace, habits = self.desks[desk_id], self.traces[person.id], self.plan.habits
        serving = ticket.start(person, desk_id, f"agent of {desk_id}", self.now)
        self.change(serving)
        trace.visits += 1
        lasts, first = trace.remaining * desk.speed, trace.visits == 1
        if first and trace.luck.random() < habits.holds:
            trace.remaining /= 2
            self.then(serving, self.now + lasts / 2, lambda one: self._hold(one, desk_id))
        elif first and trace.luck.random() < habits.transfers:
            self.then(serving, self.now + lasts, lambda one: self._transfer(one, desk_id))
        else:
            self.then(serving, self.now + lasts, lambda one: self._finish(one, desk_id))

    def _transfer(self, person: Ticket, desk_id: str) -> None:
        """To any service of the office, at times to one colleague."""
        luck = self.traces[person.id].luck
        to = luck.choice(self.plan.services)
        able = [one for one, desk in self.desks.items() if to.line_id in desk.shift.line_ids and not desk.closing]
        bound = luck.choice(able) if able and luck.random() < TO_COLLEAGUE else None
        sent = ticket.transfer(person, to.line_id, to.slug, to.expected, bound, self.now)
        self.traces[person.id].remaining = self._needs_of(luck, to)
        source = self.lines[person.line_id]
        self.lines[source.id] = source.without(person.id)
        self.change(sent)
        self._free(desk_id)

    def _hold(self, person: Ticket, desk_id: str) -> None:
        until = self.now + self.lines[person.line_id].rules.hold_for
        held = ticket.hold(person, desk_id, until, self.now)
        self.change(held)
        self.then(held, until, lambda one: self.change(ticket.end_hold(one, self.now)))
        self._free(desk_id)

    def _finish(self, person: Ticket, desk_id: str) -> None:
        self.change(ticket.finish(person, None, self.now))
        self._free(desk_id)

    def _free(self, desk_id: str) -> None:
        desk = self.desks[desk_id]
        assert desk.busy_since is not None
        self.busy += self.now - desk.busy_since
        desk.ticket_id = desk.busy_since = None
        desk.free_from = self.now + timedelta(seconds=desk.luck.uniform(*TIDY))
        self.at(desk.free_from, self.look)

    def _expire(self) -> None:
        for line in list(self.lines.values()):
            for one in line.tickets:
                self.change(ticket.expire(one, self.now))
        for desk_id in [one for one, desk in self.desks.items() if desk.ticket_id]:
            self._free(desk_id)


def _around(luck: Random, deviation: float) -> float:
    """A factor near one, with this standard deviation."""
    return luck.lognormvariate(-(deviation**2) / 2, deviation)


def _lognormal(luck: Random, visit: Visit) -> timedelta:
    """Service times at counters are skewed to the right; the lognormal has the mean and deviation asked for."""
    mean = visit.mean.total_seconds()
    square = math.log(1 + (visit.deviation.total_seconds() / mean) ** 2)
    return timedelta(seconds=luck.lognormvariate(math.log(mean) - square / 2, math.sqrt(square)))


def _poisson(luck: Random, mean: float) -> int:
    """How many come when so many come on average: gaps between them are exponential."""
    count, passed = 0, luck.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + luck.expovariate(1.0)
    return count
