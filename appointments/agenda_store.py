"""What of an office's time is taken: the one question about many appointments and holds at once. SQL only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from .appointment import CITIZEN, FREES_ITS_PLACE, Mode
from .capacity import Part, Taken
from .hold import Purpose
from .tables import AppointmentRow, HoldRow

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
    given = _touching(AppointmentRow, AppointmentRow.booked_by, office_id, mode, start, end, without)
    held = _touching(HoldRow, literal(CITIZEN), office_id, mode, start, end, without)
    if inside:
        held = held.where(HoldRow.purpose != Purpose.REST)
    statement = union_all(
        given.where(AppointmentRow.state.not_in(FREES_ITS_PLACE)), held.where(HoldRow.expires_at > now)
    )
    return [_taken(*row) for row in (await session.execute(statement)).all()]


def _touching(
    row: type[AppointmentRow] | type[HoldRow],
    by: Any,
    office_id: str,
    mode: Mode,
    start: datetime,
    end: datetime,
    without: str | None,
) -> Select[Any]:
    statement = select(row.service_id, row.starts_at, row.ends_at, row.more_services, by).where(
        row.office_id == office_id,
        row.mode == mode,
        row.starts_at > start - KEPT_FREE - LONGEST_VISIT,  # so that an index finds them without all the past
        row.starts_at < end + KEPT_FREE,
        row.ends_at > start - KEPT_FREE,
    )
    return statement if without is None else statement.where(row.id != without)


def _taken(service_id: str, starts_at: datetime, ends_at: datetime, more: list[dict[str, Any]], by: str) -> Taken:
    others = [Part(one["id"], timedelta(minutes=one["minutes"])) for one in more]
    own = ends_at - starts_at - sum((part.length for part in others), timedelta())
    return Taken(starts_at, (Part(service_id, own), *others), inside=by != CITIZEN)
