"""Appointments for which nobody would be there: their office does not open at their time any more."""

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
    """Those of these local days that are still to come true and do not lie within an opening, by time."""
    found = []
    for day in sorted(days):
        start, end = hours.day_bounds(office.hours, day)
        openings = hours.opening_intervals(office.hours, day)
        for one in await appointment_rows.appointments_starting_between(
            session, office.id, start, end, None, include_unconfirmed=True
        ):
            is_within = any(opens <= one.starts_at and one.ends_at <= closes for opens, closes in openings)
            if one.state in ACTIVE_STATES and not is_within:
                found.append(one)
    return found


async def appointments_on_closed_days(
    session: AsyncSession, office: Office, now: datetime
) -> dict[date, list[Appointment]]:
    """Those that are still to come on days that have become closures, by local day."""
    today = hours.to_local_day(office.hours, now)
    found: dict[date, list[Appointment]] = {}
    for one in await appointments_outside_hours(
        session, office, (day for day in office.hours.closures if day >= today)
    ):
        if one.starts_at > now:
            found.setdefault(hours.to_local_day(office.hours, one.starts_at), []).append(one)
    return found
