"""SQL of offices, and a per-process cache of whole offices by version."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import execute_on_connection, mapped_table
from ...core.db.process_cache import process_cache
from ...core.i18n.catalogues import LocalizedText
from ..domain.hours import OpeningInterval, OpeningSchedule
from ..domain.office import Office, OfficeDesk, OfficeLine, OfficeService
from ..domain.row_problems import (
    RowProblem,
    desk_problems,
    line_problems,
    office_problems,
    opening_problems,
    service_problems,
)
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

logger = logging.getLogger(__name__)

RowT = TypeVar("RowT", bound=Any)


async def load_offices(session: AsyncSession, condition: Any = None) -> list[Office]:
    """Load all offices, or those that match the condition, in the order of the installation.

    Leaves out offices whose rows cannot be read: they must not break the pages of others.
    """
    return [entry for entry in await load_office_entries(session, condition) if isinstance(entry, Office)]


@dataclass(frozen=True, slots=True)
class UnreadableOffice:
    """An office that pages leave out, because its rows hold values that cannot be used.

    `line_ids` by slug; empty if its lines cannot be read either.
    """

    id: str
    slug: str
    version: int
    problems: tuple[RowProblem, ...]
    line_ids: Mapping[str, str] = field(default_factory=dict)


async def load_office_entries(session: AsyncSession, condition: Any = None) -> list[Office | UnreadableOffice]:
    """Load offices, also those that cannot be read.

    Pauses and lines change from minute to minute and are always read, in one query. The rest of an office is read
    and checked only if its version differs from the cached one.
    """
    live_states = await _load_live_states(session, condition)
    cache = process_cache(session).get(OfficeCache)
    outdated = [state for state in live_states.values() if not cache.is_current(state)]
    loaded = {entry.id: entry for entry in await _load_whole_offices(session, outdated)} if outdated else {}
    has_changed_offices = session.info.get(_OFFICES_CHANGED_KEY)  # this transaction may still roll back
    if loaded and not has_changed_offices:
        cache.store_offices(loaded.values())
        _log_unreadable_offices(loaded.values())
    entries = [(loaded.get(state.id) or cache.offices[state.id], state) for state in live_states.values()]
    return [_with_live_state(entry, state) if isinstance(entry, Office) else entry for entry, state in entries]


_OFFICES_CHANGED_KEY = "offices_changed"


def _log_unreadable_offices(entries: Iterable[Office | UnreadableOffice]) -> None:
    """Log each office once per version, because only a changed version is loaded."""
    for entry in entries:
        if isinstance(entry, UnreadableOffice):
            first = entry.problems[0]
            where = {"office": entry.slug, "reason": first.code, "field": f"{first.table}.{first.field}"}
            logger.error("office_unreadable", extra={**where, "problems": len(entry.problems)})


class OfficeCache:
    """Whole offices as this process last read them, by id."""

    def __init__(self) -> None:
        self.offices: dict[str, Office | UnreadableOffice] = {}
        self._by_desk: dict[str, str] = {}

    def is_current(self, state: _OfficeLiveState) -> bool:
        entry = self.offices.get(state.id)
        if entry is None or entry.version != state.version:
            return False
        return state.is_decodable or isinstance(entry, UnreadableOffice)

    def store_offices(self, entries: Iterable[Office | UnreadableOffice]) -> None:
        for entry in entries:
            self.offices[entry.id] = entry
            if isinstance(entry, Office):
                self._by_desk |= {desk.id: entry.id for desk in entry.desks}

    def office_id_by_desk(self, desk_id: str) -> str | None:
        """Return the office that last had this desk, None if unknown."""
        return self._by_desk.get(desk_id)


def cached_office_id_by_desk(session: AsyncSession, desk_id: str) -> str | None:
    """Return the office that last had this desk, without SQL; None if unknown."""
    return process_cache(session).get(OfficeCache).office_id_by_desk(desk_id)


def office_has_line(line_id: str) -> ColumnElement[bool]:
    """Build the SQL condition that an office has this line."""
    return OfficeRow.id.in_(select(LineRow.office_id).where(LineRow.id == line_id))


@dataclass(slots=True)
class _OfficeLiveState:
    """The columns of an office that are always read, with its version."""

    id: str
    version: int
    paused: bool
    pause_message: str | None
    pause_texts: LocalizedText | None
    lines: list[OfficeLine]
    is_decodable: bool = True


async def _load_live_states(session: AsyncSession, condition: Any) -> dict[str, _OfficeLiveState]:
    statement = _SELECT_LIVE_STATES if condition is None else _SELECT_LIVE_STATES.where(condition)
    try:
        rows = list(await execute_on_connection(session, statement))
    except DECODING_ERRORS:
        return await _load_live_states_one_by_one(session, condition)
    return _to_live_states(rows)


# SQLite stores any text in a JSON, date or time column; the driver's types raise these when they decode it.
DECODING_ERRORS = (ValueError, TypeError)


async def _load_live_states_one_by_one(session: AsyncSession, condition: Any) -> dict[str, _OfficeLiveState]:
    """Load the live states although one of them cannot be decoded."""
    statement = select(OfficeRow.id, OfficeRow.version).order_by(OfficeRow.position, OfficeRow.slug)
    statement = statement if condition is None else statement.where(condition)
    states: dict[str, _OfficeLiveState] = {}
    for office_id, version in list(await execute_on_connection(session, statement)):
        one = _SELECT_LIVE_STATES.where(OfficeRow.id == office_id)
        try:
            states |= _to_live_states(list(await execute_on_connection(session, one)))
        except DECODING_ERRORS:
            states[office_id] = _OfficeLiveState(office_id, version, False, None, None, [], is_decodable=False)
    return states


def _to_live_states(rows: Iterable[Any]) -> dict[str, _OfficeLiveState]:
    states: dict[str, _OfficeLiveState] = {}
    for office_id, version, paused, message, texts, *line in rows:
        state = states.setdefault(office_id, _OfficeLiveState(office_id, version, paused, message, texts, []))
        if line[0] is not None:  # an office without lines comes from the outer join with empty columns
            state.lines.append(OfficeLine(*line))
    return states


def _with_live_state(office: Office, state: _OfficeLiveState) -> Office:
    return replace(
        office,
        paused=state.paused,
        pause_message=state.pause_message,
        pause_texts=state.pause_texts,
        lines=tuple(line for line in state.lines if not line.removed),
        removed_lines=tuple(line for line in state.lines if line.removed),
    )


async def _load_whole_offices(
    session: AsyncSession, states: Sequence[_OfficeLiveState]
) -> list[Office | UnreadableOffice]:
    """Load offices without the cache: seven small queries for any number of offices."""
    if all(state.is_decodable for state in states):
        try:
            return await _load_decodable_offices(session, states)
        except DECODING_ERRORS:
            pass
    return [await _load_single_office(session, state) for state in states]


async def _load_decodable_offices(
    session: AsyncSession, states: Sequence[_OfficeLiveState]
) -> list[Office | UnreadableOffice]:
    """Load offices. Raises one of DECODING_ERRORS for a value that the driver cannot decode."""
    ids, lines = [state.id for state in states], {state.id: state.lines for state in states}
    # a transaction that has raised the version reads it again
    statement = select(OfficeRow).where(OfficeRow.id.in_(ids)).execution_options(populate_existing=True)
    rows = (await session.execute(statement)).scalars().all()
    parts = {table: await _rows_by_office(session, table, ids) for table in _PART_TABLES}
    desk_lines = await _line_ids_by_desk(session, ids)
    return [
        _to_entry(row, {table: parts[table][row.id] for table in _PART_TABLES}, lines[row.id], desk_lines)
        for row in rows
    ]


async def _load_single_office(session: AsyncSession, state: _OfficeLiveState) -> Office | UnreadableOffice:
    """Load an office, and find the columns that cannot be decoded."""
    if state.is_decodable:
        try:
            (entry,) = await _load_decodable_offices(session, [state])
        except DECODING_ERRORS:
            pass
        else:
            return entry
    slug = (await session.execute(select(OfficeRow.slug).where(OfficeRow.id == state.id))).scalar_one()
    problems = [
        RowProblem(column.table.name, "", column.name, "undecodable")
        for table in (mapped_table(OfficeRow), mapped_table(LineRow), *map(mapped_table, _PART_TABLES))
        for column in table.columns
        if not await _is_decodable(session, column, state.id)
    ]
    return UnreadableOffice(state.id, slug, state.version, tuple(problems))


async def _is_decodable(session: AsyncSession, column: Column[Any], office_id: str) -> bool:
    office_column = column.table.columns.get("office_id", mapped_table(OfficeRow).columns["id"])
    try:
        list(await execute_on_connection(session, select(column).where(office_column == office_id)))
    except DECODING_ERRORS:
        return False
    return True


_PART_TABLES: tuple[type[Any], ...] = (ServiceRow, DeskRow, OpeningRow, ClosureRow, ExtraOpeningRow)
# In the order of the fields of OfficeLine, which is built from them by position.
_LINE_COLUMNS = (
    LineRow.id,
    LineRow.slug,
    func.coalesce(LineRow.letter, ""),
    LineRow.names,
    LineRow.stopped,
    LineRow.daily_quota,
    LineRow.version,
    LineRow.rules,
    LineRow.stop_reason,
    LineRow.removed_at.is_not(None),
    LineRow.stop_texts,
)
_LINE_ID_IN_IDS = LineRow.id.in_(bindparam("ids", expanding=True))
_LOCK_LINES = select(*_LINE_COLUMNS).where(_LINE_ID_IN_IDS).order_by(LineRow.id).with_for_update()
_SET_LINE_VERSIONS = update(mapped_table(LineRow)).where(_LINE_ID_IN_IDS).values(version=bindparam("to"))
_SELECT_LIVE_STATES = (
    select(
        OfficeRow.id,
        OfficeRow.version,
        OfficeRow.paused,
        OfficeRow.pause_message,
        OfficeRow.pause_texts,
        *_LINE_COLUMNS,
    )
    .outerjoin(LineRow, LineRow.office_id == OfficeRow.id)
    .order_by(OfficeRow.position, OfficeRow.slug, LineRow.letter)
)


async def _rows_by_office(session: AsyncSession, table: type[RowT], ids: Sequence[str]) -> dict[str, list[RowT]]:
    rows: dict[str, list[RowT]] = defaultdict(list)
    for row in (await session.execute(select(table).where(table.office_id.in_(ids)))).scalars():
        rows[row.office_id].append(row)
    return rows


async def _line_ids_by_desk(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[str]]:
    statement = (
        select(DeskLineRow)
        .join(DeskRow, DeskRow.id == DeskLineRow.desk_id)
        .where(DeskRow.office_id.in_(ids))
        .order_by(DeskLineRow.preference)
    )
    line_ids: dict[str, list[str]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        line_ids[row.desk_id].append(row.line_id)
    return line_ids


async def load_office_slugs(session: AsyncSession) -> list[str]:
    """Load the slugs of all offices in their order, also of those that cannot be read."""
    statement = select(OfficeRow.slug).order_by(OfficeRow.position, OfficeRow.slug)
    return list((await session.execute(statement)).scalars())


async def lock_lines(session: AsyncSession, line_ids: Collection[str]) -> list[OfficeLine]:
    """Lock the lines in ascending id, so that two transactions cannot deadlock.

    SQLite has one writer at a time and needs no row lock.
    """
    return [OfficeLine(*row) for row in await execute_on_connection(session, _LOCK_LINES, {"ids": list(line_ids)})]


async def set_line_versions(session: AsyncSession, line_ids: Collection[str], version: int) -> None:
    """Set the version of lines that this transaction has locked and changed.

    The caller passes a version above that of each line.
    """
    await execute_on_connection(session, _SET_LINE_VERSIONS, {"ids": list(line_ids), "to": version})


async def bump_office_versions(session: AsyncSession, office_ids: Collection[str]) -> None:
    """Increase the version of offices, so that every process reloads them."""
    session.info[_OFFICES_CHANGED_KEY] = True
    statement = update(OfficeRow).where(OfficeRow.id.in_(office_ids)).values(version=OfficeRow.version + 1)
    await session.execute(statement, execution_options={"synchronize_session": False})


async def update_office_paused(session: AsyncSession, office: Office) -> None:
    """Write whether the office is paused, and its message."""
    statement = update(OfficeRow).where(OfficeRow.id == office.id)
    statement = statement.values(
        paused=office.paused, pause_message=office.pause_message, pause_texts=office.pause_texts
    )
    await session.execute(statement, execution_options={"synchronize_session": False})


async def update_line_stopped(session: AsyncSession, line: OfficeLine) -> None:
    """Write whether the line is stopped, and its reason."""
    statement = update(LineRow).where(LineRow.id == line.id)
    statement = statement.values(stopped=line.stopped, stop_reason=line.stop_reason, stop_texts=line.stop_texts)
    await session.execute(statement, execution_options={"synchronize_session": False})


async def holiday_region(session: AsyncSession, office_id: str) -> tuple[str | None, str | None]:
    """Load country and subdivision of an office (ISO 3166)."""
    statement = select(OfficeRow.country, OfficeRow.subdivision).where(OfficeRow.id == office_id)
    country, subdivision = (await session.execute(statement)).one()
    return country, subdivision


async def holiday_regions(session: AsyncSession) -> list[tuple[str, str, str | None]]:
    """Load slug, country and subdivision of the offices that keep public holidays."""
    statement = select(OfficeRow.slug, OfficeRow.country, OfficeRow.subdivision).order_by(OfficeRow.position)
    return [(slug, country, part) for slug, country, part in await session.execute(statement) if country]


async def add_closures(session: AsyncSession, office_id: str, reasons: Mapping[date, str]) -> list[date]:
    """Insert closures of a locked office. Returns the added days, without existing closures."""
    statement = select(ClosureRow.day).where(ClosureRow.office_id == office_id, ClosureRow.day.in_(reasons))
    closed_before = set((await session.execute(statement)).scalars())
    added = [day for day in reasons if day not in closed_before]
    session.add_all(ClosureRow(office_id=office_id, day=day, reason=reasons[day]) for day in added)
    await session.flush()
    return added


async def set_last_holiday_year(session: AsyncSession, office_id: str, year: int) -> None:
    """Store the last year whose public holidays an office has.

    An earlier year changes nothing.
    """
    statement = update(OfficeRow).where(OfficeRow.id == office_id, OfficeRow.holidays_until < year)
    await session.execute(statement.values(holidays_until=year), execution_options={"synchronize_session": False})


async def last_holiday_year(session: AsyncSession, office_id: str) -> int:
    """Load the last year whose public holidays an office has; 0 for none."""
    statement = select(OfficeRow.holidays_until).where(OfficeRow.id == office_id)
    return (await session.execute(statement)).scalar_one()


async def last_holiday_year_before(session: AsyncSession, year: int) -> dict[str, int]:
    """Load the last holiday year of offices whose public holidays end before `year`, by id.

    Offices without a country keep no public holidays and are left out.
    """
    statement = select(OfficeRow.id, OfficeRow.holidays_until).where(
        OfficeRow.holidays_until < year, OfficeRow.country.is_not(None)
    )
    return {row.id: row.holidays_until for row in await session.execute(statement)}


async def line_versions(session: AsyncSession, line_ids: Collection[str]) -> dict[str, int]:
    """Load the versions by line id, in one query."""
    statement = select(LineRow.id, LineRow.version).where(LineRow.id.in_(line_ids))
    return {row.id: row.version for row in await session.execute(statement)}


def _to_entry(
    row: OfficeRow,
    parts: dict[type[Any], list[Any]],
    lines: Sequence[OfficeLine],
    desk_lines: dict[str, list[str]],
) -> Office | UnreadableOffice:
    problems = (
        *office_problems(row),
        *line_problems(lines),
        *service_problems(sorted(parts[ServiceRow], key=_sort_key), lines),
        *desk_problems(sorted(parts[DeskRow], key=_sort_key)),
        *opening_problems(parts[OpeningRow]),
    )
    if problems:
        line_ids = {line.slug: line.id for line in lines}
        return UnreadableOffice(row.id, row.slug, row.version, problems, line_ids)
    return _to_office(row, parts, desk_lines)


def _to_office(row: OfficeRow, parts: dict[type[Any], list[Any]], desk_lines: dict[str, list[str]]) -> Office:
    desks = [_to_desk(desk, desk_lines[desk.id]) for desk in sorted(parts[DeskRow], key=_sort_key)]
    return Office(
        id=row.id,
        slug=row.slug,
        name=row.name,
        address=f"{row.address}, {row.town}" if row.town else row.address,
        street=row.address,
        phone=row.phone,
        timezone=ZoneInfo(row.timezone),
        access=row.access,
        paused=row.paused,
        pause_message=row.pause_message,
        pause_texts=row.pause_texts,
        hours=_to_schedule(row, parts),
        lines=(),
        services=tuple(_to_service(part) for part in sorted(parts[ServiceRow], key=_sort_key)),
        desks=tuple(desk for desk in desks if not desk.removed),
        version=row.version,
        booking=row.booking,
        town=row.town,
        country=row.country,
        subdivision=row.subdivision,
        choices=row.choices,
        listed=row.listed,
        removed_desks=tuple(desk for desk in desks if desk.removed),
    )


def _sort_key(part: Any) -> tuple[int, str]:
    return part.position, part.id


def _to_schedule(row: OfficeRow, parts: dict[type[Any], list[Any]]) -> OpeningSchedule:
    weekly: dict[int, list[OpeningInterval]] = defaultdict(list)
    for opening in parts[OpeningRow]:
        weekly[opening.weekday].append(OpeningInterval(opening.opens, opening.closes))
    extra: dict[date, list[OpeningInterval]] = defaultdict(list)
    for opening in parts[ExtraOpeningRow]:
        extra[opening.day].append(OpeningInterval(opening.opens, opening.closes))
    return OpeningSchedule(
        timezone=ZoneInfo(row.timezone),
        weekly={weekday: tuple(openings) for weekday, openings in weekly.items()},
        closures={closure.day: closure.reason for closure in parts[ClosureRow]},
        extra={day: tuple(openings) for day, openings in extra.items()},
    )


def _to_service(row: ServiceRow) -> OfficeService:
    return OfficeService(
        id=row.id,
        slug=row.slug,
        names=row.names,
        line_id=row.line_id,
        modes=tuple(row.modes),
        walk_in=row.walk_in,
        minutes=row.minutes,
        bring=row.bring,
        capacity=row.capacity,
        booking=row.booking,
        words={language: tuple(words) for language, words in row.words.items()},
    )


def _to_desk(row: DeskRow, line_ids: Sequence[str]) -> OfficeDesk:
    arrow: Any = row.arrow
    return OfficeDesk(row.id, row.name, row.way, arrow, tuple(line_ids), removed=row.removed_at is not None)
