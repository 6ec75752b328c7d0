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
from ..domain.offer import Offer, OfferState, Taker, Wish
from ..queries.availability import also_given, check_free, interpreter_notice
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..queries.visit_services import services_of
from ..storage import appointment_rows, offer_rows
from . import freed_slots
from .cancel_and_reschedule import move_to

logger = logging.getLogger(__name__)


async def want_earlier(runtime: Runtime, token: str, wish: Wish) -> Appointment:
    """Tell this person when an earlier time gets free. Asking again changes the limits only.

    Raises NotFound, Refused("illegal_transition" | "too_late" | "bound_to_the_time").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        check_changeable(appointment, AppointmentState.RESCHEDULED, tx.now)
        if tx.now >= appointment.starts_at:
            raise Refused("too_late")
        if not await _can_be_earlier(tx.session, appointment, tx.now):
            raise Refused("bound_to_the_time")
        await offer_rows.keep_wish(tx.session, appointment.id, wish, tx.now)
        logger.info("earlier_wanted", extra={"appointment": appointment.id})
        return appointment


async def stop_wanting(runtime: Runtime, token: str) -> Appointment:
    """Tell them no more; what is being offered goes to the next. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        await offer_rows.delete_wish(tx.session, appointment.id)
        await freed_slots.withdraw(tx, appointment.id)
        logger.info("earlier_no_longer_wanted", extra={"appointment": appointment.id})
        return appointment


@dataclass(frozen=True, slots=True)
class Earlier:
    """What somebody asked for, and what they are offered at this moment. `may_ask`: whether that makes sense."""

    wish: Wish | None
    offer: Offer | None
    may_ask: bool
    now: Offer | None = None  # an agent is free, and the video call can begin


async def earlier_of(session: AsyncSession, appointment: Appointment, now: datetime) -> Earlier:
    """How it stands with an earlier time for this appointment."""
    is_open = [one for one in await offer_rows.open_offers_to(session, appointment.id) if one.is_open(now)]
    return Earlier(
        await offer_rows.wish_of(session, appointment.id),
        next((one for one in is_open if one.taker is Taker.EARLIER), None),
        _may_ask(appointment, now) and await _can_be_earlier(session, appointment, now),
        next((one for one in is_open if one.taker is Taker.NOW), None),
    )


def _may_ask(appointment: Appointment, now: datetime) -> bool:
    return appointment.state is AppointmentState.CONFIRMED and now < appointment.starts_at


async def _can_be_earlier(session: AsyncSession, appointment: Appointment, now: datetime) -> bool:
    """Whether whoever must come with them could still be asked to come before their time, which is to come."""
    if not needs_interpreter(appointment.needs):
        return True
    office = await office_by_id(session, appointment.office_id)
    return now + interpreter_notice(office, appointment) < appointment.starts_at


async def earlier_offer(session: AsyncSession, appointment_id: str) -> Offer | None:
    """The latest earlier time that was offered, whatever became of it."""
    return await offer_rows.last_offer_to(session, appointment_id, Taker.EARLIER)


async def accept_earlier(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Move to the offered time; the old place is offered on. A second press is answered as the first.

    Raises NotFound, Refused("offer_over" | "slot_taken" | "illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        office = await office_by_id(tx.session, appointment.office_id)
        service = services_of(office, appointment)[0]
        await appointment_rows.hold_agenda(tx.session, office)
        appointment = await appointment_by_token(tx.session, token)  # as it is now that nobody else moves it
        offer = await _own_offer(tx, appointment, offer_id)
        if offer.state is OfferState.ACCEPTED and appointment.rescheduled_to is not None:
            return await appointment_by_id(tx.session, appointment.rescheduled_to)
        if not offer.is_open(tx.runtime.now()):
            raise Refused("offer_over")
        check_changeable(appointment, AppointmentState.RESCHEDULED, tx.now)
        more = also_given(office, appointment)
        await check_free(tx, office, service, appointment.mode, offer.starts_at, more=more, without=offer.place)
        await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
        taken = await freed_slots.take_out(tx, offer.place)
        await offer_rows.delete_wish(tx.session, appointment.id)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return await move_to(tx, office, (service, *more), appointment, offer.starts_at, taken=taken)


async def refuse_earlier(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Not this one: it goes to the next, and whoever refuses keeps their place in the list. Raises NotFound."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        offer = await _own_offer(tx, appointment, offer_id)
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await freed_slots.pass_on(tx, offer)
            logger.info("offer_refused", extra={"offer": offer.id})
        return appointment


async def _own_offer(tx: Transaction, appointment: Appointment, offer_id: str) -> Offer:
    offer = await offer_rows.offer_by_id(tx.session, offer_id)
    if offer is None or (offer.taker, offer.taker_id) != (Taker.EARLIER, appointment.id):
        raise NotFound
    return offer
