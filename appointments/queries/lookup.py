"""Finding one's own appointment, and those of a day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.rate_limits import delete_guess, record_guess
from ...core.errors import NotFound
from ...core.ids import normalize_locator
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ..domain.appointment import Appointment, AppointmentState
from ..domain.contact_identifiers import parse_contact_identifiers
from ..storage import appointment_rows, reminder_rows


async def appointment_by_token(session: AsyncSession, token: str) -> Appointment:
    """Raises NotFound."""
    return _require_found(await appointment_rows.find_appointment_by_token_hash(session, hash_token(token)))


async def appointment_by_id(session: AsyncSession, appointment_id: str) -> Appointment:
    """Raises NotFound."""
    return _require_found(await appointment_rows.find_appointment(session, appointment_id))


async def appointment_by_locator(session: AsyncSession, locator: str, contact: str) -> Appointment:
    """By locator and e-mail, phone or document. One NotFound for all that can be wrong: guesses learn nothing.

    A moved appointment leads to the one it became. Whoever lets the public call this counts guesses; `find` does.
    """
    contacts = parse_contact_identifiers(contact)
    found = (
        await appointment_rows.find_appointment_by_locator(session, normalize_locator(locator), contacts)
        if contacts
        else None
    )
    while found is not None and found.rescheduled_to is not None:
        found = await appointment_rows.find_appointment(session, found.rescheduled_to)
    return _require_found(found)


async def look_up_appointment(runtime: Runtime, locator: str, contact: str, address: str) -> Appointment:
    """`appointment_by_locator` for the public: after five wrong guesses in 15 minutes, RateLimited."""
    # Only this guess is taken back: with an appointment of one's own one could else go on guessing for ever.
    guess_id = await record_guess(runtime, f"locator:{address}")
    async with runtime.read_session() as session:
        found = await appointment_by_locator(session, locator, contact)
    await delete_guess(runtime, guess_id)
    return found


async def appointments_of_day(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, mode: str | None = None
) -> list[Appointment]:
    """Those that start in [start, end) and were not cancelled or moved, by time."""
    return await appointment_rows.appointments_starting_between(session, office_id, start, end, mode)


async def expected_appointments(
    session: AsyncSession, office_id: str, mode: str, since: datetime, until: datetime
) -> list[Appointment]:
    """Those that nobody has come for, whose people are expected in [since, until): at their time, or when they
    were told to come because we run late."""
    return await reminder_rows.appointments_expected_between(session, office_id, mode, since, until)


async def count_attendance(
    session: AsyncSession, office_id: str, start: datetime, end: datetime
) -> tuple[int, int]:
    """Of the appointments in person that started in [start, end): how many came, and how many were expected."""
    found = await appointment_rows.count_appointments_by_state(session, office_id, start, end, "in_person")
    came = sum(found.get(state, 0) for state in (AppointmentState.CHECKED_IN, AppointmentState.SERVED))
    stayed_away = sum(found.get(state, 0) for state in (AppointmentState.CONFIRMED, AppointmentState.NO_SHOW))
    return came, came + stayed_away


def appointment_token(runtime: Runtime, appointment: Appointment) -> str:
    """The token of its link, derived again."""
    return runtime.tokens.derive("appointment", appointment.id, appointment.token_hash)


def _require_found(appointment: Appointment | None) -> Appointment:
    if appointment is None:
        raise NotFound("not_found")
    return appointment
