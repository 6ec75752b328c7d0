"""Random events in two lines: no ticket is lost, and every overtaking limit is kept."""

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

from ...support.suite.examples import examples
from ..support.tickets import T0, appointment_ticket, preferential_ticket, walk_in_ticket

DESKS = {"d1": ("A",), "d2": ("A", "B"), "d3": ("B", "A")}  # the lines of each desk in order of preference
SETTINGS = LineSettings()

# The transitions of ticket.py that need only the ticket and the time.
TRANSITIONS: dict[str, Any] = {
    "leave": lambda ticket, now: rules.end_as_left(ticket, now),
    "postpone": lambda ticket, now: rules.postpone_ticket(ticket, SETTINGS, now),
    "rejoin": lambda ticket, now: rules.rejoin_after_miss(ticket, SETTINGS, now),
    "recall": lambda ticket, now: rules.repeat_call(ticket),
    "start": lambda ticket, now: rules.begin_service(ticket, ticket.desk_id or "d1", "boris", now),
    "finish": lambda ticket, now: rules.end_service(ticket, None, now),
    "put_back": lambda ticket, now: rules.take_back_call(ticket, now),
    "miss": lambda ticket, now: rules.miss_call(ticket, now),
    "no_show": lambda ticket, now: rules.end_as_no_show(ticket, now),
    "end_hold": lambda ticket, now: rules.end_hold(ticket, now),
    "place": lambda ticket, now: rules.put_first(ticket, now),
    "expire": lambda ticket, now: rules.expire_ticket(ticket, now),
}


class LineStateMachine(RuleBasedStateMachine):
    """Two lines and three desks for some hours."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.lines = {line_id: Line(line_id) for line_id in "AB"}
        self.issued = 0
        self.limits: dict[str, int] = {}
        self.overtaken: dict[str, int] = {}

    def _all_tickets(self) -> Iterator[Ticket]:
        return (ticket for line in self.lines.values() for ticket in line.tickets)

    def _ticket_in(self, data: Any, *states: TicketState) -> Ticket | None:
        found = [ticket for ticket in self._all_tickets() if ticket.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def _put_ticket(self, changed: Ticket | None) -> None:
        if changed is not None:
            self.lines[changed.line_id] = self.lines[changed.line_id].with_tickets(changed)

    # Citizens and hosts

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
        left = overtaking_limit_at_issue(slack, SETTINGS)
        changes: Any = {"overtakings_left": left, "line_id": line_id}
        if kind == "booked":
            ticket = appointment_ticket(self.issued, minute, minute - offset, **changes)
        else:
            ticket = (preferential_ticket if kind == "preferential" else walk_in_ticket)(
                self.issued, minute, **changes
            )
        self.limits[ticket.id], self.overtaken[ticket.id] = left, 0
        self._put_ticket(ticket)

    @rule(data=st.data(), action=st.sampled_from(sorted(set(TRANSITIONS) - {"expire"})))
    def random_transition_happens(self, data: Any, action: str) -> None:
        """Try a transition in any state: an illegal transition is refused and changes nothing."""
        ticket = self._ticket_in(data, *TicketState)
        if ticket is None or (
            action == "start"
            and ticket.state is TicketState.ON_HOLD
            and self._is_desk_busy(ticket.desk_id or "d1")
        ):
            return
        try:
            after: Ticket = TRANSITIONS[action](ticket, self.now)
        except Refused:
            return
        assert after.state is ticket.state or after.state in ALLOWED_TRANSITIONS[ticket.state]
        self._put_ticket(after)

    @rule(data=st.data())
    def a_host_confirms_priority(self, data: Any) -> None:
        ticket = self._ticket_in(data, TicketState.WAITING)
        self._put_ticket(ticket and replace(ticket, priority=TicketPriority.PREFERENTIAL))

    @precondition(lambda self: self.issued > 6)
    @rule(data=st.data())
    def ticket_expires(self, data: Any) -> None:
        ticket = self._ticket_in(data, *ACTIVE_STATES)
        self._put_ticket(ticket and rules.expire_ticket(ticket, self.now))

    # Agents

    def _is_desk_busy(self, desk: str) -> bool:
        return any(ticket.desk_id == desk and ticket.state in AT_DESK_STATES for ticket in self._all_tickets())

    def _free_desks(self) -> list[str]:
        return [desk for desk in DESKS if not self._is_desk_busy(desk)]

    @precondition(lambda self: self._free_desks())
    @rule(data=st.data())
    def a_desk_calls(self, data: Any) -> None:
        desk = data.draw(st.sampled_from(self._free_desks()))
        lines = [self.lines[line_id] for line_id in DESKS[desk]]
        expected = choose_next(lines, desk, self.now)
        after, choice = choose_and_call_next(lines, desk, "boris", self.now)
        callable_now = [ticket for line in lines for ticket in line.tickets if self._could_be_called(ticket, desk)]
        assert (choice is None) == (not callable_now)
        if choice is None or expected is None:
            return
        assert (expected.ticket.id, expected.why) == (choice.ticket.id, choice.why)
        self.lines |= {line.id: line for line in after}
        chosen = next(ticket for ticket in callable_now if ticket.id == choice.ticket.id)
        for ticket in callable_now:
            if (
                ticket.line_id == chosen.line_id
                and ticket.issue_order < chosen.issue_order
                and ticket.returns_to is None
            ):
                self._count_overtaking(ticket, choice.why)

    def _count_overtaking(self, before: Ticket, why: CallReason) -> None:
        """Count by the words of the promise: a host's decision only sets the reason."""
        self.overtaken[before.id] += why is not CallReason.HOST
        after = self.lines[before.line_id].ticket(before.id)
        assert after.reason == OVERTAKING_REASONS.get(why, before.reason)

    def _could_be_called(self, ticket: Ticket, desk: str) -> bool:
        awake = ticket.not_before is None or ticket.not_before <= self.now
        if ticket.state is TicketState.ON_HOLD:
            return awake and ticket.returns_to == desk
        return ticket.state is TicketState.WAITING and awake and ticket.returns_to in (None, desk)

    @rule(data=st.data(), minutes=st.integers(1, 15))
    def ticket_is_put_on_hold(self, data: Any, minutes: int) -> None:
        ticket = self._ticket_in(data, TicketState.SERVING, TicketState.WAITING)
        if ticket is not None:
            until = self.now + timedelta(minutes=minutes)
            self._put_ticket(
                rules.put_on_hold(
                    ticket, ticket.desk_id or data.draw(st.sampled_from(sorted(DESKS))), until, self.now
                )
            )

    @rule(data=st.data(), line_id=st.sampled_from("AB"), bound=st.booleans())
    def ticket_is_transferred(self, data: Any, line_id: str, bound: bool) -> None:
        ticket = self._ticket_in(data, TicketState.SERVING)
        if ticket is None:
            return
        desk = (
            data.draw(st.sampled_from([desk for desk, line_ids in DESKS.items() if line_id in line_ids]))
            if bound
            else None
        )
        moved = rules.move_to_line(ticket, line_id, "certificate", timedelta(minutes=15), desk, self.now)
        assert (moved.issue_order, moved.arrived_at, moved.code) == (
            ticket.issue_order,
            ticket.arrived_at,
            ticket.code,
        )
        self.lines[ticket.line_id] = self.lines[ticket.line_id].without_ticket(ticket.id)
        self._put_ticket(moved)

    @rule(desk=st.sampled_from(sorted(DESKS)))
    def a_desk_closes(self, desk: str) -> None:
        """Close a desk: every other desk may call the tickets that were bound to it."""
        for ticket in [ticket for ticket in self._all_tickets() if ticket.returns_to == desk]:
            self._put_ticket(rules.release_from_desk(ticket, self.now))
        assert not [
            ticket for ticket in self._all_tickets() if ticket.returns_to == desk and ticket.state in ACTIVE_STATES
        ]

    # Invariants

    @invariant()
    def no_ticket_is_lost(self) -> None:
        assert sorted(ticket.number for ticket in self._all_tickets()) == list(range(1, self.issued + 1))
        assert all(ticket.line_id == line.id for line in self.lines.values() for ticket in line.tickets)

    @invariant()
    def desks_have_one_ticket_each(self) -> None:
        used = [ticket.desk_id for ticket in self._all_tickets() if ticket.state in AT_DESK_STATES]
        assert len(used) == len(set(used))
        assert None not in used
        assert all(ticket.desk_id is None for ticket in self._all_tickets() if ticket.state is TicketState.WAITING)

    @invariant()
    def overtaking_limit_is_kept(self) -> None:
        for ticket in self._all_tickets():
            assert self.overtaken[ticket.id] <= self.limits[ticket.id]
            assert ticket.overtakings_left == self.limits[ticket.id] - self.overtaken[ticket.id]

    @invariant()
    def waiting_tickets_have_one_position(self) -> None:
        for line in self.lines.values():
            waiting = sorted(ticket.id for ticket in line.tickets if ticket.state is TicketState.WAITING)
            assert sorted(call.ticket.id for call in call_order(line, self.now)) == waiting

    @invariant()
    def order_equals_later_calls(self) -> None:
        for line in self.lines.values():
            free = [
                ticket
                for ticket in line.tickets
                if ticket.state is TicketState.WAITING
                and ticket.returns_to is None
                and (ticket.not_before is None or ticket.not_before <= self.now)
            ]
            left = replace(line, tickets=tuple(free))
            expected = [call.ticket.id for call in call_order(left, self.now)]
            called = []
            while True:
                (left,), choice = choose_and_call_next([left], "d1", "boris", self.now)
                if choice is None:
                    break
                called.append(choice.ticket.id)
            assert called == expected


LineStateMachine.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=40, deadline=None)
TestLineStateMachine = LineStateMachine.TestCase
