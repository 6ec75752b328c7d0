"""What one participant sees of a room, and the messages that lead from one sight to the next.

Pure. The snapshot in `welcome` and the later messages come from the same two functions, so a client that
follows the messages sees what a fresh snapshot would show (tests/rooms/domain/test_participant_view.py says so).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ...core.json_types import JsonObject
from .room import Participant, ParticipantState, Room, is_polite


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """The room as one participant sees it: where they are themselves, and whom they know of."""

    state: ParticipantState
    others: dict[str, JsonObject]  # by participant id, as on the wire
    end_reason: str | None = None  # the reason


def build_participant_view(room: Room, id: str) -> ParticipantView:
    """Admitted people see each other; staff see the lobby too; whoever waits sees nobody."""
    me = room.get_participant(id)
    place = ParticipantState.OUTSIDE if me.state is ParticipantState.LEFT else me.state
    seen = [other for other in room.participants if other.id != id and _can_see(me, other)]
    others = {other.id: describe_participant(me, other) for other in seen}
    return ParticipantView(place, others, room.end.reason if room.end else None)


def _can_see(me: Participant, other: Participant) -> bool:
    if me.state is not ParticipantState.ADMITTED:
        return False
    return other.state is ParticipantState.ADMITTED or (me.is_staff and other.state is ParticipantState.LOBBY)


def describe_participant(viewer: Participant, other: Participant) -> JsonObject:
    """One participant as another is told of them. `polite` is what `me` is towards them."""
    return {
        "participant": other.id,
        "role": other.role.value,
        "name": other.name,
        "state": other.state.value,
        "polite": is_polite(viewer, other),
        "connected": other.connected,
        "media": asdict(other.media),
        "since": other.state_since.isoformat(),
    }


def view_changes(before: ParticipantView, after: ParticipantView) -> list[JsonObject]:
    """The messages that turn `before` into `after`, in order."""
    if after.end_reason is not None:
        return [] if before.end_reason is not None else [{"type": "ended", "reason": after.end_reason}]
    if before.state is not after.state:
        return _state_change_messages(before.state, after)
    left = [{"type": "participant_left", "participant": id} for id in before.others if id not in after.others]
    joined = [{"type": "participant_joined", **one} for id, one in after.others.items() if id not in before.others]
    updated = [
        {"type": "participant_updated", **one}
        for id, one in after.others.items()
        if id in before.others and _without_media(before.others[id]) != _without_media(one)
    ]
    return [*left, *joined, *updated]


def _state_change_messages(before: ParticipantState, after: ParticipantView) -> list[JsonObject]:
    if after.state is ParticipantState.ADMITTED:
        return [{"type": "admitted", "participants": list(after.others.values())}]
    if after.state is ParticipantState.LOBBY and before is ParticipantState.ADMITTED:
        return [{"type": "returned_to_lobby"}]
    if after.state is ParticipantState.OUTSIDE:
        return [{"type": "left"}]
    return []  # into the lobby: the `lobby` message says it


def _without_media(other: JsonObject) -> JsonObject:
    """Media travels by itself, as `media_state`; a change of it alone is no change of the room."""
    return {key: value for key, value in other.items() if key != "media"}
