"""The transitions of a ticket: allowed, refused, limited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from office360.core.errors import Refused
from office360.queue.domain import ticket as rules
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import MIN_OTHER_CALLS, OtherLineCalls, Ticket, TicketState

from ..support.tickets import at_minute, walk_in_ticket

SETTINGS = LineSettings()
NOW = at_minute(0)

# Every transition, and the states from which it is allowed.
ACTIONS: dict[str, tuple[Callable[[Ticket], Ticket], set[TicketState]]] = {
    "call": (
        lambda ticket: rules.begin_call(ticket, "d1", "boris", NOW),
        {TicketState.WAITING, TicketState.ON_HOLD, TicketState.MISSED},
    ),
    "recall": (rules.repeat_call, {TicketState.CALLED}),
    "start": (
        lambda ticket: rules.begin_service(ticket, "d1", "boris", NOW),
        {TicketState.CALLED, TicketState.ON_HOLD},
    ),
    "finish": (lambda ticket: rules.end_service(ticket, None, NOW), {TicketState.SERVING}),
    "put_back": (lambda ticket: rules.take_back_call(ticket, NOW), {TicketState.CALLED}),
    "postpone": (
        lambda ticket: rules.postpone_ticket(ticket, SETTINGS, NOW),
        {TicketState.WAITING, TicketState.CALLED},
    ),
    "hold": (
        lambda ticket: rules.put_on_hold(ticket, "d1", at_minute(10), NOW),
        {TicketState.WAITING, TicketState.SERVING},
    ),
    "end_hold": (lambda ticket: rules.end_hold(ticket, NOW), {TicketState.ON_HOLD}),
    "place": (lambda ticket: rules.put_first(ticket, NOW), {TicketState.WAITING, TicketState.MISSED}),
    "transfer": (
        lambda ticket: rules.move_to_line(ticket, "b", "other", ticket.expected, None, NOW),
        {TicketState.SERVING},
    ),
    "miss": (lambda ticket: rules.miss_call(ticket, NOW), {TicketState.CALLED}),
    "undo_miss": (lambda ticket: rules.undo_miss(ticket, "d1", "boris", NOW), {TicketState.MISSED}),
    "rejoin": (lambda ticket: rules.rejoin_after_miss(ticket, SETTINGS, NOW), {TicketState.MISSED}),
    "no_show": (lambda ticket: rules.end_as_no_show(ticket, NOW), {TicketState.MISSED}),
    "leave": (
        lambda ticket: rules.end_as_left(ticket, NOW),
        {TicketState.WAITING, TicketState.STANDBY, TicketState.CALLED, TicketState.MISSED, TicketState.ON_HOLD},
    ),
    "expire": (lambda ticket: rules.expire_ticket(ticket, NOW), set(rules.ACTIVE_STATES)),
}


def _ticket_in(state: TicketState) -> Ticket:
    return replace(walk_in_ticket(1, -20), state=state, since=at_minute(-1), desk_id="d1", called_at=at_minute(-1))


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("action", ACTIONS)
def test_transition_is_refused_in_every_other_state(action: str, state: TicketState) -> None:
    transition, allowed = ACTIONS[action]
    if state in allowed:
        transition(_ticket_in(state))
        return
    with pytest.raises(Refused) as refused:
        transition(_ticket_in(state))
    assert refused.value.code == "illegal_transition"


@pytest.mark.parametrize("state", sorted(rules.ENDED_STATES))
def test_ended_ticket_allows_no_transition(state: TicketState) -> None:
    assert rules.ALLOWED_TRANSITIONS[state] == frozenset()
    assert rules.allowed_actions(_ticket_in(state), SETTINGS, NOW) == ()


def test_missed_ticket_rejoins_only_once() -> None:
    back = rules.rejoin_after_miss(_ticket_in(TicketState.MISSED), SETTINGS, NOW)
    assert (back.state, back.rejoins, back.arrived_at) == (TicketState.WAITING, 1, at_minute(-20))
    with pytest.raises(Refused, match="rejoin_used"):
        rules.rejoin_after_miss(replace(back, state=TicketState.MISSED), SETTINGS, NOW)


def test_missed_ticket_rejoins_within_20_minutes() -> None:
    missed = _ticket_in(TicketState.MISSED)
    assert rules.allowed_actions(missed, SETTINGS, at_minute(18.9)) == ("leave", "rejoin")
    rules.rejoin_after_miss(missed, SETTINGS, at_minute(18.9))
    assert rules.allowed_actions(missed, SETTINGS, at_minute(19)) == ("leave",)
    with pytest.raises(Refused, match="rejoin_too_late"):
        rules.rejoin_after_miss(missed, SETTINGS, at_minute(19))


def test_second_missed_call_can_only_be_undone_within_1_minute() -> None:
    first = rules.miss_call(_ticket_in(TicketState.CALLED), NOW)
    second = rules.miss_call(replace(_ticket_in(TicketState.CALLED), rejoins=1), NOW)
    assert rules.allowed_actions(first, SETTINGS, NOW) == ("leave", "rejoin")
    assert rules.state_ends_at(first, SETTINGS) == at_minute(20)
    assert rules.allowed_actions(second, SETTINGS, NOW) == ("leave",)
    assert rules.state_ends_at(second, SETTINGS) == at_minute(1)


def test_undone_miss_is_a_new_call_that_keeps_the_rejoin() -> None:
    missed = rules.miss_call(_ticket_in(TicketState.CALLED), NOW)
    called = rules.undo_miss(missed, "d1", "boris", at_minute(1))
    assert (called.state, called.desk_id, called.called_at) == (TicketState.CALLED, "d1", at_minute(1))
    assert (called.recalls, called.rejoins, called.arrived_at) == (0, 0, at_minute(-20))


def test_postponing_is_allowed_once_and_keeps_arrival() -> None:
    later = rules.postpone_ticket(_ticket_in(TicketState.CALLED), SETTINGS, NOW)
    assert (later.state, later.not_before, later.arrived_at) == (
        TicketState.WAITING,
        at_minute(10),
        at_minute(-20),
    )
    assert later.desk_id is None
    with pytest.raises(Refused, match="postpone_used"):
        rules.postpone_ticket(later, SETTINGS, at_minute(20))


def test_call_taken_back_clears_desk_and_agent() -> None:
    back = rules.take_back_call(_ticket_in(TicketState.CALLED), NOW)
    assert (back.desk_id, back.agent_id, back.arrived_at) == (None, None, at_minute(-20))


def test_serving_ticket_is_finished_at_end_of_day() -> None:
    done = rules.expire_ticket(_ticket_in(TicketState.SERVING), NOW)
    assert (done.state, done.outcome) == (TicketState.FINISHED, "unrecorded")
    assert rules.expire_ticket(_ticket_in(TicketState.WAITING), NOW).state is TicketState.EXPIRED


def test_starting_service_clears_help_request() -> None:
    assert not rules.begin_service(replace(_ticket_in(TicketState.CALLED), help=True), "d1", "boris", NOW).help


def test_call_of_person_who_asked_for_help_is_open_ended() -> None:
    called = _ticket_in(TicketState.CALLED)
    assert rules.state_ends_at(called, SETTINGS) is not None
    asked = rules.ask_for_help(called)
    answered = rules.answer_help_request(asked)
    assert [rules.state_ends_at(ticket, SETTINGS) for ticket in (asked, answered)] == [None, None]
    assert (answered.help, answered.help_answered) == (False, True)
    assert rules.ask_for_help(answered) == asked


def test_answered_help_lasts_until_the_service_begins() -> None:
    answered = rules.answer_help_request(rules.ask_for_help(_ticket_in(TicketState.WAITING)))
    called = rules.begin_call(answered, "d1", "boris", NOW)
    undone = rules.undo_miss(rules.miss_call(called, NOW), "d1", "boris", NOW)
    again = rules.begin_call(rules.take_back_call(undone, NOW), "d1", "boris", NOW)
    for ticket in (called, undone, again):
        assert ticket.help_answered
        assert rules.state_ends_at(ticket, SETTINGS) is None
    assert not rules.begin_service(again, "d1", "boris", NOW).help_answered


def test_other_calls_count_from_the_last_call_of_the_line() -> None:
    waiting, times = walk_in_ticket(1, 0), [at_minute(minute) for minute in range(1, MIN_OTHER_CALLS + 1)]
    loaded = OtherLineCalls(tuple(times[:1]), None)
    assert loaded.advance([waiting], []) is None
    seen = loaded.advance([waiting], times)  # a message may repeat what a reload has read
    assert seen == OtherLineCalls(tuple(times), None)
    called = replace(waiting, state=TicketState.CALLED, called_at=times[0])
    assert seen.advance([called], []) is None
    newer = at_minute(MIN_OTHER_CALLS + 1)
    assert seen.advance([called], [newer]) == OtherLineCalls((*times[1:], newer), times[0])
