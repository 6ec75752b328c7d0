"""Look-ups of offices. Every answer is a frozen snapshot; no writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Invalid, NotFound, Unavailable
from ..domain.documents.desk import OfficeDesk
from ..domain.office import Office
from ..domain.public_holidays import public_holidays_by_day
from ..domain.site import Site
from ..storage import holiday_rows, office_rows
from ..storage.office_from_rows import UnreadableOffice


async def all_offices(session: AsyncSession) -> list[Office]:
    """Load every office, in the order of the installation."""
    return await office_rows.load_offices(session)


async def public_offices(session: AsyncSession, also: str | None = None) -> list[Office]:
    """Load the offices that lists for citizens show.

    `also`: the slug of an office that a direct link names, which is shown to the reader of the link.
    """
    return [office for office in await all_offices(session) if office.is_public or office.slug == also]


async def office_slugs(session: AsyncSession) -> list[str]:
    """List the slugs of all offices in their order, also of those that cannot be read."""
    return await office_rows.load_office_slugs(session)


async def unreadable_offices(session: AsyncSession) -> list[UnreadableOffice]:
    """List the offices that every page leaves out, with the values that cannot be used."""
    entries = await office_rows.load_office_entries(session)
    return [entry for entry in entries if isinstance(entry, UnreadableOffice)]


async def office_by_slug(session: AsyncSession, slug: str) -> Office:
    """Load the office with this slug. Raises NotFound, Unavailable."""
    return _require_single(await office_rows.load_office_by_slug(session, slug))


async def office_by_id(session: AsyncSession, office_id: str) -> Office:
    """Load the office with this id. Raises NotFound, Unavailable."""
    return _require_single(await office_rows.load_office_by_id(session, office_id))


async def office_by_line_id(session: AsyncSession, line_id: str) -> Office:
    """Load the office that has this line. Raises NotFound, Unavailable."""
    return _require_single(await office_rows.load_office_entries(session, office_rows.office_has_line(line_id)))


async def office_and_desk_by_id(session: AsyncSession, desk_id: str) -> tuple[Office, OfficeDesk]:
    """Load the office that has this desk, and the desk.

    Raises NotFound, Unavailable("office_unreadable").
    """
    known = office_rows.cached_office_id_by_desk(session, desk_id)
    if known is not None:
        offices = [await office_by_id(session, known)]
    else:
        offices = await office_rows.load_offices(session)
    for office in offices:
        for desk in office.desks:
            if desk.id == desk_id:
                return office, desk
    raise NotFound


async def unknown_holiday_regions(session: AsyncSession) -> dict[str, str]:
    """List by office slug the unknown part of its holiday region: `country`, `subdivision`."""
    unknown = {}
    for slug, country, subdivision in await holiday_rows.holiday_regions(session):
        try:
            public_holidays_by_day(country, subdivision, [])
        except Invalid as invalid:
            unknown[slug] = invalid.fields[0].field
    return unknown


async def offices_missing_holidays(session: AsyncSession, year: int) -> list[tuple[Office, int]]:
    """List offices that keep public holidays and lack those of `year`, with their last year."""
    last_years = await holiday_rows.last_holiday_year_before(session, year)
    return [
        (office, last_years[office.id])
        for office in await office_rows.load_offices(session)
        if office.id in last_years
    ]


def posters_pdf(
    posters: Sequence[tuple[Office, str]],
    site: Site,
    translate: Callable[[str, str], str],
    now: datetime,
    *,
    size: Literal["a4", "a3"] = "a4",
    main: str = "es",
    second: str | None = "en",
) -> bytes:
    """Draw the posters of offices as one PDF, in about 0.2 s a page.

    Each office has the address beside it, as a QR code. `main` and `second` are languages.
    """
    # imported late: it takes 0.3 s, and most processes draw no poster
    from .poster import PosterStyle, draw_posters

    return draw_posters(posters, site, translate, now, PosterStyle(size, main, second))


def _require_single(entries: list[Office | UnreadableOffice]) -> Office:
    if not entries:
        raise NotFound
    if isinstance(entries[0], UnreadableOffice):
        raise Unavailable("office_unreadable")
    return entries[0]
