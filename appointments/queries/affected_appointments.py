"""Appointments that no longer fit after a change of an office."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...offices.service import Office, OfficeService, hours
from ..domain.appointment import ACTIVE_STATES, Appointment
from ..storage import appointment_rows

FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)


async def affected_appointments(
    session: AsyncSession, before: Office, after: Office, now: datetime
) -> list[Appointment]:
    """Return the upcoming appointments that fit before the change and not after it.

    Sorted by time.

    An appointment fits if it is within an opening and the office offers its service in its mode.
    """
    upcoming = await appointment_rows.appointments_starting_between(
        session, before.id, now, FAR_FUTURE, None, include_unconfirmed=True
    )
    return [
        appointment
        for appointment in upcoming
        if appointment.state in ACTIVE_STATES and _fits(before, appointment) and not _fits(after, appointment)
    ]


def _fits(office: Office, appointment: Appointment) -> bool:
    service = _service(office, appointment.service_slug)
    return service is not None and appointment.mode in service.modes and _is_within_opening(office, appointment)


def _service(office: Office, slug: str) -> OfficeService | None:
    try:
        return office.service(slug)
    except NotFound:
        return None


def _is_within_opening(office: Office, appointment: Appointment) -> bool:
    day = hours.to_local_day(office.hours, appointment.starts_at)
    return any(
        opens <= appointment.starts_at and appointment.ends_at <= closes
        for opens, closes in hours.opening_intervals(office.hours, day)
    )
