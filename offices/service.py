"""The door to offices for every other folder."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.errors import Invalid, NotFound, Refused
from . import hours, store
from .hours import Opening, Schedule
from .office import Desk, Line, Mode, Office, Service, in_language, things_to_bring
from .public_holidays import public_holidays
from .tables import OfficeRow

__all__ = [
    "Desk",
    "Line",
    "Mode",
    "Office",
    "Opening",
    "Schedule",
    "Service",
    "add_public_holidays",
    "all_offices",
    "bump_offices",
    "hours",
    "in_language",
    "line_versions",
    "lock_lines",
    "office_by_id",
    "office_by_slug",
    "office_of_desk",
    "office_of_line",
    "office_topic",
    "offices_without_holidays",
    "poster_pdf",
    "raise_lines",
    "set_paused",
    "set_stopped",
    "things_to_bring",
    "unknown_places",
]


async def all_offices(session: AsyncSession) -> list[Office]:
    """Every office, in the order the installation lists them."""
    return await store.load_offices(session)


async def office_by_slug(session: AsyncSession, slug: str) -> Office:
    """Raises NotFound."""
    return _only(await store.load_offices(session, OfficeRow.slug == slug))


async def office_by_id(session: AsyncSession, office_id: str) -> Office:
    """Raises NotFound."""
    return _only(await store.load_offices(session, OfficeRow.id == office_id))


async def office_of_desk(session: AsyncSession, desk_id: str) -> tuple[Office, Desk]:
    """The office in which this desk stands, and the desk. Raises NotFound."""
    known = store.office_of_desk(session, desk_id)
    offices = await store.load_offices(session, OfficeRow.id == known if known else None)
    for office in offices:
        for desk in office.desks:
            if desk.id == desk_id:
                return office, desk
    raise NotFound


async def office_of_line(session: AsyncSession, line_id: str) -> Office:
    """The office to which this line belongs. Raises NotFound."""
    return _only(await store.load_offices(session, store.has_line(line_id)))


async def bump_offices(session: AsyncSession, office_ids: Collection[str]) -> None:
    """Say that these offices are no longer what anybody has read of them."""
    await store.bump_offices(session, office_ids)


async def lock_lines(session: AsyncSession, line_ids: Collection[str]) -> list[Line]:
    """Keep these lines from everybody else until the commit, in ascending id so that nobody waits in a circle."""
    return await store.lock_lines(session, line_ids)


async def raise_lines(session: AsyncSession, line_ids: Collection[str], version: int) -> None:
    """Give lines that this transaction has locked and changed their next version, above what each had."""
    await store.raise_lines(session, line_ids, version)


async def set_paused(session: AsyncSession, office_id: str, *, paused: bool, message: str | None) -> None:
    """Stop or go on with the calls of an office all of whose lines this transaction has locked."""
    await store.set_paused(session, office_id, paused, message)
    await store.bump_offices(session, [office_id])


async def set_stopped(
    session: AsyncSession, office_id: str, line_id: str, *, stopped: bool, reason: str | None
) -> None:
    """Give turns without an appointment in a line no more, or again; this transaction has locked the line."""
    await store.set_stopped(session, line_id, stopped, reason)
    await store.bump_offices(session, [office_id])


async def line_versions(session: AsyncSession, line_ids: Collection[str]) -> dict[str, int]:
    """The present versions, by line id."""
    return await store.line_versions(session, line_ids)


async def add_public_holidays(session: AsyncSession, slug: str, years: Collection[int]) -> list[date]:
    """Close an office on the public holidays of its place; the days that were not closed before.

    Raises NotFound, Invalid, Refused("no_country") when it keeps nobody's.
    """
    office = await office_by_slug(session, slug)
    await store.bump_offices(session, [office.id])  # also keeps it from others until the commit
    country, subdivision = await store.place_of(session, office.id)
    if country is None:
        raise Refused("no_country")
    found = public_holidays(country, subdivision, years)
    added = await store.add_closures(session, office.id, found)
    await store.set_holidays_until(session, office.id, max(years))
    return added


async def unknown_places(session: AsyncSession) -> dict[str, str]:
    """By slug, what nobody knows of the place whose holidays an office keeps: `country` or `subdivision`."""
    found = {}
    for slug, country, subdivision in await store.places(session):
        try:
            public_holidays(country, subdivision, [])
        except Invalid as invalid:
            found[slug] = invalid.fields[0].field
    return found


async def offices_without_holidays(session: AsyncSession, year: int) -> list[tuple[Office, int]]:
    """The offices that keep public holidays and have not those of this year, with the last year that they have."""
    until = await store.without_holidays(session, year)
    return [(office, until[office.id]) for office in await store.load_offices(session) if office.id in until]


def poster_pdf(office: Office, address: str, say: Callable[[str, str], str], now: datetime) -> bytes:
    """The poster of an office's entrance, with the QR code of `address`; about 0.2 s of work."""
    from .poster import poster_pdf as draw  # a third of a second to import, and most processes never draw one

    return draw(office, address, say, now)


def office_topic(slug: str) -> str:
    """The bus topic that says that something on an office's board changed."""
    return f"{{{slug}}}:office"


def _only(offices: list[Office]) -> Office:
    if not offices:
        raise NotFound
    return offices[0]
