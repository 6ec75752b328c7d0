"""Places of whole days of an office, for the reception's calendar. Read-only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.capacity import TakenSlot
from ..domain.closed_period import ClosedPeriod
from ..domain.slots import FreeSlot
from ..storage import calendar_rows, closed_period_rows, taken_slot_rows
from ..storage.calendar_rows import BookedAppointment
from .availability import SlotSearch, openings_or_none, slots_within_openings

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ServicePlaces:
    """The free places of a service and mode at a start.

    `public`: places that citizens can book. `internal`: further places that only staff can book.
    """

    service: OfficeService
    mode: ServiceMode
    starts_at: datetime
    public: int
    internal: int


class DayLoad(StrEnum):
    """Whether the public can book on a day."""

    PAST = "past"
    CLOSED = "closed"
    FULL = "full"
    STAFF_ONLY = "staff_only"
    FREE = "free"
    NOT_YET = "not_yet"  # too far ahead for a booking


@dataclass(frozen=True, slots=True)
class LoadOfDay:
    """A day of the month picker. `booked`: appointments that keep their slot."""

    day: date
    load: DayLoad
    booked: int


@dataclass(frozen=True, slots=True)
class _Agendas:
    """The taken slots and closed periods of some days of an office."""

    office: Office
    now: datetime
    taken_by_public: Mapping[ServiceMode, Sequence[TakenSlot]]
    taken_by_staff: Mapping[ServiceMode, Sequence[TakenSlot]]
    closed: Sequence[ClosedPeriod]

    def free_slots(
        self, services: Sequence[OfficeService], mode: ServiceMode, first_day: date, days: int, *, for_staff: bool
    ) -> list[FreeSlot]:
        """Return the free slots of these days; empty if an agenda setting is invalid."""
        search = SlotSearch(self.office, services, mode, for_staff=for_staff)
        openings = openings_or_none(search, self.now, first_day, days)
        if not openings:
            return []
        taken = (self.taken_by_staff if for_staff else self.taken_by_public).get(mode, ())
        return slots_within_openings(search, openings, self.now, taken, self.closed)


async def places_of_day(
    session: AsyncSession,
    office: Office,
    day: date,
    now: datetime,
    services: Iterable[OfficeService] | None = None,
    mode: str | None = None,
) -> list[ServicePlaces]:
    """Return the free places of a local day by start.

    `services`: some of the office's, None for all. `mode`: None for all.
    """
    agendas = await _load_agendas(session, office, day, 1, now)
    found = []
    for service in office.services if services is None else services:
        for service_mode in service.modes:
            if mode in (None, service_mode):
                found += _places_of_service(agendas, service, service_mode, day)
    return sorted(found, key=lambda places: places.starts_at)


def _places_of_service(
    agendas: _Agendas, service: OfficeService, mode: ServiceMode, day: date
) -> list[ServicePlaces]:
    public = {slot.starts_at: slot.left for slot in agendas.free_slots([service], mode, day, 1, for_staff=False)}
    internal = agendas.free_slots([service], mode, day, 1, for_staff=True)
    staff = {slot.starts_at: slot.left for slot in internal}
    return [
        ServicePlaces(
            service, mode, start, public.get(start, 0), max(0, staff.get(start, 0) - public.get(start, 0))
        )
        for start in sorted(public.keys() | staff.keys())
    ]


async def load_of_days(
    session: AsyncSession, office: Office, first_day: date, days: int, now: datetime
) -> list[LoadOfDay]:
    """Tell for each of these local days whether the public can book, and how many booked.

    Only days that can be booked are read in detail, and the places of staff only for days without public
    places.
    """
    start, _ = hours.day_bounds(office.hours, first_day)
    _, end = hours.day_bounds(office.hours, first_day + timedelta(days=days - 1))
    starts = await calendar_rows.slot_starts_between(session, office.id, start, end)
    booked = Counter(hours.to_local_day(office.hours, moment) for moment in starts)
    shown = [first_day + timedelta(days=ahead) for ahead in range(days)]
    loads = {day: _load_without_places(office, day, now) for day in shown}
    for for_staff, load in ((False, DayLoad.FREE), (True, DayLoad.STAFF_ONLY)):
        full = [day for day in shown if loads[day] is DayLoad.FULL]
        loads |= dict.fromkeys(await _free_days(session, office, full, now, for_staff=for_staff), load)
    return [LoadOfDay(day, loads[day], booked[day]) for day in shown]


def _load_without_places(office: Office, day: date, now: datetime) -> DayLoad:
    """Tell why a day cannot be booked whatever its places; FULL if they decide."""
    today = hours.to_local_day(office.hours, now)
    if not hours.opening_intervals(office.hours, day):
        return DayLoad.CLOSED
    if day < today:
        return DayLoad.PAST
    return DayLoad.NOT_YET if day > today + timedelta(days=HORIZON_DAYS) else DayLoad.FULL


async def _free_days(
    session: AsyncSession, office: Office, days: Sequence[date], now: datetime, *, for_staff: bool
) -> list[date]:
    """Return the days, in order, that have a free slot of any service."""
    if not days:
        return []
    length = (days[-1] - days[0]).days + 1
    agendas = await _load_agendas(session, office, days[0], length, now, sides=[for_staff])
    by_day = _split_by_day(office, agendas.taken_by_staff if for_staff else agendas.taken_by_public)
    found = []
    for day in days:
        taken = by_day[day]
        own = _Agendas(office, now, taken, taken, agendas.closed)
        if any(
            own.free_slots([service], mode, day, 1, for_staff=for_staff)
            for service in office.services
            for mode in service.modes
        ):
            found.append(day)
    return found


def _split_by_day(
    office: Office, by_mode: Mapping[ServiceMode, Sequence[TakenSlot]]
) -> defaultdict[date, defaultdict[ServiceMode, list[TakenSlot]]]:
    """Give each day only the taken slots around it, which is faster than a month's slots."""
    found: defaultdict[date, defaultdict[ServiceMode, list[TakenSlot]]] = defaultdict(lambda: defaultdict(list))
    for mode, taken in by_mode.items():
        for slot in taken:
            day = hours.to_local_day(office.hours, slot.starts_at)
            # A visit near midnight, or its buffer, can reach into the day before or after.
            for near in (day - DAY, day, day + DAY):
                found[near][mode].append(slot)
    return found


async def closed_periods_of_day(session: AsyncSession, office: Office, day: date) -> list[ClosedPeriod]:
    """Return the closed periods that overlap a local day, by time."""
    start, end = hours.day_bounds(office.hours, day)
    found = await closed_period_rows.closed_periods_in_interval(session, [office.id], start, end)
    return sorted(found, key=lambda period: (period.starts_at, period.id))


async def booked_on_day(session: AsyncSession, office: Office, day: date) -> list[BookedAppointment]:
    """Return the appointments of a local day in any state, by time."""
    start, end = hours.day_bounds(office.hours, day)
    return await calendar_rows.booked_appointments_between(session, office.id, start, end)


async def booked_appointment(session: AsyncSession, appointment_id: str) -> BookedAppointment:
    """Load an appointment with the account that booked it. Raises NotFound."""
    found = await calendar_rows.find_booked_appointment(session, appointment_id)
    if found is None:
        raise NotFound("not_found")
    return found


async def _load_agendas(
    session: AsyncSession,
    office: Office,
    first_day: date,
    days: int,
    now: datetime,
    sides: Sequence[bool] = (False, True),
) -> _Agendas:
    """Load the taken slots as the public has them (False in `sides`), and as staff do (True)."""
    start, _ = hours.day_bounds(office.hours, first_day)
    _, end = hours.day_bounds(office.hours, first_day + timedelta(days=days - 1))
    modes = sorted({mode for service in office.services for mode in service.modes})
    taken = {
        side: await taken_slot_rows.taken_slots(session, office.id, modes, start, end, now, for_staff=side)
        for side in sides
    }
    closed = await closed_period_rows.closed_periods_in_interval(session, [office.id], start, end)
    return _Agendas(office, now, taken.get(False, {}), taken.get(True, {}), closed)
