"""Requests for an earlier slot, and the answers to its offers.

Offers are made in freed_slots.py.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState, check_changeable, needs_interpreter
from ..domain.offer import EarlierSlotRequest, OfferReason, OfferState, SlotOffer
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.bookable_services import interpreter_notice
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..queries.visit_services import remaining_services
from ..storage import earlier_request_rows, offer_rows
from . import freed_slots
from .cancel_and_reschedule import move_appointment
from .locked_appointment import lock_agenda_of_token

logger = logging.getLogger(__name__)


async def request_earlier_slot(runtime: Runtime, token: str, request: EarlierSlotRequest) -> Appointment:
    """Ask for offers of earlier slots. A repeated request only changes its limits.

    Raises NotFound, Refused("illegal_transition" | "too_late" | "bound_to_the_time").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        check_changeable(appointment, AppointmentState.RESCHEDULED, tx.now)
        if tx.now >= appointment.starts_at:
            raise Refused("too_late")
        if not await _has_interpreter_notice(tx.session, appointment, tx.now):
            raise Refused("bound_to_the_time")
        await earlier_request_rows.save_earlier_request(tx.session, appointment.id, request, tx.now)
        logger.info("earlier_wanted", extra={"appointment": appointment.id})
        return appointment


async def cancel_earlier_request(runtime: Runtime, token: str) -> Appointment:
    """Withdraw the request; an open offer goes to the next candidate. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        await earlier_request_rows.delete_earlier_request(tx.session, appointment.id)
        await freed_slots.withdraw_offers(tx, appointment.id)
        logger.info("earlier_no_longer_wanted", extra={"appointment": appointment.id})
        return appointment


@dataclass(frozen=True, slots=True)
class EarlierSlotStatus:
    """The request and the open offers of an appointment.

    Templates read these attributes by name.
    """

    wish: EarlierSlotRequest | None
    offer: SlotOffer | None
    may_ask: bool  # an earlier slot is possible for this appointment
    now: SlotOffer | None = None  # an offer to start the video call early


async def earlier_slot_status(session: AsyncSession, appointment: Appointment, now: datetime) -> EarlierSlotStatus:
    """Load the request and the open offers of this appointment."""
    offers = await offer_rows.open_offers_to_taker(session, appointment.id)
    is_open = [offer for offer in offers if offer.is_open(now)]
    return EarlierSlotStatus(
        wish=await earlier_request_rows.find_earlier_request(session, appointment.id),
        offer=next((offer for offer in is_open if offer.taker is OfferReason.EARLIER), None),
        may_ask=appointment.can_be_notified
        and appointment.state is AppointmentState.CONFIRMED
        and now < appointment.starts_at
        and await _has_interpreter_notice(session, appointment, now),
        now=next((offer for offer in is_open if offer.taker is OfferReason.EARLY_START), None),
    )


async def _has_interpreter_notice(session: AsyncSession, appointment: Appointment, now: datetime) -> bool:
    """Return whether an interpreter could still be asked before the start, or is not needed."""
    if not needs_interpreter(appointment.needs):
        return True
    office = await office_by_id(session, appointment.office_id)
    return now + interpreter_notice(office, appointment) < appointment.starts_at


async def accept_earlier_slot(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Move to the offered slot; the old slot is offered to others. Idempotent.

    Raises NotFound, Refused("offer_over" | "slot_taken" | "illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        office, appointment = await lock_agenda_of_token(tx, token)
        offer = await freed_slots.find_own_offer(tx, offer_id, OfferReason.EARLIER, appointment.id)
        if offer.state is OfferState.ACCEPTED and appointment.rescheduled_to is not None:
            return await appointment_by_id(tx.session, appointment.rescheduled_to)
        # re-read the clock: the offer may have ended while this transaction waited for the lock
        if not offer.is_open(tx.runtime.now()):
            raise Refused("offer_over")
        check_changeable(appointment, AppointmentState.RESCHEDULED, tx.now)
        services = remaining_services(office, appointment)
        search = SlotSearch(office, services, appointment.mode, excluded_id=offer.place)
        await check_slot_available(tx, search, offer.starts_at)
        await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
        claimed = await freed_slots.claim_freed_slot(tx, offer.place)
        await earlier_request_rows.delete_earlier_request(tx.session, appointment.id)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return await move_appointment(tx, office, services, appointment, offer.starts_at, claimed=claimed)


async def refuse_earlier_slot(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Refuse an offer; the request for an earlier slot stays. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        offer = await freed_slots.find_own_offer(tx, offer_id, OfferReason.EARLIER, appointment.id)
        await freed_slots.refuse_offer(tx, offer)
        return appointment
