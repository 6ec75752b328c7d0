"""Offices of the demo: the city of `city.toml`, and what depends on the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import HORIZON_DAYS
from ...core.runtime import Runtime
from ...management.service import CityFile, parse_city
from ...offices.service import (
    Office,
    OfficeDocument,
    all_offices,
    bump_office_versions,
    create_office,
    office_slugs,
    offices_missing_holidays,
    parse_office,
)
from ...offices.storage.tables import ExtraOpeningRow
from ..jobs.public_holidays import close_on_holidays

DEMO_CITY_PATH = Path(__file__).with_name("city.toml")
ZONE = ZoneInfo("Europe/Madrid")  # of all its offices
ALWAYS_OPEN_OFFICE = "henares"  # so that every page shows data, also at night and on holidays


@cache
def demo_city() -> Mapping[str, OfficeDocument]:
    """Load the offices of the demo by slug. The caller does not change them."""
    return {slug: parse_office(source, slug) for slug, source in load_demo_file().offices.items()}


@cache
def load_demo_file() -> CityFile:
    """Load the city file of the demo."""
    return parse_city(DEMO_CITY_PATH.read_bytes())


async def ensure_demo_offices(runtime: Runtime) -> None:
    """Create missing offices, and the opening hours of days within the booking horizon."""
    async with runtime.transaction() as tx:
        existing = await office_slugs(tx.session)
        for slug, document in demo_city().items():
            if slug not in existing:
                await create_office(tx.session, slug, document, tx.now)
    await _ensure_opening_hours(runtime)


async def demo_offices(session: AsyncSession) -> list[Office]:
    """Load the offices of the demo."""
    return [office for office in await all_offices(session) if office.slug in demo_city()]


# Hours of the days to come


async def _ensure_opening_hours(runtime: Runtime) -> None:
    today = runtime.now().astimezone(ZONE).date()
    last = today + timedelta(days=HORIZON_DAYS)
    async with runtime.read_session() as session:
        offices = {office.slug: office.id for office in await demo_offices(session)}
        without_holidays = await offices_missing_holidays(session, last.year)
        always_open = offices.get(ALWAYS_OPEN_OFFICE)
        open_until = await _last_extra_opening_day(session, always_open)
    for office, until in without_holidays:
        if office.slug in offices:
            await close_on_holidays(runtime, office.slug, range(max(until + 1, today.year), last.year + 1))
    async with runtime.transaction() as tx:
        if always_open is not None and (open_until is None or open_until < last):
            first = max(today - timedelta(days=1), open_until + timedelta(days=1) if open_until else date.min)
            tx.session.add_all(_all_day_openings(always_open, first, last))
        await bump_office_versions(tx.session, offices.values())


async def _last_extra_opening_day(session: AsyncSession, office_id: str | None) -> date | None:
    statement = select(func.max(ExtraOpeningRow.day)).where(ExtraOpeningRow.office_id == office_id)
    last_day: date | None = (await session.execute(statement)).scalar()
    return last_day


def _all_day_openings(office_id: str, first: date, last: date) -> list[ExtraOpeningRow]:
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [ExtraOpeningRow(office_id=office_id, day=day, opens=time(), closes=time()) for day in days]
