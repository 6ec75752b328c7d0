"""Rebooking with the details of an old appointment.

That is after a cancellation by the office, or in place of an appointment that the citizen gives back.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, Refused, Unavailable
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, ServiceMode, office_by_id
from ..domain.appointment import (
    Appointment,
    AppointmentState,
    BookingRequest,
    check_changeable,
    check_moves_left,
)
from ..domain.contact_identifiers import appointment_contact_keys
from ..domain.offer import REPLACEMENT_COUNT, OfferReason, OfferState, SlotOffer
from ..notify import appointment_messages
from ..queries.availability import SlotSearch, check_slot_available, nearest_available_slots
from ..queries.bookable_services import (
    change_limit,
    interpreter_notice,
    require_office,
    require_services,
)
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..queries.visit_services import appointment_services, remaining_services
from ..storage import appointment_rows, hold_rows, locks, offer_rows
from . import freed_slots
from .book import build_repeat_request, create_appointment
from .cancel_and_reschedule import end_appointment
from .locked_appointment import lock_agenda_of_token

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplacementTime:
    """A replacement time; `kept_until` is set if the slot is held for this citizen."""

    starts_at: datetime
    kept_until: datetime | None


async def replacement_times(
    session: AsyncSession, office: Office, appointment: Appointment, now: datetime
) -> list[ReplacementTime]:
    """Find up to three replacement times, in order.

    There are none if the office did not cancel, if the citizen has rebooked, or if agenda settings are invalid.
    """
    if not _can_rebook(appointment):
        return []
    offer = await _find_replacement_offer(session, appointment, now)
    services = remaining_services(office, appointment)
    search = SlotSearch(office, services, appointment.mode, notice=interpreter_notice(office, appointment))
    try:
        free = await nearest_available_slots(session, search, now, appointment.starts_at)
    except Unavailable:  # nothing can be booked at this office, but the page is still shown
        return []
    excluded = {appointment.starts_at} | ({offer.starts_at} if offer else set())
    times = [ReplacementTime(slot.starts_at, None) for slot in free if slot.starts_at not in excluded]
    if offer is not None:
        times.insert(0, ReplacementTime(offer.starts_at, offer.expires_at))
    return sorted(times[:REPLACEMENT_COUNT], key=lambda time: time.starts_at)


async def rebook_appointment(runtime: Runtime, token: str, starts_at: datetime) -> Appointment:
    """Book again with the same details.

    Idempotent: a repeated request finds the new appointment.
    Raises NotFound, Refused("illegal_transition" | "duplicate_appointment" | "slot_taken", nearest=[...]).
    """
    async with runtime.transaction() as tx:
        office, cancelled = await lock_agenda_of_token(tx, token)
        if cancelled.state is AppointmentState.CANCELLED_OFFICE and cancelled.rescheduled_to is not None:
            return await appointment_by_id(tx.session, cancelled.rescheduled_to)
        if not _can_rebook(cancelled):
            raise Refused("illegal_transition", state=str(cancelled.state), to=str(AppointmentState.CONFIRMED))
        service_ids = [service.id for service in appointment_services(office, cancelled)]
        keys = appointment_contact_keys(tx.runtime.tokens, cancelled)
        if await appointment_rows.find_active_appointments(tx.session, service_ids, keys, tx.now):
            raise Refused("duplicate_appointment")
        services = remaining_services(office, cancelled)
        await _claim_slot(tx, office, services, cancelled, starts_at)
        more = tuple(service.slug for service in services[1:])
        booking = build_repeat_request(cancelled, starts_at, service=services[0].slug, more_services=more)
        new = await create_appointment(tx, office, booking)
        await appointment_rows.update_appointment(
            tx.session, cancelled.id, cancelled.state, tx.now, rescheduled_to=new.id
        )
        logger.info("appointment_rebooked", extra={"appointment": cancelled.id, "to": new.id})
        return new


@dataclass(frozen=True, slots=True)
class Replacement:
    """The visit that a citizen wants in place of the booked visit.

    `phone`: at which the office calls, if the appointment has no number yet.
    """

    office: str
    service: str
    mode: ServiceMode
    starts_at: datetime
    phone: str | None = None


async def replace_appointment(runtime: Runtime, token: str, wanted: Replacement) -> Appointment:
    """Replace an appointment by another visit of the same citizen. Idempotent.

    The booking and the cancellation are stored together or not at all.
    For another office or service; another time or mode needs no new appointment (reschedule_appointment).
    Raises NotFound, Invalid, Refused("slot_taken", nearest=[...] | "illegal_transition" | "too_late" |
    "change_closed" | "too_many_moves" | "duplicate_appointment").
    """
    async with runtime.transaction() as tx:
        office, old = await _lock_both_agendas(tx, token, wanted)
        if old.state is AppointmentState.CANCELLED_CITIZEN and old.rescheduled_to is not None:
            return await appointment_by_id(tx.session, old.rescheduled_to)
        old_office = await office_by_id(tx.session, old.office_id)
        _check_replaceable(old_office, old, tx.now)
        booking = _build_replacement(old, wanted)
        services = require_services(office, booking.service_slugs, wanted.mode)
        keys = appointment_contact_keys(tx.runtime.tokens, old)
        service_ids = [service.id for service in services]
        active = await appointment_rows.find_active_appointments(tx.session, service_ids, keys, tx.now)
        if any(other.id != old.id for other in active):
            raise Refused("duplicate_appointment")
        notice = interpreter_notice(office, old)
        search = SlotSearch(office, services, wanted.mode, excluded_id=old.id, notice=notice)
        await check_slot_available(tx, search, wanted.starts_at)
        new = await create_appointment(tx, office, booking, email_verified_at=old.email_verified_at)
        # `create_appointment` knows no requester here, but the limits still count the citizen's device and address
        await appointment_rows.update_appointment(
            tx.session, new.id, new.state, tx.now, device=old.device, address=old.address, moves=old.moves + 1
        )
        cancelled = dataclasses.replace(
            old, state=AppointmentState.CANCELLED_CITIZEN, revision=old.revision + 1, rescheduled_to=new.id
        )
        await end_appointment(tx, old, cancelled, rescheduled_to=new.id)
        await appointment_messages.send_cancellation(tx, old_office, cancelled)
        await freed_slots.release_slot(tx, old_office, appointment_services(old_office, old)[0], cancelled)
        logger.info("appointment_replaced", extra={"appointment": old.id, "to": new.id})
        return await appointment_by_id(tx.session, new.id)


async def _lock_both_agendas(tx: Transaction, token: str, wanted: Replacement) -> tuple[Office, Appointment]:
    """Lock both offices in their order; return the new office and the appointment."""
    office = await require_office(tx.session, wanted.office)
    old = await appointment_by_token(tx.session, token)
    offices = {each.id: each for each in (office, await office_by_id(tx.session, old.office_id))}
    # by ascending id: two citizens who move in opposite directions would otherwise wait for each other
    for office_id in sorted(offices):
        await locks.lock_agenda(tx.session, offices[office_id])
    return office, await appointment_by_id(tx.session, old.id)  # read again under the locks


def _check_replaceable(office: Office, old: Appointment, now: datetime) -> None:
    until = change_limit(office, old)
    check_changeable(old, AppointmentState.RESCHEDULED, now, until, office.phone)
    check_moves_left(old)


def _build_replacement(old: Appointment, wanted: Replacement) -> BookingRequest:
    phone = old.phone or wanted.phone
    if wanted.mode == "phone" and phone is None:
        raise Invalid(FieldError("phone", "required"))
    more = old.service_slugs[1:] if wanted.service == old.service_slug else ()
    repeated = build_repeat_request(old, wanted.starts_at, service=wanted.service, more_services=more)
    return dataclasses.replace(repeated, mode=wanted.mode, phone=phone)


def _can_rebook(appointment: Appointment) -> bool:
    """Return whether the citizen can rebook in one request.

    An unverified e-mail must be verified again, and data retention deletes what a booking needs.
    """
    cancelled = appointment.state is AppointmentState.CANCELLED_OFFICE and appointment.rescheduled_to is None
    return cancelled and appointment.kept_until is None and bool(appointment.name)


async def _claim_slot(
    tx: Transaction, office: Office, services: Sequence[OfficeService], cancelled: Appointment, starts_at: datetime
) -> None:
    """Use the held replacement if it is this slot.

    Any other slot must be free, and the held slot is released.
    """
    offer = await _find_replacement_offer(tx.session, cancelled, tx.now)
    if offer is None or offer.starts_at != starts_at:
        notice = interpreter_notice(office, cancelled)
        await check_slot_available(tx, SlotSearch(office, services, cancelled.mode, notice=notice), starts_at)
        await freed_slots.withdraw_offers(tx, cancelled.id)
        return
    search = SlotSearch(office, services, cancelled.mode, excluded_id=offer.place)
    await check_slot_available(tx, search, starts_at)
    await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
    await hold_rows.delete_hold(tx.session, offer.place)


async def _find_replacement_offer(
    session: AsyncSession, cancelled: Appointment, now: datetime
) -> SlotOffer | None:
    offers = await offer_rows.open_offers_to_taker(session, cancelled.id)
    return next((offer for offer in offers if offer.taker is OfferReason.CANCELLED and offer.is_open(now)), None)
