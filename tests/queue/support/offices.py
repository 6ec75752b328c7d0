"""Changes of an office by SQL."""

from __future__ import annotations

from office360.core.runtime import Runtime
from sqlalchemy import text


async def update_office(runtime: Runtime, statement: str) -> None:
    """Execute a statement and increment the version of every office."""
    async with runtime.transaction() as tx:
        await tx.session.execute(text(statement))
        await tx.session.execute(text("UPDATE offices SET version = version + 1"))
