"""Rules of documents that participants send in a room. Pure: no clock, no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...core.errors import NotAllowed, Refused, Unavailable
from .room import Participant, ParticipantRole, Room

MAX_DOCUMENT_BYTES = 10 * 1024 * 1024
MAX_DOCUMENTS = 10  # of a room, also those that are still being sent
MAX_PART_BYTES = 1024 * 1024  # of a request; a cut loses this much at most
MIN_PART_BYTES = 16 * 1024  # of every part but the last, so that a document has few rows
# a check takes 25 s at most; a dead process holds it no longer
CHECK_CLAIMED_FOR = timedelta(seconds=60)
CHECK_RETRY_AFTER_S = 2  # most checks take less
UPLOAD_KEPT_FOR = timedelta(minutes=30)  # after the last part: a phone without coverage is back before


@dataclass(frozen=True, slots=True)
class RoomDocument:
    """A document of a room. Until `completed_at` only its sender knows of it.

    `received`: bytes that have arrived. `media_type` is recognised by the content when the last byte has arrived.
    `check_claimed_until`: until then one process checks the content, and no other.
    """

    id: str
    appointment_id: str
    sender_id: str
    sender_name: str
    is_from_staff: bool
    name: str
    size: int
    sha256: str
    media_type: str | None
    received: int
    begun_at: datetime
    completed_at: datetime | None
    check_claimed_until: datetime | None = None

    def is_repeated_end(self, offset: int, part_bytes: int) -> bool:
        """Check whether an empty part at the end of a complete document repeats a lost answer."""
        return self.completed_at is not None and offset == self.size and part_bytes == 0


def require_document_sender(room: Room | None, participant_id: str | None) -> Participant:
    """Return the participant who may send documents: in the call, not on hold, while it lasts.

    Raises Refused("room_over" | "not_admitted").
    """
    participant = _find(room, participant_id)
    if room is None or participant is None:
        raise Refused("not_admitted")
    if room.end is not None:
        raise Refused("room_over")
    if not participant.is_in_call:
        raise Refused("not_admitted")
    return participant


def require_document_reader(room: Room | None, participant_id: str | None) -> Participant:
    """Return the participant who may read the room's documents.

    Staff who were in the call; others while they are in it, and the citizen who was admitted after its end.
    Raises Refused("not_admitted") on hold, NotAllowed("not_of_this_room").
    """
    participant = _find(room, participant_id)
    if participant is not None and participant.is_held:
        raise Refused("not_admitted")
    if room is not None and participant is not None and _may_read(room, participant):
        return participant
    raise NotAllowed("not_of_this_room")


def _may_read(room: Room, participant: Participant) -> bool:
    if participant.is_staff:
        return True
    if room.end is None:  # hanging up does not get around a hold
        return participant.is_in_call
    return participant.role is ParticipantRole.CITIZEN and participant.admitted_at is not None


def _find(room: Room | None, participant_id: str | None) -> Participant | None:
    participants = room.participants if room is not None else ()
    return next((participant for participant in participants if participant.id == participant_id), None)


def check_new_document(present: int) -> None:
    """Raise Refused("too_many_documents") if the room has its most documents."""
    if present >= MAX_DOCUMENTS:
        raise Refused("too_many_documents", max=MAX_DOCUMENTS)


def check_part(document: RoomDocument, offset: int, part_bytes: int) -> None:
    """Check that a part follows the received bytes and fits the announced size.

    An empty part at the end repeats the last step of a document that has arrived.
    Raises Refused("wrong_offset", offset=received | "wrong_part").
    """
    if document.completed_at is not None or offset != document.received:
        raise Refused("wrong_offset", offset=document.received)
    end = offset + part_bytes
    if end > document.size or (end < document.size and part_bytes < MIN_PART_BYTES):
        raise Refused("wrong_part")


def claim_check(document: RoomDocument, now: datetime) -> datetime:
    """Return until when the caller may check a document that has arrived.

    Raises Unavailable("document_being_checked") while another request checks it.
    """
    if document.check_claimed_until is not None and now < document.check_claimed_until:
        raise Unavailable("document_being_checked", retry_after_s=CHECK_RETRY_AFTER_S)
    return now + CHECK_CLAIMED_FOR
