"""The choice of the next ticket: priority classes, guard, lateness and overtaking limit."""

from __future__ import annotations

from dataclasses import replace

from office360.queue.domain.call_order import OpenDesk, call_order, next_calls_at_desk, simulate_desks
from office360.queue.domain.line import (
    CallReason,
    Line,
    choose_and_call_next,
    choose_next,
    overtaking_limit_at_issue,
)
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import TicketKind, TicketState

from ..support.tickets import (
    appointment_ticket,
    at_minute,
    held_ticket,
    line_with,
    preferential_ticket,
    walk_in_ticket,
)


def _next_call(line: Line, minute: float, desk: str = "d1") -> tuple[int, CallReason] | None:
    choice = choose_next([line], desk, at_minute(minute))
    return (choice.ticket.number, choice.why) if choice else None


# Tickets bound to a desk


def test_held_ticket_is_first_at_its_desk_after_hold() -> None:
    waiting = line_with(walk_in_ticket(1, -60), held_ticket(walk_in_ticket(2, -20), "d1", until=0))
    assert _next_call(waiting, 0) == (2, CallReason.RETURNED)
    assert _next_call(waiting, -1) == (1, CallReason.ARRIVAL)


def test_desk_does_not_call_ticket_bound_to_other_desk() -> None:
    bound = replace(walk_in_ticket(2, -20), returns_to="d1")
    assert _next_call(line_with(bound), 0, desk="d1") == (2, CallReason.RETURNED)
    assert _next_call(line_with(bound), 0, desk="d2") is None


# Guard


def test_guard_calls_walk_in_after_two_appointments() -> None:
    two = (TicketKind.APPOINTMENT, TicketKind.APPOINTMENT)
    tickets = (walk_in_ticket(1, -45), appointment_ticket(2, -10, 0))
    assert _next_call(line_with(*tickets, last_calls=two), 0) == (1, CallReason.LONGEST_WAIT)
    assert _next_call(line_with(*tickets, last_calls=two), -0.1) == (2, CallReason.APPOINTMENT_DUE)


def test_guard_is_inactive_after_recent_walk_in_call() -> None:
    tickets = (walk_in_ticket(1, -60), appointment_ticket(2, -10, 0))
    for calls in (
        (TicketKind.APPOINTMENT,),
        (TicketKind.APPOINTMENT, TicketKind.WALK_IN),
        (TicketKind.WALK_IN, TicketKind.APPOINTMENT),
    ):
        assert _next_call(line_with(*tickets, last_calls=calls), 0) == (2, CallReason.APPOINTMENT_DUE)


def test_guard_calls_preferential_ticket_after_30_minutes() -> None:
    two = (TicketKind.APPOINTMENT, TicketKind.APPOINTMENT)
    tickets = (walk_in_ticket(1, -40), preferential_ticket(2, -30), appointment_ticket(3, -10, 0))
    assert _next_call(line_with(*tickets, last_calls=two), 0) == (2, CallReason.LONGEST_WAIT)


# Due appointments


def test_appointment_is_due_two_minutes_before_its_time() -> None:
    line = line_with(walk_in_ticket(1, -40), appointment_ticket(2, -10, 5))
    assert _next_call(line, 3) == (2, CallReason.APPOINTMENT_DUE)
    assert _next_call(line, 2.9) == (1, CallReason.ARRIVAL)


def test_earliest_due_appointment_is_called_first() -> None:
    assert _next_call(line_with(appointment_ticket(1, -14, 1), appointment_ticket(2, -5, 0)), 5) == (
        2,
        CallReason.APPOINTMENT_DUE,
    )


def test_appointment_within_ten_minutes_is_on_time() -> None:
    assert _next_call(line_with(walk_in_ticket(1, -40), appointment_ticket(2, 10, 0)), 10) == (
        2,
        CallReason.APPOINTMENT_DUE,
    )


# Arrival order


def test_walk_ins_are_called_in_arrival_order() -> None:
    assert _next_call(line_with(walk_in_ticket(2, -10), walk_in_ticket(1, -20)), 0) == (1, CallReason.ARRIVAL)


def test_late_appointment_gets_ten_minutes_lead() -> None:
    late = appointment_ticket(2, 11, 0)
    assert _next_call(line_with(walk_in_ticket(1, 0.5), late), 12) == (1, CallReason.ARRIVAL)
    assert _next_call(line_with(walk_in_ticket(1, 1.5), late), 12) == (2, CallReason.LATE_APPOINTMENT)


def test_preferential_ticket_gets_15_minutes_lead() -> None:
    assert _next_call(line_with(walk_in_ticket(1, -14), preferential_ticket(2, 0)), 0) == (
        2,
        CallReason.PREFERENTIAL,
    )
    assert _next_call(line_with(walk_in_ticket(1, -16), preferential_ticket(2, 0)), 0) == (1, CallReason.ARRIVAL)


def test_equal_arrival_calls_smaller_number_first() -> None:
    assert _next_call(line_with(walk_in_ticket(2, -5), walk_in_ticket(1, -5)), 0) == (1, CallReason.ARRIVAL)


def test_longest_wait_wins_across_lines_then_preference() -> None:
    first = line_with(walk_in_ticket(1, -5), line_id="first")
    second = line_with(walk_in_ticket(7, -6), line_id="second")
    tied = line_with(walk_in_ticket(7, -5), line_id="second")
    assert choose_next([first, second], "d1", at_minute(0)).ticket.line_id == "second"  # type: ignore[union-attr]
    assert choose_next([tied, first], "d1", at_minute(0)).ticket.line_id == "second"  # type: ignore[union-attr]
    assert choose_next([first, tied], "d1", at_minute(0)).ticket.line_id == "first"  # type: ignore[union-attr]


# Early appointments


def test_early_appointment_is_called_only_in_empty_line() -> None:
    early = appointment_ticket(1, -1, 14)
    assert _next_call(line_with(early, walk_in_ticket(2, 0)), 0) == (2, CallReason.ARRIVAL)
    assert _next_call(line_with(early), 0) == (1, CallReason.EARLY_APPOINTMENT)


# Postponed and absent tickets


def test_postponed_ticket_is_not_called_early() -> None:
    later = replace(walk_in_ticket(1, -30), not_before=at_minute(10))
    assert _next_call(line_with(later, walk_in_ticket(2, -5)), 9) == (2, CallReason.ARRIVAL)
    assert _next_call(line_with(later, walk_in_ticket(2, -5)), 10) == (1, CallReason.ARRIVAL)


def test_only_waiting_tickets_are_called() -> None:
    away = [
        replace(walk_in_ticket(1, -9), state=state) for state in TicketState if state is not TicketState.WAITING
    ]
    assert all(_next_call(line_with(ticket), 0) is None for ticket in away)


# Overtaking limit


def test_overtaking_limit_is_booked_plus_slack() -> None:
    assert overtaking_limit_at_issue(3, LineSettings()) == 5


def test_overtaken_ticket_loses_one_pass_and_gets_reason() -> None:
    line = line_with(walk_in_ticket(1, -40), appointment_ticket(2, -10, 0), walk_in_ticket(3, -5))
    (after,), choice = choose_and_call_next([line], "d1", "boris", at_minute(0))
    assert choice is not None
    assert choice.ticket.number == 2
    overtaken, later = after.ticket("t01"), after.ticket("t03")
    assert (overtaken.overtakings_left, overtaken.reason) == (9, "appointment_due")
    assert (later.overtakings_left, later.reason) == (10, None)  # issued later, so not overtaken


def test_ticket_at_overtaking_limit_is_called_before_later() -> None:
    line = line_with(
        walk_in_ticket(1, -40, overtakings_left=0),
        appointment_ticket(2, -10, 0),
        held_ticket(walk_in_ticket(3, -8), "d1", until=-1),
        preferential_ticket(4, -7),
    )
    assert _next_call(line, 0) == (1, CallReason.ARRIVAL)


def test_overtaking_limit_does_not_block_earlier_tickets() -> None:
    line = line_with(
        walk_in_ticket(1, -40), walk_in_ticket(2, -30, overtakings_left=0), appointment_ticket(3, -10, 0)
    )
    assert _next_call(line, 0) == (1, CallReason.ARRIVAL)


def test_postponed_ticket_is_not_overtaken_and_blocks_no_call() -> None:
    postponed = walk_in_ticket(1, -40, overtakings_left=0, not_before=at_minute(5))
    (after,), choice = choose_and_call_next(
        [line_with(postponed, walk_in_ticket(2, -5))], "d1", "boris", at_minute(0)
    )
    assert choice is not None
    assert choice.ticket.number == 2
    assert after.ticket("t01") == postponed


# Call


def test_call_sets_desk_and_records_kind_for_guard() -> None:
    (after,), choice = choose_and_call_next([line_with(appointment_ticket(1, -5, 0))], "d7", "boris", at_minute(0))
    assert choice is not None
    called = after.ticket("t01")
    assert (called.state, called.desk_id, called.agent_id) == (TicketState.CALLED, "d7", "boris")
    assert called.called_at == at_minute(0)
    assert after.last_calls == (TicketKind.APPOINTMENT,)


def test_call_from_empty_line_changes_nothing() -> None:
    empty = line_with()
    assert choose_and_call_next([empty], "d1", "boris", at_minute(0)) == ((empty,), None)


# Call order


def test_order_equals_future_calls() -> None:
    line = line_with(
        walk_in_ticket(1, -40), appointment_ticket(2, -10, 0), walk_in_ticket(3, -30), preferential_ticket(4, -20)
    )
    assert [call.ticket.number for call in call_order(line, at_minute(0))] == [2, 1, 4, 3]


def test_early_appointment_moves_up_when_due() -> None:
    line = line_with(
        *(walk_in_ticket(number, -20 + number) for number in range(1, 6)), appointment_ticket(9, 0, 14)
    )
    # One desk, ten minutes for each visit: after two visits the appointment is due.
    calls = simulate_desks([line], [OpenDesk(("line",), at_minute(0))], at_minute(0))
    assert [call.ticket.number for call in calls] == [1, 2, 9, 3, 4, 5]
    assert [call.at for call in calls[:3]] == [at_minute(0), at_minute(10), at_minute(20)]


def test_early_appointment_is_last_in_present_order() -> None:
    line = line_with(walk_in_ticket(1, -5), appointment_ticket(9, 0, 14))
    assert [(call.ticket.number, call.at) for call in call_order(line, at_minute(0))] == [
        (1, at_minute(0)),
        (9, at_minute(0)),
    ]


def test_postponed_ticket_is_placed_at_its_call_time() -> None:
    line = line_with(
        replace(walk_in_ticket(1, -30), not_before=at_minute(10)), walk_in_ticket(2, -5), walk_in_ticket(3, -4)
    )
    calls = simulate_desks([line], [OpenDesk(("line",), at_minute(0))], at_minute(0))
    assert [call.ticket.number for call in calls] == [2, 1, 3]


def test_idle_desk_calls_postponed_ticket_on_return() -> None:
    line = line_with(replace(walk_in_ticket(1, -30), not_before=at_minute(10)))
    assert [call.at for call in simulate_desks([line], [OpenDesk(("line",), at_minute(0))] * 2, at_minute(0))] == [
        at_minute(10)
    ]


def test_desk_calls_from_its_own_lines_only() -> None:
    first = line_with(walk_in_ticket(1, -20), walk_in_ticket(2, -19), line_id="first")
    second = line_with(walk_in_ticket(3, -30), line_id="second")
    calls = simulate_desks([first, second], [OpenDesk(("first",), at_minute(5))], at_minute(0))
    assert [(call.ticket.number, call.at) for call in calls] == [(1, at_minute(5)), (2, at_minute(15))]


def test_order_respects_overtaking_limit() -> None:
    appointments = [appointment_ticket(number, -14 + number / 10, 0) for number in range(2, 6)]
    line = line_with(walk_in_ticket(1, -40, overtakings_left=2), *appointments)
    assert [call.ticket.number for call in call_order(line, at_minute(0))] == [2, 3, 1, 4, 5]


def test_desk_lists_next_calls_with_reasons() -> None:
    line = line_with(
        walk_in_ticket(1, -40), appointment_ticket(2, -10, 0), walk_in_ticket(3, -30), walk_in_ticket(4, -2)
    )
    following = next_calls_at_desk([line], "d1", at_minute(0), 3)
    assert [(call.ticket.number, call.why) for call in following] == [
        (2, CallReason.APPOINTMENT_DUE),
        (1, CallReason.ARRIVAL),
        (3, CallReason.ARRIVAL),
    ]
