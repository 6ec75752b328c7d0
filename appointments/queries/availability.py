"""Which times can be booked: asked of the office's hours, the service's places and what has been given already."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ...core.i18n.dates import format_rfc3339
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeService, hours, office_by_slug
from ..domain import slots
from ..domain.agenda_settings import DEFAULT_AGENDA_SETTINGS, HORIZON_DAYS, AgendaSettings
from ..domain.appointment import AdditionalService, Appointment, Mode, needs_interpreter
from ..domain.capacity import OfficeCapacity, ServiceCapacity, TakenSlot, VisitPart
from ..domain.slots import FreeSlot, Interval
from ..storage import agenda_rows
from .visit_services import appointment_services

logger = logging.getLogger(__name__)

FIRST_SEARCH_DAYS = 7  # where free times are looked for first: most agendas have one within a week


async def available_slots(
    session: AsyncSession,
    office: Office,
    service: OfficeService,
    mode: Mode,
    now: datetime,
    first_day: date,
    days: int,
    *,
    more: Sequence[OfficeService] = (),
    excluded_id: str | None = None,
    for_staff: bool = False,
    notice: timedelta = timedelta(),
) -> list[FreeSlot]:
    """The slots that can be booked on these local days for a visit of this service and `more` after it.

    As if the appointment or hold `without` were not there. `inside`: what staff can book, who also have the
    internal places, need not book ahead and need not wait until dates are released. What the office took back is
    nobody's. `notice`: how long before somebody else must be asked. Raises Unavailable.
    """
    services = (service, *more)
    openings = bookable_openings(office, services, mode, now, first_day, days, for_staff=for_staff)
    if not openings:
        return []
    start, end = openings[0][0], openings[-1][1]
    taken = await agenda_rows.taken_slots(
        session, office.id, mode, start, end, now, excluded_id=excluded_id, for_staff=for_staff
    )
    closed = await agenda_rows.closed_intervals(session, office.id, [one.id for one in services], mode, start, end)
    return slots_within_openings(
        openings, office, services, mode, now, taken, closed, for_staff=for_staff, notice=notice
    )


def bookable_openings(
    office: Office,
    services: Sequence[OfficeService],
    mode: Mode,
    now: datetime,
    first_day: date,
    days: int,
    *,
    for_staff: bool = False,
) -> list[Interval]:
    """When the office opens on these of the days that can be booked by now, in order. As `free_times`."""
    rules = [parse_agenda_settings(office, one) for one in services]
    first_day, latest = (
        max(first_day, hours.to_local_day(office.hours, now)),
        _last_bookable_day(office, rules, now, for_staff),
    )
    if first_day > latest or any(mode not in one.modes for one in services):
        return []
    last_day = min(first_day + timedelta(days=days - 1), latest)
    return [
        opening
        for ahead in range((last_day - first_day).days + 1)
        for opening in hours.opening_intervals(office.hours, first_day + timedelta(days=ahead))
    ]


def slots_within_openings(
    openings: Sequence[Interval],
    office: Office,
    services: Sequence[OfficeService],
    mode: Mode,
    now: datetime,
    taken: Iterable[TakenSlot],
    closed: Sequence[Interval],
    *,
    for_staff: bool = False,
    notice: timedelta = timedelta(),
) -> list[FreeSlot]:
    """The slots within these openings, where so much is taken or closed. As `free_times`."""
    rules = [parse_agenda_settings(office, one) for one in services]
    parts = [VisitPart(one.id, timedelta(minutes=one.minutes)) for one in services]
    limits = office_capacity(office, mode).limits(parts, taken, for_staff=for_staff)
    lead = max(notice, timedelta() if for_staff else max(one.lead for one in rules))
    step = rules[0].step or parts[0].length
    return slots.slots_outside(
        slots.free_slots(openings, visit_duration(services), step, limits, now + lead), closed
    )


def _last_bookable_day(office: Office, rules: Sequence[AgendaSettings], now: datetime, for_staff: bool) -> date:
    if for_staff:
        return hours.to_local_day(office.hours, now) + timedelta(days=HORIZON_DAYS)
    return min(one.last_bookable_day(now, office.timezone) for one in rules)


def next_release_at(office: Office, services: Iterable[OfficeService], now: datetime) -> datetime | None:
    """When new dates are opened for a visit of these services; None where each midnight opens one more."""
    found = [parse_agenda_settings(office, one).next_release(now, office.timezone) for one in services]
    return max((one for one in found if one is not None), default=None)


def office_capacity(office: Office, mode: Mode) -> OfficeCapacity:
    """What an office can attend at once in a mode."""
    services = {one.id: _service_capacity(office, one, mode) for one in office.services}
    if mode == "video" or not office.desks:
        return OfficeCapacity(services)
    serving = {
        line.id: frozenset(desk.id for desk in office.desks if line.id in desk.line_ids) for line in office.lines
    }
    return OfficeCapacity(services, {line_id: desks for line_id, desks in serving.items() if desks})


def _service_capacity(office: Office, service: OfficeService, mode: Mode) -> ServiceCapacity:
    try:
        rules = AgendaSettings.from_settings(office.booking, service.booking)
    except Invalid:  # nothing of it is given, and what was given keeps its time
        rules = DEFAULT_AGENDA_SETTINGS
    public = service.capacity.get(mode, 0)
    return ServiceCapacity(
        service.line_id, public, rules.internal.get(mode, 0), rules.buffer_before, rules.buffer_after
    )


async def nearest_available_slots(
    session: AsyncSession,
    office: Office,
    service: OfficeService,
    mode: Mode,
    now: datetime,
    wanted: datetime,
    *,
    more: Sequence[OfficeService] = (),
    excluded_id: str | None = None,
    for_staff: bool = False,
    notice: timedelta = timedelta(),
) -> list[FreeSlot]:
    """The three free slots closest to a time that is gone; looks within a week of it first."""

    async def free(first: date, days: int) -> list[FreeSlot]:
        return await available_slots(
            session,
            office,
            service,
            mode,
            now,
            first,
            days,
            more=more,
            excluded_id=excluded_id,
            for_staff=for_staff,
            notice=notice,
        )

    close = await free(
        hours.to_local_day(office.hours, wanted) - timedelta(days=FIRST_SEARCH_DAYS), 2 * FIRST_SEARCH_DAYS + 1
    )
    if len(close) < slots.NEAREST_COUNT:
        close = await free(hours.to_local_day(office.hours, now), HORIZON_DAYS + 1)
    return slots.nearest_slots(close, wanted)


async def available_slot_at(
    session: AsyncSession,
    office: Office,
    service: OfficeService,
    mode: Mode,
    now: datetime,
    starts_at: datetime,
    *,
    more: Sequence[OfficeService] = (),
    excluded_id: str | None = None,
    for_staff: bool = False,
    notice: timedelta = timedelta(),
) -> FreeSlot | None:
    """The slot that begins then, if it can be booked now. As `free_times`."""
    day = hours.to_local_day(office.hours, starts_at)
    free = await available_slots(
        session,
        office,
        service,
        mode,
        now,
        day,
        1,
        more=more,
        excluded_id=excluded_id,
        for_staff=for_staff,
        notice=notice,
    )
    return next((slot for slot in free if slot.starts_at == starts_at), None)


async def check_slot_available(
    tx: Transaction,
    office: Office,
    service: OfficeService,
    mode: Mode,
    starts_at: datetime,
    *,
    more: Sequence[OfficeService] = (),
    excluded_id: str | None = None,
    for_staff: bool = False,
    notice: timedelta = timedelta(),
) -> None:
    """Raises Refused("slot_taken", nearest=[...]) unless this time can be booked now."""
    visit = (tx.session, office, service, mode, tx.now, starts_at)
    if (
        await available_slot_at(*visit, more=more, excluded_id=excluded_id, for_staff=for_staff, notice=notice)
        is not None
    ):
        return
    near = await nearest_available_slots(
        *visit, more=more, excluded_id=excluded_id, for_staff=for_staff, notice=notice
    )
    raise Refused("slot_taken", nearest=[format_rfc3339(slot.starts_at, office.timezone) for slot in near])


def parse_agenda_settings(office: Office, service: OfficeService) -> AgendaSettings:
    """The numbers of a service's agenda. Raises Unavailable("agenda_unavailable") when what is set makes no sense:
    nothing is booked by rules that nobody understands, and `office360 check` names what is wrong."""
    try:
        return AgendaSettings.from_settings(office.booking, service.booking)
    except Invalid as invalid:
        wrong = [f"{one.field}: {one.code}" for one in invalid.fields]
        logger.error(
            "booking_rules_invalid", extra={"office": office.slug, "service": service.slug, "wrong": wrong}
        )
        raise Unavailable("agenda_unavailable") from None


def change_limit(office: Office, appointment: Appointment) -> timedelta:
    """How long before its start an appointment can still be changed. Rules that make no sense hold nobody fast."""
    return max(
        agenda_settings_or_defaults(office, one).change_until for one in appointment_services(office, appointment)
    )


def agenda_settings_or_defaults(office: Office, service: OfficeService) -> AgendaSettings:
    """The rules of a service; where they make no sense, those of the house."""
    try:
        return parse_agenda_settings(office, service)
    except Unavailable:
        return DEFAULT_AGENDA_SETTINGS


def interpreter_notice(office: Office, appointment: Appointment) -> timedelta:
    """How long before another time of an appointment its interpreter must be asked for; zero for whoever needs
    none. Where the rules make no sense it is the house's."""
    if not needs_interpreter(appointment.needs):
        return timedelta()
    return max(
        agenda_settings_or_defaults(office, one).interpreter_notice
        for one in appointment_services(office, appointment)
    )


def booking_interpreter_notice(
    office: Office, services: Iterable[OfficeService], needs: Iterable[str]
) -> timedelta:
    """The same for whoever books a visit now. Raises Unavailable."""
    wanted = needs_interpreter(needs)
    return (
        max(parse_agenda_settings(office, one).interpreter_notice for one in services) if wanted else timedelta()
    )


def check_interpreter_notice(
    office: Office, services: Iterable[OfficeService], needs: Iterable[str], starts_at: datetime, now: datetime
) -> None:
    """Raises Refused("interpreter_too_soon") when nobody could be asked to come then; Unavailable."""
    notice = booking_interpreter_notice(office, services, needs)
    if notice and starts_at < now + notice:
        earliest = format_rfc3339(now + notice, office.timezone)
        in_hours = ceil(notice / timedelta(hours=1))
        raise Refused("interpreter_too_soon", hours=in_hours, earliest=earliest, phone=office.phone)


async def require_office(session: AsyncSession, slug: str) -> Office:
    """Raises Invalid."""
    try:
        return await office_by_slug(session, slug)
    except NotFound:
        raise Invalid(FieldError("office", "not_a_choice")) from None


def require_service(office: Office, slug: str, mode: str) -> OfficeService:
    """The service, given in this mode. Raises Invalid."""
    try:
        service = office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None
    if mode not in service.modes:
        raise Invalid(FieldError("mode", "not_a_choice"))
    return service


def visit_duration(services: Iterable[OfficeService]) -> timedelta:
    """How long a visit of these services takes, one after the other."""
    return timedelta(minutes=sum(one.minutes for one in services))


def freeze_services(services: Iterable[OfficeService]) -> tuple[AdditionalService, ...]:
    """Services as a visit keeps them: what changes in them later changes nothing of what was given."""
    return tuple(AdditionalService(one.id, one.slug, one.minutes, dict(one.names)) for one in services)


def additional_services(office: Office, appointment: Appointment) -> tuple[OfficeService, ...]:
    """What else is done in a visit, by the office's present list; what is no longer given so is left out."""
    return tuple(one for one in appointment_services(office, appointment)[1:] if appointment.mode in one.modes)


def require_additional_services(
    office: Office, service: OfficeService, mode: Mode, slugs: Sequence[str], *, field: str = "more_services"
) -> tuple[OfficeService, ...]:
    """What else is done in a visit of this service, in the order asked for. Raises Invalid, Unavailable."""
    if not slugs:
        return ()
    most = parse_agenda_settings(office, service).most_services - 1
    if len(slugs) > most:
        raise Invalid(FieldError(field, "too_many", {"max": most}))
    if len({service.slug, *slugs}) != len(slugs) + 1:
        raise Invalid(FieldError(field, "twice"))
    given = {one.slug: one for one in office.services_for(mode)}
    if any(slug not in given for slug in slugs):
        raise Invalid(FieldError(field, "not_a_choice"))
    return tuple(given[slug] for slug in slugs)
