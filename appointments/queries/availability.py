"""Slots that can be booked in opening hours that are neither taken nor closed. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Invalid, Refused, Unavailable
from ...core.i18n.dates import format_rfc3339
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..domain import slots
from ..domain.agenda_settings import DEFAULT_AGENDA_SETTINGS, HORIZON_DAYS, AgendaSettings
from ..domain.capacity import OfficeCapacity, ServiceCapacity, TakenSlot, VisitPart
from ..domain.closed_period import ClosedPeriod
from ..domain.slots import FreeSlot, Interval
from ..storage import closed_period_rows, taken_slot_rows
from .bookable_services import parse_agenda_settings
from .visit_services import visit_duration

FIRST_SEARCH_DAYS = 7  # the first search covers a week: most agendas have a free slot in it


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """A visit for which slots are searched: services in order, an office and a mode.

    `for_staff`: staff also have the internal places, and neither lead nor release dates bind them.
    `excluded_id`: an appointment or hold that counts as free. `notice`: how long before the start an
    interpreter must be asked.
    """

    office: Office
    services: Sequence[OfficeService]
    mode: ServiceMode
    for_staff: bool = False
    excluded_id: str | None = None
    notice: timedelta = timedelta()


async def available_slots(
    session: AsyncSession, search: SlotSearch, now: datetime, first_day: date, days: int
) -> list[FreeSlot]:
    """Return the slots that can be booked on these local days. Raises Unavailable."""
    openings = bookable_openings(search, now, first_day, days)
    if not openings:
        return []
    office, start, end = search.office, openings[0][0], openings[-1][1]
    taken = await taken_slot_rows.taken_slots(
        session,
        office.id,
        [search.mode],
        start,
        end,
        now,
        excluded_id=search.excluded_id,
        for_staff=search.for_staff,
    )
    closed = await closed_period_rows.closed_periods_in_interval(session, [office.id], start, end)
    return slots_within_openings(search, openings, now, taken[search.mode], closed)


def bookable_openings(search: SlotSearch, now: datetime, first_day: date, days: int) -> list[Interval]:
    """Return when the office opens on those of the days that can be booked now, in order.

    Raises Unavailable.
    """
    office = search.office
    settings = [parse_agenda_settings(office, service) for service in search.services]
    first_day = max(first_day, hours.to_local_day(office.hours, now))
    latest = _last_bookable_day(search, settings, now)
    if first_day > latest or any(search.mode not in service.modes for service in search.services):
        return []
    last_day = min(first_day + timedelta(days=days - 1), latest)
    return [
        opening
        for ahead in range((last_day - first_day).days + 1)
        for opening in hours.opening_intervals(office.hours, first_day + timedelta(days=ahead))
    ]


def openings_or_none(search: SlotSearch, now: datetime, first_day: date, days: int) -> list[Interval]:
    """Return the bookable openings.

    An agenda with invalid settings has none, so that it does not stop the search in others.
    """
    try:
        return bookable_openings(search, now, first_day, days)
    except Unavailable:
        return []


def _last_bookable_day(search: SlotSearch, settings: Sequence[AgendaSettings], now: datetime) -> date:
    if search.for_staff:
        return hours.to_local_day(search.office.hours, now) + timedelta(days=HORIZON_DAYS)
    return min(each.last_bookable_day(now, search.office.timezone) for each in settings)


def slots_within_openings(
    search: SlotSearch,
    openings: Sequence[Interval],
    now: datetime,
    taken: Iterable[TakenSlot],
    closed: Iterable[ClosedPeriod],
) -> list[FreeSlot]:
    """Return the free slots of these openings, without taken slots and closed periods."""
    settings = [parse_agenda_settings(search.office, service) for service in search.services]
    earliest = _earliest_start(search, now)
    parts = [VisitPart(service.id, timedelta(minutes=service.minutes)) for service in search.services]
    limits = office_capacity(search.office, search.mode).limits(parts, taken, for_staff=search.for_staff)
    step = settings[0].step or parts[0].length
    free = slots.free_slots(openings, visit_duration(search.services), step, limits, earliest)
    service_ids = [part.service_id for part in parts]
    applied = [
        (period.starts_at, period.ends_at)
        for period in closed
        if period.office_id == search.office.id and period.applies_to(service_ids, search.mode)
    ]
    return slots.slots_outside(free, applied)


def _earliest_start(search: SlotSearch, now: datetime) -> datetime:
    """Return the first instant at which a visit that is booked now can start."""
    settings = [parse_agenda_settings(search.office, service) for service in search.services]
    lead = timedelta() if search.for_staff else max(each.lead for each in settings)
    return now + max(search.notice, lead)


def is_too_late(search: SlotSearch, now: datetime, starts_at: datetime) -> bool:
    """Tell whether a start has passed or is too near to be booked. Raises Unavailable."""
    return starts_at < _earliest_start(search, now)


def office_capacity(office: Office, mode: ServiceMode) -> OfficeCapacity:
    """Return how many visits the office can attend at once in this mode."""
    services = {service.id: _service_capacity(office, service, mode) for service in office.services}
    if mode != "in_person" or not office.desks:
        return OfficeCapacity(services)
    serving = {
        line.id: frozenset(desk.id for desk in office.desks if line.id in desk.line_ids) for line in office.lines
    }
    return OfficeCapacity(services, {line_id: desks for line_id, desks in serving.items() if desks})


def _service_capacity(office: Office, service: OfficeService, mode: ServiceMode) -> ServiceCapacity:
    try:
        settings = AgendaSettings.from_settings(office.booking, service.booking)
    # No slot of this service is given, but its appointments keep their desks, by the defaults.
    except Invalid:
        settings = DEFAULT_AGENDA_SETTINGS
    public = service.capacity.get(mode, 0)
    return ServiceCapacity(
        service.line_id, public, settings.internal.get(mode, 0), settings.buffer_before, settings.buffer_after
    )


async def nearest_available_slots(
    session: AsyncSession, search: SlotSearch, now: datetime, wanted: datetime
) -> list[FreeSlot]:
    """Return the three free slots closest to `wanted`.

    Days within a week of it are searched first.
    """
    opening_schedule = search.office.hours
    week_before = hours.to_local_day(opening_schedule, wanted) - timedelta(days=FIRST_SEARCH_DAYS)
    free = await available_slots(session, search, now, week_before, 2 * FIRST_SEARCH_DAYS + 1)
    # The whole horizon can take 0.3 s to read (docs/decisions/0024), so it is read only if these weeks are full.
    if len(free) < slots.NEAREST_COUNT:
        today = hours.to_local_day(opening_schedule, now)
        free = await available_slots(session, search, now, today, HORIZON_DAYS + 1)
    return slots.nearest_slots(free, wanted)


async def available_slot_at(
    session: AsyncSession, search: SlotSearch, now: datetime, starts_at: datetime
) -> FreeSlot | None:
    """Return the slot that starts at this instant, if it can be booked now.

    Raises Unavailable.
    """
    day = hours.to_local_day(search.office.hours, starts_at)
    free = await available_slots(session, search, now, day, 1)
    return next((slot for slot in free if slot.starts_at == starts_at), None)


async def check_slot_available(tx: Transaction, search: SlotSearch, starts_at: datetime) -> None:
    """Refuse a start that cannot be booked now: Refused("slot_taken", nearest=[...]).

    The detail `too_late` is true for a start that has passed or is too near. Raises Unavailable.
    """
    if await available_slot_at(tx.session, search, tx.now, starts_at) is not None:
        return
    nearest = await nearest_available_slots(tx.session, search, tx.now, starts_at)
    zone = search.office.timezone
    late = {"too_late": True} if is_too_late(search, tx.now, starts_at) else {}
    raise Refused("slot_taken", nearest=[format_rfc3339(slot.starts_at, zone) for slot in nearest], **late)
