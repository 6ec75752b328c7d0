"""Rules of a video room: admission, lobby, politeness. No clock, SQL or sockets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import NotAllowed, NotFound, Refused
from ...core.json_types import JsonObject

MAX_ADMITTED = 4  # in a mesh each browser sends to three others, which is what a phone can upload
PRESENCE_REFRESH_INTERVAL_S = 10  # how often a process writes which sessions are still connected to it
# two refreshes were missed, plus slack: the connection counts as lost
STALE_AFTER = timedelta(seconds=25)
# a phone that takes a call in between is back within two minutes
RESUME_WINDOW_S = 120
GONE_AFTER = timedelta(seconds=RESUME_WINDOW_S)
# a message needs some seconds to arrive, and the citizen to come
CALL_BACK_INTERVAL = timedelta(minutes=1)


class ParticipantRole(StrEnum):
    """Role of a participant in the room. Guests join by a link of their own."""

    CITIZEN = "citizen"
    AGENT = "agent"
    INTERPRETER = "interpreter"
    RELATIVE = "relative"
    COLLEAGUE = "colleague"  # from outside of the office, and therefore no staff of it
    SUPERVISOR = "supervisor"


class ParticipantState(StrEnum):
    """Where a participant is. A participant who left keeps the position in the lobby."""

    OUTSIDE = "outside"
    LOBBY = "lobby"
    ADMITTED = "admitted"
    LEFT = "left"


class AgentState(StrEnum):
    """State of the attending agent, as the lobby shows it."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


STAFF_ROLES = frozenset({ParticipantRole.AGENT, ParticipantRole.SUPERVISOR})
SIGNING_ROLES = frozenset({ParticipantRole.CITIZEN, ParticipantRole.INTERPRETER})
INSIDE_STATES = frozenset({ParticipantState.LOBBY, ParticipantState.ADMITTED})


@dataclass(frozen=True, slots=True)
class SentMedia:
    """Media that a participant sends, as the participant's client reports it.

    `lost`: "camera" and "microphone", if they stopped by themselves.
    """

    audio: bool = True
    video: bool = True
    screen: bool = False
    lost: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the fields of a message, without `lost` if every device works."""
        media = {"audio": self.audio, "video": self.video, "screen": self.screen}
        return {**media, "lost": list(self.lost)} if self.lost else media


@dataclass(frozen=True, slots=True)
class LobbyTest:
    """Connection test of a participant. `verdict`: green, amber, red or unknown.

    `advice`: code of the most important advice. `quick`: the short test on entering the lobby. `start_kbps`: the
    rate at which a call starts its video, if the test is recent.
    """

    code: str | None
    verdict: str
    advice: str | None = None
    quick: bool = False
    start_kbps: int | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A person of a room. The id stays the same for as long as the room exists."""

    id: str
    role: ParticipantRole
    name: str
    state: ParticipantState
    state_since: datetime
    first_joined_at: datetime | None = None  # orders the lobby, and is kept when the participant leaves
    admitted_at: datetime | None = None  # of the first admission, from which the call's length counts
    connected: bool = True
    media: SentMedia = SentMedia()
    agent_state: AgentState | None = None  # set by staff for themselves
    lobby_message: str | None = None  # the latest message of staff to this participant in the lobby
    test: LobbyTest | None = None  # the latest connection test, which staff see
    held_since: datetime | None = None  # on hold in the call: no signals, and so no media, either way

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def is_held(self) -> bool:
        return self.held_since is not None

    @property
    def is_in_call(self) -> bool:
        """Admitted, and not on hold."""
        return self.state is ParticipantState.ADMITTED and not self.is_held


@dataclass(frozen=True, slots=True)
class RoomEnd:
    """Time and reason of a room's end. `reason`: ended, cancelled, rescheduled or time_over."""

    at: datetime
    reason: str
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """Last message to the absent citizen. `channels`: push, sms, email."""

    at: datetime
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """Room of a video appointment. `version` grows with every change of state."""

    appointment_id: str
    participants: tuple[Participant, ...] = ()
    end: RoomEnd | None = None
    version: int = 0
    signs: bool = False  # the appointment is in sign language
    by_phone_since: datetime | None = None  # the conversation goes on by telephone
    called_back: CallBack | None = None
    kept_until: datetime | None = None  # people wait for an agent, also past the closing time
    evacuated_from: str | None = None  # id of the office that the agent has to leave now

    def get_participant(self, participant_id: str) -> Participant:
        """Return the participant with this id. Raises NotFound("not_in_room")."""
        for participant in self.participants:
            if participant.id == participant_id:
                return participant
        raise NotFound("not_in_room")

    def is_signing(self, participant: Participant) -> bool:
        """Check whether a participant speaks with the hands in this room."""
        return self.signs and participant.role in SIGNING_ROLES

    def admitted_participants(self) -> tuple[Participant, ...]:
        return tuple(member for member in self.participants if member.state is ParticipantState.ADMITTED)

    def connectable_participants(self) -> tuple[Participant, ...]:
        """Return the admitted participants who exchange signals: those who are not on hold."""
        return tuple(member for member in self.participants if member.is_in_call)

    def lobby_participants(self) -> tuple[Participant, ...]:
        return tuple(member for member in self.participants if member.state is ParticipantState.LOBBY)


def is_polite(participant: Participant, other: Participant) -> bool:
    """Check whether `participant` gives way when both peers make an offer at once.

    Staff are impolite towards citizens and guests; among equals the larger id is polite.
    Only the impolite side makes the first offer: first offers from both sides blocked 6 of 12 calls
    in Chromium (docs/video.md#signaling).
    """
    if participant.is_staff != other.is_staff:
        return not participant.is_staff
    return participant.id > other.id


def enter_room(room: Room, newcomer: Participant, now: datetime) -> Room:
    """Add a participant who said hello, or mark a known participant as connected.

    Staff are admitted at once. Citizens and guests keep their state unless they left.
    Raises Refused("room_over" | "room_full").
    """
    _require_open_room(room)
    known = next((member for member in room.participants if member.id == newcomer.id), None)
    participant = replace(known, connected=True, name=newcomer.name) if known else newcomer
    if participant.is_staff and participant.state is not ParticipantState.ADMITTED:
        _require_free_place(room)
        participant = _with_state(participant, ParticipantState.ADMITTED, now)
    # a person who left sees the preview again, and asks anew to be let in
    if participant.state is ParticipantState.LEFT:
        participant = _with_state(participant, ParticipantState.OUTSIDE, now)
    return _with_participant(room, participant)


def join_lobby(room: Room, participant_id: str, name: str | None, now: datetime) -> Room:
    """Move a participant into the lobby; change nothing if already there or admitted.

    Raises Refused("room_over").
    """
    _require_open_room(room)
    participant = room.get_participant(participant_id)
    if participant.state in INSIDE_STATES:
        return room
    joined = replace(
        _with_state(participant, ParticipantState.LOBBY, now),
        name=name or participant.name,
        first_joined_at=participant.first_joined_at or now,
        connected=True,
    )
    return _with_participant(room, joined)


def leave_room(room: Room, participant_id: str, now: datetime) -> Room:
    """Mark a participant as left. Idempotent."""
    participant = room.get_participant(participant_id)
    if participant.state is ParticipantState.LEFT:
        return room
    return _with_participant(room, _with_state(participant, ParticipantState.LEFT, now))


def admit_participant(room: Room, staff_id: str, participant_id: str, now: datetime) -> Room:
    """Admit a participant from the lobby to the call, or take a held participant back.

    Idempotent. Raises NotAllowed("staff_only"), NotFound("not_in_room"), Refused("not_in_lobby" | "room_full").
    """
    require_staff_inside(room, staff_id)
    participant = room.get_participant(participant_id)
    if participant.state is ParticipantState.ADMITTED:
        return _with_participant(room, replace(participant, held_since=None))
    if participant.state is not ParticipantState.LOBBY:
        raise Refused("not_in_lobby")
    _require_free_place(room)
    admitted = _with_state(participant, ParticipantState.ADMITTED, now)
    return _with_participant(room, replace(admitted, lobby_message=None))


def hold_participant(room: Room, staff_id: str, participant_id: str, now: datetime) -> Room:
    """Put an admitted participant on hold. The place in the call is kept. Idempotent.

    Raises NotAllowed("staff_only" | "staff_stay"), NotFound("not_in_room"), Refused("not_admitted").
    """
    participant = _other_person(room, staff_id, participant_id)
    if participant.state is not ParticipantState.ADMITTED:
        raise Refused("not_admitted")
    return _with_participant(room, replace(participant, held_since=participant.held_since or now))


def return_to_lobby(room: Room, staff_id: str, participant_id: str, now: datetime) -> Room:
    """Move an admitted participant back to the lobby.

    Raises NotAllowed("staff_only" | "staff_stay"), NotFound("not_in_room"), Refused("not_admitted").
    """
    participant = _other_person(room, staff_id, participant_id)
    if participant.state is not ParticipantState.ADMITTED:
        raise Refused("not_admitted")
    returned = _with_state(participant, ParticipantState.LOBBY, now)
    # the first join orders the lobby, so the person gets the old place back
    return _with_participant(room, replace(returned, first_joined_at=participant.first_joined_at or now))


def remove_participant(room: Room, staff_id: str, participant_id: str, now: datetime) -> Room:
    """Remove a participant from the lobby or the call; the participant may join again.

    Raises NotAllowed("staff_only" | "staff_stay"), NotFound("not_in_room"), Refused("not_inside").
    """
    participant = _other_person(room, staff_id, participant_id)
    if participant.state not in INSIDE_STATES:
        raise Refused("not_inside")
    return _with_participant(room, _with_state(participant, ParticipantState.LEFT, now))


def set_lobby_message(room: Room, staff_id: str, text: str, participant_id: str | None) -> Room:
    """Set the message for a participant in the lobby, or for all if the id is None.

    Raises NotAllowed("staff_only"), NotFound("not_in_room"), Refused("not_in_lobby").
    """
    require_staff_inside(room, staff_id)
    if participant_id is not None and room.get_participant(participant_id).state is not ParticipantState.LOBBY:
        raise Refused("not_in_lobby")
    for participant in room.lobby_participants():
        if participant_id in (None, participant.id):
            room = _with_participant(room, replace(participant, lobby_message=text))
    return room


def set_agent_state(room: Room, staff_id: str, state: AgentState) -> Room:
    """Set the agent state that the lobby shows. Raises NotAllowed("staff_only")."""
    return _with_participant(room, replace(require_staff_inside(room, staff_id), agent_state=state))


def set_by_phone(room: Room, staff_id: str, is_on: bool, now: datetime) -> Room:
    """Go on by telephone, or take that back. Idempotent.

    Raises NotAllowed("staff_only"), Refused("room_over").
    """
    require_staff_inside(room, staff_id)
    return replace(room, by_phone_since=(room.by_phone_since or now) if is_on else None)


def check_asks_for_document(room: Room, staff_id: str) -> Participant:
    """Return the citizen in the call, whom staff may ask to show a document.

    Raises NotAllowed("staff_only"), Refused("room_over" | "citizen_not_in_call").
    """
    require_staff_inside(room, staff_id)
    for participant in room.connectable_participants():
        if participant.role is ParticipantRole.CITIZEN:
            return participant
    raise Refused("citizen_not_in_call")


def set_test(room: Room, participant_id: str, test: LobbyTest) -> Room:
    return _with_participant(room, replace(room.get_participant(participant_id), test=test))


def set_connected(room: Room, participant_id: str, connected: bool) -> Room:
    return _with_participant(room, replace(room.get_participant(participant_id), connected=connected))


def end_room(room: Room, staff_id: str, outcome: str | None, now: datetime) -> Room:
    """Close the room for staff. Raises NotAllowed("staff_only"), Refused("room_over")."""
    require_staff_inside(room, staff_id)
    return close_room(room, RoomEnd(now, "ended", outcome))


def close_room(room: Room, room_end: RoomEnd) -> Room:
    """Close the room and mark the participants inside as left. Raises Refused("room_over")."""
    _require_open_room(room)
    participants = tuple(
        _with_state(member, ParticipantState.LEFT, room_end.at) if member.state in INSIDE_STATES else member
        for member in room.participants
    )
    return replace(room, participants=participants, end=room_end)


def call_elapsed_s(room: Room, now: datetime) -> int | None:
    """Return the seconds since a non-staff participant was admitted or telephoned; or None."""
    begins = [member.admitted_at for member in room.participants if member.admitted_at and not member.is_staff]
    if room.by_phone_since is not None:
        begins.append(room.by_phone_since)
    return max(0, int((now - min(begins)).total_seconds())) if begins else None


def call_length_s(room: Room) -> int | None:
    """Return the length of the ended call in seconds; None during a call or without a call."""
    return call_elapsed_s(room, room.end.at) if room.end else None


def waiting_citizens(rooms: Iterable[Room]) -> list[tuple[Room, Participant]]:
    """Return the citizens in the lobbies, ordered by first join. Guests take no place."""
    waiting = [
        (room, participant)
        for room in rooms
        for participant in room.lobby_participants()
        if participant.role is ParticipantRole.CITIZEN
    ]
    return sorted(waiting, key=lambda pair: _lobby_order(pair[1]))


def lobby_positions(rooms: Collection[Room]) -> dict[str, int]:
    """Return the position of each participant in the lobbies of these rooms, by id.

    A guest has the position of the citizen whom they accompany, and before that citizen comes, the
    position that a citizen who joined with them would have.
    """
    citizens = waiting_citizens(rooms)
    positions = {citizen.id: place for place, (_, citizen) in enumerate(citizens, start=1)}
    by_room = {room.appointment_id: positions[citizen.id] for room, citizen in citizens}
    for room in rooms:
        for guest in room.lobby_participants():
            if guest.role is ParticipantRole.CITIZEN:
                continue
            ahead = sum(_lobby_order(citizen) < _lobby_order(guest) for _, citizen in citizens)
            own = 1 if has_ongoing_call(room) else ahead + 1
            positions[guest.id] = by_room.get(room.appointment_id, own)
    return positions


def _lobby_order(participant: Participant) -> tuple[datetime, str]:
    return participant.first_joined_at or participant.state_since, participant.id


def find_citizen(room: Room) -> Participant | None:
    """Return the citizen; None before the first hello."""
    return next((member for member in room.participants if member.role is ParticipantRole.CITIZEN), None)


def attending_agent(room: Room) -> Participant | None:
    """Return the first admitted and connected member of staff, or None."""
    return next((member for member in room.admitted_participants() if member.is_staff and member.connected), None)


def is_kept_open(room: Room, now: datetime) -> bool:
    """Check whether the room stays open past its closing time: an agent attends, or is coming."""
    if attending_agent(room) is not None or room.evacuated_from is not None:
        return True
    return room.kept_until is not None and now < room.kept_until


def citizen_to_call_back(room: Room) -> Participant | None:
    """Return the citizen who joined and is absent, if an agent is ready; else None.

    An agent who telephones has reached the citizen. A who leaves an evacuated office is not ready.
    """
    agent = attending_agent(room)
    if room.end is not None or room.by_phone_since is not None or agent is None:
        return None
    if room.evacuated_from is not None:
        return None
    if agent.agent_state not in (None, AgentState.AVAILABLE):
        return None
    citizen = find_citizen(room)
    if citizen is None or citizen.first_joined_at is None:
        return None
    is_silent = citizen.state is ParticipantState.LOBBY and not citizen.connected
    return citizen if is_silent or citizen.state is ParticipantState.LEFT else None


def check_call_back(room: Room, now: datetime) -> None:
    """Check whether the absent citizen may be sent a message now.

    Raises Refused("room_over" | "citizen_present" | "called_back_already").
    """
    _require_open_room(room)
    citizen = find_citizen(room)
    if citizen is not None and citizen.connected and citizen.state in INSIDE_STATES:
        raise Refused("citizen_present")
    if room.called_back is not None and now - room.called_back.at < CALL_BACK_INTERVAL:
        raise Refused("called_back_already")


def has_ongoing_call(room: Room) -> bool:
    """Check whether connected staff talk with a person in the open room, or by telephone."""
    if room.end is not None or attending_agent(room) is None:
        return False
    return room.by_phone_since is not None or any(not member.is_staff for member in room.admitted_participants())


def staff_in_call(room: Room) -> tuple[str, ...]:
    """Return the ids of the staff who talk with a person in the open room, or by telephone.

    Also of those whose connection is lost: they come back, or leave after a while.
    """
    admitted = room.admitted_participants()
    if room.end is not None or not (room.by_phone_since or any(not member.is_staff for member in admitted)):
        return ()
    return tuple(member.id for member in admitted if member.is_staff)


def agent_state_for_lobby(room: Room, rooms: Iterable[Room]) -> tuple[AgentState, Participant | None]:
    """Return the agent's state for the lobby of `room`, and the agent, if known.

    Without an agent in the room, an ongoing call in any of the other `rooms` means busy.
    """
    agent = attending_agent(room)
    if agent is not None:
        return agent.agent_state or AgentState.AVAILABLE, agent
    for other in rooms:
        if has_ongoing_call(other):
            return AgentState.BUSY, attending_agent(other)
    return AgentState.AWAY, None


def lobby_facts(room: Room) -> tuple[object, ...]:
    """Return what the lobbies of the office show of a room: who waits, and the agent's state."""
    agent = attending_agent(room)
    waiting = tuple(
        (member.id, member.first_joined_at, member.lobby_message) for member in room.lobby_participants()
    )
    return waiting, (agent.id, agent.name, agent.agent_state) if agent else None, has_ongoing_call(room)


def _require_open_room(room: Room) -> None:
    if room.end is not None:
        raise Refused("room_over")


def _require_free_place(room: Room) -> None:
    if len(room.admitted_participants()) >= MAX_ADMITTED:
        raise Refused("room_full")


def require_staff_inside(room: Room, staff_id: str) -> Participant:
    """Return staff in the open room. Raises NotAllowed("staff_only"), Refused("room_over")."""
    staff = room.get_participant(staff_id)
    if not staff.is_staff or staff.state is not ParticipantState.ADMITTED:
        raise NotAllowed("staff_only")
    _require_open_room(room)
    return staff


def _other_person(room: Room, staff_id: str, participant_id: str) -> Participant:
    """Return the participant whom staff in the call move.

    Raises NotAllowed("staff_only" | "staff_stay"), NotFound("not_in_room").
    """
    require_staff_inside(room, staff_id)
    participant = room.get_participant(participant_id)
    if participant.is_staff:
        raise NotAllowed("staff_stay")
    return participant


def _with_state(participant: Participant, state: ParticipantState, now: datetime) -> Participant:
    admitted_at = participant.admitted_at or (now if state is ParticipantState.ADMITTED else None)
    return replace(participant, state=state, state_since=now, admitted_at=admitted_at, held_since=None)


def _with_participant(room: Room, changed: Participant) -> Room:
    """Replace the participant with the same id, or append a new participant."""
    if any(member.id == changed.id for member in room.participants):
        participants = tuple(changed if member.id == changed.id else member for member in room.participants)
    else:
        participants = (*room.participants, changed)
    return replace(room, participants=participants)
