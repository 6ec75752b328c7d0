"""Public holidays become closures of the offices that keep them: by command, and by night for the year to come.

An office's own closures stay, and a holiday that was taken out of them stays out: the night adds each year once.
Appointments on a new closure are not touched. They are named on the page on which a host cancels, and in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from ...appointments.service import Appointment, appointments_outside_hours
from ...core.errors import Invalid
from ...core.periodic import run_every
from ...core.runtime import Runtime
from ...offices.service import Office, add_public_holidays, office_by_slug, offices_missing_holidays

logger = logging.getLogger(__name__)

CHECK_INTERVAL_S = 600
NIGHT_HOURS = range(2, 5)  # hours of the office: nobody books, and nobody reads its page


@dataclass(frozen=True, slots=True)
class HolidayClosures:
    """The days that were added, and the appointments that nobody would attend on them."""

    office: Office
    days: tuple[date, ...]
    affected_appointments: tuple[Appointment, ...]


async def close_on_holidays(runtime: Runtime, slug: str, years: Collection[int]) -> HolidayClosures:
    """Close an office on the public holidays of these years. Raises NotFound, Invalid, Refused("no_country")."""
    async with runtime.transaction() as tx:
        days = await add_public_holidays(tx.session, slug, years)
        office = await office_by_slug(tx.session, slug)
        hit = await appointments_outside_hours(tx.session, office, days)
    if days:
        logger.info("holidays_added", extra={"office": slug, "days": len(days)})
    for one in hit:
        where = {"office": slug, "appointment": one.id, "starts_at": one.starts_at.isoformat()}
        logger.warning("appointment_on_a_closed_day", extra=where)
    return HolidayClosures(office, tuple(days), tuple(hit))


async def close_offices_at_night(runtime: Runtime) -> None:
    """Let the offices in which it is night now keep the holidays of this year and the next, each year once."""
    year = runtime.now().year + 1
    async with runtime.read_session() as session:
        waiting = await offices_missing_holidays(session, year)
    for office, until in waiting:
        at = runtime.now().astimezone(office.timezone)
        if at.hour in NIGHT_HOURS:
            await _close_office(runtime, office, range(max(until + 1, at.year), at.year + 2))


async def _close_office(runtime: Runtime, office: Office, years: Collection[int]) -> None:
    try:
        await close_on_holidays(runtime, office.slug, years)
    except Invalid as invalid:  # said each night until somebody mends it; the other offices go on
        wrong = [f"{one.field}: {one.code}" for one in invalid.fields]
        logger.error("holidays_unknown", extra={"office": office.slug, "wrong": wrong})


async def run_holiday_closures(runtime: Runtime, stop: asyncio.Event) -> None:
    """Add missing holidays now and every ten minutes, until `stop` is set."""
    await run_every(
        CHECK_INTERVAL_S,
        stop,
        lambda: close_offices_at_night(runtime),
        logger=logger,
        failure_event="holidays_failed",
    )
