"""Cancellation by the office, and closed periods.

Each citizen gets the reason and a held replacement slot.
The cancelled times stay closed until they are over, so that they are not booked again. The time of an appointment
is closed to the public; a closed period is closed to staff too, like a day without opening hours. Appointments
are cancelled in batches; after an interruption a repeated request continues.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor
from ...core.errors import NotFound, Unavailable
from ...core.i18n.dates import format_rfc3339
from ...core.i18n.languages import LANGUAGES, LocalizedText, text_in_language
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode, hours, office_by_slug
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Appointment, AppointmentState, check_changeable
from ..domain.closed_period import ClosedPeriod
from ..domain.contact_identifiers import appointment_contact_key
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
from ..queries.bookable_services import interpreter_notice, parse_agenda_settings, require_service
from ..queries.lookup import appointment_by_id
from ..queries.visit_services import (
    additional_services,
    appointment_services,
    freeze_services,
    remaining_services,
)
from ..storage import appointment_rows, closed_period_rows, hold_rows, locks, offer_rows
from ..storage.audit_rows import audit_appointment, audit_closed_period
from . import freed_slots
from .cancel_and_reschedule import end_appointment
from .hold_slot import hold_token
from .locked_appointment import lock_agenda_and_reload

logger = logging.getLogger(__name__)

# appointments of a transaction: other bookings at this office wait for at most a second
BATCH_SIZE = 20
SEARCH_DAYS_BEFORE = 7  # a replacement may be this many days earlier than the cancelled slot
OFFICE_HOLDER = "office"  # the holder of cancelled slots; stored
CancelReason = str | LocalizedText  # words for everybody, or texts by language


def reason_in_language(reason: CancelReason, language: str = LANGUAGES[0]) -> str:
    """Return the words that a person with this language reads."""
    return reason if isinstance(reason, str) else text_in_language(reason, language)


@dataclass(frozen=True, slots=True)
class CancellationPeriod:
    """A local date of an office, optionally limited to clock times, a service or a mode."""

    day: date
    start: time | None = None
    end: time | None = None
    service: str | None = None
    mode: ServiceMode | None = None

    def bounds(self, office: Office) -> tuple[datetime, datetime]:
        """Return the first instant of the period and the first after it."""
        first, last = hours.day_bounds(office.hours, self.day)
        zone = office.timezone
        start = datetime.combine(self.day, self.start, zone) if self.start else first
        end = datetime.combine(self.day, self.end, zone) if self.end else last
        return start, end


async def cancel_by_office(
    runtime: Runtime, principal: Principal | None, appointment_id: str, reason: CancelReason
) -> Appointment:
    """Cancel an appointment for the office. Idempotent.

    Raises NotAllowed, NotFound, Refused("illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        staff = AuditActor.from_principal(require_role(principal, StaffRole.HOST, appointment.office_slug))
        office, appointment = await lock_agenda_and_reload(tx, appointment)
        if appointment.state is not AppointmentState.CANCELLED_OFFICE:
            check_changeable(appointment, AppointmentState.CANCELLED_OFFICE, tx.now)
            await _cancel_batch(tx, office, [appointment], reason, staff)
        return await appointment_by_id(tx.session, appointment_id)


async def cancel_period(
    runtime: Runtime,
    principal: Principal | None,
    office_slug: str,
    period: CancellationPeriod,
    reason: CancelReason,
) -> list[Appointment]:
    """Close a period and cancel its coming appointments. Returns them by time.

    Raises NotAllowed, NotFound, Invalid.
    """
    staff = AuditActor.from_principal(require_role(principal, StaffRole.HOST, office_slug))
    cancelled: list[Appointment] = []
    while True:
        async with runtime.transaction() as tx:
            office = await office_by_slug(tx.session, office_slug)
            await locks.lock_agenda(tx.session, office)
            if not cancelled:
                await _close_period(tx, office, period, reason, staff)
            found = (await appointments_to_cancel(tx.session, office, period, tx.now))[:BATCH_SIZE]
            cancelled += await _cancel_batch(tx, office, found, reason, staff)
        if len(found) < BATCH_SIZE:
            logger.info("span_cancelled", extra={"office": office_slug, "appointments": len(cancelled)})
            return cancelled


async def appointments_to_cancel(
    session: AsyncSession, office: Office, period: CancellationPeriod, now: datetime
) -> list[Appointment]:
    """Load the coming appointments that `cancel_period` would cancel, by time."""
    start, end = period.bounds(office)
    found = await appointment_rows.appointments_of_day(
        session, office.id, max(start, now), end, period.mode, include_unconfirmed=True
    )
    return [
        appointment
        for appointment in found
        if period.service in (None, *(service.slug for service in appointment_services(office, appointment)))
        and appointment.state in (AppointmentState.CONFIRMED, AppointmentState.PRECONFIRMED)
    ]


async def _cancel_batch(
    tx: Transaction, office: Office, appointments: Sequence[Appointment], reason: CancelReason, staff: AuditActor
) -> list[Appointment]:
    """Cancel appointments, block their slots, and hold replacements.

    The caller has locked the agenda.
    """
    cancelled = [
        dataclasses.replace(
            appointment,
            state=AppointmentState.CANCELLED_OFFICE,
            revision=appointment.revision + 1,
            cancel_reason=reason_in_language(reason, appointment.language),
        )
        for appointment in appointments
    ]
    for before, after in zip(appointments, cancelled, strict=True):
        untold = not after.can_be_notified
        await end_appointment(tx, before, after, cancel_reason=after.cancel_reason, untold=untold)
        await _block_cancelled_slot(tx, office, after)
        told = {"state": str(after.state), "reason": after.cancel_reason}
        audit_appointment(tx, staff, "cancelled", after, before={"state": str(before.state)}, after=told)
    # All whose replacements are found by the same search share the free slots between them.
    same_search: defaultdict[tuple[tuple[str, ...], ServiceMode, timedelta], list[Appointment]] = defaultdict(list)
    for appointment in cancelled:
        if appointment.kept_until is not None:  # an unverified mailbox gets the message, but no held slot
            await offer_messages.send_office_cancellation(tx, office, appointment, [], None)
        else:
            notice = interpreter_notice(office, appointment)
            same_search[appointment.service_ids, appointment.mode, notice].append(appointment)
    for _, alike in sorted(same_search.items(), key=itemgetter(0)):
        await _offer_replacements(tx, office, alike)
    return cancelled


async def _offer_replacements(tx: Transaction, office: Office, cancelled: Sequence[Appointment]) -> None:
    """Hold the nearest free slot for each appointment.

    The caller passes appointments whose replacements are found by the same search.
    """
    service = appointment_services(office, cancelled[0])[0]
    free, gap = await _find_replacement_slots(tx, office, cancelled[0])
    # a replacement at a time that the office has just cancelled would look like a mistake
    lost = {appointment.starts_at for appointment in cancelled}
    free = [slot for slot in free if slot.starts_at not in lost]
    replacements = assign_nearest_slots([appointment.starts_at for appointment in cancelled], free, gap)
    for appointment, slot in zip(cancelled, replacements, strict=True):
        times = [near.starts_at for near in nearest_slots(free, appointment.starts_at)]
        kept_until = None
        if slot is not None:
            kept_until = await _hold_replacement(tx, office, service, appointment, slot)
            times = [slot.starts_at, *(time for time in times if time != slot.starts_at)]
        await offer_messages.send_office_cancellation(
            tx, office, appointment, times[:REPLACEMENT_COUNT], kept_until
        )
        logger.info("appointment_withdrawn", extra={"appointment": appointment.id})


async def _find_replacement_slots(
    tx: Transaction, office: Office, cancelled: Appointment
) -> tuple[list[FreeSlot], timedelta]:
    """Find the free slots and the gap between two visits.

    No slots if the agenda settings are invalid.
    """
    first_day = hours.to_local_day(office.hours, cancelled.starts_at) - timedelta(days=SEARCH_DAYS_BEFORE)
    services = remaining_services(office, cancelled)
    notice = interpreter_notice(office, cancelled)
    if notice:  # an answer at the end of the hold must still leave time to ask the interpreter
        notice += REPLACEMENT_HOLD_DURATION
    search = SlotSearch(office, services, cancelled.mode, notice=notice)
    try:
        settings = parse_agenda_settings(office, services[0])
        free = await available_slots(tx.session, search, tx.now, first_day, HORIZON_DAYS + SEARCH_DAYS_BEFORE)
    except Unavailable:
        return [], timedelta()
    return free, settings.buffer_before + settings.buffer_after


async def _hold_replacement(
    tx: Transaction, office: Office, service: OfficeService, cancelled: Appointment, slot: FreeSlot
) -> datetime:
    """Hold a replacement slot and offer it. Returns the end of the offer."""
    until = replacement_kept_until(tx.now, slot.starts_at, parse_agenda_settings(office, service).lead)
    hold = dataclasses.replace(
        freed_slots.build_freed_hold(office, service, cancelled.mode, slot, tx.now),
        expires_at=until + WORKER_DELAY_GRACE,
        more_services=freeze_services(additional_services(office, cancelled)),
    )
    token_hash = hash_token(hold_token(tx.runtime, hold))
    person = appointment_contact_key(tx.runtime.tokens, cancelled)
    await hold_rows.insert_hold(tx.session, hold, token_hash, person, tx.now)
    offer = freed_slots.build_offer(tx, hold, OfferReason.CANCELLED, cancelled.id, until)
    await offer_rows.insert_offer(tx.session, offer, f"visit:{cancelled.id}")
    await tx.schedule_timer(freed_slots.FREED_SLOT_TIMER, subject=hold.id, due_at=until)
    return until


async def _block_cancelled_slot(tx: Transaction, office: Office, cancelled: Appointment) -> None:
    """Keep the slot of a cancelled appointment from the public until it is over."""
    service = appointment_services(office, cancelled)[0]
    slot = FreeSlot(cancelled.starts_at, cancelled.ends_at, 1)
    hold = dataclasses.replace(
        freed_slots.build_freed_hold(office, service, cancelled.mode, slot, tx.now),
        purpose=HoldPurpose.COOLDOWN,
        expires_at=slot.ends_at,
        more_services=cancelled.more_services,
    )
    await hold_rows.insert_hold(tx.session, hold, hash_token(hold_token(tx.runtime, hold)), OFFICE_HOLDER, tx.now)


# Closed periods


async def _close_period(
    tx: Transaction, office: Office, period: CancellationPeriod, reason: CancelReason, staff: AuditActor
) -> None:
    """Close a period to bookings, also on dates that are released later."""
    start, end = period.bounds(office)
    service_id = require_service(office, period.service, mode=None).id if period.service else None
    closed = ClosedPeriod(new_id(), office.id, start.astimezone(UTC), end.astimezone(UTC), service_id, period.mode)
    await _delete_holds(tx, closed)
    await closed_period_rows.insert_closed_period(tx.session, closed, tx.now)
    audit_closed_period(
        tx,
        staff,
        "closed",
        closed.id,
        office,
        {**_audited_period(office, closed), "reason": reason_in_language(reason)},
    )


def _audited_period(office: Office, closed: ClosedPeriod) -> dict[str, str | None]:
    slugs = {service.id: service.slug for service in office.services}
    return {
        "starts_at": format_rfc3339(closed.starts_at, office.timezone),
        "ends_at": format_rfc3339(closed.ends_at, office.timezone),
        "service": slugs.get(closed.service_id or "", closed.service_id),
        "mode": closed.mode,
    }


async def _delete_holds(tx: Transaction, period: ClosedPeriod) -> None:
    """Delete holds in a period, because each would lead to a booking in it."""
    for hold in await hold_rows.holds_in_interval(
        tx.session, period.office_id, period.starts_at, period.ends_at, excluded_holder=OFFICE_HOLDER
    ):
        if period.applies_to(hold.service_ids, hold.mode):
            offer = await offer_rows.find_open_offer_for_hold(tx.session, hold.id)
            if offer is not None:
                await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)
            await hold_rows.delete_hold(tx.session, hold.id)


async def reopen_period(runtime: Runtime, principal: Principal | None, office_slug: str, period_id: str) -> None:
    """Reopen a closed period and the slots cancelled in it. Its appointments stay cancelled.

    Raises NotAllowed, NotFound for an unknown office or a period that is not closed.
    """
    staff = AuditActor.from_principal(require_role(principal, StaffRole.HOST, office_slug))
    async with runtime.transaction() as tx:
        office = await office_by_slug(tx.session, office_slug)
        await locks.lock_agenda(tx.session, office)
        closed = await closed_period_rows.upcoming_closed_periods(tx.session, office, tx.now)
        period = next((period for period in closed if period.id == period_id), None)
        if period is None:
            raise NotFound
        await closed_period_rows.delete_closed_period(tx.session, period.id)
        await _delete_office_holds(tx, period)
        audit_closed_period(tx, staff, "reopened", period.id, office, _audited_period(office, period))
    logger.info("span_opened", extra={"office": office_slug})


async def _delete_office_holds(tx: Transaction, period: ClosedPeriod) -> None:
    """Delete the holds that keep cancelled slots of this period from the public."""
    for hold in await hold_rows.holds_by_holder(
        tx.session, period.office_id, OFFICE_HOLDER, period.starts_at, period.ends_at
    ):
        if period.applies_to(hold.service_ids, hold.mode):
            await hold_rows.delete_hold(tx.session, hold.id)
