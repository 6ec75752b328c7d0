"""SQL of the texts that citizens accept in rooms. No rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import update_in_batches
from ...core.row_mapping import from_row, row_values
from ...core.runtime import Runtime
from ..domain.acceptance import Acceptance
from .acceptance_tables import AcceptanceRow


async def room_acceptances(session: AsyncSession, appointment_id: str) -> list[Acceptance]:
    """Return the texts that were offered in a room, oldest first."""
    row = AcceptanceRow
    found = select(row).where(row.appointment_id == appointment_id).order_by(row.offered_at, row.id)
    return [from_row(Acceptance, each) for each in await session.scalars(found)]


async def find_acceptance(
    session: AsyncSession, appointment_id: str, acceptance_id: str, *, lock: bool = False
) -> Acceptance | None:
    """Return an offered text of a room; None for an unknown id."""
    row = AcceptanceRow
    found = select(row).where(row.id == acceptance_id, row.appointment_id == appointment_id)
    if lock:
        found = found.with_for_update()
    each = await session.scalar(found.execution_options(populate_existing=True))
    return from_row(Acceptance, each) if each else None


def add_acceptance(session: AsyncSession, acceptance: Acceptance) -> None:
    session.add(AcceptanceRow(**row_values(acceptance)))


async def update_acceptance(session: AsyncSession, acceptance_id: str, **columns: Any) -> None:
    """Write changed columns of a locked row."""
    await session.execute(update(AcceptanceRow).where(AcceptanceRow.id == acceptance_id).values(**columns))


async def anonymise_acceptances(runtime: Runtime, before: datetime) -> int:
    """Delete names and contacts of citizens from texts offered before a time. Idempotent."""
    row = AcceptanceRow
    is_due = (row.offered_at < before) & (row.citizen_name != "")
    return await update_in_batches(runtime, row.id, is_due, citizen_name="", sent_to=None)
