"""Changes of offices and lines. The caller owns the transaction and publishes the change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.errors import Refused
from . import store
from .office import Office
from .public_holidays import public_holidays_by_day
from .queries import office_by_slug


async def save_office_pause(session: AsyncSession, office: Office) -> None:
    """Write whether the office is paused, and its message.

    The transaction has locked all its lines.
    """
    await store.update_office_paused(session, office)
    await store.bump_office_versions(session, [office.id])


async def set_line_stopped(
    session: AsyncSession, office_id: str, line_id: str, *, stopped: bool, reason: str | None
) -> None:
    """Stop or reopen a line for people without an appointment.

    The transaction has locked the line.
    """
    await store.update_line_stopped(session, line_id, stopped, reason)
    await store.bump_office_versions(session, [office_id])


async def add_public_holidays(session: AsyncSession, slug: str, years: Collection[int]) -> list[date]:
    """Close an office on the public holidays of its region.

    Returns the added days, without those that had a closure before.

    Raises NotFound, Invalid for an unknown region, Refused("no_country") if the office keeps no holidays.
    """
    office = await office_by_slug(session, slug)
    await store.bump_office_versions(session, [office.id])  # also locks the office's row until the commit
    country, subdivision = await store.holiday_region(session, office.id)
    if country is None:
        raise Refused("no_country")
    added = await store.add_closures(session, office.id, public_holidays_by_day(country, subdivision, years))
    await store.set_last_holiday_year(session, office.id, max(years))
    return added
