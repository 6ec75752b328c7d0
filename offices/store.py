"""Reads and writes offices. The only file of the folder that runs SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .hours import Opening, Schedule
from .office import Desk, Line, Office, Service
from .tables import (
    ClosureRow,
    DeskLineRow,
    DeskRow,
    ExtraOpeningRow,
    LineRow,
    OfficeRow,
    OpeningRow,
    ServiceRow,
)

R = TypeVar("R", bound=Any)


async def load_offices(session: AsyncSession, condition: Any = None) -> list[Office]:
    """All offices (or those that match), whole, in their order. Eight small queries, whatever the number."""
    statement = select(OfficeRow).order_by(OfficeRow.position)
    if condition is not None:
        statement = statement.where(condition)
    rows = (await session.execute(statement)).scalars().all()
    ids = [row.id for row in rows]
    parts = {table: await _by_office(session, table, ids) for table in _PARTS}
    desk_lines = await _desk_lines(session, ids)
    return [_office(row, {table: parts[table][row.id] for table in _PARTS}, desk_lines) for row in rows]


_PARTS: tuple[type[Any], ...] = (LineRow, ServiceRow, DeskRow, OpeningRow, ClosureRow, ExtraOpeningRow)


async def _by_office(session: AsyncSession, table: type[R], ids: Sequence[str]) -> dict[str, list[R]]:
    found: dict[str, list[R]] = defaultdict(list)
    for row in (await session.execute(select(table).where(table.office_id.in_(ids)))).scalars():
        found[row.office_id].append(row)
    return found


async def _desk_lines(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[str]]:
    statement = (
        select(DeskLineRow)
        .join(DeskRow, DeskRow.id == DeskLineRow.desk_id)
        .where(DeskRow.office_id.in_(ids))
        .order_by(DeskLineRow.preference)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        found[row.desk_id].append(row.line_id)
    return found


async def lock_lines(session: AsyncSession, line_ids: Collection[str]) -> list[Line]:
    """The lines, in ascending id, kept from everybody else until the commit. SQLite's writer is alone anyway."""
    statement = select(LineRow).where(LineRow.id.in_(line_ids)).order_by(LineRow.id).with_for_update()
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_line(row) for row in rows]


async def bump_lines(session: AsyncSession, line_ids: Collection[str]) -> None:
    """Count one more change of lines that this transaction has locked."""
    statement = update(LineRow).where(LineRow.id.in_(line_ids)).values(version=LineRow.version + 1)
    await session.execute(statement)


async def line_versions(session: AsyncSession, line_ids: Collection[str]) -> dict[str, int]:
    """The present versions, by line id, in one query."""
    statement = select(LineRow.id, LineRow.version).where(LineRow.id.in_(line_ids))
    return {row.id: row.version for row in await session.execute(statement)}


def _office(row: OfficeRow, parts: dict[type[Any], list[Any]], desk_lines: dict[str, list[str]]) -> Office:
    return Office(
        id=row.id,
        slug=row.slug,
        name=row.name,
        address=row.address,
        phone=row.phone,
        timezone=ZoneInfo(row.timezone),
        access=row.access,
        paused=row.paused,
        pause_message=row.pause_message,
        hours=_schedule(row, parts),
        lines=tuple(_line(line) for line in sorted(parts[LineRow], key=lambda line: line.letter)),
        services=tuple(_service(one) for one in sorted(parts[ServiceRow], key=lambda one: one.position)),
        desks=tuple(
            _desk(desk, desk_lines[desk.id]) for desk in sorted(parts[DeskRow], key=lambda desk: desk.position)
        ),
        version=row.version,
    )


def _schedule(row: OfficeRow, parts: dict[type[Any], list[Any]]) -> Schedule:
    weekly: dict[int, list[Opening]] = defaultdict(list)
    for opening in parts[OpeningRow]:
        weekly[opening.weekday].append(Opening(opening.opens, opening.closes))
    extra: dict[date, list[Opening]] = defaultdict(list)
    for opening in parts[ExtraOpeningRow]:
        extra[opening.day].append(Opening(opening.opens, opening.closes))
    return Schedule(
        timezone=ZoneInfo(row.timezone),
        weekly={weekday: tuple(openings) for weekday, openings in weekly.items()},
        closures={closure.day: closure.reason for closure in parts[ClosureRow]},
        extra={day: tuple(openings) for day, openings in extra.items()},
    )


def _line(row: LineRow) -> Line:
    return Line(
        id=row.id,
        slug=row.slug,
        letter=row.letter,
        names=row.names,
        stopped=row.stopped,
        daily_quota=row.daily_quota,
        version=row.version,
        rules=row.rules,
        stop_reason=row.stop_reason,
    )


def _service(row: ServiceRow) -> Service:
    return Service(
        id=row.id,
        slug=row.slug,
        names=row.names,
        line_id=row.line_id,
        modes=tuple(row.modes),
        walk_in=row.walk_in,
        minutes=row.minutes,
        bring=row.bring,
        capacity=row.capacity,
    )


def _desk(row: DeskRow, line_ids: Sequence[str]) -> Desk:
    return Desk(row.id, row.name, row.way, row.arrow, tuple(line_ids))  # type: ignore[arg-type]
