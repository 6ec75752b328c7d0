"""The two ways to look at a line agree: one look for one call, and the whole order played through."""

from __future__ import annotations

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.queue.domain.call_order import order, played
from office360.queue.domain.line import Choice, Line, call_next, choose
from office360.queue.domain.ticket import State

from ..support.lines import DESKS, lines, plain_lines
from ..support.tickets import at


@settings(max_examples=300)
@given(lines("first"), lines("second"), st.sampled_from(DESKS))
def test_whoever_is_called_is_the_first_of_the_order(first: Line, second: Line, desk: str) -> None:
    chosen = choose([first, second], desk, at(0))
    following = [place for place in islice(played([first, second], desk, at(0)), 1) if place.at == at(0)]
    assert chosen == (Choice(following[0].ticket, following[0].why) if following else None)


@settings(max_examples=200)
@given(lines("first"), lines("second"), st.sampled_from(DESKS))
def test_one_desk_that_calls_until_nobody_is_left_follows_the_order(first: Line, second: Line, desk: str) -> None:
    now = [place for place in played([first, second], desk, at(0)) if place.at == at(0)]
    after, called = (first, second), []
    while True:
        after, choice = call_next(after, desk, "boris", at(0))  # type: ignore[assignment]
        if choice is None:
            break
        called.append((choice.ticket.id, choice.why))
    assert called == [(place.ticket.id, place.why) for place in now]


@settings(max_examples=200)
@given(plain_lines())
def test_where_nobody_can_pass_the_order_is_the_same_without_playing_it_through(people: Line) -> None:
    assert order(people, at(0)) == list(played([people], None, at(0)))


@settings(max_examples=200)
@given(lines())
def test_everybody_who_waits_has_exactly_one_place(people: Line) -> None:
    waiting = sorted(one.id for one in people.tickets if one.state is State.WAITING)
    assert sorted(place.ticket.id for place in order(people, at(0))) == waiting
