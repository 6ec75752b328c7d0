"""What may happen to a ticket, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from office360.core.errors import Refused
from office360.queue.domain import ticket
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import Ticket, TicketState

from ..support.tickets import at_minute, walk_in_ticket

RULES = LineSettings()
NOW = at_minute(0)

# Every action, and the states from which it is allowed.
ACTIONS: dict[str, tuple[Callable[[Ticket], Ticket], set[TicketState]]] = {
    "call": (lambda one: ticket.begin_call(one, "d1", "boris", NOW), {TicketState.WAITING, TicketState.ON_HOLD}),
    "recall": (ticket.repeat_call, {TicketState.CALLED}),
    "start": (
        lambda one: ticket.begin_service(one, "d1", "boris", NOW),
        {TicketState.CALLED, TicketState.ON_HOLD},
    ),
    "finish": (lambda one: ticket.end_service(one, None, NOW), {TicketState.SERVING}),
    "put_back": (lambda one: ticket.take_back_call(one, NOW), {TicketState.CALLED}),
    "postpone": (lambda one: ticket.postpone_ticket(one, RULES, NOW), {TicketState.WAITING, TicketState.CALLED}),
    "hold": (
        lambda one: ticket.put_on_hold(one, "d1", at_minute(10), NOW),
        {TicketState.WAITING, TicketState.SERVING},
    ),
    "end_hold": (lambda one: ticket.end_hold(one, NOW), {TicketState.ON_HOLD}),
    "place": (lambda one: ticket.put_first(one, NOW), {TicketState.WAITING, TicketState.MISSED}),
    "transfer": (
        lambda one: ticket.move_to_line(one, "b", "other", one.expected, None, NOW),
        {TicketState.SERVING},
    ),
    "miss": (lambda one: ticket.miss_call(one, RULES, NOW), {TicketState.CALLED}),
    "rejoin": (lambda one: ticket.rejoin_after_miss(one, RULES, NOW), {TicketState.MISSED}),
    "no_show": (lambda one: ticket.end_as_no_show(one, NOW), {TicketState.CALLED, TicketState.MISSED}),
    "leave": (
        lambda one: ticket.end_as_left(one, NOW),
        {TicketState.WAITING, TicketState.STANDBY, TicketState.CALLED, TicketState.MISSED, TicketState.ON_HOLD},
    ),
    "expire": (lambda one: ticket.expire_ticket(one, NOW), set(ticket.ACTIVE_STATES)),
}


def _ticket_in(state: TicketState) -> Ticket:
    return replace(walk_in_ticket(1, -20), state=state, since=at_minute(-1), desk_id="d1", called_at=at_minute(-1))


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("action", ACTIONS)
def test_transition_is_refused_in_every_other_state(action: str, state: TicketState) -> None:
    act, allowed = ACTIONS[action]
    if state in allowed:
        act(_ticket_in(state))
        return
    with pytest.raises(Refused) as refused:
        act(_ticket_in(state))
    assert refused.value.code == "illegal_transition"


@pytest.mark.parametrize("state", sorted(ticket.ENDED_STATES))
def test_ended_ticket_allows_no_transition(state: TicketState) -> None:
    assert ticket.ALLOWED_TRANSITIONS[state] == frozenset()
    assert ticket.allowed_actions(_ticket_in(state), RULES, NOW) == ()


def test_missed_ticket_rejoins_only_once() -> None:
    back = ticket.rejoin_after_miss(_ticket_in(TicketState.MISSED), RULES, NOW)
    assert (back.state, back.rejoins, back.arrived_at) == (TicketState.WAITING, 1, at_minute(-20))
    with pytest.raises(Refused, match="rejoin_used"):
        ticket.rejoin_after_miss(replace(back, state=TicketState.MISSED), RULES, NOW)


def test_missed_ticket_rejoins_within_20_minutes() -> None:
    missed = _ticket_in(TicketState.MISSED)
    assert ticket.allowed_actions(missed, RULES, at_minute(18.9)) == ("leave", "rejoin")
    ticket.rejoin_after_miss(missed, RULES, at_minute(18.9))
    assert ticket.allowed_actions(missed, RULES, at_minute(19)) == ("leave",)
    with pytest.raises(Refused, match="rejoin_too_late"):
        ticket.rejoin_after_miss(missed, RULES, at_minute(19))


def test_second_missed_call_is_no_show() -> None:
    assert ticket.miss_call(_ticket_in(TicketState.CALLED), RULES, NOW).state is TicketState.MISSED
    assert (
        ticket.miss_call(replace(_ticket_in(TicketState.CALLED), rejoins=1), RULES, NOW).state
        is TicketState.NO_SHOW
    )


def test_postponing_is_allowed_once_and_keeps_arrival() -> None:
    later = ticket.postpone_ticket(_ticket_in(TicketState.CALLED), RULES, NOW)
    assert (later.state, later.not_before, later.arrived_at) == (
        TicketState.WAITING,
        at_minute(10),
        at_minute(-20),
    )
    assert later.desk_id is None
    with pytest.raises(Refused, match="postpone_used"):
        ticket.postpone_ticket(later, RULES, at_minute(20))


def test_call_taken_back_clears_desk_and_agent() -> None:
    back = ticket.take_back_call(_ticket_in(TicketState.CALLED), NOW)
    assert (back.desk_id, back.agent_id, back.arrived_at) == (None, None, at_minute(-20))


def test_serving_ticket_is_finished_at_end_of_day() -> None:
    done = ticket.expire_ticket(_ticket_in(TicketState.SERVING), NOW)
    assert (done.state, done.outcome) == (TicketState.FINISHED, "unrecorded")
    assert ticket.expire_ticket(_ticket_in(TicketState.WAITING), NOW).state is TicketState.EXPIRED


def test_starting_service_clears_help_request() -> None:
    assert not ticket.begin_service(replace(_ticket_in(TicketState.CALLED), help=True), "d1", "boris", NOW).help
