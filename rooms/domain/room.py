"""Rules of one video room: who is where, who lets whom in, who gives way. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import NotAllowed, NotFound, Refused

MAX_ADMITTED = 4  # a mesh: each sends to three others, as much as a phone's upload carries
PRESENCE_REFRESH_INTERVAL_S = 10  # how often a process says that its people are still there
STALE_AFTER = timedelta(
    seconds=25
)  # two refreshes missed and some slack: the connection is lost, the person is not
RESUME_WINDOW_S = 120  # a phone that takes a call in between is back within two minutes
GONE_AFTER = timedelta(seconds=RESUME_WINDOW_S)


class ParticipantRole(StrEnum):
    """What somebody is in the room. Interpreters join by a link of their own."""

    CITIZEN = "citizen"
    AGENT = "agent"
    INTERPRETER = "interpreter"
    SUPERVISOR = "supervisor"


class ParticipantState(StrEnum):
    """Where somebody is. `left` keeps the place in the lobby's order."""

    OUTSIDE = "outside"
    LOBBY = "lobby"
    ADMITTED = "admitted"
    LEFT = "left"


class AgentState(StrEnum):
    """What people in the lobby are told about whoever will attend them."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


STAFF_ROLES = frozenset({ParticipantRole.AGENT, ParticipantRole.SUPERVISOR})
INSIDE_STATES = frozenset({ParticipantState.LOBBY, ParticipantState.ADMITTED})


@dataclass(frozen=True, slots=True)
class SentMedia:
    """What somebody is sending, as they say it themselves."""

    audio: bool = True
    video: bool = True
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Participant:
    """One person of one room; the id stays theirs for as long as the room exists."""

    id: str
    role: ParticipantRole
    name: str
    state: ParticipantState
    state_since: datetime  # when they came to that place
    first_joined_at: datetime | None = None  # the order of the lobby, kept when they leave
    admitted_at: datetime | None = None  # the first time: from then on the call has taken place
    connected: bool = True
    media: SentMedia = SentMedia()
    agent_state: AgentState | None = None  # what staff say of themselves
    lobby_message: str | None = None  # the latest that staff said to this person in the lobby

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES


@dataclass(frozen=True, slots=True)
class RoomEnd:
    """How a room was closed. `reason`: ended, cancelled, rescheduled, time_over."""

    at: datetime
    reason: str
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """One video appointment's room. `version` grows with every change of state."""

    appointment_id: str
    participants: tuple[Participant, ...] = ()
    end: RoomEnd | None = None
    version: int = 0

    def get_participant(self, id: str) -> Participant:
        """Raises NotFound("not_in_room")."""
        for one in self.participants:
            if one.id == id:
                return one
        raise NotFound("not_in_room")

    def admitted_participants(self) -> tuple[Participant, ...]:
        return tuple(one for one in self.participants if one.state is ParticipantState.ADMITTED)

    def lobby_participants(self) -> tuple[Participant, ...]:
        return tuple(one for one in self.participants if one.state is ParticipantState.LOBBY)


def is_polite(participant: Participant, other: Participant) -> bool:
    """Whether I give way when both offer at once. Staff never do towards others; among equals the larger id does.

    Only the impolite side makes the first offer: both at once stuck 6 of 12 calls in Chromium (video.md).
    """
    if participant.is_staff != other.is_staff:
        return not participant.is_staff
    return participant.id > other.id


def enter_room(room: Room, newcomer: Participant, now: datetime) -> Room:
    """Somebody says hello. Staff are admitted by it; others keep their place if they still have one.

    Raises Refused("room_over" | "room_full").
    """
    _require_open_room(room)
    known = next((one for one in room.participants if one.id == newcomer.id), None)
    one = replace(known, connected=True, name=newcomer.name) if known else newcomer
    if one.is_staff and one.state is not ParticipantState.ADMITTED:
        _require_free_place(room)
        one = _with_state(one, ParticipantState.ADMITTED, now)
    if one.state is ParticipantState.LEFT:
        one = _with_state(one, ParticipantState.OUTSIDE, now)
    return _with_participant(room, one)


def join_lobby(room: Room, id: str, name: str | None, now: datetime) -> Room:
    """Enter the lobby. Whoever is already in it or admitted stays where they are.

    Raises Refused("room_over").
    """
    _require_open_room(room)
    one = room.get_participant(id)
    if one.state in INSIDE_STATES:
        return room
    one = _with_state(one, ParticipantState.LOBBY, now)
    first = one.first_joined_at or now
    return _with_participant(room, replace(one, name=name or one.name, first_joined_at=first, connected=True))


def leave_room(room: Room, id: str, now: datetime) -> Room:
    """Go away by one's own will, or because nothing was heard for too long."""
    one = room.get_participant(id)
    return (
        room
        if one.state is ParticipantState.LEFT
        else _with_participant(room, _with_state(one, ParticipantState.LEFT, now))
    )


def admit_participant(room: Room, by: str, id: str, now: datetime) -> Room:
    """Staff let somebody in from the lobby.

    Raises NotAllowed("staff_only"), NotFound("not_in_room"), Refused("not_in_lobby" | "room_full").
    """
    _require_admitted_staff(room, by)
    one = room.get_participant(id)
    if one.state is ParticipantState.ADMITTED:
        return room
    if one.state is not ParticipantState.LOBBY:
        raise Refused("not_in_lobby")
    _require_free_place(room)
    return _with_participant(room, replace(_with_state(one, ParticipantState.ADMITTED, now), lobby_message=None))


def return_to_lobby(room: Room, by: str, id: str, now: datetime) -> Room:
    """Staff ask somebody to wait outside again. Raises NotAllowed, NotFound, Refused("not_admitted")."""
    _require_admitted_staff(room, by)
    one = room.get_participant(id)
    _refuse_staff(one)
    if one.state is not ParticipantState.ADMITTED:
        raise Refused("not_admitted")
    first = one.first_joined_at or now
    return _with_participant(room, replace(_with_state(one, ParticipantState.LOBBY, now), first_joined_at=first))


def remove_participant(room: Room, by: str, id: str, now: datetime) -> Room:
    """Staff put somebody out, who may ask to come in again.

    Raises NotAllowed("staff_only" | "staff_stay"), NotFound("not_in_room"), Refused("not_inside").
    """
    _require_admitted_staff(room, by)
    one = room.get_participant(id)
    _refuse_staff(one)
    if one.state not in INSIDE_STATES:
        raise Refused("not_inside")
    return _with_participant(room, _with_state(one, ParticipantState.LEFT, now))


def set_lobby_message(room: Room, by: str, text: str, id: str | None) -> Room:
    """Staff say something to one person in the lobby, or to all.

    Raises NotAllowed("staff_only"), NotFound("not_in_room"), Refused("not_in_lobby").
    """
    _require_admitted_staff(room, by)
    if id is not None and room.get_participant(id).state is not ParticipantState.LOBBY:
        raise Refused("not_in_lobby")
    for one in room.lobby_participants():
        if id in (None, one.id):
            room = _with_participant(room, replace(one, lobby_message=text))
    return room


def set_agent_state(room: Room, by: str, state: AgentState) -> Room:
    """Staff say whether they can be reckoned with. Raises NotAllowed("staff_only")."""
    return _with_participant(room, replace(_require_admitted_staff(room, by), agent_state=state))


def set_connected(room: Room, id: str, connected: bool) -> Room:
    """Note that somebody's connection is lost, or back."""
    return _with_participant(room, replace(room.get_participant(id), connected=connected))


def end_room(room: Room, by: str, outcome: str | None, now: datetime) -> Room:
    """Staff close the room for good. Raises NotAllowed("staff_only"), Refused("room_over")."""
    _require_admitted_staff(room, by)
    return close_room(room, RoomEnd(now, "ended", outcome))


def close_room(room: Room, room_end: RoomEnd) -> Room:
    """Close the room: everybody leaves. Raises Refused("room_over") when it is closed already."""
    _require_open_room(room)
    everybody = tuple(
        one
        if one.state in (ParticipantState.LEFT, ParticipantState.OUTSIDE)
        else _with_state(one, ParticipantState.LEFT, room_end.at)
        for one in room.participants
    )
    return replace(room, participants=everybody, end=room_end)


def has_taken_place(room: Room) -> bool:
    """Whether somebody who is not staff was ever let in."""
    return any(one.admitted_at is not None for one in room.participants if not one.is_staff)


def call_elapsed_s(room: Room, now: datetime) -> int | None:
    """Seconds since a guest was first let in; None before that."""
    started = [one.admitted_at for one in room.participants if one.admitted_at and not one.is_staff]
    return max(0, int((now - min(started)).total_seconds())) if started else None


def call_length_s(room: Room) -> int | None:
    """How long the call was, in seconds; None while it goes on, or when there was none."""
    return call_elapsed_s(room, room.end.at) if room.end else None


def waiting_participants(rooms: Iterable[Room]) -> list[tuple[Room, Participant]]:
    """Everybody in the lobbies of these rooms, by first join: the first is next."""
    people = [(room, one) for room in rooms for one in room.lobby_participants()]
    return sorted(people, key=lambda pair: (pair[1].first_joined_at or pair[1].state_since, pair[1].id))


def attending_agent(room: Room) -> Participant | None:
    """The agent who is in the room and connected, else None."""
    return next((one for one in room.admitted_participants() if one.is_staff and one.connected), None)


def has_ongoing_call(room: Room) -> bool:
    """Whether somebody of the office talks to a guest."""
    return (
        room.end is None
        and attending_agent(room) is not None
        and any(not one.is_staff for one in room.admitted_participants())
    )


def agent_state_for_lobby(room: Room, rooms: Iterable[Room]) -> tuple[AgentState, Participant | None]:
    """What whoever waits in `room` is told: its own agent's word, else whether the office is busy with others."""
    own = attending_agent(room)
    if own is not None:
        return own.agent_state or AgentState.AVAILABLE, own
    for other in rooms:
        agent = attending_agent(other)
        if has_ongoing_call(other):
            return AgentState.BUSY, agent
    return AgentState.AWAY, None


def _require_open_room(room: Room) -> None:
    if room.end is not None:
        raise Refused("room_over")


def _require_free_place(room: Room) -> None:
    if len(room.admitted_participants()) >= MAX_ADMITTED:
        raise Refused("room_full")


def _require_admitted_staff(room: Room, by: str) -> Participant:
    one = room.get_participant(by)
    if not one.is_staff or one.state is not ParticipantState.ADMITTED:
        raise NotAllowed("staff_only")
    _require_open_room(room)
    return one


def _refuse_staff(one: Participant) -> None:
    if one.is_staff:
        raise NotAllowed("staff_stay")


def _with_state(one: Participant, place: ParticipantState, now: datetime) -> Participant:
    admitted_at = one.admitted_at or (now if place is ParticipantState.ADMITTED else None)
    return replace(one, state=place, state_since=now, admitted_at=admitted_at)


def _with_participant(room: Room, changed: Participant) -> Room:
    """The room with one participant put in or replaced, in the order in which they came."""
    if any(one.id == changed.id for one in room.participants):
        everybody = tuple(changed if one.id == changed.id else one for one in room.participants)
    else:
        everybody = (*room.participants, changed)
    return replace(room, participants=everybody)
