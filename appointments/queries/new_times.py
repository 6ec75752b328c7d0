"""New times for appointments that the office has to move. Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import local_instant
from ...offices.service import Office, ServiceMode, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Appointment, AppointmentState
from ..domain.capacity import TakenSlot, VisitPart
from ..domain.closed_period import ClosedPeriod
from ..domain.slots import FreeSlot, nearest_slots
from ..storage import closed_period_rows, taken_slot_rows
from .availability import SlotSearch, openings_or_none, slots_within_openings
from .bookable_services import interpreter_notice
from .visit_services import remaining_services

# A citizen who reads the message the next day still comes in time.
MOVE_NOTICE = timedelta(hours=24)
DAY = timedelta(days=1)


async def propose_new_times(
    session: AsyncSession, office: Office, appointments: Iterable[Appointment], now: datetime
) -> dict[str, datetime]:
    """Find a free time for each appointment, by id.

    Appointments without a free time are left out. A new time is on the same local day if possible, otherwise on
    the next day with a free time, as near as possible to the old clock time. Appointments for the same services
    keep their order. `office` is the office as it will be. The internal places of staff are used too.
    """
    movable = sorted(
        (appointment for appointment in appointments if appointment.state is AppointmentState.CONFIRMED),
        key=lambda appointment: (appointment.starts_at, appointment.id),
    )
    if not movable:
        return {}
    agenda = await _Agenda.load(session, office, {appointment.mode for appointment in movable}, now)
    groups: defaultdict[tuple[tuple[str, ...], ServiceMode, timedelta], list[Appointment]] = defaultdict(list)
    found: dict[str, datetime] = {}
    for appointment in movable:
        slot = agenda.take_slot(appointment)
        if slot is not None:
            found[appointment.id] = slot.starts_at
            notice = interpreter_notice(office, appointment)
            groups[appointment.service_ids, appointment.mode, notice].append(appointment)
    # Appointments of a group are sorted by time, and their slots are interchangeable.
    for group in groups.values():
        times = sorted(found[appointment.id] for appointment in group)
        found |= {appointment.id: time for appointment, time in zip(group, times, strict=True)}
    return found


class _Agenda:
    """The taken slots of an office from now to the horizon, with the proposed slots added."""

    def __init__(
        self,
        office: Office,
        now: datetime,
        taken: Mapping[ServiceMode, Iterable[TakenSlot]],
        closed: Sequence[ClosedPeriod],
    ) -> None:
        self._office, self._now, self._closed = office, now, closed
        self._taken: defaultdict[tuple[ServiceMode, date], list[TakenSlot]] = defaultdict(list)
        for mode, slots in taken.items():
            for slot in slots:
                self._taken[mode, self._local_day(slot.starts_at)].append(slot)

    @classmethod
    async def load(
        cls, session: AsyncSession, office: Office, modes: Iterable[ServiceMode], now: datetime
    ) -> _Agenda:
        # The last local date can end later than the same number of days of 24 hours.
        until = now + timedelta(days=HORIZON_DAYS + 2)
        taken = await taken_slot_rows.taken_slots(session, office.id, list(modes), now, until, now, for_staff=True)
        closed = await closed_period_rows.closed_periods_in_interval(session, [office.id], now, until)
        return cls(office, now, taken, closed)

    def take_slot(self, appointment: Appointment) -> FreeSlot | None:
        """Find a slot for an appointment, and count it as taken. None without a free slot."""
        services = remaining_services(self._office, appointment)
        notice = max(MOVE_NOTICE, interpreter_notice(self._office, appointment))
        search = SlotSearch(self._office, services, appointment.mode, for_staff=True, notice=notice)
        clock_time = appointment.starts_at.astimezone(self._office.timezone).time()
        for day in self._days(self._local_day(appointment.starts_at)):
            free = self._free_slots(search, appointment, day)
            if free:
                # The clock time, not a multiple of 24 hours: they differ after a clock change.
                wanted = local_instant(day, clock_time, self._office.timezone)
                (slot,) = nearest_slots(free, wanted, 1)
                parts = tuple(VisitPart(service.id, timedelta(minutes=service.minutes)) for service in services)
                self._taken[appointment.mode, day].append(TakenSlot(slot.starts_at, parts, by_staff=True))
                return slot
        return None

    def _days(self, first: date) -> Iterator[date]:
        today = self._local_day(self._now)
        day = max(first, today)
        while day <= today + timedelta(days=HORIZON_DAYS):
            yield day
            day += DAY

    def _free_slots(self, search: SlotSearch, appointment: Appointment, day: date) -> list[FreeSlot]:
        openings = openings_or_none(search, self._now, day, 1)
        if not openings:
            return []
        around = [slot for near in (day - DAY, day, day + DAY) for slot in self._taken[search.mode, near]]
        return slots_within_openings(search, openings, self._now, _without(around, appointment), self._closed)

    def _local_day(self, moment: datetime) -> date:
        return hours.to_local_day(self._office.hours, moment)


def _without(taken: Sequence[TakenSlot], appointment: Appointment) -> list[TakenSlot]:
    """Return the taken slots without the slot of this appointment."""
    more = tuple(
        VisitPart(more_service.id, timedelta(minutes=more_service.minutes))
        for more_service in appointment.more_services
    )
    own = appointment.ends_at - appointment.starts_at - sum((part.length for part in more), timedelta())
    parts = (VisitPart(appointment.service_id, own), *more)
    # Taken slots carry no id: any equal slot stands for the slot of the appointment.
    left = list(taken)
    for index, slot in enumerate(left):
        if (slot.starts_at, slot.parts) == (appointment.starts_at, parts):
            return left[:index] + left[index + 1 :]
    return left
