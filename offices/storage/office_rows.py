"""SQL of offices, and a per-process cache of whole offices by version."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Select, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import affects_one_row, execute_on_connection, mapped_table
from ...core.db.process_cache import process_cache
from ...core.db.write_batch import WriteBatch
from ...core.i18n.languages import LocalizedText
from ..domain.documents.line import OfficeLine
from ..domain.office import Office
from .office_from_rows import RowProblem, UnreadableOffice, office_from_rows
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


async def load_office_by_id(session: AsyncSession, office_id: str) -> list[Office | UnreadableOffice]:
    """Load the office with this id by a statement that is built once."""
    return await load_office_entries(session, _HAS_OFFICE_ID, {"office_id": office_id})


async def load_office_by_slug(session: AsyncSession, slug: str) -> list[Office | UnreadableOffice]:
    """Load the office with this slug, as `load_office_by_id`."""
    return await load_office_entries(session, _HAS_SLUG, {"slug": slug})


async def load_office_entries(
    session: AsyncSession, condition: Any = None, values: Mapping[str, Any] | None = None
) -> list[Office | UnreadableOffice]:
    """Load offices, also those that cannot be read. `values`: of the condition's parameters.

    Pauses and lines change from minute to minute and are always read, in a single query. The rest of an office is
    read and checked only if its version differs from the cached version.
    """
    live_states = await _load_live_states(session, condition, values)
    cache = process_cache(session).get(OfficeCache)
    outdated = [state for state in live_states.values() if not cache.is_current(state)]
    loaded = {entry.id: entry for entry in await _load_whole_offices(session, outdated)} if outdated else {}
    has_changed_offices = session.info.get(_OFFICES_CHANGED_KEY)  # this transaction may still roll back
    if loaded and not has_changed_offices:
        cache.store_offices(loaded.values())
        _log_unreadable_offices(loaded.values())
    entries = [(loaded.get(state.id) or cache.offices[state.id], state) for state in live_states.values()]
    found = [_with_live_state(entry, state) if isinstance(entry, Office) else entry for entry, state in entries]
    session.info.setdefault(_LOADED_KEY, {}).update({entry.id: entry for entry in found})
    return found


def is_loaded_office(session: AsyncSession, office: Office) -> bool:
    """Tell whether this session has loaded this very office, and no newer state since."""
    return session.info.get(_LOADED_KEY, {}).get(office.id) is office


_OFFICES_CHANGED_KEY = "offices_changed"
_LOADED_KEY = "offices_loaded"


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
    pause_reason: str | None
    lines: list[OfficeLine]
    is_decodable: bool = True


async def _load_live_states(
    session: AsyncSession, condition: Any, values: Mapping[str, Any] | None
) -> dict[str, _OfficeLiveState]:
    try:
        rows = list(await execute_on_connection(session, _live_states_where(condition), values))
    except DECODING_ERRORS:
        return await _load_live_states_one_by_one(session, condition, values)
    return _to_live_states(rows)


# SQLite stores any text in a JSON, date or time column; the driver's types raise these when they decode it.
DECODING_ERRORS = (ValueError, TypeError)


def _live_states_where(condition: Any) -> Select[Any]:
    if condition is _HAS_OFFICE_ID:
        return _SELECT_BY_ID
    if condition is _HAS_SLUG:
        return _SELECT_BY_SLUG
    return _SELECT_LIVE_STATES if condition is None else _SELECT_LIVE_STATES.where(condition)


async def _load_live_states_one_by_one(
    session: AsyncSession, condition: Any, values: Mapping[str, Any] | None
) -> dict[str, _OfficeLiveState]:
    """Load the live states although some state cannot be decoded."""
    statement = select(OfficeRow.id, OfficeRow.version).order_by(OfficeRow.position, OfficeRow.slug)
    statement = statement if condition is None else statement.where(condition)
    states: dict[str, _OfficeLiveState] = {}
    for office_id, version in list(await execute_on_connection(session, statement, values)):
        statement = _SELECT_LIVE_STATES.where(OfficeRow.id == office_id)
        try:
            states |= _to_live_states(list(await execute_on_connection(session, statement)))
        except DECODING_ERRORS:
            states[office_id] = _OfficeLiveState(
                office_id, version, False, None, None, None, [], is_decodable=False
            )
    return states


def _to_live_states(rows: Iterable[Any]) -> dict[str, _OfficeLiveState]:
    states: dict[str, _OfficeLiveState] = {}
    for office_id, version, paused, message, texts, reason, *line in rows:
        state = states.setdefault(
            office_id, _OfficeLiveState(office_id, version, paused, message, texts, reason, [])
        )
        # an office without lines comes from the outer join with empty columns
        if line[0] is not None:
            state.lines.append(OfficeLine(*line))
    return states


def _with_live_state(office: Office, state: _OfficeLiveState) -> Office:
    return replace(
        office,
        paused=state.paused,
        pause_message=state.pause_message,
        pause_texts=state.pause_texts,
        pause_reason=state.pause_reason,
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
    """Load offices. Raises DECODING_ERRORS for a value that the driver cannot decode."""
    ids, lines = [state.id for state in states], {state.id: state.lines for state in states}
    # a transaction that has raised the version reads it again
    statement = select(OfficeRow).where(OfficeRow.id.in_(ids)).execution_options(populate_existing=True)
    rows = (await session.execute(statement)).scalars().all()
    parts = {table: await _rows_by_office(session, table, ids) for table in _PART_TABLES}
    desk_lines = await _line_ids_by_desk(session, ids)
    return [
        office_from_rows(row, {table: parts[table][row.id] for table in _PART_TABLES}, lines[row.id], desk_lines)
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
    LineRow.stopped,
    LineRow.version,
    func.coalesce(LineRow.letter, ""),
    LineRow.names,
    LineRow.daily_quota,
    LineRow.rules,
    LineRow.stop_reason,
    LineRow.removed_at.is_not(None),
    LineRow.stop_texts,
)
_LINE_ID_IN_IDS = LineRow.id.in_(bindparam("ids", expanding=True))
_LOCK_LINES = select(*_LINE_COLUMNS).where(_LINE_ID_IN_IDS).order_by(LineRow.id).with_for_update()
_SELECT_LIVE_STATES = (
    select(
        OfficeRow.id,
        OfficeRow.version,
        OfficeRow.paused,
        OfficeRow.pause_message,
        OfficeRow.pause_texts,
        OfficeRow.pause_reason,
        *_LINE_COLUMNS,
    )
    .outerjoin(LineRow, LineRow.office_id == OfficeRow.id)
    .order_by(OfficeRow.position, OfficeRow.slug, LineRow.letter)
)
_HAS_OFFICE_ID, _HAS_SLUG = OfficeRow.id == bindparam("office_id"), OfficeRow.slug == bindparam("slug")
_SELECT_BY_ID, _SELECT_BY_SLUG = _SELECT_LIVE_STATES.where(_HAS_OFFICE_ID), _SELECT_LIVE_STATES.where(_HAS_SLUG)


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


async def office_versions(session: AsyncSession, slugs: Collection[str]) -> dict[str, int]:
    """Load the versions of these offices by slug."""
    rows = await session.execute(select(OfficeRow.slug, OfficeRow.version).where(OfficeRow.slug.in_(slugs)))
    return {row.slug: row.version for row in rows}


async def lock_lines(session: AsyncSession, line_ids: Collection[str]) -> list[OfficeLine]:
    """Lock the lines in ascending id, so that two transactions cannot deadlock.

    SQLite has one writer at a time and needs no row lock.
    """
    return [OfficeLine(*row) for row in await execute_on_connection(session, _LOCK_LINES, {"ids": list(line_ids)})]


def set_line_versions(writes: WriteBatch, line_ids: Collection[str], version: int) -> None:
    """Set the version of locked and changed lines, with the next flush.

    The caller passes a version above that of each line.
    """
    for line_id in sorted(line_ids):
        writes.update(LineRow, "id", line_id, {"version": version})


async def bump_office_versions(session: AsyncSession, office_ids: Collection[str]) -> None:
    """Increase the version of offices, so that every process reloads them."""
    session.info[_OFFICES_CHANGED_KEY] = True
    statement = update(OfficeRow).where(OfficeRow.id.in_(office_ids)).values(version=OfficeRow.version + 1)
    await session.execute(statement, execution_options={"synchronize_session": False})


async def update_office_paused(session: AsyncSession, office: Office, before: Office | None) -> bool:
    """Write whether the office is paused, its message and its reason.

    Returns False, and writes nothing, if the state is no longer that of `before`.
    """
    statement = update(OfficeRow).where(OfficeRow.id == office.id)
    if before is not None:
        same_reason = OfficeRow.pause_reason.is_not_distinct_from(before.pause_reason)
        statement = statement.where(OfficeRow.paused == before.paused, same_reason)
    statement = statement.values(
        paused=office.paused,
        pause_message=office.pause_message,
        pause_texts=office.pause_texts,
        pause_reason=office.pause_reason,
    )
    return await affects_one_row(session, statement.execution_options(synchronize_session=False))


async def update_line_stopped(session: AsyncSession, line: OfficeLine) -> None:
    """Write whether the line is stopped, and its reason."""
    statement = update(LineRow).where(LineRow.id == line.id)
    statement = statement.values(stopped=line.stopped, stop_reason=line.stop_reason, stop_texts=line.stop_texts)
    await session.execute(statement, execution_options={"synchronize_session": False})


@dataclass(frozen=True, slots=True)
class LineVersions:
    """Versions of a line and of its office. An evacuation raises the second before the first."""

    line: int
    office: int


NO_VERSIONS = LineVersions(0, 0)


async def line_versions(session: AsyncSession, line_ids: Collection[str]) -> dict[str, LineVersions]:
    """Load the versions by line id, in a single query."""
    statement = select(LineRow.id, LineRow.version, OfficeRow.version).join(
        OfficeRow, OfficeRow.id == LineRow.office_id
    )
    rows = await session.execute(statement.where(LineRow.id.in_(line_ids)))
    return {line_id: LineVersions(line, office) for line_id, line, office in rows}
