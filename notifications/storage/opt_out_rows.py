"""SQL of opt-outs: which groups of messages a contact does not want.

Knows contacts only by their hashes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_insert, execute_on_connection
from .tables import OptOutRow


async def opted_out_groups(session: AsyncSession, contact_hashes: Collection[str]) -> set[str]:
    """Return the groups that a contact does not want."""
    statement = select(OptOutRow.kinds).where(OptOutRow.contact_hash.in_(contact_hashes))
    return set((await session.execute(statement)).scalars())


async def insert_opt_out(session: AsyncSession, contact_hash: str, group: str, now: datetime) -> None:
    """Store that a contact does not want a group. Idempotent."""
    statement = dialect_insert(session, OptOutRow).on_conflict_do_nothing()
    values = {"contact_hash": contact_hash, "kinds": group, "refused_at": now}
    await execute_on_connection(session, statement, values)


async def delete_opt_out(session: AsyncSession, contact_hash: str, group: str) -> None:
    """Store that a contact wants a group again. Idempotent."""
    condition = and_(OptOutRow.contact_hash == contact_hash, OptOutRow.kinds == group)
    await session.execute(delete(OptOutRow).where(condition))
