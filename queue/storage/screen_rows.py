"""SQL statements on waiting-room screens. No rules."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import affects_one_row, dialect_insert
from ...core.db.write_conflicts import flush_inserts
from ...core.ids import new_id
from ...core.row_mapping import from_row
from ..domain.display_screen import DisplayScreen
from .tables import DisplayScreenRow


async def load_screens(session: AsyncSession, office_ids: Collection[str]) -> list[DisplayScreen]:
    """Load the screens of these offices, those with a name first, by name."""
    row = DisplayScreenRow
    ordered = select(row).where(row.office_id.in_(office_ids)).order_by(row.name.is_(None), func.lower(row.name))
    return [from_row(DisplayScreen, found) for found in (await session.execute(ordered)).scalars()]


async def screen_by_id(session: AsyncSession, screen_id: str) -> DisplayScreen | None:
    """Load a screen with a name."""
    row = await session.get(DisplayScreenRow, screen_id, populate_existing=True)
    return from_row(DisplayScreen, row) if row is not None and row.name is not None else None


async def insert_screen(session: AsyncSession, office_id: str, name: str, now: datetime) -> str:
    """Insert a screen with a name. Returns its id.

    Raises WriteConflict if the office has this name.
    """
    row = DisplayScreenRow(id=new_id(), office_id=office_id, name=name, created_at=now)
    session.add(row)
    await flush_inserts(session)
    return row.id


async def update_screen_name(session: AsyncSession, screen_id: str, name: str) -> bool:
    """Rename a screen. Returns False if it does not exist."""
    named = update(DisplayScreenRow).where(DisplayScreenRow.id == screen_id, DisplayScreenRow.name.is_not(None))
    return await affects_one_row(session, named.values(name=name))


async def delete_screen(session: AsyncSession, screen_id: str) -> bool:
    """Delete a screen with a name. Returns False if it does not exist."""
    named = delete(DisplayScreenRow).where(DisplayScreenRow.id == screen_id, DisplayScreenRow.name.is_not(None))
    return await affects_one_row(session, named)


async def mark_screens_seen(session: AsyncSession, screen_ids: Collection[str], now: datetime) -> None:
    """Note that these screens are connected now."""
    row = DisplayScreenRow
    await session.execute(update(row).where(row.id.in_(screen_ids)).values(last_seen_at=now))


async def mark_unnamed_seen(session: AsyncSession, office_ids: Collection[str], now: datetime) -> None:
    """Note that screens without a name are connected in these offices."""
    insert = dialect_insert(session, DisplayScreenRow)
    rows = [{"id": id, "office_id": id, "name": None, "created_at": now, "last_seen_at": now} for id in office_ids]
    newest = {"last_seen_at": insert.excluded.last_seen_at}
    await session.execute(insert.on_conflict_do_update(index_elements=["id"], set_=newest), rows)


async def save_screen_shape(
    session: AsyncSession,
    screen_id: str,
    user_agent: str | None,
    size: tuple[int | None, int | None],
    now: datetime,
) -> None:
    """Note that a screen is connected, and how it shows the page."""
    width, height = size
    values = {"user_agent": user_agent, "width": width, "height": height, "last_seen_at": now}
    await session.execute(update(DisplayScreenRow).where(DisplayScreenRow.id == screen_id).values(values))
