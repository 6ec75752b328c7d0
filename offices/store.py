"""Reads and writes offices. The only file of the folder that runs SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..core.db.engine import execute_on_connection, mapped_table
from ..core.db.process_cache import process_cache
from .hours import OpeningInterval, OpeningSchedule
from .office import Office, OfficeDesk, OfficeLine, OfficeService
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

RowT = TypeVar("RowT", bound=Any)


async def load_offices(session: AsyncSession, condition: Any = None) -> list[Office]:
    """All offices (or those that match), whole, in their order.

    What moves from minute to minute is read anew, in one query; the rest only when an office has changed.
    """
    moving = await _load_live_states(session, condition)
    known = process_cache(session).get(OfficeCache)
    unknown = [one.id for one in moving.values() if not known.is_current(one)]
    read = {office.id: office for office in await _load_whole_offices(session, unknown)} if unknown else {}
    if read and not session.info.get(
        _OFFICES_CHANGED_KEY
    ):  # what this very transaction changed may yet be taken back
        known.store_offices(read.values())
    return [_with_live_state(read.get(one.id) or known.offices[one.id], one) for one in moving.values()]


_OFFICES_CHANGED_KEY = "offices_changed"


class OfficeCache:
    """The offices as this process read them last, with their version."""

    def __init__(self) -> None:
        self.offices: dict[str, Office] = {}
        self._by_desk: dict[str, str] = {}

    def is_current(self, one: _OfficeLiveState) -> bool:
        office = self.offices.get(one.id)
        return office is not None and office.version == one.version

    def store_offices(self, offices: Iterable[Office]) -> None:
        for office in offices:
            self.offices[office.id] = office
            self._by_desk |= {desk.id: office.id for desk in office.desks}

    def office_id_by_desk(self, desk_id: str) -> str | None:
        """Where a desk was found last."""
        return self._by_desk.get(desk_id)


def cached_office_id_by_desk(session: AsyncSession, desk_id: str) -> str | None:
    """The id of the office in which this desk was found last, without asking anybody."""
    return process_cache(session).get(OfficeCache).office_id_by_desk(desk_id)


def office_has_line(line_id: str) -> ColumnElement[bool]:
    """The condition that an office has this line."""
    return OfficeRow.id.in_(select(LineRow.office_id).where(LineRow.id == line_id))


@dataclass(slots=True)
class _OfficeLiveState:
    """What changes in an office without a new version of it, beside its version."""

    id: str
    version: int
    paused: bool
    pause_message: str | None
    lines: list[OfficeLine]


async def _load_live_states(session: AsyncSession, condition: Any) -> dict[str, _OfficeLiveState]:
    statement = _SELECT_LIVE_STATES if condition is None else _SELECT_LIVE_STATES.where(condition)
    found: dict[str, _OfficeLiveState] = {}
    for office_id, version, paused, message, *line in await execute_on_connection(session, statement):
        one = found.setdefault(office_id, _OfficeLiveState(office_id, version, paused, message, []))
        if line[0] is not None:
            one.lines.append(OfficeLine(*line))
    return found


def _with_live_state(office: Office, one: _OfficeLiveState) -> Office:
    return replace(office, paused=one.paused, pause_message=one.pause_message, lines=tuple(one.lines))


async def _load_whole_offices(session: AsyncSession, ids: Sequence[str]) -> list[Office]:
    """Offices from nothing. Seven small queries, whatever the number."""
    rows = (await session.execute(select(OfficeRow).where(OfficeRow.id.in_(ids)))).scalars().all()
    parts = {table: await _rows_by_office(session, table, ids) for table in _PART_TABLES}
    desk_lines = await _line_ids_by_desk(session, ids)
    return [_to_office(row, {table: parts[table][row.id] for table in _PART_TABLES}, desk_lines) for row in rows]


_PART_TABLES: tuple[type[Any], ...] = (ServiceRow, DeskRow, OpeningRow, ClosureRow, ExtraOpeningRow)
# The fields of office.Line, in their order.
_LINE_COLUMNS = (
    LineRow.id,
    LineRow.slug,
    LineRow.letter,
    LineRow.names,
    LineRow.stopped,
    LineRow.daily_quota,
    LineRow.version,
    LineRow.rules,
    LineRow.stop_reason,
)
_LINE_ID_IN_IDS = LineRow.id.in_(bindparam("ids", expanding=True))
_LOCK_LINES = select(*_LINE_COLUMNS).where(_LINE_ID_IN_IDS).order_by(LineRow.id).with_for_update()
_SET_LINE_VERSIONS = update(mapped_table(LineRow)).where(_LINE_ID_IN_IDS).values(version=bindparam("to"))
_SELECT_LIVE_STATES = (
    select(OfficeRow.id, OfficeRow.version, OfficeRow.paused, OfficeRow.pause_message, *_LINE_COLUMNS)
    .outerjoin(LineRow, LineRow.office_id == OfficeRow.id)
    .order_by(OfficeRow.position, LineRow.letter)
)


async def _rows_by_office(session: AsyncSession, table: type[RowT], ids: Sequence[str]) -> dict[str, list[RowT]]:
    found: dict[str, list[RowT]] = defaultdict(list)
    for row in (await session.execute(select(table).where(table.office_id.in_(ids)))).scalars():
        found[row.office_id].append(row)
    return found


async def _line_ids_by_desk(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[str]]:
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


async def lock_lines(session: AsyncSession, line_ids: Collection[str]) -> list[OfficeLine]:
    """The lines, in ascending id, kept from everybody else until the commit. SQLite's writer is alone anyway."""
    return [OfficeLine(*row) for row in await execute_on_connection(session, _LOCK_LINES, {"ids": list(line_ids)})]


async def set_line_versions(session: AsyncSession, line_ids: Collection[str], version: int) -> None:
    """Count one more change of lines that this transaction has locked."""
    await execute_on_connection(session, _SET_LINE_VERSIONS, {"ids": list(line_ids), "to": version})


async def bump_office_versions(session: AsyncSession, office_ids: Collection[str]) -> None:
    """Count one more change of offices, so that every process reads them anew."""
    session.info[_OFFICES_CHANGED_KEY] = True
    statement = update(OfficeRow).where(OfficeRow.id.in_(office_ids)).values(version=OfficeRow.version + 1)
    await session.execute(statement, execution_options={"synchronize_session": False})


async def set_office_paused(session: AsyncSession, office_id: str, paused: bool, message: str | None) -> None:
    statement = update(OfficeRow).where(OfficeRow.id == office_id).values(paused=paused, pause_message=message)
    await session.execute(statement, execution_options={"synchronize_session": False})


async def set_line_stopped(session: AsyncSession, line_id: str, stopped: bool, reason: str | None) -> None:
    """Of a line that this transaction has locked."""
    statement = update(LineRow).where(LineRow.id == line_id).values(stopped=stopped, stop_reason=reason)
    await session.execute(statement, execution_options={"synchronize_session": False})


async def holiday_region(session: AsyncSession, office_id: str) -> tuple[str | None, str | None]:
    """Country and subdivision of an office, in ISO 3166."""
    statement = select(OfficeRow.country, OfficeRow.subdivision).where(OfficeRow.id == office_id)
    country, subdivision = (await session.execute(statement)).one()
    return country, subdivision


async def holiday_regions(session: AsyncSession) -> list[tuple[str, str, str | None]]:
    """Slug, country and subdivision of the offices that keep public holidays."""
    statement = select(OfficeRow.slug, OfficeRow.country, OfficeRow.subdivision).order_by(OfficeRow.position)
    return [(slug, country, part) for slug, country, part in await session.execute(statement) if country]


async def add_closures(session: AsyncSession, office_id: str, reasons: Mapping[date, str]) -> list[date]:
    """Close an office that this transaction holds on these days; those on which it was not closed before."""
    statement = select(ClosureRow.day).where(ClosureRow.office_id == office_id, ClosureRow.day.in_(reasons))
    there = set((await session.execute(statement)).scalars())
    added = [day for day in reasons if day not in there]
    session.add_all(ClosureRow(office_id=office_id, day=day, reason=reasons[day]) for day in added)
    await session.flush()
    return added


async def set_last_holiday_year(session: AsyncSession, office_id: str, year: int) -> None:
    """Remember the last year whose public holidays an office has; never an earlier one than before."""
    statement = update(OfficeRow).where(OfficeRow.id == office_id, OfficeRow.holidays_until < year)
    await session.execute(statement.values(holidays_until=year), execution_options={"synchronize_session": False})


async def last_holiday_year_before(session: AsyncSession, year: int) -> dict[str, int]:
    """By id, the last year whose holidays an office has, of those that should have them up to `year`."""
    statement = select(OfficeRow.id, OfficeRow.holidays_until).where(
        OfficeRow.holidays_until < year, OfficeRow.country.is_not(None)
    )
    return {row.id: row.holidays_until for row in await session.execute(statement)}


async def line_versions(session: AsyncSession, line_ids: Collection[str]) -> dict[str, int]:
    """The present versions, by line id, in one query."""
    statement = select(LineRow.id, LineRow.version).where(LineRow.id.in_(line_ids))
    return {row.id: row.version for row in await session.execute(statement)}


def _to_office(row: OfficeRow, parts: dict[type[Any], list[Any]], desk_lines: dict[str, list[str]]) -> Office:
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
        hours=_to_schedule(row, parts),
        lines=(),
        services=tuple(_to_service(one) for one in sorted(parts[ServiceRow], key=lambda one: one.position)),
        desks=tuple(
            _to_desk(desk, desk_lines[desk.id]) for desk in sorted(parts[DeskRow], key=lambda desk: desk.position)
        ),
        version=row.version,
        booking=row.booking,
    )


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
    return OfficeDesk(row.id, row.name, row.way, row.arrow, tuple(line_ids))  # type: ignore[arg-type]
