"""The choice of one call agrees with the simulated order of all calls."""

from __future__ import annotations

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.queue.domain.call_order import call_order, simulate_calls
from office360.queue.domain.line import Line, NextCall, choose_and_call_next, choose_next
from office360.queue.domain.ticket import TicketState

from ...support.suite.examples import examples
from ..support.lines import DESKS, draw_line, draw_plain_line
from ..support.tickets import at_minute


@settings(max_examples=examples(300))
@given(draw_line("first"), draw_line("second"), st.sampled_from(DESKS))
def test_called_ticket_is_first_in_simulated_order(first: Line, second: Line, desk: str) -> None:
    chosen = choose_next([first, second], desk, at_minute(0))
    following = [
        call for call in islice(simulate_calls([first, second], desk, at_minute(0)), 1) if call.at == at_minute(0)
    ]
    assert chosen == (NextCall(following[0].ticket, following[0].why) if following else None)


@settings(max_examples=examples(200))
@given(draw_line("first"), draw_line("second"), st.sampled_from(DESKS))
def test_calling_until_line_is_empty_follows_order(first: Line, second: Line, desk: str) -> None:
    now = [call for call in simulate_calls([first, second], desk, at_minute(0)) if call.at == at_minute(0)]
    after, called = (first, second), []
    while True:
        after, choice = choose_and_call_next(after, desk, "boris", at_minute(0))  # type: ignore[assignment]
        if choice is None:
            break
        called.append((choice.ticket.id, choice.why))
    assert called == [(call.ticket.id, call.why) for call in now]


@settings(max_examples=examples(200))
@given(draw_plain_line())
def test_arrival_order_equals_simulation_in_plain_line(line: Line) -> None:
    assert call_order(line, at_minute(0)) == list(simulate_calls([line], None, at_minute(0)))


@settings(max_examples=examples(200))
@given(draw_line())
def test_every_waiting_ticket_has_one_position(line: Line) -> None:
    waiting = sorted(ticket.id for ticket in line.tickets if ticket.state is TicketState.WAITING)
    assert sorted(call.ticket.id for call in call_order(line, at_minute(0))) == waiting
