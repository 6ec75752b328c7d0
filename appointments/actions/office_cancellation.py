"""The office cancels: an agent is ill, the office closes. Everybody is told why, and has a place kept for them.

The times that were taken back are closed until they are over: nobody is to book what was just cancelled. That of
one appointment rests from the public; a span is closed to staff, too, as a day without an opening is. Many
appointments are cancelled in several transactions; whoever asks again goes on where it ended.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import FieldError, Invalid, NotFound, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode, hours, office_by_id, office_by_slug
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Appointment, AppointmentState, check_changeable
from ..domain.closed_period import ClosedPeriod
from ..domain.contact_identifiers import email_key
from ..domain.hold import HoldPurpose
from ..domain.offer import (
    REPLACEMENT_COUNT,
    REPLACEMENT_HOLD_DURATION,
    WORKER_DELAY_GRACE,
    OfferReason,
    OfferState,
    assign_nearest_slots,
    replacement_kept_until,
)
from ..domain.slots import FreeSlot, nearest_slots
from ..notify import offer_messages
from ..queries.availability import SlotSearch, available_slots
from ..queries.lookup import appointment_by_id
from ..queries.service_settings import interpreter_notice, parse_agenda_settings
from ..queries.visit_services import additional_services, appointment_services, freeze_services
from ..storage import appointment_rows, closed_period_rows, hold_rows, locks, offer_rows
from . import freed_slots
from .cancel_and_reschedule import end_appointment
from .hold_slot import hold_token

logger = logging.getLogger(__name__)

BATCH_SIZE = 20  # appointments of one transaction: others who book at this office wait for a second at most
SEARCH_DAYS_BEFORE = 7  # a kept place is looked for this long before the lost one, too
OFFICE_HOLDER = "office"  # who holds the places that were taken back
CANCELLED_BY_OFFICE = AppointmentState.CANCELLED_OFFICE


@dataclass(frozen=True, slots=True)
class CancellationPeriod:
    """Which appointments of an office are meant: a local date, from and until a clock time, a service, a mode."""

    day: date
    start: time | None = None
    end: time | None = None
    service: str | None = None
    mode: ServiceMode | None = None

    def bounds(self, office: Office) -> tuple[datetime, datetime]:
        """From (included) until (excluded), in UTC."""
        first, last = hours.day_bounds(office.hours, self.day)
        zone = office.timezone
        start = datetime.combine(self.day, self.start, zone) if self.start else first
        end = datetime.combine(self.day, self.end, zone) if self.end else last
        return start, end


async def cancel_by_office(
    runtime: Runtime, principal: Principal | None, appointment_id: str, reason: str
) -> Appointment:
    """Cancel one. Once cancelled it stays so, and asking again is no fault.

    Raises NotAllowed, NotFound, Refused("illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        found = await appointment_by_id(tx.session, appointment_id)
        require_role(principal, StaffRole.HOST, found.office_slug)
        office = await office_by_id(tx.session, found.office_id)
        await locks.lock_agenda(tx.session, office)
        found = await appointment_by_id(tx.session, appointment_id)
        if found.state is not CANCELLED_BY_OFFICE:
            check_changeable(found, CANCELLED_BY_OFFICE, tx.now)
            await _cancel_batch(tx, office, [found], reason)
        return await appointment_by_id(tx.session, appointment_id)


async def cancel_period(
    runtime: Runtime, principal: Principal | None, office_slug: str, period: CancellationPeriod, reason: str
) -> list[Appointment]:
    """Cancel all that are still to come in a span, and close it. What was cancelled, by time.

    Raises NotAllowed, NotFound, Invalid.
    """
    require_role(principal, StaffRole.HOST, office_slug)
    cancelled: list[Appointment] = []
    while True:
        async with runtime.transaction() as tx:
            office = await office_by_slug(tx.session, office_slug)
            await locks.lock_agenda(tx.session, office)
            if not cancelled:
                await _close_period(tx, office, period)
            found = (await _find_appointments(tx.session, office, period, tx.now))[:BATCH_SIZE]
            cancelled += await _cancel_batch(tx, office, found, reason)
        if len(found) < BATCH_SIZE:
            logger.info("span_cancelled", extra={"office": office_slug, "appointments": len(cancelled)})
            return cancelled


async def appointments_to_cancel(
    session: AsyncSession, office: Office, period: CancellationPeriod, now: datetime
) -> list[Appointment]:
    """Whom `cancel_span` would tell, by time."""
    return await _find_appointments(session, office, period, now)


async def _find_appointments(
    session: AsyncSession, office: Office, period: CancellationPeriod, now: datetime
) -> list[Appointment]:
    start, end = period.bounds(office)
    found = await appointment_rows.appointments_starting_between(
        session, office.id, max(start, now), end, period.mode, include_unconfirmed=True
    )
    return [
        one
        for one in found
        if (period.service is None or _has_service(one, office, period.service))
        and one.state in (AppointmentState.CONFIRMED, AppointmentState.PRECONFIRMED)
    ]


def _has_service(visit: Appointment, office: Office, slug: str) -> bool:
    return any(one.slug == slug for one in appointment_services(office, visit))


async def _cancel_batch(
    tx: Transaction, office: Office, found: Sequence[Appointment], reason: str
) -> list[Appointment]:
    """Cancel these, close their times, keep the nearest place left for each. The caller holds the agenda."""
    gone = [
        dataclasses.replace(one, state=CANCELLED_BY_OFFICE, revision=one.revision + 1, cancel_reason=reason)
        for one in found
    ]
    for before, after in zip(found, gone, strict=True):
        await end_appointment(tx, before, after, cancel_reason=reason)
        await _block_cancelled_slot(tx, office, after)
    shown = [one for one in gone if one.kept_until is None]
    for one in (one for one in gone if one.kept_until is not None):  # nobody has shown that they read this mailbox
        await offer_messages.send_office_cancellation(tx, office, one, [], None)
    kinds = {one.id: (one.service_ids, one.mode, interpreter_notice(office, one)) for one in shown}
    for kind in sorted(set(kinds.values())):
        same = [one for one in shown if kinds[one.id] == kind]
        await _offer_replacements(tx, office, appointment_services(office, same[0])[0], same[0].mode, same)
    return gone


async def _offer_replacements(
    tx: Transaction, office: Office, service: OfficeService, mode: ServiceMode, gone: Sequence[Appointment]
) -> None:
    free, apart = await _find_replacement_slots(tx, office, service, gone[0])
    lost = {one.starts_at for one in gone}  # another desk at the same time would read like a mistake
    free = [slot for slot in free if slot.starts_at not in lost]
    shared = assign_nearest_slots([one.starts_at for one in gone], free, apart)
    for one, slot in zip(gone, shared, strict=True):
        kept = await _hold_replacement(tx, office, service, one, slot) if slot is not None else None
        others = [
            other
            for other in nearest_slots(free, one.starts_at)
            if slot is None or other.starts_at != slot.starts_at
        ]
        times = [found.starts_at for found in ([slot] if slot else []) + others][:REPLACEMENT_COUNT]
        await offer_messages.send_office_cancellation(tx, office, one, times, kept)
        logger.info("appointment_withdrawn", extra={"appointment": one.id})


async def _find_replacement_slots(
    tx: Transaction, office: Office, service: OfficeService, gone: Appointment
) -> tuple[list[FreeSlot], timedelta]:
    """Where there is room instead, and how far two visits stand apart. Nothing where the rules make no sense."""
    first = hours.to_local_day(office.hours, gone.starts_at) - timedelta(days=SEARCH_DAYS_BEFORE)
    days, more = HORIZON_DAYS + SEARCH_DAYS_BEFORE, additional_services(office, gone)
    # Whoever comes with them can be asked also when they answer at last.
    notice = REPLACEMENT_HOLD_DURATION + asked if (asked := interpreter_notice(office, gone)) else timedelta()
    try:
        rules = parse_agenda_settings(office, service)
        free = await available_slots(
            tx.session, SlotSearch(office, [service, *more], gone.mode, notice=notice), tx.now, first, days
        )
    except Unavailable:
        return [], timedelta()
    return free, rules.buffer_before + rules.buffer_after


async def _hold_replacement(
    tx: Transaction, office: Office, service: OfficeService, one: Appointment, slot: FreeSlot
) -> datetime:
    """Until when it is kept."""
    until = replacement_kept_until(tx.now, slot.starts_at, parse_agenda_settings(office, service).lead)
    place = dataclasses.replace(
        freed_slots.build_freed_hold(office, service, one.mode, slot, tx.now),
        expires_at=until + WORKER_DELAY_GRACE,
        more_services=freeze_services(additional_services(office, one)),
    )
    token = hash_token(hold_token(tx.runtime, place))
    await hold_rows.insert_hold(tx.session, place, token, email_key(one.email), tx.now)
    offer = freed_slots.build_offer(tx, place, OfferReason.CANCELLED, one.id, until)
    await offer_rows.insert_offer(tx.session, offer, f"visit:{one.id}")
    await tx.schedule_timer(freed_slots.FREED_SLOT_TIMER, subject=place.id, due_at=until)
    return until


# What was taken back is not given to others


async def _close_period(tx: Transaction, office: Office, period: CancellationPeriod) -> None:
    """Nobody is given what of a span nobody has, not on a date that is released later either."""
    start, end = period.bounds(office)
    service_id = _require_service(office, period.service).id if period.service else None
    closed = ClosedPeriod(new_id(), office.id, start.astimezone(UTC), end.astimezone(UTC), service_id, period.mode)
    await _delete_holds(tx, closed)
    await closed_period_rows.insert_closed_period(tx.session, closed, tx.now)


def _require_service(office: Office, slug: str) -> OfficeService:
    """Raises Invalid."""
    try:
        return office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None


async def _delete_holds(tx: Transaction, period: ClosedPeriod) -> None:
    """What a form, an offer or a rest keeps would be given after all: from now on it is as free as the others."""
    for place in await hold_rows.holds_in_interval(
        tx.session, period.office_id, period.starts_at, period.ends_at, excluded_holder=OFFICE_HOLDER
    ):
        if period.applies_to(place.service_ids, place.mode):
            offer = await offer_rows.find_open_offer_for_hold(tx.session, place.id)
            if offer is not None:
                await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)
            await hold_rows.delete_hold(tx.session, place.id)


async def _block_cancelled_slot(tx: Transaction, office: Office, gone: Appointment) -> None:
    service = appointment_services(office, gone)[0]
    slot = FreeSlot(gone.starts_at, gone.ends_at, 1)
    place = dataclasses.replace(
        freed_slots.build_freed_hold(office, service, gone.mode, slot, tx.now),
        purpose=HoldPurpose.COOLDOWN,
        expires_at=slot.ends_at,
        more_services=gone.more_services,
    )
    await hold_rows.insert_hold(
        tx.session, place, hash_token(hold_token(tx.runtime, place)), OFFICE_HOLDER, tx.now
    )
