"""Documents that a participant of a room may read, and their content in parts. Read only."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..domain.room_documents import RoomDocument, require_document_reader
from ..storage import document_rows, room_rows


async def readable_document(
    session: AsyncSession, appointment_id: str, person: str, document_id: str
) -> RoomDocument:
    """Return a document. Raises NotFound, and as `require_reader` does."""
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


async def stream_content(runtime: Runtime, document_id: str) -> AsyncGenerator[bytes, None]:
    """Yield the bytes that have arrived, part by part.

    A part is in memory, and no session is open while a slow reader or scanner takes it.
    A document that is deleted meanwhile ends early.
    """
    async with runtime.read_session() as session:
        starts = await document_rows.part_starts(session, document_id)
    for start in starts:
        async with runtime.read_session() as session:
            content = await document_rows.part_content(session, document_id, start)
        if content is None:
            return
        yield content
