"""Rebooking after a cancellation by the office, with the details of the old appointment."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Refused, Unavailable
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService
from ..domain.appointment import Appointment, AppointmentState
from ..domain.contact_identifiers import appointment_contact_keys
from ..domain.offer import REPLACEMENT_COUNT, OfferReason, OfferState, SlotOffer
from ..queries.availability import SlotSearch, check_slot_available, nearest_available_slots
from ..queries.bookable_services import interpreter_notice
from ..queries.lookup import appointment_by_id
from ..queries.visit_services import additional_services, appointment_services
from ..storage import appointment_rows, hold_rows, offer_rows
from . import freed_slots
from .book import build_repeat_request, create_appointment
from .locked_appointment import lock_agenda_of_token

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplacementTime:
    """One replacement time; `kept_until` is set if the slot is held for this citizen."""

    starts_at: datetime
    kept_until: datetime | None


async def replacement_times(
    session: AsyncSession, office: Office, service: OfficeService, appointment: Appointment, now: datetime
) -> list[ReplacementTime]:
    """Find up to three replacement times, in order.

    There are none if the office did not cancel, if the citizen has rebooked, or if agenda settings are invalid.
    """
    if not _can_rebook(appointment):
        return []
    offer = await _find_replacement_offer(session, appointment, now)
    services = [service, *additional_services(office, appointment)]
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
        services = appointment_services(office, cancelled)
        service_ids = [service.id for service in services]
        keys = appointment_contact_keys(tx.runtime.tokens, cancelled)
        if await appointment_rows.find_active_appointments(tx.session, service_ids, keys, tx.now):
            raise Refused("duplicate_appointment")
        await _claim_slot(tx, office, services[0], cancelled, starts_at)
        more = tuple(service.slug for service in additional_services(office, cancelled))
        booking = build_repeat_request(cancelled, starts_at, service=services[0].slug, more_services=more)
        new = await create_appointment(tx, office, booking)
        await appointment_rows.update_appointment(
            tx.session, cancelled.id, cancelled.state, tx.now, rescheduled_to=new.id
        )
        logger.info("appointment_rebooked", extra={"appointment": cancelled.id, "to": new.id})
        return new


def _can_rebook(appointment: Appointment) -> bool:
    """Return whether the citizen can rebook in one request.

    An unverified e-mail must be verified again, and data retention deletes what a booking needs.
    """
    cancelled = appointment.state is AppointmentState.CANCELLED_OFFICE and appointment.rescheduled_to is None
    return cancelled and appointment.kept_until is None and bool(appointment.name)


async def _claim_slot(
    tx: Transaction, office: Office, service: OfficeService, cancelled: Appointment, starts_at: datetime
) -> None:
    """Use the held replacement if it is this slot.

    Any other must be free, and the held one is released.
    """
    offer = await _find_replacement_offer(tx.session, cancelled, tx.now)
    services = [service, *additional_services(office, cancelled)]
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
