"""Rules of a video room."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.rooms.domain import room as rules
from office360.rooms.domain.room import AgentState, Participant, ParticipantRole, ParticipantState, Room, RoomEnd

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person(id: str, role: ParticipantRole = ParticipantRole.CITIZEN) -> Participant:
    return Participant(id=id, role=role, name=id.title(), state=ParticipantState.OUTSIDE, state_since=T0)


def agent_boris() -> Participant:
    return person("boris", ParticipantRole.AGENT)


def room_with_agent() -> Room:
    return rules.enter_room(Room("a1"), agent_boris(), T0)


def room_with_waiting_citizen() -> Room:
    room = rules.enter_room(room_with_agent(), person("amina"), T0)
    return rules.join_lobby(room, "amina", None, T0)


def room_with_admitted_citizen() -> Room:
    return rules.admit_participant(room_with_waiting_citizen(), "boris", "amina", T0)


def test_citizen_hello_leaves_citizen_outside() -> None:
    room = rules.enter_room(Room("a1"), person("amina"), T0)
    assert room.get_participant("amina").state is ParticipantState.OUTSIDE


def test_staff_hello_admits_staff() -> None:
    assert room_with_agent().get_participant("boris").state is ParticipantState.ADMITTED


def test_staff_can_return_after_leaving() -> None:
    left = rules.leave_room(room_with_admitted_citizen(), "boris", T0)
    assert rules.enter_room(left, agent_boris(), T0).get_participant("boris").state is ParticipantState.ADMITTED


def test_join_enters_lobby_with_the_given_name() -> None:
    room = rules.enter_room(Room("a1"), person("amina"), T0)
    amina = rules.join_lobby(room, "amina", "Amina Haddad", T0).get_participant("amina")
    assert (amina.state, amina.name, amina.first_joined_at) == (ParticipantState.LOBBY, "Amina Haddad", T0)


def test_second_join_changes_nothing() -> None:
    room = room_with_waiting_citizen()
    assert rules.join_lobby(room, "amina", "Another", T0 + MINUTE) == room


def test_join_keeps_admitted_participant_admitted() -> None:
    room = room_with_admitted_citizen()
    assert rules.join_lobby(room, "amina", None, T0 + MINUTE) == room


def test_second_hello_keeps_the_state() -> None:
    room = rules.enter_room(room_with_admitted_citizen(), person("amina"), T0 + MINUTE)
    assert room.get_participant("amina").state is ParticipantState.ADMITTED


def test_leaving_keeps_first_join_time() -> None:
    left = rules.leave_room(room_with_waiting_citizen(), "amina", T0 + MINUTE)
    back = rules.join_lobby(left, "amina", None, T0 + 5 * MINUTE).get_participant("amina")
    assert (back.first_joined_at, back.state_since) == (T0, T0 + 5 * MINUTE)


def test_hello_after_leaving_puts_citizen_outside() -> None:
    left = rules.leave_room(room_with_admitted_citizen(), "amina", T0)
    assert rules.enter_room(left, person("amina"), T0).get_participant("amina").state is ParticipantState.OUTSIDE


def test_lobby_is_ordered_by_first_join_over_all_rooms() -> None:
    late = rules.enter_room(Room("a2"), person("diego"), T0 + MINUTE)
    late = rules.join_lobby(late, "diego", None, T0 + MINUTE)
    order = [participant.id for _, participant in rules.waiting_citizens([late, room_with_waiting_citizen()])]
    assert order == ["amina", "diego"]


def with_interpreter(room: Room, id: str, now: datetime) -> Room:
    room = rules.enter_room(room, person(id, ParticipantRole.INTERPRETER), now)
    return rules.join_lobby(room, id, None, now)


def test_guests_take_no_place_and_have_their_citizens_place() -> None:
    late = rules.enter_room(Room("a2"), person("diego"), T0 + MINUTE)
    late = rules.join_lobby(late, "diego", None, T0 + MINUTE)
    early = with_interpreter(room_with_waiting_citizen(), "fatima", T0)
    assert rules.lobby_positions([with_interpreter(late, "gema", T0 - MINUTE), early]) == {
        "amina": 1,
        "fatima": 1,
        "diego": 2,
        "gema": 2,
    }


def test_guest_without_citizen_has_the_place_of_the_own_arrival() -> None:
    alone = with_interpreter(Room("a2"), "gema", T0 + MINUTE)
    assert rules.lobby_positions([alone, room_with_waiting_citizen()])["gema"] == 2


def test_guest_of_an_ongoing_call_is_first() -> None:
    joined = with_interpreter(room_with_admitted_citizen(), "gema", T0 + MINUTE)
    other = rules.join_lobby(rules.enter_room(Room("a2"), person("diego"), T0), "diego", None, T0)
    assert rules.lobby_positions([joined, other]) == {"diego": 1, "gema": 1}


def test_interpreter_cannot_admit() -> None:
    room = rules.enter_room(room_with_waiting_citizen(), person("diego", ParticipantRole.INTERPRETER), T0)
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.admit_participant(room, "diego", "amina", T0)


def test_citizen_cannot_admit_themselves() -> None:
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.admit_participant(room_with_waiting_citizen(), "amina", "amina", T0)


def test_staff_outside_the_room_cannot_admit() -> None:
    room = rules.leave_room(room_with_waiting_citizen(), "boris", T0)
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.admit_participant(room, "boris", "amina", T0)


def test_admit_requires_participant_in_lobby() -> None:
    room = rules.enter_room(room_with_agent(), person("amina"), T0)
    with pytest.raises(Refused, match="not_in_lobby"):
        rules.admit_participant(room, "boris", "amina", T0)


def test_admit_refuses_unknown_participant() -> None:
    with pytest.raises(NotFound, match="not_in_room"):
        rules.admit_participant(room_with_agent(), "boris", "unknown", T0)


def test_second_admit_changes_nothing() -> None:
    room = room_with_admitted_citizen()
    assert rules.admit_participant(room, "boris", "amina", T0 + MINUTE) == room


def test_at_most_four_are_admitted() -> None:
    room = room_with_admitted_citizen()
    for id in ("carmen", "diego"):
        room = rules.enter_room(room, person(id, ParticipantRole.SUPERVISOR), T0)
    room = rules.join_lobby(
        rules.enter_room(room, person("fatima", ParticipantRole.INTERPRETER), T0), "fatima", None, T0
    )
    with pytest.raises(Refused, match="room_full"):
        rules.admit_participant(room, "boris", "fatima", T0)


def test_fifth_staff_member_is_refused_at_hello() -> None:
    room = room_with_agent()
    for id in ("carmen", "diego", "elena"):
        room = rules.enter_room(room, person(id, ParticipantRole.AGENT), T0)
    with pytest.raises(Refused, match="room_full"):
        rules.enter_room(room, person("fatima", ParticipantRole.AGENT), T0)


def test_return_to_lobby_keeps_first_join_time() -> None:
    room = rules.return_to_lobby(room_with_admitted_citizen(), "boris", "amina", T0 + MINUTE)
    amina = room.get_participant("amina")
    assert (amina.state, amina.first_joined_at) == (ParticipantState.LOBBY, T0)


def test_return_to_lobby_requires_admitted_participant() -> None:
    with pytest.raises(Refused, match="not_admitted"):
        rules.return_to_lobby(room_with_waiting_citizen(), "boris", "amina", T0)


def test_removed_participant_may_join_again() -> None:
    room = rules.remove_participant(room_with_admitted_citizen(), "boris", "amina", T0)
    assert room.get_participant("amina").state is ParticipantState.LEFT
    assert rules.join_lobby(room, "amina", None, T0).get_participant("amina").state is ParticipantState.LOBBY


def test_staff_cannot_remove_staff() -> None:
    room = rules.enter_room(room_with_agent(), person("carmen", ParticipantRole.AGENT), T0)
    with pytest.raises(NotAllowed, match="staff_stay"):
        rules.remove_participant(room, "boris", "carmen", T0)
    with pytest.raises(NotAllowed, match="staff_stay"):
        rules.return_to_lobby(room, "boris", "carmen", T0)


def test_remove_requires_participant_inside() -> None:
    room = rules.enter_room(room_with_agent(), person("amina"), T0)
    with pytest.raises(Refused, match="not_inside"):
        rules.remove_participant(room, "boris", "amina", T0)


def test_lobby_message_reaches_all_or_one_participant() -> None:
    room = room_with_waiting_citizen()
    room = rules.join_lobby(rules.enter_room(room, person("diego"), T0), "diego", None, T0)
    to_all = rules.set_lobby_message(room, "boris", "Five minutes more", None)
    assert {participant.lobby_message for participant in to_all.lobby_participants()} == {"Five minutes more"}
    to_one = rules.set_lobby_message(room, "boris", "You are next", "amina")
    assert (to_one.get_participant("amina").lobby_message, to_one.get_participant("diego").lobby_message) == (
        "You are next",
        None,
    )


def test_admission_clears_lobby_message() -> None:
    room = rules.set_lobby_message(room_with_waiting_citizen(), "boris", "Soon", None)
    assert rules.admit_participant(room, "boris", "amina", T0).get_participant("amina").lobby_message is None


def test_lobby_message_requires_participant_in_lobby() -> None:
    with pytest.raises(Refused, match="not_in_lobby"):
        rules.set_lobby_message(room_with_admitted_citizen(), "boris", "Hello", "amina")


def test_ended_room_is_empty_and_stays_closed() -> None:
    room = rules.end_room(room_with_admitted_citizen(), "boris", "resolved", T0 + 12 * MINUTE)
    assert {participant.state for participant in room.participants} == {ParticipantState.LEFT}
    assert room.end == RoomEnd(T0 + 12 * MINUTE, "ended", "resolved")
    with pytest.raises(Refused, match="room_over"):
        rules.join_lobby(room, "amina", None, T0)
    with pytest.raises(Refused, match="room_over"):
        rules.enter_room(room, agent_boris(), T0)


def test_citizen_cannot_end_the_room() -> None:
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.end_room(room_with_admitted_citizen(), "amina", None, T0)


def test_call_length_counts_from_first_admission() -> None:
    room = rules.admit_participant(room_with_waiting_citizen(), "boris", "amina", T0 + 2 * MINUTE)
    room = rules.return_to_lobby(room, "boris", "amina", T0 + 4 * MINUTE)
    room = rules.admit_participant(room, "boris", "amina", T0 + 6 * MINUTE)
    assert rules.call_length_s(rules.end_room(room, "boris", None, T0 + 14 * MINUTE)) == 12 * 60


def test_room_without_admission_has_no_call_length() -> None:
    ended = rules.end_room(room_with_waiting_citizen(), "boris", None, T0 + MINUTE)
    assert rules.call_length_s(ended) is None


def test_staff_are_impolite_towards_guests() -> None:
    for role in (ParticipantRole.CITIZEN, ParticipantRole.INTERPRETER):
        assert rules.is_polite(person("a", role), person("b", ParticipantRole.AGENT))
        assert not rules.is_polite(person("z", ParticipantRole.AGENT), person("a", role))


def test_larger_id_is_polite_among_equals() -> None:
    carmen, diego = person("carmen", ParticipantRole.AGENT), person("diego", ParticipantRole.SUPERVISOR)
    assert (rules.is_polite(carmen, diego), rules.is_polite(diego, carmen)) == (False, True)


def test_lobby_shows_state_set_by_its_own_agent() -> None:
    room = rules.set_agent_state(room_with_waiting_citizen(), "boris", AgentState.AWAY)
    assert rules.agent_state_for_lobby(room, [])[0] is AgentState.AWAY


def test_present_agent_is_available_by_default() -> None:
    state, agent = rules.agent_state_for_lobby(room_with_waiting_citizen(), [])
    assert (state, agent and agent.id) == (AgentState.AVAILABLE, "boris")


def test_agent_is_busy_while_talking_in_another_room() -> None:
    mine = rules.join_lobby(rules.enter_room(Room("a2"), person("diego"), T0), "diego", None, T0)
    state, agent = rules.agent_state_for_lobby(mine, [room_with_admitted_citizen()])
    assert (state, agent and agent.name) == (AgentState.BUSY, "Boris")


def test_agent_is_away_when_no_call_is_ongoing() -> None:
    assert rules.agent_state_for_lobby(Room("a1"), [room_with_agent()]) == (AgentState.AWAY, None)


def test_disconnected_agent_is_not_attending() -> None:
    room = rules.set_connected(room_with_agent(), "boris", False)
    assert rules.attending_agent(room) is None
    back = rules.enter_room(room, replace(agent_boris(), name="Boris P."), T0).get_participant("boris")
    assert (back.connected, back.name) == (True, "Boris P.")


def test_hold_keeps_the_place_and_admission_takes_back() -> None:
    held = rules.hold_participant(room_with_admitted_citizen(), "boris", "amina", T0 + MINUTE)
    amina = held.get_participant("amina")
    assert (amina.state, amina.held_since) == (ParticipantState.ADMITTED, T0 + MINUTE)
    assert [member.id for member in held.connectable_participants()] == ["boris"]
    back = rules.admit_participant(held, "boris", "amina", T0 + 2 * MINUTE).get_participant("amina")
    assert (back.is_held, back.state_since) == (False, T0)


@pytest.mark.parametrize(
    ("by", "id", "code"), [("amina", "amina", "staff_only"), ("boris", "boris", "staff_stay")]
)
def test_hold_by_citizens_or_of_staff_is_refused(by: str, id: str, code: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        rules.hold_participant(room_with_admitted_citizen(), by, id, T0)
    assert refused.value.code == code


def test_hold_in_the_lobby_is_refused() -> None:
    with pytest.raises(Refused, match="not_admitted"):
        rules.hold_participant(room_with_waiting_citizen(), "boris", "amina", T0)


def test_leaving_ends_the_hold() -> None:
    held = rules.hold_participant(room_with_admitted_citizen(), "boris", "amina", T0)
    assert not rules.leave_room(held, "amina", T0).get_participant("amina").is_held
