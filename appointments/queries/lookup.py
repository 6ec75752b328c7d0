"""Look-ups of appointments: by token, by locator and contact, and by time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.rate_limits import delete_guess, record_guess
from ...core.errors import NotFound
from ...core.ids import normalize_locator
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...offices.service import Office, hours
from ..domain.appointment import ACTIVE_STATES, Appointment, AppointmentState
from ..domain.contact_identifiers import parse_contact_identifiers
from ..storage import appointment_rows


async def appointment_by_token(session: AsyncSession, token: str) -> Appointment:
    """Load the appointment behind a token. Raises NotFound."""
    return _require_found(await appointment_rows.find_appointment_by_token_hash(session, hash_token(token)))


async def appointment_by_id(session: AsyncSession, appointment_id: str) -> Appointment:
    """Load an appointment. Raises NotFound."""
    return _require_found(await appointment_rows.find_appointment(session, appointment_id))


async def current_appointment(session: AsyncSession, appointment: Appointment) -> Appointment:
    """Return the last successor of an appointment, or the appointment itself."""
    while appointment.rescheduled_to is not None:
        appointment = await appointment_by_id(session, appointment.rescheduled_to)
    return appointment


async def appointment_by_locator(session: AsyncSession, locator: str, contact: str) -> Appointment:
    """Load an appointment by locator and e-mail, telephone or document.

    Raises NotFound, which does not tell a guesser what was wrong. A rescheduled appointment leads to its
    successor. The caller must limit guesses by the public, as `look_up_appointment` does.
    """
    contacts = parse_contact_identifiers(contact)
    if not contacts:
        raise NotFound("not_found")
    found = await appointment_rows.find_appointment_by_locator(session, normalize_locator(locator), contacts)
    return await current_appointment(session, _require_found(found))


async def look_up_appointment(runtime: Runtime, locator: str, contact: str, address: str) -> Appointment:
    """Load an appointment by locator and contact for the public.

    Raises NotFound, and RateLimited after five wrong guesses of an address in 15 minutes.
    """
    # Recorded before the look-up, so that concurrent guesses count.
    # Only this guess is deleted: otherwise a guesser with an appointment of their own could reset the count.
    guess_id = await record_guess(runtime, f"locator:{address}")
    async with runtime.read_session() as session:
        found = await appointment_by_locator(session, locator, contact)
    await delete_guess(runtime, guess_id)
    return found


async def appointments_outside_hours(
    session: AsyncSession, office: Office, days: Iterable[date]
) -> list[Appointment]:
    """Return the active appointments of these days that are not within an opening, by time."""
    found = []
    for day in sorted(days):
        start, end = hours.day_bounds(office.hours, day)
        openings = hours.opening_intervals(office.hours, day)
        for appointment in await appointment_rows.appointments_of_day(
            session, office.id, start, end, include_unconfirmed=True
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


async def count_attendance(
    session: AsyncSession, office_id: str, start: datetime, end: datetime
) -> tuple[int, int]:
    """Count in-person appointments that started in [start, end): attended, and expected."""
    counts = await appointment_rows.count_appointments_by_state(session, office_id, start, end, "in_person")
    attended = sum(counts.get(state, 0) for state in (AppointmentState.CHECKED_IN, AppointmentState.SERVED))
    not_attended = sum(counts.get(state, 0) for state in (AppointmentState.CONFIRMED, AppointmentState.NO_SHOW))
    return attended, attended + not_attended


def appointment_token(runtime: Runtime, appointment: Appointment) -> str:
    """Derive the token of an appointment's link."""
    return runtime.tokens.derive("appointment", appointment.id, appointment.token_hash)


def _require_found(appointment: Appointment | None) -> Appointment:
    if appointment is None:
        raise NotFound("not_found")
    return appointment
