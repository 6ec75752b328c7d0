"""SQL of API keys as managers see them. Authentication reads keys in staff_rows.py."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.row_mapping import from_row
from ..domain.people import StaffApiKey
from .tables import ApiKeyOfficeRow, ApiKeyRow


async def load_keys(session: AsyncSession) -> list[StaffApiKey]:
    """Load all keys, the newest first, revoked keys included."""
    rows = (await session.execute(select(ApiKeyRow).order_by(ApiKeyRow.id.desc()))).scalars().all()
    return [_to_key(row, offices) for row, offices in await _with_offices(session, list(rows))]


async def key_by_id(session: AsyncSession, key_id: str) -> StaffApiKey | None:
    """Load a key; None if there is none."""
    row = await session.get(ApiKeyRow, key_id)
    return _to_key(*(await _with_offices(session, [row]))[0]) if row else None


async def _with_offices(session: AsyncSession, rows: list[ApiKeyRow]) -> list[tuple[ApiKeyRow, set[str]]]:
    offices: dict[str, set[str]] = {row.id: set() for row in rows}
    statement = select(ApiKeyOfficeRow.key_id, ApiKeyOfficeRow.office)
    if len(rows) == 1:
        statement = statement.where(ApiKeyOfficeRow.key_id == rows[0].id)
    for key_id, office in await session.execute(statement):
        if key_id in offices:
            offices[key_id].add(office)
    return [(row, offices[row.id]) for row in rows]


def _to_key(row: ApiKeyRow, offices: set[str]) -> StaffApiKey:
    return from_row(StaffApiKey, row, offices=None if row.all_offices else frozenset(offices))
