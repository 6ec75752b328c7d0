"""Whom a host has put first: after those who come back, before everybody else, and outside the promise."""

from __future__ import annotations

from dataclasses import replace

from office360.queue.domain.call_order import OpenDesk, order, replay
from office360.queue.domain.line import Why, call_next, choose
from office360.queue.domain.ticket import Kind, Ticket

from ..support.tickets import at, booked, held, line, walk_in


def _placed(ticket: Ticket, minute: float) -> Ticket:
    return replace(ticket, placed_at=at(minute))


def test_whom_a_host_has_put_first_goes_before_due_appointments_and_the_guard() -> None:
    two = (Kind.APPOINTMENT, Kind.APPOINTMENT)
    people = (walk_in(1, -60), booked(2, -10, 0), _placed(walk_in(3, -1), 0))
    choice = choose([line(*people, last_calls=two)], "d1", at(0))
    assert choice is not None
    assert (choice.ticket.number, choice.why) == (3, Why.HOST)


def test_whoever_comes_back_to_this_desk_goes_before_whom_a_host_put_first() -> None:
    waiting = line(_placed(walk_in(1, -60), -5), held(walk_in(2, -20), "d1", until=0))
    choice = choose([waiting], "d1", at(0))
    assert choice is not None
    assert choice.why is Why.RETURNED


def test_of_several_whom_a_host_put_first_the_oldest_decision_goes_first() -> None:
    waiting = line(walk_in(1, -60), _placed(walk_in(2, -20), -2), _placed(walk_in(3, -30), -1))
    assert [place.ticket.number for place in order(waiting, at(0))] == [2, 3, 1]


def test_what_a_host_decides_is_no_pass_of_the_promise_but_the_others_are_told() -> None:
    waiting = line(walk_in(1, -60, passes_left=0), _placed(walk_in(2, -20), 0))
    (after,), choice = call_next([waiting], "d1", "boris", at(0))
    assert choice is not None
    assert choice.ticket.number == 2
    passed = after.ticket("t01")
    assert (passed.passes_left, passed.reason) == (0, "host")
    (_,), following = call_next([after], "d2", "elena", at(0))
    assert following is not None
    assert following.ticket.number == 1


def test_the_estimates_replay_a_hosts_decision_too() -> None:
    waiting = line(walk_in(1, -60), _placed(walk_in(2, -20), 0))
    places = replay([waiting], [OpenDesk(("line",), at(0))], at(0))
    assert [place.ticket.number for place in places] == [2, 1]


def test_whom_a_host_put_first_waits_while_stepped_aside() -> None:
    aside = replace(_placed(walk_in(2, -20), -1), not_before=at(5))
    choice = choose([line(walk_in(1, -10), aside)], "d1", at(0))
    assert choice is not None
    assert choice.ticket.number == 1
