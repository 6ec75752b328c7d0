"""A day of an office as the reception's calendar shows it. No writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import (
    Appointment,
    AppointmentState,
    BookedAppointment,
    LoadOfDay,
    ServicePlaces,
    appointment_services,
    booked_on_day,
    closed_periods_of_day,
    load_of_days,
    places_of_day,
)
from ...core.db.audit_entries import latest_audit_entry
from ...offices.service import Office, OfficeService, hours

S = AppointmentState
CANCELLED = frozenset({S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE})
# States behind each value of the filter; without a value, all that keep their slot.
STATE_FILTERS: Mapping[str, frozenset[AppointmentState]] = {
    "": frozenset({S.HELD, S.PRECONFIRMED, S.CONFIRMED, S.CHECKED_IN, S.SERVED, S.NO_SHOW}),
    "expected": frozenset({S.HELD, S.PRECONFIRMED, S.CONFIRMED}),
    "checked_in": frozenset({S.CHECKED_IN}),
    "served": frozenset({S.SERVED}),
    "no_show": frozenset({S.NO_SHOW}),
    "cancelled": CANCELLED,
    "all": frozenset(S) - {S.RESCHEDULED},
}
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayFilter:
    """The filter of the page; empty texts for all."""

    service: str = ""
    mode: str = ""
    state: str = ""

    def matches(self, appointment: Appointment, services: Sequence[OfficeService]) -> bool:
        """Whether the filter shows this appointment."""
        return (
            appointment.state in STATE_FILTERS[self.state]
            and self.mode in ("", appointment.mode)
            and (not self.service or self.service in [service.slug for service in services])
        )


@dataclass(frozen=True, slots=True)
class CalendarVisit:
    """An appointment of the day. `by_staff`: a member of staff booked it."""

    appointment: Appointment
    services: Sequence[OfficeService]
    by_staff: bool
    override: str | None


@dataclass(slots=True)
class CalendarTime:
    """A start: its appointments, and the places that are left.

    `services`: how many services have a place. `public` and `internal`: the places of all of them.
    """

    starts_at: datetime
    visits: list[CalendarVisit] = field(default_factory=list)
    services: int = 0
    public: int = 0
    internal: int = 0

    @property
    def is_free(self) -> bool:
        return self.public + self.internal > 0


@dataclass(frozen=True, slots=True)
class CalendarHour:
    """The starts within a local hour, by time."""

    starts_at: datetime
    times: Sequence[CalendarTime]

    @property
    def busy(self) -> list[CalendarTime]:
        """The starts with appointments."""
        return [time for time in self.times if time.visits]

    @property
    def free(self) -> list[CalendarTime]:
        """The starts with places."""
        return [time for time in self.times if time.is_free]


@dataclass(frozen=True, slots=True)
class ClosedTime:
    """A closed period of the day, with the reason that staff gave. `service`: None for all."""

    starts_at: datetime
    ends_at: datetime
    whole_day: bool
    service: OfficeService | None
    mode: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReceptionDay:
    """A day of the calendar.

    `closure`: why the office does not open, None if it has its usual hours.
    """

    day: date
    openings: Sequence[tuple[datetime, datetime]]
    closure: str | None
    hours: Sequence[CalendarHour]
    closed: Sequence[ClosedTime]
    counts: Mapping[str, int]
    shown: int

    @property
    def is_open(self) -> bool:
        return bool(self.openings)


async def load_reception_day(
    session: AsyncSession, office: Office, day: date, now: datetime, shown: DayFilter
) -> ReceptionDay:
    """Load the appointments, free places and closed periods of a local day."""
    booked = await booked_on_day(session, office, day)
    visits = [
        CalendarVisit(
            booking.appointment,
            appointment_services(office, booking.appointment),
            booking.booked_by.startswith("staff:"),
            booking.override,
        )
        for booking in booked
    ]
    services = [service for service in office.services if shown.service in ("", service.slug)]
    places = await places_of_day(session, office, day, now, services, shown.mode or None)
    shown_visits = [visit for visit in visits if shown.matches(visit.appointment, visit.services)]
    return ReceptionDay(
        day,
        hours.opening_intervals(office.hours, day),
        office.hours.closures.get(day),
        _group_by_hour(office, _build_times(shown_visits, places)),
        await _closed_times(session, office, day),
        _count_states(booked),
        len(shown_visits),
    )


async def load_calendar_days(
    session: AsyncSession, office: Office, month: date, now: datetime
) -> list[list[LoadOfDay]]:
    """Load the weeks of a month from Monday on, with the days around it."""
    first = month.replace(day=1)
    monday = first - timedelta(days=first.weekday())
    last = (first + timedelta(days=31)).replace(day=1) - DAY
    weeks = (last - monday).days // 7 + 1
    days = await load_of_days(session, office, monday, 7 * weeks, now)
    return [days[start : start + 7] for start in range(0, len(days), 7)]


def _build_times(visits: Iterable[CalendarVisit], places: Iterable[ServicePlaces]) -> list[CalendarTime]:
    times: dict[datetime, CalendarTime] = {}
    for visit in visits:
        start = visit.appointment.starts_at
        times.setdefault(start, CalendarTime(start)).visits.append(visit)
    services: defaultdict[datetime, set[str]] = defaultdict(set)
    for place in places:
        time = times.setdefault(place.starts_at, CalendarTime(place.starts_at))
        services[place.starts_at].add(place.service.id)
        time.public += place.public
        time.internal += place.internal
        time.services = len(services[place.starts_at])
    return [times[start] for start in sorted(times)]


def _group_by_hour(office: Office, times: Sequence[CalendarTime]) -> list[CalendarHour]:
    """Group by the local hour; a repeated hour at the end of summer time makes two groups."""
    groups: dict[datetime, list[CalendarTime]] = {}
    for time in times:
        local = time.starts_at.astimezone(office.timezone)
        start = time.starts_at - timedelta(minutes=local.minute, seconds=local.second)
        groups.setdefault(start, []).append(time)
    return [CalendarHour(start, members) for start, members in groups.items()]


def _count_states(booked: Iterable[BookedAppointment]) -> dict[str, int]:
    states = [booking.appointment.state for booking in booked]
    return {name: sum(state in members for state in states) for name, members in STATE_FILTERS.items()}


async def _closed_times(session: AsyncSession, office: Office, day: date) -> list[ClosedTime]:
    services = {service.id: service for service in office.services}
    bounds = hours.day_bounds(office.hours, day)
    found = []
    for period in await closed_periods_of_day(session, office, day):
        entry = await latest_audit_entry(session, "period", period.id)
        whole_day = period.starts_at <= bounds[0] and bounds[1] <= period.ends_at
        reason = (entry.after or {}).get("reason") if entry is not None else None
        service = services.get(period.service_id or "")
        found.append(ClosedTime(period.starts_at, period.ends_at, whole_day, service, period.mode, reason))
    return found
