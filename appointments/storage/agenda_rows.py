"""What of an office's time is taken, by many appointments and holds at once, or was closed by it. SQL only."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, cast, delete, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.appointment import CITIZEN, FREES_ITS_PLACE, Mode
from ..domain.capacity import Part, Taken
from ..domain.closed_period import ClosedSpan
from ..domain.hold import Purpose
from ..domain.slots import Interval
from .tables import AppointmentRow, ClosedSpanRow, HoldRow

KEPT_FREE = timedelta(hours=4)  # twice the longest buffer of `rules.BOUNDS`: that of a visit, and of the other one
LONGEST_VISIT = timedelta(days=1)


async def taken(
    session: AsyncSession,
    office_id: str,
    mode: Mode,
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    without: str | None = None,
    inside: bool = False,
) -> list[Taken]:
    """The visits given or held at `now` that touch the interval with what is kept free around them.

    `without` leaves one appointment or hold out. `inside`: places that rest from the public are staff's to give.
    """
    found = await taken_by_mode(session, office_id, [mode], start, end, now, without=without, inside=inside)
    return found[mode]


async def taken_by_mode(
    session: AsyncSession,
    office_id: str,
    modes: Collection[Mode],
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    without: str | None = None,
    inside: bool = False,
) -> dict[Mode, list[Taken]]:
    """As `taken`, of several modes at once."""
    given = _touching(AppointmentRow, AppointmentRow.booked_by, office_id, modes, start, end, without)
    held = _touching(HoldRow, literal(CITIZEN), office_id, modes, start, end, without)
    if inside:
        held = held.where(HoldRow.purpose != Purpose.REST)
    statement = union_all(
        given.where(AppointmentRow.state.not_in(FREES_ITS_PLACE)), held.where(HoldRow.expires_at > now)
    )
    parts = _Parts()
    found: dict[Mode, list[Taken]] = {mode: [] for mode in modes}
    for mode, service_id, starts_at, ends_at, more, by in await session.execute(statement):
        kind = parts.of(service_id, ends_at - starts_at, more)
        found[mode].append(Taken(starts_at, kind, inside=by != CITIZEN))
    return found


def _touching(
    row: type[AppointmentRow] | type[HoldRow],
    by: Any,
    office_id: str,
    modes: Collection[Mode],
    start: datetime,
    end: datetime,
    without: str | None,
) -> Select[Any]:
    more = cast(row.more_services, String)
    statement = select(row.mode, row.service_id, row.starts_at, row.ends_at, more, by).where(
        row.office_id == office_id,
        row.mode.in_(modes),
        row.starts_at > start - KEPT_FREE - LONGEST_VISIT,  # so that an index finds them without all the past
        row.starts_at < end + KEPT_FREE,
        row.ends_at > start - KEPT_FREE,
    )
    return statement if without is None else statement.where(row.id != without)


class _Parts:
    """Makes each kind of visit once: a month of a big office is twenty thousand visits of a few kinds."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, timedelta, str], tuple[Part, ...]] = {}

    def of(self, service_id: str, length: timedelta, more: str) -> tuple[Part, ...]:
        """The parts of a visit of this length; `more` is what else is done in it, as JSON."""
        found = self._made.get((service_id, length, more))
        if found is None:
            others = [Part(one["id"], timedelta(minutes=one["minutes"])) for one in json.loads(more)]
            own = length - sum((part.length for part in others), timedelta())
            found = self._made[service_id, length, more] = (Part(service_id, own), *others)
        return found


async def close_span(session: AsyncSession, span: ClosedSpan, now: datetime) -> None:
    """Closed twice it is one span. Also forgets those that are over."""
    values = dataclasses.asdict(span)
    same = and_(*(getattr(ClosedSpanRow, name) == value for name, value in values.items() if name != "id"))
    await session.execute(delete(ClosedSpanRow).where(or_(same, ClosedSpanRow.ends_at < now)))
    session.add(ClosedSpanRow(created_at=now, **values))
    await session.flush()


async def open_span(session: AsyncSession, span_id: str) -> None:
    await session.execute(delete(ClosedSpanRow).where(ClosedSpanRow.id == span_id))


async def spans_to_come(session: AsyncSession, office_id: str, now: datetime) -> list[ClosedSpan]:
    """Those of an office that are not over, by time."""
    row = ClosedSpanRow
    statement = select(row).where(row.office_id == office_id, row.ends_at > now).order_by(row.starts_at, row.id)
    return [
        ClosedSpan(
            one.id, office_id, one.starts_at, one.ends_at, one.service_id, typing.cast("Mode | None", one.mode)
        )
        for one in (await session.execute(statement)).scalars()
    ]


async def closed_spans(
    session: AsyncSession,
    office_id: str,
    service_ids: Sequence[str],
    mode: Mode,
    start: datetime,
    end: datetime,
) -> list[Interval]:
    """What of this interval is closed to a visit of these services."""
    row = ClosedSpanRow
    statement = select(row.starts_at, row.ends_at).where(
        row.office_id == office_id,
        row.starts_at < end,
        row.ends_at > start,
        or_(row.service_id.is_(None), row.service_id.in_(service_ids)),
        or_(row.mode.is_(None), row.mode == mode),
    )
    return [(starts_at, ends_at) for starts_at, ends_at in await session.execute(statement)]


async def closed_in(
    session: AsyncSession, office_ids: Collection[str], start: datetime, end: datetime
) -> list[ClosedSpan]:
    """What of this interval these offices took back: few spans, whatever the visit."""
    row = ClosedSpanRow
    columns = [getattr(row, one.name) for one in dataclasses.fields(ClosedSpan)]
    statement = select(*columns).where(row.office_id.in_(office_ids), row.starts_at < end, row.ends_at > start)
    return [ClosedSpan(*found) for found in await session.execute(statement)]
