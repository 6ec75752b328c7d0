"""What one participant sees of a room, and the messages that lead from one sight to the next.

Pure. The snapshot in `welcome` and the later messages come from the same two functions, so a client that
follows the messages sees what a fresh snapshot would show (tests/rooms/domain/test_participant_view.py says so).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .room import Participant, Place, Room, is_polite

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """The room as one participant sees it: where they are themselves, and whom they know of."""

    place: Place
    others: dict[str, Message]  # by participant id, as on the wire
    ended: str | None = None  # the reason


def view(room: Room, id: str) -> View:
    """Admitted people see each other; staff see the lobby too; whoever waits sees nobody."""
    me = room.participant(id)
    place = Place.OUTSIDE if me.place is Place.LEFT else me.place
    seen = [other for other in room.participants if other.id != id and _sees(me, other)]
    others = {other.id: describe(me, other) for other in seen}
    return View(place, others, room.end.reason if room.end else None)


def _sees(me: Participant, other: Participant) -> bool:
    if me.place is not Place.ADMITTED:
        return False
    return other.place is Place.ADMITTED or (me.is_staff and other.place is Place.LOBBY)


def describe(me: Participant, other: Participant) -> Message:
    """One participant as another is told of them. `polite` is what `me` is towards them."""
    return {
        "participant": other.id,
        "role": other.role.value,
        "name": other.name,
        "state": other.place.value,
        "polite": is_polite(me, other),
        "connected": other.connected,
        "media": asdict(other.media),
        "since": other.since.isoformat(),
    }


def changes(before: View, after: View) -> list[Message]:
    """The messages that turn `before` into `after`, in order."""
    if after.ended is not None:
        return [] if before.ended is not None else [{"type": "ended", "reason": after.ended}]
    if before.place is not after.place:
        return _moved(before.place, after)
    left = [{"type": "participant_left", "participant": id} for id in before.others if id not in after.others]
    joined = [{"type": "participant_joined", **one} for id, one in after.others.items() if id not in before.others]
    updated = [
        {"type": "participant_updated", **one}
        for id, one in after.others.items()
        if id in before.others and _state_of(before.others[id]) != _state_of(one)
    ]
    return [*left, *joined, *updated]


def _moved(before: Place, after: View) -> list[Message]:
    if after.place is Place.ADMITTED:
        return [{"type": "admitted", "participants": list(after.others.values())}]
    if after.place is Place.LOBBY and before is Place.ADMITTED:
        return [{"type": "returned_to_lobby"}]
    if after.place is Place.OUTSIDE:
        return [{"type": "left"}]
    return []  # into the lobby: the `lobby` message says it


def _state_of(other: Message) -> Message:
    """Media travels by itself, as `media_state`; a change of it alone is no change of the room."""
    return {key: value for key, value in other.items() if key != "media"}
