"""View changes against fresh snapshots, for random sequences of actions in a room."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from office360.core.errors import Office360Error
from office360.rooms.domain import room as rules
from office360.rooms.domain.participant_view import ParticipantView, build_participant_view, view_changes
from office360.rooms.domain.room import (
    MAX_ADMITTED,
    AgentState,
    CallBack,
    Participant,
    ParticipantRole,
    ParticipantState,
    Room,
)

from ...support.suite.examples import examples

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
CAST = {
    "amina": ParticipantRole.CITIZEN,
    "boris": ParticipantRole.AGENT,
    "carmen": ParticipantRole.SUPERVISOR,
    "diego": ParticipantRole.INTERPRETER,
    "elena": ParticipantRole.AGENT,
    "fatima": ParticipantRole.RELATIVE,
}


def new_participant(id: str) -> Participant:
    return Participant(id=id, role=CAST[id], name=id.title(), state=ParticipantState.OUTSIDE, state_since=T0)


def apply_messages(view: ParticipantView, messages: list[dict[str, Any]]) -> ParticipantView:
    """Apply messages to a view as docs/protocol.md describes them."""
    for message in messages:
        view = _apply_message(view, message)
    return view


def _apply_message(view: ParticipantView, message: dict[str, Any]) -> ParticipantView:
    others = dict(view.others)
    participant = {key: value for key, value in message.items() if key != "type"}
    by_phone_since = view.by_phone_since
    match message["type"]:
        case "admitted":
            others = {other["participant"]: other for other in message["participants"]}
            return ParticipantView(ParticipantState.ADMITTED, others, by_phone_since=by_phone_since)
        case "held":
            return ParticipantView(ParticipantState.ADMITTED, {}, held=True, by_phone_since=by_phone_since)
        case "returned_to_lobby":
            return ParticipantView(ParticipantState.LOBBY, {}, by_phone_since=by_phone_since)
        case "left":
            return ParticipantView(ParticipantState.OUTSIDE, {}, by_phone_since=by_phone_since)
        case "by_phone":
            return replace(view, by_phone_since=message["since"])
        case "participant_joined" | "participant_updated":
            others[message["participant"]] = participant
        case "participant_left":
            del others[message["participant"]]
        case "called_back":
            return replace(view, called_back=participant)
        case "ended":
            return replace(view, end_reason=message["reason"])
    return replace(view, others=others)


def called_back(room: Room, by: str, now: datetime) -> Room:
    rules.require_staff_inside(room, by)
    rules.check_call_back(room, now)
    return replace(room, called_back=CallBack(now, ("email",)))


class RoomStateMachine(RuleBasedStateMachine):
    """Enter, join, admit, leave, return and remove, in any order, allowed or refused."""

    @initialize()
    def open(self) -> None:
        self.now = T0
        self.room = Room("a1")
        self.clients: dict[str, ParticipantView] = {}
        self.first_joined: dict[str, datetime] = {}

    def apply(self, change: Any, *arguments: Any) -> None:
        self.now += timedelta(seconds=1)
        before = self.room
        try:
            self.room = change(before, *arguments)
        except Office360Error:
            assert self.room is before
        for id, view in self.clients.items():
            snapshot = build_participant_view(self.room, id)
            enters_lobby = view.state is not snapshot.state and snapshot.state is ParticipantState.LOBBY
            changed = apply_messages(view, view_changes(view, snapshot))
            if enters_lobby and changed == view:  # the `lobby` message announces it, with the position
                changed = ParticipantView(ParticipantState.LOBBY, {}, by_phone_since=view.by_phone_since)
            self.clients[id] = changed

    @rule(id=st.sampled_from(sorted(CAST)))
    def hello(self, id: str) -> None:
        self.apply(rules.enter_room, new_participant(id), self.now)
        if any(participant.id == id for participant in self.room.participants) and self.room.end is None:
            self.clients[id] = build_participant_view(self.room, id)

    @rule(id=st.sampled_from(sorted(CAST)))
    def join(self, id: str) -> None:
        self.apply(rules.join_lobby, id, None, self.now)

    @rule(id=st.sampled_from(sorted(CAST)))
    def leave(self, id: str) -> None:
        self.apply(rules.leave_room, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def admit(self, by: str, id: str) -> None:
        self.apply(rules.admit_participant, by, id, self.now)

    @rule(by=st.sampled_from(["boris", "carmen", "elena"]))
    def admit_next(self, by: str) -> None:
        for participant in self.room.lobby_participants()[:1]:
            self.apply(rules.admit_participant, by, participant.id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def hold(self, by: str, id: str) -> None:
        self.apply(rules.hold_participant, by, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), is_on=st.booleans())
    def go_on_by_phone(self, by: str, is_on: bool) -> None:
        self.apply(rules.set_by_phone, by, is_on, self.now)

    @rule(by=st.sampled_from(["boris", "carmen", "elena"]))
    def hold_first_guest(self, by: str) -> None:
        for participant in self.room.admitted_participants():
            if not participant.is_staff:
                self.apply(rules.hold_participant, by, participant.id, self.now)
                return

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def return_to_lobby(self, by: str, id: str) -> None:
        self.apply(rules.return_to_lobby, by, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)), id=st.sampled_from(sorted(CAST)))
    def remove(self, by: str, id: str) -> None:
        self.apply(rules.remove_participant, by, id, self.now)

    @rule(by=st.sampled_from(sorted(CAST)))
    def set_lobby_message(self, by: str) -> None:
        self.apply(rules.set_lobby_message, by, "Soon", None)

    @rule(by=st.sampled_from(sorted(CAST)), state=st.sampled_from(AgentState))
    def agent_state(self, by: str, state: AgentState) -> None:
        self.apply(rules.set_agent_state, by, state)

    @rule(by=st.sampled_from(sorted(CAST)))
    def call_back(self, by: str) -> None:
        self.apply(called_back, by, self.now)

    @rule(id=st.sampled_from(sorted(CAST)), connected=st.booleans())
    def connection(self, id: str, connected: bool) -> None:
        self.apply(rules.set_connected, id, connected)

    @invariant()
    def clients_see_what_a_snapshot_shows(self) -> None:
        for id, view in self.clients.items():
            assert view == build_participant_view(self.room, id)

    @invariant()
    def never_more_than_four_are_admitted(self) -> None:
        assert len(self.room.admitted_participants()) <= MAX_ADMITTED

    @invariant()
    def participant_ids_are_unique(self) -> None:
        ids = [participant.id for participant in self.room.participants]
        assert len(ids) == len(set(ids))

    @invariant()
    def lobby_participants_have_joined(self) -> None:
        for participant in self.room.lobby_participants():
            assert participant.first_joined_at is not None

    @invariant()
    def the_first_join_never_changes(self) -> None:
        for participant in self.room.participants:
            joined_at = participant.first_joined_at
            if joined_at is not None:
                assert self.first_joined.setdefault(participant.id, joined_at) == joined_at

    @invariant()
    def participants_in_lobby_see_no_others(self) -> None:
        for id in self.clients:
            if self.room.get_participant(id).state is not ParticipantState.ADMITTED:
                assert build_participant_view(self.room, id).others == {}

    @invariant()
    def held_participants_see_no_others_and_keep_a_place(self) -> None:
        for participant in self.room.participants:
            if participant.is_held:
                assert participant.state is ParticipantState.ADMITTED
                assert participant not in self.room.connectable_participants()
                assert build_participant_view(self.room, participant.id).others == {}

    @invariant()
    def of_each_pair_exactly_one_is_polite(self) -> None:
        for first, second in itertools.combinations(self.room.admitted_participants(), 2):
            assert rules.is_polite(first, second) != rules.is_polite(second, first)


TestRoomStateMachine = RoomStateMachine.TestCase
TestRoomStateMachine.settings = settings(max_examples=examples(60), stateful_step_count=40, deadline=None)


def test_only_staff_see_lobby_participants() -> None:
    room = Room("a1")
    for id in ("boris", "amina", "diego"):
        room = rules.enter_room(room, new_participant(id), T0)
    room = rules.admit_participant(rules.join_lobby(room, "amina", None, T0), "boris", "amina", T0)
    room = rules.join_lobby(room, "diego", None, T0)
    assert set(build_participant_view(room, "boris").others) == {"amina", "diego"}
    assert set(build_participant_view(room, "amina").others) == {"boris"}


def test_room_end_is_sent_once() -> None:
    room = rules.enter_room(Room("a1"), new_participant("boris"), T0)
    ended = rules.end_room(room, "boris", None, T0)
    messages = view_changes(build_participant_view(room, "boris"), build_participant_view(ended, "boris"))
    assert messages == [{"type": "ended", "reason": "ended"}]
    assert view_changes(build_participant_view(ended, "boris"), build_participant_view(ended, "boris")) == []


def test_media_change_alone_sends_no_update() -> None:
    room = rules.enter_room(Room("a1"), new_participant("boris"), T0)
    room = rules.join_lobby(rules.enter_room(room, new_participant("amina"), T0), "amina", None, T0)
    amina = room.get_participant("amina")
    muted = replace(amina, media=replace(amina.media, audio=False))
    after = replace(room, participants=(room.get_participant("boris"), muted))
    assert view_changes(build_participant_view(room, "boris"), build_participant_view(after, "boris")) == []
