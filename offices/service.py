"""The door to offices for every other folder."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.errors import Invalid, NotFound, Refused
from . import hours, store
from .hours import OpeningInterval, OpeningSchedule
from .office import Office, OfficeDesk, OfficeLine, OfficeService, ServiceMode, text_in_language, things_to_bring
from .public_holidays import public_holidays_by_day
from .tables import OfficeRow

__all__ = [
    "Office",
    "OfficeDesk",
    "OfficeLine",
    "OfficeService",
    "OpeningInterval",
    "OpeningSchedule",
    "ServiceMode",
    "add_public_holidays",
    "all_offices",
    "bump_office_versions",
    "hours",
    "line_versions",
    "lock_lines",
    "office_and_desk_by_id",
    "office_by_id",
    "office_by_line_id",
    "office_by_slug",
    "office_topic",
    "offices_missing_holidays",
    "poster_pdf",
    "set_line_stopped",
    "set_line_versions",
    "set_office_paused",
    "text_in_language",
    "things_to_bring",
    "unknown_holiday_regions",
]


async def all_offices(session: AsyncSession) -> list[Office]:
    """Every office, in the order the installation lists them."""
    return await store.load_offices(session)


async def office_by_slug(session: AsyncSession, slug: str) -> Office:
    """Raises NotFound."""
    return _require_single(await store.load_offices(session, OfficeRow.slug == slug))


async def office_by_id(session: AsyncSession, office_id: str) -> Office:
    """Raises NotFound."""
    return _require_single(await store.load_offices(session, OfficeRow.id == office_id))


async def office_and_desk_by_id(session: AsyncSession, desk_id: str) -> tuple[Office, OfficeDesk]:
    """The office in which this desk stands, and the desk. Raises NotFound."""
    known = store.cached_office_id_by_desk(session, desk_id)
    offices = await store.load_offices(session, OfficeRow.id == known if known else None)
    for office in offices:
        for desk in office.desks:
            if desk.id == desk_id:
                return office, desk
    raise NotFound


async def office_by_line_id(session: AsyncSession, line_id: str) -> Office:
    """The office to which this line belongs. Raises NotFound."""
    return _require_single(await store.load_offices(session, store.office_has_line(line_id)))


async def bump_office_versions(session: AsyncSession, office_ids: Collection[str]) -> None:
    """Say that these offices are no longer what anybody has read of them."""
    await store.bump_office_versions(session, office_ids)


async def lock_lines(session: AsyncSession, line_ids: Collection[str]) -> list[OfficeLine]:
    """Keep these lines from everybody else until the commit, in ascending id so that nobody waits in a circle."""
    return await store.lock_lines(session, line_ids)


async def set_line_versions(session: AsyncSession, line_ids: Collection[str], version: int) -> None:
    """Give lines that this transaction has locked and changed their next version, above what each had."""
    await store.set_line_versions(session, line_ids, version)


async def set_office_paused(session: AsyncSession, office_id: str, *, paused: bool, message: str | None) -> None:
    """Stop or go on with the calls of an office all of whose lines this transaction has locked."""
    await store.set_office_paused(session, office_id, paused, message)
    await store.bump_office_versions(session, [office_id])


async def set_line_stopped(
    session: AsyncSession, office_id: str, line_id: str, *, stopped: bool, reason: str | None
) -> None:
    """Give turns without an appointment in a line no more, or again; this transaction has locked the line."""
    await store.set_line_stopped(session, line_id, stopped, reason)
    await store.bump_office_versions(session, [office_id])


async def line_versions(session: AsyncSession, line_ids: Collection[str]) -> dict[str, int]:
    """The present versions, by line id."""
    return await store.line_versions(session, line_ids)


async def add_public_holidays(session: AsyncSession, slug: str, years: Collection[int]) -> list[date]:
    """Close an office on the public holidays of its place; the days that were not closed before.

    Raises NotFound, Invalid, Refused("no_country") when it keeps nobody's.
    """
    office = await office_by_slug(session, slug)
    await store.bump_office_versions(session, [office.id])  # also keeps it from others until the commit
    country, subdivision = await store.holiday_region(session, office.id)
    if country is None:
        raise Refused("no_country")
    found = public_holidays_by_day(country, subdivision, years)
    added = await store.add_closures(session, office.id, found)
    await store.set_last_holiday_year(session, office.id, max(years))
    return added


async def unknown_holiday_regions(session: AsyncSession) -> dict[str, str]:
    """By slug, what nobody knows of the place whose holidays an office keeps: `country` or `subdivision`."""
    found = {}
    for slug, country, subdivision in await store.holiday_regions(session):
        try:
            public_holidays_by_day(country, subdivision, [])
        except Invalid as invalid:
            found[slug] = invalid.fields[0].field
    return found


async def offices_missing_holidays(session: AsyncSession, year: int) -> list[tuple[Office, int]]:
    """The offices that keep public holidays and have not those of this year, with the last year that they have."""
    until = await store.last_holiday_year_before(session, year)
    return [(office, until[office.id]) for office in await store.load_offices(session) if office.id in until]


def poster_pdf(office: Office, address: str, translate: Callable[[str, str], str], now: datetime) -> bytes:
    """The poster of an office's entrance, with the QR code of `address`; about 0.2 s of work."""
    from .poster import draw_poster as draw  # a third of a second to import, and most processes never draw one

    return draw(office, address, translate, now)


def office_topic(slug: str) -> str:
    """The bus topic that says that something on an office's board changed."""
    return f"{{{slug}}}:office"


def _require_single(offices: list[Office]) -> Office:
    if not offices:
        raise NotFound
    return offices[0]
