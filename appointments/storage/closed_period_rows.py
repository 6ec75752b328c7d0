"""SQL of closed periods: intervals in which an office gives no slots."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.row_mapping import field_names, from_row, row_values
from ...offices.service import Office
from ..domain.closed_period import ClosedPeriod
from .tables import ClosedPeriodRow


async def insert_closed_period(session: AsyncSession, period: ClosedPeriod, now: datetime) -> None:
    """Insert a closed period. Idempotent: an equal period is replaced.

    Past periods are deleted.
    """
    values = row_values(period)
    same = and_(*(getattr(ClosedPeriodRow, name) == value for name, value in values.items() if name != "id"))
    await session.execute(delete(ClosedPeriodRow).where(or_(same, ClosedPeriodRow.ends_at < now)))
    session.add(ClosedPeriodRow(created_at=now, **values))
    await session.flush()


async def delete_closed_period(session: AsyncSession, period_id: str) -> None:
    await session.execute(delete(ClosedPeriodRow).where(ClosedPeriodRow.id == period_id))


async def upcoming_closed_periods(session: AsyncSession, office: Office, now: datetime) -> list[ClosedPeriod]:
    """Load the closed periods of an office that are not over, by time."""
    row = ClosedPeriodRow
    statement = select(row).where(row.office_id == office.id, row.ends_at > now).order_by(row.starts_at, row.id)
    return [from_row(ClosedPeriod, found) for found in (await session.execute(statement)).scalars()]


async def closed_periods_in_interval(
    session: AsyncSession, office_ids: Collection[str], start: datetime, end: datetime
) -> list[ClosedPeriod]:
    """Return the closed periods of these offices that overlap the interval."""
    row = ClosedPeriodRow
    columns = [getattr(row, name) for name in field_names(ClosedPeriod)]
    statement = select(*columns).where(row.office_id.in_(office_ids), row.starts_at < end, row.ends_at > start)
    return [ClosedPeriod(*found) for found in await session.execute(statement)]
