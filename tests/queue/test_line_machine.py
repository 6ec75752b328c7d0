"""A line lived through at random: nobody is lost, nobody is called twice, no promise is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from office360.queue import ticket as rules
from office360.queue.line import Line, call_next, order, passes_at_issue
from office360.queue.ticket import AT_DESK, LineRules, State, Ticket

from .people import T0, booked, preferential, walk_in

DESKS = ("d1", "d2", "d3")
LINE_RULES = LineRules()


class OneLine(RuleBasedStateMachine):
    """A line of three desks through some hours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.line = Line("line")
        self.issued = 0
        self.promised: dict[str, int] = {}
        self.passed: dict[str, int] = {}

    def _ticket_in(self, data: Any, *states: State) -> Ticket | None:
        found = [one for one in self.line.tickets if one.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def _change(self, changed: Ticket | None) -> None:
        if changed is not None:
            self.line = self.line.with_tickets(changed)

    # What people do

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        kind=st.sampled_from(["walk_in", "preferential", "booked"]),
        offset=st.integers(-15, 29),
        slack=st.integers(0, 2),
    )
    def somebody_comes(self, kind: str, offset: int, slack: int) -> None:
        self.issued += 1
        minute = (self.now - T0).total_seconds() / 60
        left = passes_at_issue(slack, LINE_RULES)
        if kind == "booked":
            one = booked(self.issued, minute, minute - offset, passes_left=left)
        else:
            one = (preferential if kind == "preferential" else walk_in)(self.issued, minute, passes_left=left)
        self.promised[one.id], self.passed[one.id] = left, 0
        self._change(one)

    @rule(data=st.data())
    def somebody_leaves(self, data: Any) -> None:
        one = self._ticket_in(data, State.WAITING, State.CALLED, State.MISSED, State.ON_HOLD)
        self._change(one and rules.leave(one, self.now))

    @rule(data=st.data())
    def somebody_needs_ten_minutes(self, data: Any) -> None:
        one = self._ticket_in(data, State.WAITING, State.CALLED)
        if one is not None and not one.postpones:
            self._change(rules.postpone(one, LINE_RULES, self.now))

    @rule(data=st.data())
    def somebody_rejoins(self, data: Any) -> None:
        one = self._ticket_in(data, State.MISSED)
        if one is not None and "rejoin" in rules.may(one, LINE_RULES, self.now):
            self._change(rules.rejoin(one, LINE_RULES, self.now))

    # What agents do

    def _free(self) -> list[str]:
        used = {one.desk_id for one in self.line.tickets if one.state in AT_DESK}
        return [desk for desk in DESKS if desk not in used]

    @precondition(lambda self: self._free())
    @rule(data=st.data())
    def a_desk_calls(self, data: Any) -> None:
        desk = data.draw(st.sampled_from(self._free()))
        before = self.line
        (self.line,), choice = call_next([before], desk, "boris", self.now)
        callable_now = [one for one in before.tickets if self._could_be_called(one, desk)]
        assert (choice is None) == (not callable_now)
        if choice is None:
            return
        chosen = before.ticket(choice.ticket.id)
        assert chosen in callable_now
        for one in callable_now:
            if one.issue < chosen.issue and one.returns_to is None:
                self.passed[one.id] += 1

    def _could_be_called(self, one: Ticket, desk: str) -> bool:
        awake = one.not_before is None or one.not_before <= self.now
        if one.state is State.ON_HOLD:
            return awake and one.returns_to == desk
        return one.state is State.WAITING and awake and one.returns_to in (None, desk)

    @rule(data=st.data())
    def a_call_is_answered(self, data: Any) -> None:
        one = self._ticket_in(data, State.CALLED)
        self._change(one and rules.start(one, one.desk_id or "", "boris", self.now))

    @rule(data=st.data())
    def a_call_is_not_answered(self, data: Any) -> None:
        one = self._ticket_in(data, State.CALLED)
        self._change(one and rules.miss(one, LINE_RULES, self.now))

    @rule(data=st.data())
    def a_call_is_taken_back(self, data: Any) -> None:
        one = self._ticket_in(data, State.CALLED)
        self._change(one and rules.put_back(one, self.now))

    @rule(data=st.data())
    def a_visit_ends(self, data: Any) -> None:
        one = self._ticket_in(data, State.SERVING)
        self._change(one and rules.finish(one, None, self.now))

    @rule(data=st.data(), minutes=st.integers(1, 15))
    def a_visit_is_held(self, data: Any, minutes: int) -> None:
        one = self._ticket_in(data, State.SERVING)
        until = self.now + timedelta(minutes=minutes)
        self._change(one and rules.hold(one, one.desk_id, until, self.now))

    @rule(data=st.data())
    def a_hold_ends(self, data: Any) -> None:
        one = self._ticket_in(data, State.ON_HOLD)
        self._change(one and rules.end_hold(one, self.now))

    # What is always true

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sorted(one.number for one in self.line.tickets) == list(range(1, self.issued + 1))

    @invariant()
    def no_desk_has_two_people_and_nobody_has_two_desks(self) -> None:
        used = [one.desk_id for one in self.line.tickets if one.state in AT_DESK]
        assert len(used) == len(set(used))
        assert all(one.desk_id is None for one in self.line.tickets if one.state is State.WAITING)

    @invariant()
    def nobody_is_passed_more_often_than_promised(self) -> None:
        for one in self.line.tickets:
            assert self.passed[one.id] <= self.promised[one.id]
            assert one.passes_left == self.promised[one.id] - self.passed[one.id]

    @invariant()
    def everybody_who_waits_has_one_place_in_the_order(self) -> None:
        waiting = sorted(one.id for one in self.line.tickets if one.state is State.WAITING)
        assert sorted(place.ticket.id for place in order(self.line, self.now)) == waiting

    @invariant()
    def the_order_is_what_the_calls_then_do(self) -> None:
        awake = tuple(
            one
            for one in self.line.tickets
            if one.state is State.WAITING
            and one.returns_to is None
            and (one.not_before is None or one.not_before <= self.now)
        )
        line = replace(self.line, tickets=awake)
        foretold = [place.ticket.id for place in order(line, self.now)]
        called = []
        while True:
            (line,), choice = call_next([line], "d1", "boris", self.now)
            if choice is None:
                break
            called.append(choice.ticket.id)
        assert called == foretold


OneLine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOneLine = OneLine.TestCase
