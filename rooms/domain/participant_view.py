"""View of a room for a participant, and the messages that change the view.

The snapshot in `welcome` and the later messages are built by the same functions, so a client that
applies the messages sees the same as in a new snapshot
(tests/rooms/domain/test_participant_view.py). No clock, SQL or sockets.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ...core.json_types import JsonObject
from .room import Participant, ParticipantState, Room, is_polite


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """Room as a participant sees it: the own state and the visible other participants."""

    state: ParticipantState
    others: dict[str, JsonObject]  # by participant id; the values are parts of WebSocket messages
    end_reason: str | None = None  # None while the room is open
    called_back: JsonObject | None = None  # for staff: the last message to the absent citizen
    held: bool = False  # admitted, and on hold
    by_phone_since: str | None = None  # the conversation goes on by telephone
    evacuation: bool = False  # the agent has to leave the building


def build_participant_view(room: Room, participant_id: str) -> ParticipantView:
    """Build the view of a participant. Raises NotFound("not_in_room").

    Admitted participants see each other, and staff see the lobby as well. Participants in the lobby
    or on hold see no others.
    """
    viewer = room.get_participant(participant_id)
    state = ParticipantState.OUTSIDE if viewer.state is ParticipantState.LEFT else viewer.state
    visible = [other for other in room.participants if other.id != participant_id and _can_see(viewer, other)]
    others = {other.id: describe_participant(room, viewer, other) for other in visible}
    end_reason = room.end.reason if room.end else None
    by_phone_since = room.by_phone_since.isoformat() if room.by_phone_since else None
    return ParticipantView(
        state,
        others,
        end_reason,
        _describe_call_back(viewer, room),
        viewer.is_held,
        by_phone_since,
        room.evacuated_from is not None,
    )


def _describe_call_back(viewer: Participant, room: Room) -> JsonObject | None:
    if not viewer.is_staff or viewer.state is not ParticipantState.ADMITTED or room.called_back is None:
        return None
    return {"at": room.called_back.at.isoformat(), "channels": list(room.called_back.channels)}


def _can_see(viewer: Participant, other: Participant) -> bool:
    if viewer.state is not ParticipantState.ADMITTED or viewer.is_held:
        return False
    return other.state is ParticipantState.ADMITTED or (viewer.is_staff and other.state is ParticipantState.LOBBY)


def describe_participant(room: Room, viewer: Participant, other: Participant) -> JsonObject:
    """Describe a participant to another. `polite` means that the viewer gives way."""
    return {
        "participant": other.id,
        "role": other.role.value,
        "name": other.name,
        "state": other.state.value,
        "polite": is_polite(viewer, other),
        "connected": other.connected,
        "media": other.media.to_json(),
        "signs": room.is_signing(other),
        "since": other.state_since.isoformat(),
        **({"test": asdict(other.test)} if viewer.is_staff and other.test is not None else {}),
        "held": other.is_held,
    }


def view_changes(before: ParticipantView, after: ParticipantView) -> list[JsonObject]:
    """Return the messages, in order, that change the view `before` into `after`."""
    if after.end_reason is not None:
        return [] if before.end_reason is not None else [{"type": "ended", "reason": after.end_reason}]
    is_called = after.called_back is not None and after.called_back != before.called_back
    called = [{"type": "called_back", **(after.called_back or {})}] if is_called else []
    if before.by_phone_since != after.by_phone_since:
        called.append({"type": "by_phone", "since": after.by_phone_since})
    if before.evacuation != after.evacuation:
        called.append({"type": "evacuation", "on": after.evacuation})
    if before.state is not after.state:
        return [*_state_change_messages(before.state, after), *called]
    if before.held != after.held:
        return [*([{"type": "held"}] if after.held else _state_change_messages(before.state, after)), *called]
    left = [{"type": "participant_left", "participant": id} for id in before.others if id not in after.others]
    joined = [
        {"type": "participant_joined", **other} for id, other in after.others.items() if id not in before.others
    ]
    updated = [
        {"type": "participant_updated", **other}
        for id, other in after.others.items()
        if id in before.others and _without_media(before.others[id]) != _without_media(other)
    ]
    return [*left, *joined, *updated, *called]


def _state_change_messages(before: ParticipantState, after: ParticipantView) -> list[JsonObject]:
    if after.state is ParticipantState.ADMITTED:
        return [{"type": "admitted", "participants": list(after.others.values())}]
    if after.state is ParticipantState.LOBBY and before is ParticipantState.ADMITTED:
        return [{"type": "returned_to_lobby"}]
    if after.state is ParticipantState.OUTSIDE:
        return [{"type": "left"}]
    # entering the lobby is announced by the `lobby` message, which carries the position
    return []


def _without_media(other: JsonObject) -> JsonObject:
    """Drop the media, because `media_state` messages announce its changes."""
    return {key: value for key, value in other.items() if key != "media"}
