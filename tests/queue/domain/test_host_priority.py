"""Tickets that a host put first: their position, and the overtaking limit of the others."""

from __future__ import annotations

from dataclasses import replace

from office360.queue.domain.call_order import OpenDesk, call_order, simulate_desks
from office360.queue.domain.line import CallReason, choose_and_call_next, choose_next
from office360.queue.domain.ticket import Ticket, TicketKind

from ..support.tickets import appointment_ticket, at_minute, held_ticket, line_with, walk_in_ticket


def _put_first(ticket: Ticket, minute: float) -> Ticket:
    return replace(ticket, placed_at=at_minute(minute))


def test_ticket_put_first_precedes_due_and_guarded_tickets() -> None:
    two = (TicketKind.APPOINTMENT, TicketKind.APPOINTMENT)
    tickets = (walk_in_ticket(1, -60), appointment_ticket(2, -10, 0), _put_first(walk_in_ticket(3, -1), 0))
    choice = choose_next([line_with(*tickets, last_calls=two)], "d1", at_minute(0))
    assert choice is not None
    assert (choice.ticket.number, choice.why) == (3, CallReason.HOST)


def test_returning_ticket_precedes_ticket_put_first() -> None:
    line = line_with(_put_first(walk_in_ticket(1, -60), -5), held_ticket(walk_in_ticket(2, -20), "d1", until=0))
    choice = choose_next([line], "d1", at_minute(0))
    assert choice is not None
    assert choice.why is CallReason.RETURNED


def test_tickets_put_first_follow_age_of_decision() -> None:
    line = line_with(
        walk_in_ticket(1, -60), _put_first(walk_in_ticket(2, -20), -2), _put_first(walk_in_ticket(3, -30), -1)
    )
    assert [call.ticket.number for call in call_order(line, at_minute(0))] == [2, 3, 1]


def test_put_first_costs_no_pass_but_sets_reason() -> None:
    line = line_with(walk_in_ticket(1, -60, overtakings_left=0), _put_first(walk_in_ticket(2, -20), 0))
    (after,), choice = choose_and_call_next([line], "d1", "boris", at_minute(0))
    assert choice is not None
    assert choice.ticket.number == 2
    overtaken = after.ticket("t01")
    assert (overtaken.overtakings_left, overtaken.reason) == (0, "host")
    (_,), following = choose_and_call_next([after], "d2", "elena", at_minute(0))
    assert following is not None
    assert following.ticket.number == 1


def test_simulation_respects_ticket_put_first() -> None:
    line = line_with(walk_in_ticket(1, -60), _put_first(walk_in_ticket(2, -20), 0))
    calls = simulate_desks([line], [OpenDesk(("line",), at_minute(0))], at_minute(0))
    assert [call.ticket.number for call in calls] == [2, 1]


def test_ticket_put_first_is_not_called_while_postponed() -> None:
    postponed = replace(_put_first(walk_in_ticket(2, -20), -1), not_before=at_minute(5))
    choice = choose_next([line_with(walk_in_ticket(1, -10), postponed)], "d1", at_minute(0))
    assert choice is not None
    assert choice.ticket.number == 1
