"""Somebody who has a later time wants an earlier one: asking for it, and answering when one is offered."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState, check_changeable, needs_interpreter
from ..domain.offer import EarlierSlotRequest, OfferReason, OfferState, SlotOffer
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..queries.service_settings import interpreter_notice
from ..queries.visit_services import additional_services, appointment_services
from ..storage import earlier_request_rows, locks, offer_rows
from . import freed_slots
from .cancel_and_reschedule import move_appointment

logger = logging.getLogger(__name__)


async def request_earlier_slot(runtime: Runtime, token: str, request: EarlierSlotRequest) -> Appointment:
    """Tell this person when an earlier time gets free. Asking again changes the limits only.

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
    """Tell them no more; what is being offered goes to the next. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        await earlier_request_rows.delete_earlier_request(tx.session, appointment.id)
        await freed_slots.withdraw_offers(tx, appointment.id)
        logger.info("earlier_no_longer_wanted", extra={"appointment": appointment.id})
        return appointment


@dataclass(frozen=True, slots=True)
class EarlierSlotStatus:
    """What somebody asked for, and what they are offered at this moment. `may_ask`: whether that makes sense."""

    wish: EarlierSlotRequest | None
    offer: SlotOffer | None
    may_ask: bool
    now: SlotOffer | None = None  # an agent is free, and the video call can begin


async def earlier_slot_status(session: AsyncSession, appointment: Appointment, now: datetime) -> EarlierSlotStatus:
    """How it stands with an earlier time for this appointment."""
    is_open = [one for one in await offer_rows.open_offers_to_taker(session, appointment.id) if one.is_open(now)]
    return EarlierSlotStatus(
        await earlier_request_rows.find_earlier_request(session, appointment.id),
        next((one for one in is_open if one.taker is OfferReason.EARLIER), None),
        _is_upcoming(appointment, now) and await _has_interpreter_notice(session, appointment, now),
        next((one for one in is_open if one.taker is OfferReason.EARLY_START), None),
    )


def _is_upcoming(appointment: Appointment, now: datetime) -> bool:
    return appointment.state is AppointmentState.CONFIRMED and now < appointment.starts_at


async def _has_interpreter_notice(session: AsyncSession, appointment: Appointment, now: datetime) -> bool:
    """Whether whoever must come with them could still be asked to come before their time, which is to come."""
    if not needs_interpreter(appointment.needs):
        return True
    office = await office_by_id(session, appointment.office_id)
    return now + interpreter_notice(office, appointment) < appointment.starts_at


async def latest_earlier_offer(session: AsyncSession, appointment_id: str) -> SlotOffer | None:
    """The latest earlier time that was offered, whatever became of it."""
    return await offer_rows.latest_offer_to_taker(session, appointment_id, OfferReason.EARLIER)


async def accept_earlier_slot(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Move to the offered time; the old place is offered on. A second press is answered as the first.

    Raises NotFound, Refused("offer_over" | "slot_taken" | "illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        office = await office_by_id(tx.session, appointment.office_id)
        service = appointment_services(office, appointment)[0]
        await locks.lock_agenda(tx.session, office)
        appointment = await appointment_by_token(tx.session, token)  # as it is now that nobody else moves it
        offer = await _find_own_offer(tx, appointment, offer_id)
        if offer.state is OfferState.ACCEPTED and appointment.rescheduled_to is not None:
            return await appointment_by_id(tx.session, appointment.rescheduled_to)
        if not offer.is_open(tx.runtime.now()):
            raise Refused("offer_over")
        check_changeable(appointment, AppointmentState.RESCHEDULED, tx.now)
        more = additional_services(office, appointment)
        await check_slot_available(
            tx, SlotSearch(office, [service, *more], appointment.mode, excluded_id=offer.place), offer.starts_at
        )
        await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
        taken = await freed_slots.claim_freed_slot(tx, offer.place)
        await earlier_request_rows.delete_earlier_request(tx.session, appointment.id)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return await move_appointment(tx, office, (service, *more), appointment, offer.starts_at, claimed=taken)


async def refuse_earlier_slot(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Not this one: it goes to the next, and whoever refuses keeps their place in the list. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        offer = await _find_own_offer(tx, appointment, offer_id)
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await freed_slots.schedule_next_offer(tx, offer)
            logger.info("offer_refused", extra={"offer": offer.id})
        return appointment


async def _find_own_offer(tx: Transaction, appointment: Appointment, offer_id: str) -> SlotOffer:
    offer = await offer_rows.find_offer(tx.session, offer_id)
    if offer is None or (offer.taker, offer.taker_id) != (OfferReason.EARLIER, appointment.id):
        raise NotFound
    return offer
