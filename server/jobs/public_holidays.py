"""Closures of offices on public holidays: by command, and each night for the next year.

The nightly job adds each year once, so that a holiday which staff removed stays removed. Appointments on a new
closure are not cancelled: the log and the page on which a host cancels list them.
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

CHECK_INTERVAL_S = 600  # offices in several time zones have their night at different times
NIGHT_HOURS = range(2, 5)  # local hours of an office, in which citizens hardly book


@dataclass(frozen=True, slots=True)
class HolidayClosures:
    """The added days, and the appointments on them."""

    office: Office
    days: tuple[date, ...]
    affected_appointments: tuple[Appointment, ...]


async def close_on_holidays(runtime: Runtime, slug: str, years: Collection[int]) -> HolidayClosures:
    """Close an office on the public holidays of these years.

    Raises NotFound, Invalid for an unknown place, Refused("no_country").
    """
    async with runtime.transaction() as tx:
        days = await add_public_holidays(tx.session, slug, years)
        office = await office_by_slug(tx.session, slug)
        affected = await appointments_outside_hours(tx.session, office, days)
    if days:
        logger.info("holidays_added", extra={"office": slug, "days": len(days)})
    for appointment in affected:
        where = {"office": slug, "appointment": appointment.id, "starts_at": appointment.starts_at.isoformat()}
        logger.warning("appointment_on_a_closed_day", extra=where)
    return HolidayClosures(office, tuple(days), tuple(affected))


async def close_offices_at_night(runtime: Runtime) -> None:
    """Add the holidays of this year and the next to offices where it is night now."""
    year = runtime.now().year + 1
    async with runtime.read_session() as session:
        missing = await offices_missing_holidays(session, year)
    for office, until in missing:
        at = runtime.now().astimezone(office.timezone)
        if at.hour in NIGHT_HOURS:
            await _close_office(runtime, office, range(max(until + 1, at.year), at.year + 2))


async def _close_office(runtime: Runtime, office: Office, years: Collection[int]) -> None:
    try:
        await close_on_holidays(runtime, office.slug, years)
    except Invalid as invalid:
        # logged each night until the operator corrects it; other offices continue
        wrong = [f"{error.field}: {error.code}" for error in invalid.fields]
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
