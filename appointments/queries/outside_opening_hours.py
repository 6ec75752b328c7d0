"""Appointments at times when their office is no longer open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, hours
from ..domain.appointment import ACTIVE_STATES, Appointment
from ..storage import appointment_rows


async def appointments_outside_hours(
    session: AsyncSession, office: Office, days: Iterable[date]
) -> list[Appointment]:
    """Return the active appointments of these days that are not within an opening, by time."""
    found = []
    for day in sorted(days):
        start, end = hours.day_bounds(office.hours, day)
        openings = hours.opening_intervals(office.hours, day)
        for appointment in await appointment_rows.appointments_starting_between(
            session, office.id, start, end, None, include_unconfirmed=True
        ):
            is_within = any(
                opens <= appointment.starts_at and appointment.ends_at <= closes for opens, closes in openings
            )
            if appointment.state in ACTIVE_STATES and not is_within:
                found.append(appointment)
    return found


async def appointments_on_closed_days(
    session: AsyncSession, office: Office, now: datetime
) -> dict[date, list[Appointment]]:
    """Return the upcoming appointments on days that are closed now, by local day."""
    today = hours.to_local_day(office.hours, now)
    found: dict[date, list[Appointment]] = {}
    closed_days = [day for day in office.hours.closures if day >= today]
    for appointment in await appointments_outside_hours(session, office, closed_days):
        if appointment.starts_at > now:
            found.setdefault(hours.to_local_day(office.hours, appointment.starts_at), []).append(appointment)
    return found
