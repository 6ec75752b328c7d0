"""Changes of offices and lines. The caller owns the transaction and publishes the change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Refused
from ..domain.documents.line import OfficeLine
from ..domain.office import Office
from ..domain.public_holidays import public_holidays_by_day
from ..queries.offices import office_by_slug
from ..storage import holiday_rows, office_rows


async def save_office_pause(session: AsyncSession, office: Office, before: Office | None = None) -> bool:
    """Write whether the office is paused, its message and its reason.

    The transaction has locked all its lines, unless the office is evacuated: that waits for no line. So a pause,
    or its end, names the state `before` it: an evacuation that was committed meanwhile stays. Returns False then.
    """
    if not await office_rows.update_office_paused(session, office, before):
        return False
    await office_rows.bump_office_versions(session, [office.id])
    return True


async def save_line_stop(session: AsyncSession, office_id: str, line: OfficeLine) -> None:
    """Write whether a line is stopped for people without an appointment, and the reason.

    The transaction has locked the line.
    """
    await office_rows.update_line_stopped(session, line)
    await office_rows.bump_office_versions(session, [office_id])


async def add_public_holidays(session: AsyncSession, slug: str, years: Collection[int]) -> list[date]:
    """Close an office on the public holidays of its region.

    Returns the added days, without those that had a closure before.

    Raises NotFound, Invalid for an unknown region, Refused("no_country") if the office keeps no holidays.
    """
    office = await office_by_slug(session, slug)
    # also locks the office's row until the commit
    await office_rows.bump_office_versions(session, [office.id])
    country, subdivision = await holiday_rows.holiday_region(session, office.id)
    if country is None:
        raise Refused("no_country")
    added = await holiday_rows.add_closures(
        session, office.id, public_holidays_by_day(country, subdivision, years)
    )
    await holiday_rows.set_last_holiday_year(session, office.id, max(years))
    return added


async def mark_holidays_chosen(
    session: AsyncSession, office: Office, years: Collection[int], this_year: int
) -> None:
    """Keep the nightly job from adding the holidays of years whose days were chosen.

    A year before which another is still missing is not marked. The caller has locked the office.
    """
    until = max(await holiday_rows.last_holiday_year(session, office.id), this_year - 1)
    while until + 1 in years:
        until += 1
    await holiday_rows.set_last_holiday_year(session, office.id, until)
