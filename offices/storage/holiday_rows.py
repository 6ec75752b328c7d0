"""SQL of public holidays and closures of offices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import (
    ClosureRow,
    OfficeRow,
)


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
