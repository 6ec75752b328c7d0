"""Outbox rows of notifications about tickets."""

from __future__ import annotations

from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from sqlalchemy import select


async def notification_rows(runtime: Runtime, state: str | None = None) -> list[OutboxRow]:
    """Load the outbox rows of pushes and SMS in the order of their creation."""
    statement = select(OutboxRow).where(OutboxRow.channel != "email").order_by(OutboxRow.created_at, OutboxRow.id)
    async with runtime.read_session() as session:
        rows = list((await session.execute(statement)).scalars())
    return [row for row in rows if state is None or row.state == state]
