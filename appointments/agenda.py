"""Which times can be booked: asked of the office's hours, the service's places and what has been given already."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.dates import rfc3339
from ..core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ..core.runtime import Transaction
from ..offices.service import Office, Service, hours, office_by_slug
from . import slots, store
from .appointment import Mode
from .rules import HORIZON_DAYS, BookingRules
from .slots import Slot

logger = logging.getLogger(__name__)

SOON_DAYS = 7  # where free times are looked for first: most agendas have one within a week


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to get the same service: other office or other mode, and its first free time."""

    office: Office
    mode: Mode
    first: Slot


async def free_times(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    first_day: date,
    days: int,
    *,
    without: str | None = None,
) -> list[Slot]:
    """The slots that can be booked on these local days, as if the appointment or hold `without` were not there."""
    rules = rules_of(office, service)
    first_day, latest = max(first_day, hours.local_day(office.hours, now)), rules.last_day(now, office.timezone)
    if first_day > latest or mode not in service.modes:
        return []
    last_day = min(first_day + timedelta(days=days - 1), latest)
    openings = [
        opening
        for ahead in range((last_day - first_day).days + 1)
        for opening in hours.opening_on(office.hours, first_day + timedelta(days=ahead))
    ]
    if not openings:
        return []
    busy = await store.busy(session, service.id, mode, openings[0][0], openings[-1][1], now, without=without)
    agenda = slots.Agenda(timedelta(minutes=service.minutes), service.capacity.get(mode, 0))
    return slots.free_slots(agenda, openings, busy, now + rules.lead)


async def first_free(
    session: AsyncSession, office: Office, service: Service, mode: Mode, now: datetime
) -> Slot | None:
    """The first slot that can be booked at all."""
    today = hours.local_day(office.hours, now)
    soon = await free_times(session, office, service, mode, now, today, SOON_DAYS)
    later = soon or await free_times(
        session, office, service, mode, now, today + timedelta(days=SOON_DAYS), HORIZON_DAYS
    )
    return later[0] if later else None


async def nearest_times(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    wanted: datetime,
    *,
    without: str | None = None,
) -> list[Slot]:
    """The three free slots closest to a time that is gone; looks within a week of it first."""
    around = hours.local_day(office.hours, wanted) - timedelta(days=SOON_DAYS)
    close = await free_times(session, office, service, mode, now, around, 2 * SOON_DAYS + 1, without=without)
    if len(close) < slots.NEAREST:
        today = hours.local_day(office.hours, now)
        close = await free_times(session, office, service, mode, now, today, HORIZON_DAYS + 1, without=without)
    return slots.nearest(close, wanted)


async def alternatives(
    session: AsyncSession, offices: Iterable[Office], office: Office, service: Service, mode: Mode, now: datetime
) -> list[Alternative]:
    """The same service in the other mode and in the other offices, where there is a free time; soonest first."""
    found = []
    for other in offices:
        for same in (one for one in other.services if one.slug == service.slug):
            for other_mode in same.modes:
                if (other.id, other_mode) == (office.id, mode):
                    continue
                first = await first_free(session, other, same, other_mode, now)
                if first is not None:
                    found.append(Alternative(other, other_mode, first))
    return sorted(found, key=lambda one: one.first.starts_at)


async def check_free(
    tx: Transaction,
    office: Office,
    service: Service,
    mode: Mode,
    starts_at: datetime,
    *,
    without: str | None = None,
) -> None:
    """Raises Refused("slot_taken", nearest=[...]) unless this time can be booked now."""
    day = hours.local_day(office.hours, starts_at)
    free = await free_times(tx.session, office, service, mode, tx.now, day, 1, without=without)
    if any(slot.starts_at == starts_at for slot in free):
        return
    near = await nearest_times(tx.session, office, service, mode, tx.now, starts_at, without=without)
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


def change_limit(office: Office, service_slug: str) -> timedelta:
    """How long before its start an appointment can still be changed. Rules that make no sense hold nobody fast."""
    try:
        return rules_of(office, office.service(service_slug)).change_until
    except (NotFound, Unavailable):
        return timedelta()


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
