"""SQL that makes the rows of an office equal to its document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import flush_inserts
from ...core.ids import new_id
from ..domain.choice_lists import stored_choices
from ..domain.documents.desk import ARROWS, OfficeDesk
from ..domain.documents.field import DEFAULT_CHOICE, Localized, column_values
from ..domain.documents.line import OfficeLine
from ..domain.documents.office import OfficeDocument
from ..domain.documents.opening_days import parse_intervals
from ..domain.documents.service import OfficeService
from ..domain.office import Office
from ..domain.words import WEEKDAYS
from .office_rows import bump_office_versions
from .tables import ClosureRow, DeskLineRow, DeskRow, ExtraOpeningRow, LineRow, OfficeRow, OpeningRow, ServiceRow


async def lock_office(session: AsyncSession, office_id: str) -> None:
    """Lock the office's row until the commit, and make every process reload the office."""
    await bump_office_versions(session, [office_id])


async def insert_office(session: AsyncSession, slug: str, document: OfficeDocument, now: datetime) -> str:
    """Insert an office after the existing offices. Returns its id. Raises WriteConflict."""
    last = (await session.execute(select(func.max(OfficeRow.position)))).scalar()
    row = OfficeRow(id=new_id(), slug=slug, position=0 if last is None else last + 1)
    _write_office_columns(row, document)
    session.add(row)
    await flush_inserts(session)
    await _write_parts(session, row.id, document, now)
    await bump_office_versions(session, [row.id])
    return row.id


async def delete_office_rows(session: AsyncSession, office_id: str) -> bool:
    """Delete an office with all its parts.

    Returns False and changes nothing if a row of another table names it.
    """
    desks = select(DeskRow.id).where(DeskRow.office_id == office_id)
    statements = [
        delete(DeskLineRow).where(DeskLineRow.desk_id.in_(desks)),
        *(delete(table).where(table.office_id == office_id) for table in _PARTS_BEFORE_LINES),
        delete(LineRow).where(LineRow.office_id == office_id),
        delete(OfficeRow).where(OfficeRow.id == office_id),
    ]
    try:
        async with session.begin_nested():
            for statement in statements:
                await session.execute(statement, execution_options={"synchronize_session": False})
    except IntegrityError:
        return False
    return True


_PARTS_BEFORE_LINES: tuple[type[Any], ...] = (DeskRow, ServiceRow, OpeningRow, ClosureRow, ExtraOpeningRow)


async def update_positions(session: AsyncSession, slugs: Sequence[str]) -> None:
    """Give offices their positions, and make every process reload those that moved."""
    rows = {row.slug: row for row in (await session.execute(select(OfficeRow))).scalars()}
    moved = [rows[slug] for place, slug in enumerate(slugs) if rows[slug].position != place]
    for row in moved:
        row.position = slugs.index(row.slug)
    await session.flush()
    await bump_office_versions(session, [row.id for row in moved])


async def complete_removed_parts(session: AsyncSession, office_id: str, document: OfficeDocument) -> None:
    """Give lines and desks that the document lacks a text, if theirs cannot be read."""
    for line in await _rows(session, LineRow, office_id):
        if line.slug not in document["lines"]:
            line.names, line.rules = _readable_texts(line.names, line.slug), {}
    for desk in await _rows(session, DeskRow, office_id):
        if desk.name not in document["desks"]:
            desk.way = _readable_texts(desk.way, desk.name)
            desk.arrow = desk.arrow if desk.arrow in ARROWS else next(iter(ARROWS))
    await session.flush()


def _readable_texts(texts: Any, default: str) -> dict[str, str]:
    """Return texts by language; the default if they cannot be used."""
    return {DEFAULT_CHOICE.required: default} if Localized("", required=True).row_problem(texts) else dict(texts)


async def update_office(session: AsyncSession, office_id: str, document: OfficeDocument, now: datetime) -> None:
    """Make the rows of a locked office equal to the document.

    Lines and desks that the document lacks are marked as removed, because old tickets refer to them. A line or
    desk that returns under its old key is the same row again.
    """
    row = (await session.execute(select(OfficeRow).where(OfficeRow.id == office_id))).scalar_one()
    _write_office_columns(row, document)
    await _write_parts(session, office_id, document, now)


async def rename_desk_row(session: AsyncSession, office_id: str, old: str, new: str) -> None:
    """Rename a desk, which keeps its tickets. A removed desk with the new name makes room."""
    rows = {row.name: row for row in await _rows(session, DeskRow, office_id)}
    if (other := rows.get(new)) is not None and other.removed_at is not None:
        other.name = other.id[-MAX_REMOVED_NAME:]
        await session.flush()
    rows[old].name = new
    await session.flush()


# the column desks.name; the end of an id is random
MAX_REMOVED_NAME = 16


def _write_columns(row: Any, values: Mapping[str, Any]) -> None:
    for column, value in values.items():
        setattr(row, column, value)


def _write_office_columns(row: OfficeRow, document: OfficeDocument) -> None:
    choices = stored_choices(row.choices or {}, document["choices"])
    _write_columns(row, column_values(Office, document) | {"choices": choices})


async def _write_parts(session: AsyncSession, office_id: str, document: OfficeDocument, now: datetime) -> None:
    line_ids = await _write_lines(session, office_id, document["lines"], now)
    await _write_services(session, office_id, document["services"], line_ids)
    await _write_desks(session, office_id, document["desks"], line_ids, now)
    await _write_days(session, office_id, document)
    await session.flush()


async def _write_lines(
    session: AsyncSession, office_id: str, lines: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """Write the lines. Returns the ids of those of the document, by slug."""
    rows = {row.slug: row for row in await _rows(session, LineRow, office_id)}
    wanted = {slug: line["letter"] for slug, line in lines.items()}
    for slug, row in rows.items():
        if row.letter != wanted.get(slug):
            # first, so that two lines can swap their letters
            row.letter = None
    await session.flush()
    for slug, row in rows.items():
        if slug not in lines and row.removed_at is None:
            row.removed_at, row.version = now, row.version + 1
    for slug, line in lines.items():
        row = rows.setdefault(slug, LineRow(id=new_id(), office_id=office_id, slug=slug, stopped=False, version=0))
        values = column_values(OfficeLine, line)
        if any(getattr(row, column) != value for column, value in values.items()) or row.removed_at is not None:
            _write_columns(row, values)
            row.removed_at, row.version = None, row.version + 1
        session.add(row)
    await session.flush()
    return {slug: rows[slug].id for slug in lines}


async def _write_services(
    session: AsyncSession, office_id: str, services: Mapping[str, Any], line_ids: Mapping[str, str]
) -> None:
    rows = {row.slug: row for row in await _rows(session, ServiceRow, office_id)}
    for slug in rows.keys() - services.keys():
        await session.delete(rows[slug])
    for position, (slug, service) in enumerate(services.items()):
        row = rows.get(slug) or ServiceRow(id=new_id(), office_id=office_id, slug=slug)
        row.position, row.line_id = position, line_ids[service["line"]]
        _write_columns(row, column_values(OfficeService, service))
        session.add(row)


async def _write_desks(
    session: AsyncSession,
    office_id: str,
    desks: Mapping[str, Any],
    line_ids: Mapping[str, str],
    now: datetime,
) -> None:
    rows = {row.name: row for row in await _rows(session, DeskRow, office_id)}
    for name, row in rows.items():
        if name not in desks and row.removed_at is None:
            row.removed_at = now
    for position, (name, desk) in enumerate(desks.items(), 1):
        row = rows.setdefault(name, DeskRow(id=new_id(), office_id=office_id, name=name))
        row.position, row.removed_at = position, None
        _write_columns(row, column_values(OfficeDesk, desk))
        session.add(row)
    await session.flush()
    wanted = {rows[name].id: [line_ids[slug] for slug in desk["lines"]] for name, desk in desks.items()}
    await _write_desk_lines(session, wanted)


async def _write_desk_lines(session: AsyncSession, wanted: Mapping[str, list[str]]) -> None:
    statement = select(DeskLineRow).where(DeskLineRow.desk_id.in_(wanted)).order_by(DeskLineRow.preference)
    present: dict[str, list[DeskLineRow]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        present[row.desk_id].append(row)
    changed = [desk for desk, ids in wanted.items() if [row.line_id for row in present[desk]] != ids]
    for desk in changed:
        for row in present[desk]:
            await session.delete(row)
    await session.flush()
    for desk in changed:
        session.add_all(
            DeskLineRow(desk_id=desk, line_id=line_id, preference=preference)
            for preference, line_id in enumerate(wanted[desk])
        )


async def _write_days(session: AsyncSession, office_id: str, document: OfficeDocument) -> None:
    hours: Mapping[str, list[str]] = document["hours"]
    openings = {
        (office_id, WEEKDAYS.index(day), interval.opens): {"closes": interval.closes}
        for day, texts in hours.items()
        for interval in parse_intervals(texts)
    }
    extra = {
        (office_id, date.fromisoformat(day), interval.opens): {"closes": interval.closes}
        for day, texts in document["extra_openings"].items()
        for interval in parse_intervals(texts)
    }
    closures = {
        (office_id, date.fromisoformat(day)): {"reason": reason} for day, reason in document["closures"].items()
    }
    await _sync_rows(session, OpeningRow, office_id, ("office_id", "weekday", "opens"), openings)
    await _sync_rows(session, ExtraOpeningRow, office_id, ("office_id", "day", "opens"), extra)
    await _sync_rows(session, ClosureRow, office_id, ("office_id", "day"), closures)


async def _sync_rows(
    session: AsyncSession,
    table: type[Any],
    office_id: str,
    key_columns: tuple[str, ...],
    wanted: Mapping[tuple[Any, ...], Mapping[str, Any]],
) -> None:
    """Insert, update and delete rows of an office so that they are the wanted rows, by key."""
    present = {
        tuple(getattr(row, name) for name in key_columns): row for row in await _rows(session, table, office_id)
    }
    for key in present.keys() - wanted.keys():
        await session.delete(present[key])
    for key, values in wanted.items():
        row = present.get(key) or table(**dict(zip(key_columns, key, strict=True)))
        _write_columns(row, values)
        session.add(row)


async def _rows(session: AsyncSession, table: type[Any], office_id: str) -> Iterable[Any]:
    return (await session.execute(select(table).where(table.office_id == office_id))).scalars().all()
