"""Documents that a participant of a room may read. Read only."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ..domain.room_documents import RoomDocument, require_document_reader
from ..storage import document_rows, room_rows


async def readable_document(
    session: AsyncSession, appointment_id: str, person: str, document_id: str
) -> RoomDocument:
    """Return one document. Raises NotFound, and as `require_reader` does."""
    await require_reader(session, appointment_id, person)
    document = await document_rows.find_document(session, appointment_id, document_id)
    if document is None or document.completed_at is None:
        raise NotFound
    return document


async def require_reader(session: AsyncSession, appointment_id: str, person: str) -> str:
    """Return the participant's id if the person may read documents of the room.

    Raises Refused("not_admitted") on hold, NotAllowed("not_of_this_room").
    """
    room = await room_rows.load_room(session, appointment_id)
    participant_id = await room_rows.participant_id_of_person(session, appointment_id, person)
    return require_document_reader(room, participant_id).id
