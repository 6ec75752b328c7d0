"""SQL of the reception's calendar: every appointment of an interval, in any state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.appointment import SLOT_FREEING_STATES, Appointment
from .appointment_rows import appointment_from_row
from .tables import AppointmentRow

# Moves of an appointment that its history shows; citizens have three, staff have no limit.
MAX_CHAIN = 50


@dataclass(frozen=True, slots=True)
class BookedAppointment:
    """An appointment with the account that booked it.

    `booked_by`: `citizen`, or `staff:` and the id. `override`: why staff booked a slot closed to the public.
    """

    appointment: Appointment
    booked_by: str
    override: str | None


async def booked_appointments_between(
    session: AsyncSession, office_id: str, start: datetime, end: datetime
) -> list[BookedAppointment]:
    """Return the appointments that start in [start, end), in any state, by time."""
    row = AppointmentRow
    statement = (
        select(row)
        .where(row.office_id == office_id, row.starts_at >= start, row.starts_at < end)
        .order_by(row.starts_at, row.id)
    )
    return [_booked_from_row(found) for found in (await session.execute(statement)).scalars()]


async def first_appointment_start(session: AsyncSession, office_id: str) -> datetime | None:
    """Return the start of the first appointment of an office, in any state."""
    row = AppointmentRow
    starts_at = func.min(row.starts_at, type_=row.starts_at.type)
    first: datetime | None = await session.scalar(select(starts_at).where(row.office_id == office_id))
    return first


async def find_booked_appointment(session: AsyncSession, appointment_id: str) -> BookedAppointment | None:
    """Find an appointment with the account that booked it."""
    row = await session.get(AppointmentRow, appointment_id)
    return None if row is None else _booked_from_row(row)


async def appointment_moves(session: AsyncSession, appointment: Appointment) -> list[BookedAppointment]:
    """Load an appointment with its predecessors and successors, oldest first.

    The calendar uid is the id of the first appointment, so that each is found by its primary key.
    """
    chain: list[BookedAppointment] = []
    next_id: str | None = appointment.calendar_uid or appointment.id
    while next_id is not None and len(chain) < MAX_CHAIN:
        found = await find_booked_appointment(session, next_id)
        if found is None:
            break
        chain.append(found)
        next_id = found.appointment.rescheduled_to
    return chain


async def slot_starts_between(
    session: AsyncSession, office_id: str, start: datetime, end: datetime
) -> list[datetime]:
    """Return the starts in [start, end) of the appointments that keep their slot."""
    row = AppointmentRow
    statement = select(row.starts_at).where(
        row.office_id == office_id,
        row.starts_at >= start,
        row.starts_at < end,
        row.state.not_in(SLOT_FREEING_STATES),
    )
    return list((await session.execute(statement)).scalars())


def _booked_from_row(row: AppointmentRow) -> BookedAppointment:
    return BookedAppointment(appointment_from_row(row), row.booked_by, row.override)
