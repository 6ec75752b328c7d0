"""SQL of the counted days. No rules.

The row of a day is also its lock. A transaction that counts a day locks the row before it reads the records, and
a transaction that corrects a record locks it before it commits: a count without a committed correction is never
valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_insert
from ...offices.service import Office
from ..domain.figure_cells import CELL_ENCODING, FigureCell, encode_cells
from .tables import FigureDayRow

NOT_COUNTED = 0  # the encoding of a day without a valid count


def _is_valid(office: Office) -> ColumnElement[bool]:
    """Return the condition of a valid count, whose hours are local to a time zone."""
    row = FigureDayRow
    return (row.office_id == office.id) & (row.encoding == CELL_ENCODING) & (row.timezone == office.timezone.key)


async def load_counted_days(session: AsyncSession, office: Office, first: date, last: date) -> dict[date, bytes]:
    """Return the encoded cells of the counted days from `first` to `last`."""
    row = FigureDayRow
    found = await session.execute(
        select(row.day, row.cells).where(_is_valid(office), row.day.between(first, last))
    )
    return {row.day: row.cells for row in found}


async def list_counted_days(session: AsyncSession, office: Office) -> set[date]:
    """Return the days of an office that have a valid count."""
    return set(await session.scalars(select(FigureDayRow.day).where(_is_valid(office))))


async def lock_day(session: AsyncSession, office: Office, day: date) -> bytes | None:
    """Lock a day until the commit. Return its encoded cells if another process has counted it."""
    row = FigureDayRow
    insert = dialect_insert(session, row).values(
        office_id=office.id, day=day, timezone=office.timezone.key, encoding=NOT_COUNTED, cells=b""
    )
    # the encoding is set to itself: only an update locks the row, DO NOTHING would not
    await session.execute(
        insert.on_conflict_do_update(index_elements=[row.office_id, row.day], set_={"encoding": row.encoding})
    )
    return await session.scalar(select(row.cells).where(_is_valid(office), row.day == day))


async def save_day(session: AsyncSession, office: Office, day: date, cells: Sequence[FigureCell]) -> bytes:
    """Write the cells of a day that this transaction has locked. Return them encoded."""
    encoded = encode_cells(cells)
    row = FigureDayRow
    statement = update(row).where(row.office_id == office.id, row.day == day)
    values = {"timezone": office.timezone.key, "encoding": CELL_ENCODING, "cells": encoded}
    await session.execute(statement.values(values))
    return encoded


async def invalidate_day(session: AsyncSession, office: Office, day: date) -> None:
    """Make the count of a day invalid, also a count that is about to be committed.

    A DELETE would not wait for a row that is not committed yet; this waits.
    """
    row = FigureDayRow
    invalid = {"encoding": NOT_COUNTED, "cells": b""}
    insert = dialect_insert(session, row).values(
        office_id=office.id, day=day, timezone=office.timezone.key, **invalid
    )
    await session.execute(insert.on_conflict_do_update(index_elements=[row.office_id, row.day], set_=invalid))
