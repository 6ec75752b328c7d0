"""Appointments by telephone with their calls, and the forecast of their starts. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, hours
from ..domain.appointment import Appointment, AppointmentState
from ..domain.phone_call import PhoneCall, can_report_no_show, count_attempts, open_call
from ..domain.start_forecast import RemoteVisit, forecast_starts
from ..storage import appointment_rows, phone_call_rows

CALL_LOOK_BACK = timedelta(hours=4)  # no call is longer
# Citizens with a later appointment are not told of a delay yet.
CALL_LOOK_AHEAD = timedelta(hours=3)
CALLABLE_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})


@dataclass(frozen=True, slots=True)
class PhoneAppointmentStatus:
    """An appointment by telephone with its calls, oldest first."""

    appointment: Appointment
    calls: tuple[PhoneCall, ...]

    @property
    def lasting_call(self) -> PhoneCall | None:
        return open_call(self.calls)

    @property
    def attempts(self) -> int:
        """How often the citizen did not answer; calls in quick succession count once."""
        return count_attempts(self.calls)

    @property
    def may_give_up(self) -> bool:
        """Whether staff may note that the citizen was not reached."""
        return self.appointment.state is AppointmentState.CONFIRMED and can_report_no_show(self.calls)


async def phone_appointment_status(session: AsyncSession, appointment: Appointment) -> PhoneAppointmentStatus:
    """Load the calls of an appointment."""
    calls = await phone_call_rows.load_calls(session, [appointment.id])
    return PhoneAppointmentStatus(appointment, tuple(calls[appointment.id]))


async def todays_phone_appointments(
    session: AsyncSession, office: Office, now: datetime
) -> list[PhoneAppointmentStatus]:
    """Return the appointments by telephone of the local day with their calls, by time."""
    start, end = hours.day_bounds(office.hours, hours.to_local_day(office.hours, now))
    day = await appointment_rows.appointments_of_day(session, office.id, start, end, "phone")
    calls = await phone_call_rows.load_calls(session, [appointment.id for appointment in day])
    return [PhoneAppointmentStatus(appointment, tuple(calls[appointment.id])) for appointment in day]


async def forecast_phone_starts(session: AsyncSession, office: Office, now: datetime) -> dict[str, datetime]:
    """Forecast the start of each visit by telephone that has not begun, by appointment id.

    Only for services in which a call has overrun by more than the tolerance and no place is free.
    """
    day = await appointment_rows.appointments_of_day(
        session, office.id, now - CALL_LOOK_BACK, now + CALL_LOOK_AHEAD, "phone"
    )
    visits_by_service: dict[str, list[RemoteVisit]] = {}
    for appointment in day:
        if appointment.state in CALLABLE_STATES:
            is_in_call = appointment.state is AppointmentState.CHECKED_IN
            visit = RemoteVisit(appointment.id, appointment.starts_at, appointment.ends_at, is_in_call=is_in_call)
            visits_by_service.setdefault(appointment.service_id, []).append(visit)
    places = {service.id: service.capacity.get("phone", 1) for service in office.services}
    starts: dict[str, datetime] = {}
    for service_id, visits in visits_by_service.items():
        starts |= forecast_starts(visits, places.get(service_id, 1), now)
    return starts
