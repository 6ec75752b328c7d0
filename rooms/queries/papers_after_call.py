"""Documents and accepted texts for the pages after a call. Read only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotAllowed, Refused
from ..domain.acceptance import Acceptance
from ..domain.room_documents import RoomDocument
from ..storage import acceptance_rows, document_rows
from .received_documents import require_reader


@dataclass(frozen=True, slots=True)
class CallPapers:
    """Documents and texts of a call; empty for a person who was not in it."""

    documents: tuple[RoomDocument, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()


async def papers_after_call(session: AsyncSession, appointment_id: str, person: str) -> CallPapers:
    """Return what this person may read of a call that is over."""
    try:
        await require_reader(session, appointment_id, person)
    except (NotAllowed, Refused):
        return CallPapers()
    return CallPapers(
        tuple(await document_rows.complete_documents(session, appointment_id)),
        tuple(await acceptance_rows.room_acceptances(session, appointment_id)),
    )
