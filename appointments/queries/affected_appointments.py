"""Upcoming appointments that do not fit the hours, services or modes of an office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...offices.service import Office, hours
from ..domain.appointment import Appointment
from ..domain.slots import Interval
from ..storage import appointment_rows
from ..storage.appointment_rows import UpcomingVisit

FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)


class OfficeFit:
    """Tells whether visits fit an office.

    A visit fits within an opening, for a service that the office offers in its mode.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._openings: dict[date, list[Interval]] = {}

    def is_met(self, visit: Appointment | UpcomingVisit) -> bool:
        """Return whether the visit fits."""
        return self._is_offered(visit.service_slug, visit.mode) and self._is_open(visit.starts_at, visit.ends_at)

    def _is_offered(self, slug: str, mode: str) -> bool:
        try:
            return mode in self._office.service(slug).modes
        except NotFound:
            return False

    def _is_open(self, starts_at: datetime, ends_at: datetime) -> bool:
        day = hours.to_local_day(self._office.hours, starts_at)
        if day not in self._openings:
            self._openings[day] = hours.opening_intervals(self._office.hours, day)
        return any(opens <= starts_at and ends_at <= closes for opens, closes in self._openings[day])


async def affected_appointments(
    session: AsyncSession, before: Office, after: Office, now: datetime
) -> list[Appointment]:
    """Return the upcoming appointments that fit before the change and not after it.

    Sorted by time.
    """
    was, will = OfficeFit(before), OfficeFit(after)
    visits = await appointment_rows.upcoming_visits(session, before.id, now, FAR_FUTURE)
    ids = [visit.id for visit in visits if was.is_met(visit) and not will.is_met(visit)]
    return await appointment_rows.appointments_by_ids(session, ids)


@dataclass(frozen=True, slots=True)
class PersonToTell:
    """A citizen whom staff must tell that the office cancelled or moved the appointment.

    `moved_to` is None if it is cancelled.
    """

    appointment: Appointment
    moved_to: Appointment | None = None


async def people_to_tell(session: AsyncSession, office: Office, now: datetime) -> list[PersonToTell]:
    """Return the citizens whom no message told of a change by the office.

    Sorted by the time that they know.
    """
    cancelled = await appointment_rows.cancelled_without_notice(session, office.id, now)
    moved = await appointment_rows.moved_without_notice(session, office.id, now)
    people = [*map(PersonToTell, cancelled), *(PersonToTell(old, new) for old, new in moved)]
    return sorted(people, key=lambda person: (person.appointment.starts_at, person.appointment.id))


async def unfit_appointments(
    session: AsyncSession, office: Office, now: datetime
) -> dict[Appointment, str | None]:
    """Return the upcoming appointments that do not fit the office, by time.

    Each with the reason why staff booked it at a time closed to the public; None for the others.
    """
    ids = await unfit_appointment_ids(session, office, now)
    appointments = await appointment_rows.appointments_by_ids(session, ids)
    return {appointment: ids[appointment.id] for appointment in appointments}


async def unfit_appointment_ids(session: AsyncSession, office: Office, now: datetime) -> dict[str, str | None]:
    """Return the ids and reasons of `unfit_appointments`, without loading them."""
    fit = OfficeFit(office)
    visits = await appointment_rows.upcoming_visits(session, office.id, now, FAR_FUTURE)
    return {visit.id: visit.override for visit in visits if not fit.is_met(visit)}
