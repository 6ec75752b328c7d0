"""Two lines lived through at random: nobody is lost, nobody is called twice, no promise is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from office360.core.errors import Refused
from office360.queue.domain import ticket as rules
from office360.queue.domain.call_order import order
from office360.queue.domain.line import REASONS, Line, Why, call_next, choose, passes_at_issue
from office360.queue.domain.ticket import ACTIVE, AT_DESK, NEXT, LineRules, Priority, State, Ticket

from ..support.tickets import T0, booked, preferential, walk_in

DESKS = {"d1": ("A",), "d2": ("A", "B"), "d3": ("B", "A")}  # each with its lines in order of preference
LINE_RULES = LineRules()

# Every act of ticket.py that needs no more than the ticket and the time, by what it is called there.
ACTS: dict[str, Any] = {
    "leave": lambda one, now: rules.leave(one, now),
    "postpone": lambda one, now: rules.postpone(one, LINE_RULES, now),
    "rejoin": lambda one, now: rules.rejoin(one, LINE_RULES, now),
    "recall": lambda one, now: rules.recall(one),
    "start": lambda one, now: rules.start(one, one.desk_id or "d1", "boris", now),
    "finish": lambda one, now: rules.finish(one, None, now),
    "put_back": lambda one, now: rules.put_back(one, now),
    "miss": lambda one, now: rules.miss(one, LINE_RULES, now),
    "no_show": lambda one, now: rules.no_show(one, now),
    "end_hold": lambda one, now: rules.end_hold(one, now),
    "place": lambda one, now: rules.place(one, now),
    "expire": lambda one, now: rules.expire(one, now),
}


class TwoLines(RuleBasedStateMachine):
    """Two lines and three desks through some hours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.lines = {line_id: Line(line_id) for line_id in "AB"}
        self.issued = 0
        self.promised: dict[str, int] = {}
        self.passed: dict[str, int] = {}

    def _all(self) -> Iterator[Ticket]:
        return (one for line in self.lines.values() for one in line.tickets)

    def _ticket_in(self, data: Any, *states: State) -> Ticket | None:
        found = [one for one in self._all() if one.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def _change(self, changed: Ticket | None) -> None:
        if changed is not None:
            self.lines[changed.line_id] = self.lines[changed.line_id].with_tickets(changed)

    # What people do

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        kind=st.sampled_from(["walk_in", "walk_in", "preferential", "booked", "booked"]),
        offset=st.integers(-15, 29),
        slack=st.integers(0, 2),
        line_id=st.sampled_from("AB"),
    )
    def somebody_comes(self, kind: str, offset: int, slack: int, line_id: str) -> None:
        self.issued += 1
        minute = (self.now - T0).total_seconds() / 60
        left = passes_at_issue(slack, LINE_RULES)
        changes: Any = {"passes_left": left, "line_id": line_id}
        if kind == "booked":
            one = booked(self.issued, minute, minute - offset, **changes)
        else:
            one = (preferential if kind == "preferential" else walk_in)(self.issued, minute, **changes)
        self.promised[one.id], self.passed[one.id] = left, 0
        self._change(one)

    @rule(data=st.data(), act=st.sampled_from(sorted(set(ACTS) - {"expire"})))
    def something_happens_to_somebody(self, data: Any, act: str) -> None:
        """To anybody in any state: what is illegal is refused, and has changed nothing."""
        one = self._ticket_in(data, *State)
        if one is None or (act == "start" and one.state is State.ON_HOLD and self._is_used(one.desk_id or "d1")):
            return
        try:
            after: Ticket = ACTS[act](one, self.now)
        except Refused:
            return
        assert after.state is one.state or after.state in NEXT[one.state]
        self._change(after)

    @rule(data=st.data())
    def a_host_confirms_priority(self, data: Any) -> None:
        one = self._ticket_in(data, State.WAITING)
        self._change(one and replace(one, priority=Priority.PREFERENTIAL))

    @precondition(lambda self: self.issued > 6)
    @rule(data=st.data())
    def somebodys_day_is_over(self, data: Any) -> None:
        one = self._ticket_in(data, *ACTIVE)
        self._change(one and rules.expire(one, self.now))

    # What agents do

    def _is_used(self, desk: str) -> bool:
        return any(one.desk_id == desk and one.state in AT_DESK for one in self._all())

    def _free(self) -> list[str]:
        return [desk for desk in DESKS if not self._is_used(desk)]

    @precondition(lambda self: self._free())
    @rule(data=st.data())
    def a_desk_calls(self, data: Any) -> None:
        desk = data.draw(st.sampled_from(self._free()))
        mine = [self.lines[line_id] for line_id in DESKS[desk]]
        foretold = choose(mine, desk, self.now)
        after, choice = call_next(mine, desk, "boris", self.now)
        callable_now = [one for line in mine for one in line.tickets if self._could_be_called(one, desk)]
        assert (choice is None) == (not callable_now)
        if choice is None or foretold is None:
            return
        assert (foretold.ticket.id, foretold.why) == (choice.ticket.id, choice.why)
        self.lines |= {line.id: line for line in after}
        chosen = next(one for one in callable_now if one.id == choice.ticket.id)
        for one in callable_now:
            if one.line_id == chosen.line_id and one.issue < chosen.issue and one.returns_to is None:
                self._passed(one, choice.why)

    def _passed(self, before: Ticket, why: Why) -> None:
        """By the words of the promise; a host's decision costs nothing. Whoever was passed is told why."""
        self.passed[before.id] += why is not Why.HOST
        after = self.lines[before.line_id].ticket(before.id)
        assert after.reason == REASONS.get(why, before.reason)

    def _could_be_called(self, one: Ticket, desk: str) -> bool:
        awake = one.not_before is None or one.not_before <= self.now
        if one.state is State.ON_HOLD:
            return awake and one.returns_to == desk
        return one.state is State.WAITING and awake and one.returns_to in (None, desk)

    @rule(data=st.data(), minutes=st.integers(1, 15))
    def somebody_is_held(self, data: Any, minutes: int) -> None:
        one = self._ticket_in(data, State.SERVING, State.WAITING)
        if one is not None:
            until = self.now + timedelta(minutes=minutes)
            self._change(
                rules.hold(one, one.desk_id or data.draw(st.sampled_from(sorted(DESKS))), until, self.now)
            )

    @rule(data=st.data(), line_id=st.sampled_from("AB"), bound=st.booleans())
    def somebody_is_sent_on(self, data: Any, line_id: str, bound: bool) -> None:
        one = self._ticket_in(data, State.SERVING)
        if one is None:
            return
        desk = data.draw(st.sampled_from([desk for desk, of in DESKS.items() if line_id in of])) if bound else None
        sent = rules.transfer(one, line_id, "certificate", timedelta(minutes=15), desk, self.now)
        assert (sent.issue, sent.arrived_at, sent.code) == (one.issue, one.arrived_at, one.code)
        self.lines[one.line_id] = self.lines[one.line_id].without(one.id)
        self._change(sent)

    @rule(desk=st.sampled_from(sorted(DESKS)))
    def a_desk_closes(self, desk: str) -> None:
        """Whoever was to come back to it may be called by any other."""
        for one in [one for one in self._all() if one.returns_to == desk]:
            self._change(rules.release(one, self.now))
        assert not [one for one in self._all() if one.returns_to == desk and one.state in ACTIVE]

    # What is always true

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sorted(one.number for one in self._all()) == list(range(1, self.issued + 1))
        assert all(one.line_id == line.id for line in self.lines.values() for one in line.tickets)

    @invariant()
    def no_desk_has_two_people_and_nobody_has_two_desks(self) -> None:
        used = [one.desk_id for one in self._all() if one.state in AT_DESK]
        assert len(used) == len(set(used))
        assert None not in used
        assert all(one.desk_id is None for one in self._all() if one.state is State.WAITING)

    @invariant()
    def nobody_is_passed_more_often_than_promised(self) -> None:
        for one in self._all():
            assert self.passed[one.id] <= self.promised[one.id]
            assert one.passes_left == self.promised[one.id] - self.passed[one.id]

    @invariant()
    def everybody_who_waits_has_one_place_in_the_order(self) -> None:
        for line in self.lines.values():
            waiting = sorted(one.id for one in line.tickets if one.state is State.WAITING)
            assert sorted(place.ticket.id for place in order(line, self.now)) == waiting

    @invariant()
    def the_order_is_what_the_calls_then_do(self) -> None:
        for line in self.lines.values():
            free = [
                one
                for one in line.tickets
                if one.state is State.WAITING
                and one.returns_to is None
                and (one.not_before is None or one.not_before <= self.now)
            ]
            left = replace(line, tickets=tuple(free))
            foretold = [place.ticket.id for place in order(left, self.now)]
            called = []
            while True:
                (left,), choice = call_next([left], "d1", "boris", self.now)
                if choice is None:
                    break
                called.append(choice.ticket.id)
            assert called == foretold


TwoLines.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTwoLines = TwoLines.TestCase
