"""The rules of one room, each by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.rooms.domain import room as rules
from office360.rooms.domain.room import AgentState, End, Participant, Place, Role, Room

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person(id: str, role: Role = Role.CITIZEN) -> Participant:
    return Participant(id=id, role=role, name=id.title(), place=Place.OUTSIDE, since=T0)


def boris() -> Participant:
    return person("boris", Role.AGENT)


def with_boris() -> Room:
    return rules.arrive(Room("a1"), boris(), T0)


def with_amina_waiting() -> Room:
    room = rules.arrive(with_boris(), person("amina"), T0)
    return rules.join(room, "amina", None, T0)


def with_amina_admitted() -> Room:
    return rules.admit(with_amina_waiting(), "boris", "amina", T0)


def test_a_citizen_who_says_hello_is_still_outside() -> None:
    room = rules.arrive(Room("a1"), person("amina"), T0)
    assert room.participant("amina").place is Place.OUTSIDE


def test_staff_are_admitted_by_their_hello() -> None:
    assert with_boris().participant("boris").place is Place.ADMITTED


def test_staff_can_come_back_after_leaving() -> None:
    left = rules.leave(with_amina_admitted(), "boris", T0)
    assert rules.arrive(left, boris(), T0).participant("boris").place is Place.ADMITTED


def test_joining_puts_one_into_the_lobby_with_the_name_one_gave() -> None:
    room = rules.arrive(Room("a1"), person("amina"), T0)
    amina = rules.join(room, "amina", "Amina Haddad", T0).participant("amina")
    assert (amina.place, amina.name, amina.first_joined_at) == (Place.LOBBY, "Amina Haddad", T0)


def test_joining_twice_changes_nothing() -> None:
    room = with_amina_waiting()
    assert rules.join(room, "amina", "Another", T0 + MINUTE) == room


def test_whoever_was_admitted_does_not_fall_back_by_joining_again() -> None:
    room = with_amina_admitted()
    assert rules.join(room, "amina", None, T0 + MINUTE) == room


def test_saying_hello_again_keeps_the_place() -> None:
    room = rules.arrive(with_amina_admitted(), person("amina"), T0 + MINUTE)
    assert room.participant("amina").place is Place.ADMITTED


def test_leaving_keeps_the_order_of_the_first_join() -> None:
    left = rules.leave(with_amina_waiting(), "amina", T0 + MINUTE)
    back = rules.join(left, "amina", None, T0 + 5 * MINUTE).participant("amina")
    assert (back.first_joined_at, back.since) == (T0, T0 + 5 * MINUTE)


def test_whoever_left_is_outside_when_they_say_hello_again() -> None:
    left = rules.leave(with_amina_admitted(), "amina", T0)
    assert rules.arrive(left, person("amina"), T0).participant("amina").place is Place.OUTSIDE


def test_the_lobby_is_ordered_by_first_join_over_all_rooms() -> None:
    late = rules.arrive(Room("a2"), person("diego"), T0 + MINUTE)
    late = rules.join(late, "diego", None, T0 + MINUTE)
    order = [one.id for _, one in rules.waiting([late, with_amina_waiting()])]
    assert order == ["amina", "diego"]


def test_only_staff_admit() -> None:
    room = rules.arrive(with_amina_waiting(), person("diego", Role.INTERPRETER), T0)
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.admit(room, "diego", "amina", T0)


def test_nobody_admits_oneself() -> None:
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.admit(with_amina_waiting(), "amina", "amina", T0)


def test_staff_who_left_admit_nobody() -> None:
    room = rules.leave(with_amina_waiting(), "boris", T0)
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.admit(room, "boris", "amina", T0)


def test_only_somebody_in_the_lobby_is_admitted() -> None:
    room = rules.arrive(with_boris(), person("amina"), T0)
    with pytest.raises(Refused, match="not_in_lobby"):
        rules.admit(room, "boris", "amina", T0)


def test_a_stranger_cannot_be_admitted() -> None:
    with pytest.raises(NotFound, match="not_in_room"):
        rules.admit(with_boris(), "boris", "nobody", T0)


def test_admitting_twice_changes_nothing() -> None:
    room = with_amina_admitted()
    assert rules.admit(room, "boris", "amina", T0 + MINUTE) == room


def test_at_most_four_are_admitted() -> None:
    room = with_amina_admitted()
    for id in ("carmen", "diego"):
        room = rules.arrive(room, person(id, Role.SUPERVISOR), T0)
    room = rules.join(rules.arrive(room, person("fatima", Role.INTERPRETER), T0), "fatima", None, T0)
    with pytest.raises(Refused, match="room_full"):
        rules.admit(room, "boris", "fatima", T0)


def test_a_fifth_member_of_staff_is_refused_at_hello() -> None:
    room = with_boris()
    for id in ("carmen", "diego", "elena"):
        room = rules.arrive(room, person(id, Role.AGENT), T0)
    with pytest.raises(Refused, match="room_full"):
        rules.arrive(room, person("fatima", Role.AGENT), T0)


def test_staff_send_somebody_back_to_the_lobby_with_the_old_place() -> None:
    room = rules.return_to_lobby(with_amina_admitted(), "boris", "amina", T0 + MINUTE)
    amina = room.participant("amina")
    assert (amina.place, amina.first_joined_at) == (Place.LOBBY, T0)


def test_only_admitted_people_are_sent_back() -> None:
    with pytest.raises(Refused, match="not_admitted"):
        rules.return_to_lobby(with_amina_waiting(), "boris", "amina", T0)


def test_whoever_is_removed_may_ask_again() -> None:
    room = rules.remove(with_amina_admitted(), "boris", "amina", T0)
    assert room.participant("amina").place is Place.LEFT
    assert rules.join(room, "amina", None, T0).participant("amina").place is Place.LOBBY


def test_staff_do_not_put_each_other_out() -> None:
    room = rules.arrive(with_boris(), person("carmen", Role.AGENT), T0)
    with pytest.raises(NotAllowed, match="staff_stay"):
        rules.remove(room, "boris", "carmen", T0)
    with pytest.raises(NotAllowed, match="staff_stay"):
        rules.return_to_lobby(room, "boris", "carmen", T0)


def test_whoever_is_not_inside_cannot_be_removed() -> None:
    room = rules.arrive(with_boris(), person("amina"), T0)
    with pytest.raises(Refused, match="not_inside"):
        rules.remove(room, "boris", "amina", T0)


def test_a_message_reaches_everybody_in_the_lobby_or_one_of_them() -> None:
    room = with_amina_waiting()
    room = rules.join(rules.arrive(room, person("diego"), T0), "diego", None, T0)
    to_all = rules.tell(room, "boris", "Five minutes more", None)
    assert {one.message for one in to_all.in_lobby()} == {"Five minutes more"}
    to_one = rules.tell(room, "boris", "You are next", "amina")
    assert (to_one.participant("amina").message, to_one.participant("diego").message) == ("You are next", None)


def test_a_message_is_forgotten_once_the_person_is_in() -> None:
    room = rules.tell(with_amina_waiting(), "boris", "Soon", None)
    assert rules.admit(room, "boris", "amina", T0).participant("amina").message is None


def test_a_message_to_somebody_who_does_not_wait_is_refused() -> None:
    with pytest.raises(Refused, match="not_in_lobby"):
        rules.tell(with_amina_admitted(), "boris", "Hello", "amina")


def test_the_end_empties_the_room_for_good() -> None:
    room = rules.end(with_amina_admitted(), "boris", "resolved", T0 + 12 * MINUTE)
    assert {one.place for one in room.participants} == {Place.LEFT}
    assert room.end == End(T0 + 12 * MINUTE, "ended", "resolved")
    with pytest.raises(Refused, match="room_over"):
        rules.join(room, "amina", None, T0)
    with pytest.raises(Refused, match="room_over"):
        rules.arrive(room, boris(), T0)


def test_a_citizen_cannot_end_the_room_for_others() -> None:
    with pytest.raises(NotAllowed, match="staff_only"):
        rules.end(with_amina_admitted(), "amina", None, T0)


def test_the_length_of_a_call_counts_from_the_first_admission() -> None:
    room = rules.admit(with_amina_waiting(), "boris", "amina", T0 + 2 * MINUTE)
    room = rules.return_to_lobby(room, "boris", "amina", T0 + 4 * MINUTE)
    room = rules.admit(room, "boris", "amina", T0 + 6 * MINUTE)
    assert rules.talked_s(rules.end(room, "boris", None, T0 + 14 * MINUTE)) == 12 * 60


def test_without_an_admission_there_was_no_call() -> None:
    ended = rules.end(with_amina_waiting(), "boris", None, T0 + MINUTE)
    assert rules.talked_s(ended) is None
    assert not rules.has_taken_place(ended)


def test_staff_are_impolite_towards_everybody_else() -> None:
    for role in (Role.CITIZEN, Role.INTERPRETER):
        assert rules.is_polite(person("a", role), person("b", Role.AGENT))
        assert not rules.is_polite(person("z", Role.AGENT), person("a", role))


def test_among_equals_the_larger_id_is_polite() -> None:
    carmen, diego = person("carmen", Role.AGENT), person("diego", Role.SUPERVISOR)
    assert (rules.is_polite(carmen, diego), rules.is_polite(diego, carmen)) == (False, True)


def test_the_lobby_hears_what_its_own_agent_says() -> None:
    room = rules.set_agent_state(with_amina_waiting(), "boris", AgentState.AWAY)
    assert rules.agent_for(room, [])[0] is AgentState.AWAY


def test_an_agent_in_the_room_is_available_unless_they_say_otherwise() -> None:
    state, agent = rules.agent_for(with_amina_waiting(), [])
    assert (state, agent and agent.id) == (AgentState.AVAILABLE, "boris")


def test_the_office_is_busy_while_somebody_talks_in_another_room() -> None:
    mine = rules.join(rules.arrive(Room("a2"), person("diego"), T0), "diego", None, T0)
    state, agent = rules.agent_for(mine, [with_amina_admitted()])
    assert (state, agent and agent.name) == (AgentState.BUSY, "Boris")


def test_without_anybody_the_office_is_away() -> None:
    assert rules.agent_for(Room("a1"), [with_boris()]) == (AgentState.AWAY, None)


def test_an_agent_whose_connection_is_lost_attends_nobody() -> None:
    room = rules.set_connected(with_boris(), "boris", False)
    assert rules.attending(room) is None
    back = rules.arrive(room, replace(boris(), name="Boris P."), T0).participant("boris")
    assert (back.connected, back.name) == (True, "Boris P.")
