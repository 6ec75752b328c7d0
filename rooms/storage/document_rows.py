"""SQL of the documents of rooms. No rules."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_batch, run_in_batches
from ...core.row_mapping import from_row
from ...core.runtime import Runtime
from ..domain.room import STAFF_ROLES
from ..domain.room_documents import UPLOAD_KEPT_FOR, RoomDocument
from .document_tables import DocumentPartRow, RoomDocumentRow
from .tables import ParticipantRow


async def complete_documents(session: AsyncSession, appointment_id: str) -> list[RoomDocument]:
    """Return the documents of a room that have arrived, oldest first."""
    row = RoomDocumentRow
    found = _select_documents().where(row.appointment_id == appointment_id, row.completed_at.is_not(None))
    return [_to_document(*each) for each in await session.execute(found.order_by(row.completed_at, row.id))]


async def find_document(
    session: AsyncSession, appointment_id: str, document_id: str, *, lock: bool = False
) -> RoomDocument | None:
    """Return a document of this room; None if it is gone or of another room."""
    row = RoomDocumentRow
    found = _select_documents().where(row.id == document_id, row.appointment_id == appointment_id)
    if lock:
        found = found.with_for_update(of=row)
    each = (await session.execute(found.execution_options(populate_existing=True))).one_or_none()
    return _to_document(*each) if each else None


async def find_upload(
    session: AsyncSession, appointment_id: str, participant_id: str, sha256: str
) -> RoomDocument | None:
    """Return the document with this content that the participant sends or has sent."""
    row = RoomDocumentRow
    found = _select_documents().where(
        row.appointment_id == appointment_id, row.participant_id == participant_id, row.sha256 == sha256
    )
    each = (await session.execute(found.order_by(row.begun_at).limit(1))).one_or_none()
    return _to_document(*each) if each else None


def _select_documents() -> Any:
    row, person = RoomDocumentRow, ParticipantRow
    return select(row, person.name, person.role).join(person, person.id == row.participant_id)


def _to_document(row: RoomDocumentRow, sender_name: str, role: str) -> RoomDocument:
    return from_row(
        RoomDocument,
        row,
        sender_id=row.participant_id,
        sender_name=sender_name,
        is_from_staff=role in STAFF_ROLES,
    )


async def count_documents(session: AsyncSession, appointment_id: str) -> int:
    """Count the documents of a room, also those that are still being sent."""
    row = RoomDocumentRow
    return await session.scalar(select(func.count()).where(row.appointment_id == appointment_id)) or 0


async def add_document(
    session: AsyncSession, document_id: str, appointment_id: str, participant_id: str, **columns: Any
) -> None:
    """Insert a document without content. `columns`: name, size, sha256, begun_at."""
    session.add(
        RoomDocumentRow(
            id=document_id,
            appointment_id=appointment_id,
            participant_id=participant_id,
            received=0,
            touched_at=columns["begun_at"],
            **columns,
        )
    )
    await session.flush()


async def add_part(session: AsyncSession, document_id: str, start: int, content: bytes, now: datetime) -> None:
    """Append a part to a locked document."""
    session.add(DocumentPartRow(document_id=document_id, start=start, content=content))
    await session.flush()
    await update_document(session, document_id, received=start + len(content), touched_at=now)


async def release_check(session: AsyncSession, document_id: str, until: datetime) -> None:
    """Release the claim that ends at `until`; keep a later claim of another request."""
    row = RoomDocumentRow
    is_own = (row.id == document_id) & (row.check_claimed_until == until)
    await session.execute(update(row).where(is_own).values(check_claimed_until=None))


async def update_document(session: AsyncSession, document_id: str, **columns: Any) -> None:
    """Write columns of a locked document."""
    await session.execute(update(RoomDocumentRow).where(RoomDocumentRow.id == document_id).values(**columns))


async def part_starts(session: AsyncSession, document_id: str) -> list[int]:
    """Return the offsets of a document's parts in order."""
    row = DocumentPartRow
    return list(await session.scalars(select(row.start).where(row.document_id == document_id).order_by(row.start)))


async def part_content(session: AsyncSession, document_id: str, start: int) -> bytes | None:
    """Return a part; None if the document was deleted."""
    row = DocumentPartRow
    found: bytes | None = await session.scalar(
        select(row.content).where(row.document_id == document_id, row.start == start)
    )
    return found


async def delete_document(session: AsyncSession, document_id: str) -> None:
    """Delete a document with its parts."""
    await session.execute(delete(RoomDocumentRow).where(RoomDocumentRow.id == document_id))


async def delete_abandoned_uploads(session: AsyncSession, appointment_id: str, now: datetime) -> None:
    """Delete the unfinished documents of a room that can no longer be resumed."""
    row = RoomDocumentRow
    is_abandoned = row.completed_at.is_(None) & (row.touched_at < now - UPLOAD_KEPT_FOR)
    await session.execute(delete(row).where(row.appointment_id == appointment_id, is_abandoned))


async def delete_old_documents(runtime: Runtime, before: datetime) -> int:
    """Delete the documents begun before a time, and abandoned uploads. Idempotent."""
    return await run_in_batches(
        runtime, partial(_delete_document_batch, before=before, touched_before=runtime.now() - UPLOAD_KEPT_FOR)
    )


async def _delete_document_batch(session: AsyncSession, *, before: datetime, touched_before: datetime) -> int:
    row = RoomDocumentRow
    is_over = or_(row.begun_at < before, row.completed_at.is_(None) & (row.touched_at < touched_before))
    return len(await delete_batch(session, row.id, is_over, row.begun_at))
