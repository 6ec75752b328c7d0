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

from ..domain.appointment import BOOKED_BY_CITIZEN, SLOT_FREEING_STATES, Mode
from ..domain.capacity import TakenSlot, VisitPart
from ..domain.closed_period import ClosedPeriod
from ..domain.hold import HoldPurpose
from ..domain.slots import Interval
from .tables import AppointmentRow, ClosedPeriodRow, HoldRow

MAX_BUFFER_AROUND_VISIT = timedelta(
    hours=4
)  # twice the longest buffer of `rules.BOUNDS`: that of a visit, and of the other one
MAX_VISIT_DURATION = timedelta(days=1)


async def taken_slots(
    session: AsyncSession,
    office_id: str,
    mode: Mode,
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    excluded_id: str | None = None,
    for_staff: bool = False,
) -> list[TakenSlot]:
    """The visits given or held at `now` that touch the interval with what is kept free around them.

    `without` leaves one appointment or hold out. `inside`: places that rest from the public are staff's to give.
    """
    found = await taken_slots_by_mode(
        session, office_id, [mode], start, end, now, excluded_id=excluded_id, for_staff=for_staff
    )
    return found[mode]


async def taken_slots_by_mode(
    session: AsyncSession,
    office_id: str,
    modes: Collection[Mode],
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    excluded_id: str | None = None,
    for_staff: bool = False,
) -> dict[Mode, list[TakenSlot]]:
    """As `taken`, of several modes at once."""
    given = _select_overlapping(
        AppointmentRow, AppointmentRow.booked_by, office_id, modes, start, end, excluded_id
    )
    held = _select_overlapping(HoldRow, literal(BOOKED_BY_CITIZEN), office_id, modes, start, end, excluded_id)
    if for_staff:
        held = held.where(HoldRow.purpose != HoldPurpose.COOLDOWN)
    statement = union_all(
        given.where(AppointmentRow.state.not_in(SLOT_FREEING_STATES)), held.where(HoldRow.expires_at > now)
    )
    parts = _VisitPartsCache()
    found: dict[Mode, list[TakenSlot]] = {mode: [] for mode in modes}
    for mode, service_id, starts_at, ends_at, more, by in await session.execute(statement):
        kind = parts.get(service_id, ends_at - starts_at, more)
        found[mode].append(TakenSlot(starts_at, kind, by_staff=by != BOOKED_BY_CITIZEN))
    return found


def _select_overlapping(
    row: type[AppointmentRow] | type[HoldRow],
    by: Any,
    office_id: str,
    modes: Collection[Mode],
    start: datetime,
    end: datetime,
    excluded_id: str | None,
) -> Select[Any]:
    more = cast(row.more_services, String)
    statement = select(row.mode, row.service_id, row.starts_at, row.ends_at, more, by).where(
        row.office_id == office_id,
        row.mode.in_(modes),
        row.starts_at
        > start - MAX_BUFFER_AROUND_VISIT - MAX_VISIT_DURATION,  # so that an index finds them without all the past
        row.starts_at < end + MAX_BUFFER_AROUND_VISIT,
        row.ends_at > start - MAX_BUFFER_AROUND_VISIT,
    )
    return statement if excluded_id is None else statement.where(row.id != excluded_id)


class _VisitPartsCache:
    """Makes each kind of visit once: a month of a big office is twenty thousand visits of a few kinds."""

    def __init__(self) -> None:
        self._cached: dict[tuple[str, timedelta, str], tuple[VisitPart, ...]] = {}

    def get(self, service_id: str, length: timedelta, more: str) -> tuple[VisitPart, ...]:
        """The parts of a visit of this length; `more` is what else is done in it, as JSON."""
        found = self._cached.get((service_id, length, more))
        if found is None:
            others = [VisitPart(one["id"], timedelta(minutes=one["minutes"])) for one in json.loads(more)]
            own = length - sum((part.length for part in others), timedelta())
            found = self._cached[service_id, length, more] = (VisitPart(service_id, own), *others)
        return found


async def insert_closed_period(session: AsyncSession, period: ClosedPeriod, now: datetime) -> None:
    """Closed twice it is one span. Also forgets those that are over."""
    values = dataclasses.asdict(period)
    same = and_(*(getattr(ClosedPeriodRow, name) == value for name, value in values.items() if name != "id"))
    await session.execute(delete(ClosedPeriodRow).where(or_(same, ClosedPeriodRow.ends_at < now)))
    session.add(ClosedPeriodRow(created_at=now, **values))
    await session.flush()


async def delete_closed_period(session: AsyncSession, period_id: str) -> None:
    await session.execute(delete(ClosedPeriodRow).where(ClosedPeriodRow.id == period_id))


async def load_upcoming_closed_periods(session: AsyncSession, office_id: str, now: datetime) -> list[ClosedPeriod]:
    """Those of an office that are not over, by time."""
    row = ClosedPeriodRow
    statement = select(row).where(row.office_id == office_id, row.ends_at > now).order_by(row.starts_at, row.id)
    return [
        ClosedPeriod(
            one.id, office_id, one.starts_at, one.ends_at, one.service_id, typing.cast("Mode | None", one.mode)
        )
        for one in (await session.execute(statement)).scalars()
    ]


async def closed_intervals(
    session: AsyncSession,
    office_id: str,
    service_ids: Sequence[str],
    mode: Mode,
    start: datetime,
    end: datetime,
) -> list[Interval]:
    """What of this interval is closed to a visit of these services."""
    row = ClosedPeriodRow
    statement = select(row.starts_at, row.ends_at).where(
        row.office_id == office_id,
        row.starts_at < end,
        row.ends_at > start,
        or_(row.service_id.is_(None), row.service_id.in_(service_ids)),
        or_(row.mode.is_(None), row.mode == mode),
    )
    return [(starts_at, ends_at) for starts_at, ends_at in await session.execute(statement)]


async def closed_periods_in_interval(
    session: AsyncSession, office_ids: Collection[str], start: datetime, end: datetime
) -> list[ClosedPeriod]:
    """What of this interval these offices took back: few spans, whatever the visit."""
    row = ClosedPeriodRow
    columns = [getattr(row, one.name) for one in dataclasses.fields(ClosedPeriod)]
    statement = select(*columns).where(row.office_id.in_(office_ids), row.starts_at < end, row.ends_at > start)
    return [ClosedPeriod(*found) for found in await session.execute(statement)]
