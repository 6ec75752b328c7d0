"""What may happen to a ticket, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from office360.core.errors import Refused
from office360.queue.domain import ticket
from office360.queue.domain.ticket import LineRules, State, Ticket

from ..support.tickets import at, walk_in

RULES = LineRules()
NOW = at(0)

# Every action, and the states from which it is allowed.
ACTIONS: dict[str, tuple[Callable[[Ticket], Ticket], set[State]]] = {
    "call": (lambda one: ticket.call(one, "d1", "boris", NOW), {State.WAITING, State.ON_HOLD}),
    "recall": (ticket.recall, {State.CALLED}),
    "start": (lambda one: ticket.start(one, "d1", "boris", NOW), {State.CALLED, State.ON_HOLD}),
    "finish": (lambda one: ticket.finish(one, None, NOW), {State.SERVING}),
    "put_back": (lambda one: ticket.put_back(one, NOW), {State.CALLED}),
    "postpone": (lambda one: ticket.postpone(one, RULES, NOW), {State.WAITING, State.CALLED}),
    "hold": (lambda one: ticket.hold(one, "d1", at(10), NOW), {State.WAITING, State.SERVING}),
    "end_hold": (lambda one: ticket.end_hold(one, NOW), {State.ON_HOLD}),
    "place": (lambda one: ticket.place(one, NOW), {State.WAITING, State.MISSED}),
    "transfer": (lambda one: ticket.transfer(one, "b", "other", one.expected, None, NOW), {State.SERVING}),
    "miss": (lambda one: ticket.miss(one, RULES, NOW), {State.CALLED}),
    "rejoin": (lambda one: ticket.rejoin(one, RULES, NOW), {State.MISSED}),
    "no_show": (lambda one: ticket.no_show(one, NOW), {State.CALLED, State.MISSED}),
    "leave": (
        lambda one: ticket.leave(one, NOW),
        {State.WAITING, State.STANDBY, State.CALLED, State.MISSED, State.ON_HOLD},
    ),
    "expire": (lambda one: ticket.expire(one, NOW), set(ticket.ACTIVE)),
}


def _in(state: State) -> Ticket:
    return replace(walk_in(1, -20), state=state, since=at(-1), desk_id="d1", called_at=at(-1))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_done_where_it_is_allowed_and_refused_elsewhere(action: str, state: State) -> None:
    act, allowed = ACTIONS[action]
    if state in allowed:
        act(_in(state))
        return
    with pytest.raises(Refused) as refused:
        act(_in(state))
    assert refused.value.code == "illegal_transition"


@pytest.mark.parametrize("state", sorted(ticket.OVER))
def test_nothing_follows_when_a_ticket_is_over(state: State) -> None:
    assert ticket.NEXT[state] == frozenset()
    assert ticket.may(_in(state), RULES, NOW) == ()


def test_a_missed_ticket_rejoins_only_once() -> None:
    back = ticket.rejoin(_in(State.MISSED), RULES, NOW)
    assert (back.state, back.rejoins, back.arrived_at) == (State.WAITING, 1, at(-20))
    with pytest.raises(Refused, match="rejoin_used"):
        ticket.rejoin(replace(back, state=State.MISSED), RULES, NOW)


def test_a_missed_ticket_rejoins_within_twenty_minutes() -> None:
    missed = _in(State.MISSED)
    assert ticket.may(missed, RULES, at(18.9)) == ("leave", "rejoin")
    ticket.rejoin(missed, RULES, at(18.9))
    assert ticket.may(missed, RULES, at(19)) == ("leave",)
    with pytest.raises(Refused, match="rejoin_too_late"):
        ticket.rejoin(missed, RULES, at(19))


def test_whoever_misses_a_second_call_is_a_no_show() -> None:
    assert ticket.miss(_in(State.CALLED), RULES, NOW).state is State.MISSED
    assert ticket.miss(replace(_in(State.CALLED), rejoins=1), RULES, NOW).state is State.NO_SHOW


def test_ten_more_minutes_are_given_once_and_keep_the_place() -> None:
    later = ticket.postpone(_in(State.CALLED), RULES, NOW)
    assert (later.state, later.not_before, later.arrived_at) == (State.WAITING, at(10), at(-20))
    assert later.desk_id is None
    with pytest.raises(Refused, match="postpone_used"):
        ticket.postpone(later, RULES, at(20))


def test_a_call_taken_back_leaves_no_trace_of_the_desk() -> None:
    back = ticket.put_back(_in(State.CALLED), NOW)
    assert (back.desk_id, back.agent_id, back.arrived_at) == (None, None, at(-20))


def test_whoever_is_served_at_the_days_end_was_served() -> None:
    done = ticket.expire(_in(State.SERVING), NOW)
    assert (done.state, done.outcome) == (State.FINISHED, "unrecorded")
    assert ticket.expire(_in(State.WAITING), NOW).state is State.EXPIRED


def test_help_is_no_longer_asked_for_at_the_desk() -> None:
    assert not ticket.start(replace(_in(State.CALLED), help=True), "d1", "boris", NOW).help
