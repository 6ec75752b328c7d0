"""Following the messages shows what a fresh snapshot would show; and nobody sees more than they may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from office360.core.errors import Office360Error
from office360.rooms.domain import room as rules
from office360.rooms.domain.participant_view import View, changes, view
from office360.rooms.domain.room import ADMITTED_AT_MOST, AgentState, Participant, Place, Role, Room

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
CAST = {
    "amina": Role.CITIZEN,
    "boris": Role.AGENT,
    "carmen": Role.SUPERVISOR,
    "diego": Role.INTERPRETER,
    "elena": Role.AGENT,
    "fatima": Role.INTERPRETER,
}


def newcomer(id: str) -> Participant:
    return Participant(id=id, role=CAST[id], name=id.title(), place=Place.OUTSIDE, since=T0)


def follow(seen: View, messages: list[dict[str, Any]]) -> View:
    """What a client makes of the messages, by the contract alone."""
    for message in messages:
        seen = _follow_one(seen, message)
    return seen


def _follow_one(seen: View, message: dict[str, Any]) -> View:
    others = dict(seen.others)
    about = {key: value for key, value in message.items() if key != "type"}
    match message["type"]:
        case "admitted":
            return View(Place.ADMITTED, {one["participant"]: one for one in message["participants"]})
        case "returned_to_lobby":
            return View(Place.LOBBY, {})
        case "left":
            return View(Place.OUTSIDE, {})
        case "participant_joined" | "participant_updated":
            others[message["participant"]] = about
        case "participant_left":
            del others[message["participant"]]
        case "ended":
            return replace(seen, ended=message["reason"])
    return replace(seen, others=others)


class RoomMachine(RuleBasedStateMachine):
    """People come, are let in, leave and come back, in any order, with every refusal on the way."""

    @initialize()
    def open(self) -> None:
        self.now = T0
        self.room = Room("a1")
        self.clients: dict[str, View] = {}
        self.first_joined: dict[str, datetime] = {}

    def apply(self, change: Any, *arguments: Any) -> None:
        self.now += timedelta(seconds=1)
        before = self.room
        try:
            self.room = change(before, *arguments)
        except Office360Error:
            assert self.room is before
        for id, seen in self.clients.items():
            entering = seen.place is not Place.LOBBY and view(self.room, id).place is Place.LOBBY
            told = follow(seen, changes(seen, view(self.room, id)))
            # The way into the lobby is told by `lobby`, which carries the place.
            self.clients[id] = View(Place.LOBBY, {}) if entering and told == seen else told

    @rule(id=st.sampled_from(sorted(CAST)))
    def hello(self, id: str) -> None:
        self.apply(rules.arrive, newcomer(id), self.now)
        if any(one.id == id for one in self.room.participants) and self.room.end is None:
            self.clients[id] = view(self.room, id)

    @rule(id=st.sampled_from(sorted(CAST)))
    def join(self, id: str) -> None:
        self.apply(rules.join, id, None, self.now)

    @rule(id=st.sampled_from(sorted(CAST)))
    def leave(self, id: str) -> None:
        self.apply(rules.leave, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def admit(self, by: str, id: str) -> None:
        self.apply(rules.admit, by, id, self.now)

    @rule(by=st.sampled_from(["boris", "carmen", "elena"]))
    def admit_the_next(self, by: str) -> None:
        for one in self.room.in_lobby()[:1]:
            self.apply(rules.admit, by, one.id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def return_to_lobby(self, by: str, id: str) -> None:
        self.apply(rules.return_to_lobby, by, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def remove(self, by: str, id: str) -> None:
        self.apply(rules.remove, by, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)))
    def tell(self, by: str) -> None:
        self.apply(rules.tell, by, "Soon", None)

    @rule(by=st.sampled_from(sorted(CAST)), state=st.sampled_from(AgentState))
    def agent_state(self, by: str, state: AgentState) -> None:
        self.apply(rules.set_agent_state, by, state)

    @rule(id=st.sampled_from(sorted(CAST)), connected=st.booleans())
    def connection(self, id: str, connected: bool) -> None:
        self.apply(rules.set_connected, id, connected)

    @invariant()
    def clients_see_what_a_snapshot_shows(self) -> None:
        for id, seen in self.clients.items():
            assert seen == view(self.room, id)

    @invariant()
    def never_more_than_four_are_admitted(self) -> None:
        assert len(self.room.admitted()) <= ADMITTED_AT_MOST

    @invariant()
    def nobody_is_in_the_room_twice(self) -> None:
        ids = [one.id for one in self.room.participants]
        assert len(ids) == len(set(ids))

    @invariant()
    def staff_are_never_in_the_lobby_of_their_own_room_unless_they_joined_it(self) -> None:
        for one in self.room.in_lobby():
            assert one.first_joined_at is not None

    @invariant()
    def the_first_join_never_changes(self) -> None:
        for one in self.room.participants:
            if one.first_joined_at is not None:
                assert self.first_joined.setdefault(one.id, one.first_joined_at) == one.first_joined_at

    @invariant()
    def whoever_waits_sees_nobody(self) -> None:
        for id in self.clients:
            if self.room.participant(id).place is not Place.ADMITTED:
                assert view(self.room, id).others == {}

    @invariant()
    def of_each_pair_exactly_one_is_polite(self) -> None:
        for one in self.room.admitted():
            for other in self.room.admitted():
                if one.id != other.id:
                    assert rules.is_polite(one, other) != rules.is_polite(other, one)


TestRoomMachine = RoomMachine.TestCase
TestRoomMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_only_staff_see_the_lobby() -> None:
    room = Room("a1")
    for id in ("boris", "amina", "diego"):
        room = rules.arrive(room, newcomer(id), T0)
    room = rules.admit(rules.join(room, "amina", None, T0), "boris", "amina", T0)
    room = rules.join(room, "diego", None, T0)
    assert set(view(room, "boris").others) == {"amina", "diego"}
    assert set(view(room, "amina").others) == {"boris"}


def test_the_end_is_told_once() -> None:
    room = rules.arrive(Room("a1"), newcomer("boris"), T0)
    ended = rules.end(room, "boris", None, T0)
    told = changes(view(room, "boris"), view(ended, "boris"))
    assert told == [{"type": "ended", "reason": "ended"}]
    assert changes(view(ended, "boris"), view(ended, "boris")) == []


def test_a_change_of_media_alone_is_no_update() -> None:
    room = rules.arrive(Room("a1"), newcomer("boris"), T0)
    room = rules.join(rules.arrive(room, newcomer("amina"), T0), "amina", None, T0)
    amina = room.participant("amina")
    muted = replace(amina, media=replace(amina.media, audio=False))
    after = replace(room, participants=(room.participant("boris"), muted))
    assert changes(view(room, "boris"), view(after, "boris")) == []
