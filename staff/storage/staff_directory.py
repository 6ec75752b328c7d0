"""SQL of the names of accounts and API keys, also of disabled accounts, for the audit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import ApiKeyOfficeRow, ApiKeyRow, UserOfficeRow, UserRow


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An account or an API key."""

    id: str
    name: str
    is_key: bool
    is_active: bool


async def staff_names(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    """Return the names of accounts and keys by id."""
    users = select(UserRow.id, UserRow.name).where(UserRow.id.in_(ids))
    keys = select(ApiKeyRow.id, ApiKeyRow.name).where(ApiKeyRow.id.in_(ids))
    return {row.id: row.name for row in await session.execute(users.union_all(keys))}


async def staff_directory(session: AsyncSession, offices: Collection[str] | None) -> list[DirectoryEntry]:
    """List accounts and keys that may act in any of these offices, by name.

    `offices`: slugs, None for all.
    """
    users, keys = select(UserRow), select(ApiKeyRow)
    if offices is not None:
        user_ids = select(UserOfficeRow.user_id).where(UserOfficeRow.office.in_(offices))
        key_ids = select(ApiKeyOfficeRow.key_id).where(ApiKeyOfficeRow.office.in_(offices))
        users = users.where(or_(UserRow.all_offices, UserRow.id.in_(user_ids)))
        keys = keys.where(or_(ApiKeyRow.all_offices, ApiKeyRow.id.in_(key_ids)))
    found = [
        *(DirectoryEntry(row.id, row.name, False, row.active) for row in await session.scalars(users)),
        *(DirectoryEntry(row.id, row.name, True, row.revoked_at is None) for row in await session.scalars(keys)),
    ]
    return sorted(found, key=lambda entry: (entry.is_key, entry.name.casefold()))
