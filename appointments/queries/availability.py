"""Which times can be booked: asked of the office's hours, the service's places and what has been given already."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ...core.i18n.dates import rfc3339
from ...core.runtime import Transaction
from ...offices.service import Office, Service, hours, office_by_slug
from ..domain import slots
from ..domain.agenda_settings import HORIZON_DAYS, HOUSE, BookingRules
from ..domain.appointment import Appointment, Mode, MoreService, needs_interpreter
from ..domain.capacity import Capacity, Part, Places, Taken
from ..domain.slots import Interval, Slot
from ..storage import agenda_rows
from .visit_services import services_of

logger = logging.getLogger(__name__)

SOON_DAYS = 7  # where free times are looked for first: most agendas have one within a week


async def free_times(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    first_day: date,
    days: int,
    *,
    more: Sequence[Service] = (),
    without: str | None = None,
    inside: bool = False,
    notice: timedelta = timedelta(),
) -> list[Slot]:
    """The slots that can be booked on these local days for a visit of this service and `more` after it.

    As if the appointment or hold `without` were not there. `inside`: what staff can book, who also have the
    internal places, need not book ahead and need not wait until dates are released. What the office took back is
    nobody's. `notice`: how long before somebody else must be asked. Raises Unavailable.
    """
    services = (service, *more)
    openings = openings_of(office, services, mode, now, first_day, days, inside=inside)
    if not openings:
        return []
    start, end = openings[0][0], openings[-1][1]
    taken = await agenda_rows.taken(session, office.id, mode, start, end, now, without=without, inside=inside)
    closed = await agenda_rows.closed_spans(session, office.id, [one.id for one in services], mode, start, end)
    return free_among(openings, office, services, mode, now, taken, closed, inside=inside, notice=notice)


def openings_of(
    office: Office,
    services: Sequence[Service],
    mode: Mode,
    now: datetime,
    first_day: date,
    days: int,
    *,
    inside: bool = False,
) -> list[Interval]:
    """When the office opens on these of the days that can be booked by now, in order. As `free_times`."""
    rules = [rules_of(office, one) for one in services]
    first_day, latest = max(first_day, hours.local_day(office.hours, now)), _last_day(office, rules, now, inside)
    if first_day > latest or any(mode not in one.modes for one in services):
        return []
    last_day = min(first_day + timedelta(days=days - 1), latest)
    return [
        opening
        for ahead in range((last_day - first_day).days + 1)
        for opening in hours.opening_on(office.hours, first_day + timedelta(days=ahead))
    ]


def free_among(
    openings: Sequence[Interval],
    office: Office,
    services: Sequence[Service],
    mode: Mode,
    now: datetime,
    taken: Iterable[Taken],
    closed: Sequence[Interval],
    *,
    inside: bool = False,
    notice: timedelta = timedelta(),
) -> list[Slot]:
    """The slots within these openings, where so much is taken or closed. As `free_times`."""
    rules = [rules_of(office, one) for one in services]
    parts = [Part(one.id, timedelta(minutes=one.minutes)) for one in services]
    limits = capacity_of(office, mode).limits(parts, taken, inside=inside)
    lead = max(notice, timedelta() if inside else max(one.lead for one in rules))
    step = rules[0].step or parts[0].length
    return slots.outside(slots.free_slots(openings, length_of(services), step, limits, now + lead), closed)


def _last_day(office: Office, rules: Sequence[BookingRules], now: datetime, inside: bool) -> date:
    if inside:
        return hours.local_day(office.hours, now) + timedelta(days=HORIZON_DAYS)
    return min(one.last_day(now, office.timezone) for one in rules)


def next_release(office: Office, services: Iterable[Service], now: datetime) -> datetime | None:
    """When new dates are opened for a visit of these services; None where each midnight opens one more."""
    found = [rules_of(office, one).next_release(now, office.timezone) for one in services]
    return max((one for one in found if one is not None), default=None)


def capacity_of(office: Office, mode: Mode) -> Capacity:
    """What an office can attend at once in a mode."""
    services = {one.id: _places(office, one, mode) for one in office.services}
    if mode == "video" or not office.desks:
        return Capacity(services)
    serving = {
        line.id: frozenset(desk.id for desk in office.desks if line.id in desk.line_ids) for line in office.lines
    }
    return Capacity(services, {line_id: desks for line_id, desks in serving.items() if desks})


def _places(office: Office, service: Service, mode: Mode) -> Places:
    try:
        rules = BookingRules.of(office.booking, service.booking)
    except Invalid:  # nothing of it is given, and what was given keeps its time
        rules = HOUSE
    public = service.capacity.get(mode, 0)
    return Places(service.line_id, public, rules.internal.get(mode, 0), rules.buffer_before, rules.buffer_after)


async def nearest_times(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    wanted: datetime,
    *,
    more: Sequence[Service] = (),
    without: str | None = None,
    inside: bool = False,
    notice: timedelta = timedelta(),
) -> list[Slot]:
    """The three free slots closest to a time that is gone; looks within a week of it first."""

    async def free(first: date, days: int) -> list[Slot]:
        return await free_times(
            session,
            office,
            service,
            mode,
            now,
            first,
            days,
            more=more,
            without=without,
            inside=inside,
            notice=notice,
        )

    close = await free(hours.local_day(office.hours, wanted) - timedelta(days=SOON_DAYS), 2 * SOON_DAYS + 1)
    if len(close) < slots.NEAREST:
        close = await free(hours.local_day(office.hours, now), HORIZON_DAYS + 1)
    return slots.nearest(close, wanted)


async def free_time(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    starts_at: datetime,
    *,
    more: Sequence[Service] = (),
    without: str | None = None,
    inside: bool = False,
    notice: timedelta = timedelta(),
) -> Slot | None:
    """The slot that begins then, if it can be booked now. As `free_times`."""
    day = hours.local_day(office.hours, starts_at)
    free = await free_times(
        session, office, service, mode, now, day, 1, more=more, without=without, inside=inside, notice=notice
    )
    return next((slot for slot in free if slot.starts_at == starts_at), None)


async def check_free(
    tx: Transaction,
    office: Office,
    service: Service,
    mode: Mode,
    starts_at: datetime,
    *,
    more: Sequence[Service] = (),
    without: str | None = None,
    inside: bool = False,
    notice: timedelta = timedelta(),
) -> None:
    """Raises Refused("slot_taken", nearest=[...]) unless this time can be booked now."""
    visit = (tx.session, office, service, mode, tx.now, starts_at)
    if await free_time(*visit, more=more, without=without, inside=inside, notice=notice) is not None:
        return
    near = await nearest_times(*visit, more=more, without=without, inside=inside, notice=notice)
    raise Refused("slot_taken", nearest=[rfc3339(slot.starts_at, office.timezone) for slot in near])


def rules_of(office: Office, service: Service) -> BookingRules:
    """The numbers of a service's agenda. Raises Unavailable("agenda_unavailable") when what is set makes no sense:
    nothing is booked by rules that nobody understands, and `office360 check` names what is wrong."""
    try:
        return BookingRules.of(office.booking, service.booking)
    except Invalid as invalid:
        wrong = [f"{one.field}: {one.code}" for one in invalid.fields]
        logger.error(
            "booking_rules_invalid", extra={"office": office.slug, "service": service.slug, "wrong": wrong}
        )
        raise Unavailable("agenda_unavailable") from None


def change_limit(office: Office, appointment: Appointment) -> timedelta:
    """How long before its start an appointment can still be changed. Rules that make no sense hold nobody fast."""
    return max(rules_or_house(office, one).change_until for one in services_of(office, appointment))


def rules_or_house(office: Office, service: Service) -> BookingRules:
    """The rules of a service; where they make no sense, those of the house."""
    try:
        return rules_of(office, service)
    except Unavailable:
        return HOUSE


def interpreter_notice(office: Office, appointment: Appointment) -> timedelta:
    """How long before another time of an appointment its interpreter must be asked for; zero for whoever needs
    none. Where the rules make no sense it is the house's."""
    if not needs_interpreter(appointment.needs):
        return timedelta()
    return max(rules_or_house(office, one).interpreter_notice for one in services_of(office, appointment))


def notice_for(office: Office, services: Iterable[Service], needs: Iterable[str]) -> timedelta:
    """The same for whoever books a visit now. Raises Unavailable."""
    wanted = needs_interpreter(needs)
    return max(rules_of(office, one).interpreter_notice for one in services) if wanted else timedelta()


def check_interpreter(
    office: Office, services: Iterable[Service], needs: Iterable[str], starts_at: datetime, now: datetime
) -> None:
    """Raises Refused("interpreter_too_soon") when nobody could be asked to come then; Unavailable."""
    notice = notice_for(office, services, needs)
    if notice and starts_at < now + notice:
        earliest = rfc3339(now + notice, office.timezone)
        in_hours = ceil(notice / timedelta(hours=1))
        raise Refused("interpreter_too_soon", hours=in_hours, earliest=earliest, phone=office.phone)


async def office_of(session: AsyncSession, slug: str) -> Office:
    """Raises Invalid."""
    try:
        return await office_by_slug(session, slug)
    except NotFound:
        raise Invalid(FieldError("office", "not_a_choice")) from None


def service_of(office: Office, slug: str, mode: str) -> Service:
    """The service, given in this mode. Raises Invalid."""
    try:
        service = office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None
    if mode not in service.modes:
        raise Invalid(FieldError("mode", "not_a_choice"))
    return service


def length_of(services: Iterable[Service]) -> timedelta:
    """How long a visit of these services takes, one after the other."""
    return timedelta(minutes=sum(one.minutes for one in services))


def more_of(services: Iterable[Service]) -> tuple[MoreService, ...]:
    """Services as a visit keeps them: what changes in them later changes nothing of what was given."""
    return tuple(MoreService(one.id, one.slug, one.minutes, dict(one.names)) for one in services)


def also_given(office: Office, appointment: Appointment) -> tuple[Service, ...]:
    """What else is done in a visit, by the office's present list; what is no longer given so is left out."""
    return tuple(one for one in services_of(office, appointment)[1:] if appointment.mode in one.modes)


def more_services_of(
    office: Office, service: Service, mode: Mode, slugs: Sequence[str], *, field: str = "more_services"
) -> tuple[Service, ...]:
    """What else is done in a visit of this service, in the order asked for. Raises Invalid, Unavailable."""
    if not slugs:
        return ()
    most = rules_of(office, service).most_services - 1
    if len(slugs) > most:
        raise Invalid(FieldError(field, "too_many", {"max": most}))
    if len({service.slug, *slugs}) != len(slugs) + 1:
        raise Invalid(FieldError(field, "twice"))
    given = {one.slug: one for one in office.services_for(mode)}
    if any(slug not in given for slug in slugs):
        raise Invalid(FieldError(field, "not_a_choice"))
    return tuple(given[slug] for slug in slugs)
