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
from office360.queue.domain.call_order import call_order
from office360.queue.domain.line import (
    OVERTAKING_REASONS,
    CallReason,
    Line,
    choose_and_call_next,
    choose_next,
    overtaking_limit_at_issue,
)
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import (
    ACTIVE_STATES,
    ALLOWED_TRANSITIONS,
    AT_DESK_STATES,
    Ticket,
    TicketPriority,
    TicketState,
)

from ..support.tickets import T0, appointment_ticket, preferential_ticket, walk_in_ticket

DESKS = {"d1": ("A",), "d2": ("A", "B"), "d3": ("B", "A")}  # each with its lines in order of preference
LINE_RULES = LineSettings()

# Every act of ticket.py that needs no more than the ticket and the time, by what it is called there.
TRANSITIONS: dict[str, Any] = {
    "leave": lambda one, now: rules.end_as_left(one, now),
    "postpone": lambda one, now: rules.postpone_ticket(one, LINE_RULES, now),
    "rejoin": lambda one, now: rules.rejoin_after_miss(one, LINE_RULES, now),
    "recall": lambda one, now: rules.repeat_call(one),
    "start": lambda one, now: rules.begin_service(one, one.desk_id or "d1", "boris", now),
    "finish": lambda one, now: rules.end_service(one, None, now),
    "put_back": lambda one, now: rules.take_back_call(one, now),
    "miss": lambda one, now: rules.miss_call(one, LINE_RULES, now),
    "no_show": lambda one, now: rules.end_as_no_show(one, now),
    "end_hold": lambda one, now: rules.end_hold(one, now),
    "place": lambda one, now: rules.put_first(one, now),
    "expire": lambda one, now: rules.expire_ticket(one, now),
}


class LineStateMachine(RuleBasedStateMachine):
    """Two lines and three desks through some hours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.lines = {line_id: Line(line_id) for line_id in "AB"}
        self.issued = 0
        self.promised: dict[str, int] = {}
        self.passed: dict[str, int] = {}

    def _all_tickets(self) -> Iterator[Ticket]:
        return (one for line in self.lines.values() for one in line.tickets)

    def _ticket_in(self, data: Any, *states: TicketState) -> Ticket | None:
        found = [one for one in self._all_tickets() if one.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def _put_ticket(self, changed: Ticket | None) -> None:
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
    def ticket_is_issued(self, kind: str, offset: int, slack: int, line_id: str) -> None:
        self.issued += 1
        minute = (self.now - T0).total_seconds() / 60
        left = overtaking_limit_at_issue(slack, LINE_RULES)
        changes: Any = {"passes_left": left, "line_id": line_id}
        if kind == "booked":
            one = appointment_ticket(self.issued, minute, minute - offset, **changes)
        else:
            one = (preferential_ticket if kind == "preferential" else walk_in_ticket)(
                self.issued, minute, **changes
            )
        self.promised[one.id], self.passed[one.id] = left, 0
        self._put_ticket(one)

    @rule(data=st.data(), act=st.sampled_from(sorted(set(TRANSITIONS) - {"expire"})))
    def random_transition_happens(self, data: Any, act: str) -> None:
        """To anybody in any state: what is illegal is refused, and has changed nothing."""
        one = self._ticket_in(data, *TicketState)
        if one is None or (
            act == "start" and one.state is TicketState.ON_HOLD and self._is_desk_busy(one.desk_id or "d1")
        ):
            return
        try:
            after: Ticket = TRANSITIONS[act](one, self.now)
        except Refused:
            return
        assert after.state is one.state or after.state in ALLOWED_TRANSITIONS[one.state]
        self._put_ticket(after)

    @rule(data=st.data())
    def a_host_confirms_priority(self, data: Any) -> None:
        one = self._ticket_in(data, TicketState.WAITING)
        self._put_ticket(one and replace(one, priority=TicketPriority.PREFERENTIAL))

    @precondition(lambda self: self.issued > 6)
    @rule(data=st.data())
    def ticket_expires(self, data: Any) -> None:
        one = self._ticket_in(data, *ACTIVE_STATES)
        self._put_ticket(one and rules.expire_ticket(one, self.now))

    # What agents do

    def _is_desk_busy(self, desk: str) -> bool:
        return any(one.desk_id == desk and one.state in AT_DESK_STATES for one in self._all_tickets())

    def _free_desks(self) -> list[str]:
        return [desk for desk in DESKS if not self._is_desk_busy(desk)]

    @precondition(lambda self: self._free_desks())
    @rule(data=st.data())
    def a_desk_calls(self, data: Any) -> None:
        desk = data.draw(st.sampled_from(self._free_desks()))
        mine = [self.lines[line_id] for line_id in DESKS[desk]]
        foretold = choose_next(mine, desk, self.now)
        after, choice = choose_and_call_next(mine, desk, "boris", self.now)
        callable_now = [one for line in mine for one in line.tickets if self._could_be_called(one, desk)]
        assert (choice is None) == (not callable_now)
        if choice is None or foretold is None:
            return
        assert (foretold.ticket.id, foretold.why) == (choice.ticket.id, choice.why)
        self.lines |= {line.id: line for line in after}
        chosen = next(one for one in callable_now if one.id == choice.ticket.id)
        for one in callable_now:
            if one.line_id == chosen.line_id and one.issue_order < chosen.issue_order and one.returns_to is None:
                self._count_overtaking(one, choice.why)

    def _count_overtaking(self, before: Ticket, why: CallReason) -> None:
        """By the words of the promise; a host's decision costs nothing. Whoever was passed is told why."""
        self.passed[before.id] += why is not CallReason.HOST
        after = self.lines[before.line_id].ticket(before.id)
        assert after.reason == OVERTAKING_REASONS.get(why, before.reason)

    def _could_be_called(self, one: Ticket, desk: str) -> bool:
        awake = one.not_before is None or one.not_before <= self.now
        if one.state is TicketState.ON_HOLD:
            return awake and one.returns_to == desk
        return one.state is TicketState.WAITING and awake and one.returns_to in (None, desk)

    @rule(data=st.data(), minutes=st.integers(1, 15))
    def ticket_is_put_on_hold(self, data: Any, minutes: int) -> None:
        one = self._ticket_in(data, TicketState.SERVING, TicketState.WAITING)
        if one is not None:
            until = self.now + timedelta(minutes=minutes)
            self._put_ticket(
                rules.put_on_hold(one, one.desk_id or data.draw(st.sampled_from(sorted(DESKS))), until, self.now)
            )

    @rule(data=st.data(), line_id=st.sampled_from("AB"), bound=st.booleans())
    def ticket_is_transferred(self, data: Any, line_id: str, bound: bool) -> None:
        one = self._ticket_in(data, TicketState.SERVING)
        if one is None:
            return
        desk = data.draw(st.sampled_from([desk for desk, of in DESKS.items() if line_id in of])) if bound else None
        sent = rules.move_to_line(one, line_id, "certificate", timedelta(minutes=15), desk, self.now)
        assert (sent.issue_order, sent.arrived_at, sent.code) == (one.issue_order, one.arrived_at, one.code)
        self.lines[one.line_id] = self.lines[one.line_id].without_ticket(one.id)
        self._put_ticket(sent)

    @rule(desk=st.sampled_from(sorted(DESKS)))
    def a_desk_closes(self, desk: str) -> None:
        """Whoever was to come back to it may be called by any other."""
        for one in [one for one in self._all_tickets() if one.returns_to == desk]:
            self._put_ticket(rules.release_from_desk(one, self.now))
        assert not [one for one in self._all_tickets() if one.returns_to == desk and one.state in ACTIVE_STATES]

    # What is always true

    @invariant()
    def no_ticket_is_lost(self) -> None:
        assert sorted(one.number for one in self._all_tickets()) == list(range(1, self.issued + 1))
        assert all(one.line_id == line.id for line in self.lines.values() for one in line.tickets)

    @invariant()
    def desks_have_one_ticket_each(self) -> None:
        used = [one.desk_id for one in self._all_tickets() if one.state in AT_DESK_STATES]
        assert len(used) == len(set(used))
        assert None not in used
        assert all(one.desk_id is None for one in self._all_tickets() if one.state is TicketState.WAITING)

    @invariant()
    def overtaking_limit_is_kept(self) -> None:
        for one in self._all_tickets():
            assert self.passed[one.id] <= self.promised[one.id]
            assert one.passes_left == self.promised[one.id] - self.passed[one.id]

    @invariant()
    def waiting_tickets_have_one_position(self) -> None:
        for line in self.lines.values():
            waiting = sorted(one.id for one in line.tickets if one.state is TicketState.WAITING)
            assert sorted(place.ticket.id for place in call_order(line, self.now)) == waiting

    @invariant()
    def order_equals_later_calls(self) -> None:
        for line in self.lines.values():
            free = [
                one
                for one in line.tickets
                if one.state is TicketState.WAITING
                and one.returns_to is None
                and (one.not_before is None or one.not_before <= self.now)
            ]
            left = replace(line, tickets=tuple(free))
            foretold = [place.ticket.id for place in call_order(left, self.now)]
            called = []
            while True:
                (left,), choice = choose_and_call_next([left], "d1", "boris", self.now)
                if choice is None:
                    break
                called.append(choice.ticket.id)
            assert called == foretold


LineStateMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLineStateMachine = LineStateMachine.TestCase
