"""Early start of a later video call after a no-show.

A citizen who asked for an earlier slot is invited to enter now. The appointment is not moved: only its room
opens early. So no slot is given twice, and a citizen who reads the message too late keeps the booked time. In
person, standby fills the gap (queue/actions/standby.py).
"""

from __future__ import annotations

import logging
from datetime import timedelta

from ...core.errors import Refused, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, office_by_id
from ..domain import slots
from ..domain.appointment import ON_TIME_WITHIN, Appointment, AppointmentState, entry_opens_at
from ..domain.capacity import VisitPart
from ..domain.offer import (
    EARLY_START_OFFER_DURATION,
    OfferReason,
    OfferState,
    SlotOffer,
    can_start_early,
    earliest_send_time,
)
from ..events import AppointmentBooked, AppointmentRescheduled
from ..notify import offer_messages
from ..queries.availability import office_capacity
from ..queries.bookable_services import interpreter_notice
from ..queries.lookup import appointment_by_token
from ..queries.visit_services import appointment_services, visit_duration
from ..storage import appointment_rows, earlier_request_rows, offer_rows, taken_slot_rows
from . import freed_slots

logger = logging.getLogger(__name__)

NO_SHOW_TIMER = "visit.due"  # subject: the id of the appointment whose citizen may not come
VACATED_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.NO_SHOW})


async def schedule_no_show_check(tx: Transaction, event: AppointmentBooked) -> None:
    """Check a booked video appointment for a no-show, ten minutes after its start."""
    await _schedule_check(tx, event.appointment)


async def reschedule_no_show_check(tx: Transaction, event: AppointmentRescheduled) -> None:
    """Check the new appointment for a no-show.

    The timer of the old appointment finds it moved and does nothing.
    """
    await _schedule_check(tx, event.new)


async def _schedule_check(tx: Transaction, appointment: Appointment) -> None:
    if appointment.mode == "video":
        await tx.schedule_timer(
            NO_SHOW_TIMER, subject=appointment.id, due_at=appointment.expected_at + ON_TIME_WITHIN
        )


async def invite_next_now(tx: Transaction, appointment: Appointment) -> None:
    """Invite the next citizen at once, because an agent reported a no-show."""
    if appointment.mode == "video":
        await tx.schedule_timer(NO_SHOW_TIMER, subject=appointment.id, due_at=tx.now)


async def invite_next(tx: Transaction, appointment_id: str) -> None:
    """Invite the next citizen to the missed call while its time lasts. Timer handler."""
    # locked, because two workers would each invite someone
    missed = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if missed is None or missed.state not in VACATED_STATES or tx.now >= missed.ends_at:
        return
    late_at = missed.expected_at + ON_TIME_WITHIN
    if missed.state is AppointmentState.CONFIRMED and tx.now < late_at:
        await tx.schedule_timer(NO_SHOW_TIMER, subject=missed.id, due_at=late_at)
        return
    offer = await offer_rows.find_open_offer_for_hold(tx.session, missed.id)
    if offer is not None and not await _close_expired_offer(tx, offer):
        return
    office = await office_by_id(tx.session, missed.office_id)
    try:
        await _invite_first_match(tx, office, appointment_services(office, missed)[0], missed)
    except Unavailable:  # the agenda settings are invalid
        return


async def _close_expired_offer(tx: Transaction, offer: SlotOffer) -> bool:
    """Close an offer whose time is over.

    Returns False, and sets the timer again, if it is still open.
    """
    if tx.now < offer.expires_at:
        await tx.schedule_timer(NO_SHOW_TIMER, subject=offer.place, due_at=offer.expires_at)
        return False
    return await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)


async def _invite_first_match(
    tx: Transaction, office: Office, service: OfficeService, missed: Appointment
) -> None:
    """Offer the time to the first citizen whose call would fit into it."""
    if earliest_send_time(tx.now, office.timezone) != tx.now:
        return
    service_ids = [service.id, *(each.id for each in missed.more_services)]
    candidates = await earlier_request_rows.earlier_requests_for_slot(
        tx.session, service_ids, "video", missed.starts_at, missed.id
    )
    for appointment, person, request in candidates:
        if not appointment.can_be_notified:
            continue
        if interpreter_notice(office, appointment):  # the interpreter comes at the booked time
            continue
        is_soon_enough = can_start_early(tx.now, appointment.starts_at) and tx.now < entry_opens_at(appointment)
        if not is_soon_enough or not request.accepts(tx.now, office.timezone):
            continue
        if not await _has_time_before_next_call(tx, office, missed, appointment):
            continue
        offer = _build_offer(tx, appointment_services(office, appointment)[0], missed, appointment)
        if await offer_rows.insert_offer(tx.session, offer, f"person:{person}"):
            await tx.schedule_timer(NO_SHOW_TIMER, subject=missed.id, due_at=offer.expires_at)
            await offer_messages.send_early_start_offer(tx, office, appointment, offer)
            logger.info("asked_in", extra={"offer": offer.id, "office": office.slug})
            return


async def _has_time_before_next_call(
    tx: Transaction, office: Office, missed: Appointment, candidate: Appointment
) -> bool:
    """Return whether the candidate's call would end before the next booked call starts."""
    services = appointment_services(office, candidate)
    length = visit_duration(services)
    taken = await taken_slot_rows.taken_slots(
        tx.session, office.id, ["video"], tx.now, tx.now + length, tx.now, excluded_id=missed.id
    )
    parts = [VisitPart(service.id, timedelta(minutes=service.minutes)) for service in services]
    limits = office_capacity(office, "video").limits(parts, taken["video"])
    return bool(slots.free_slots([(tx.now, tx.now + length)], length, length, limits, tx.now))


def _build_offer(
    tx: Transaction, service: OfficeService, missed: Appointment, candidate: Appointment
) -> SlotOffer:
    return SlotOffer(
        id=new_id(),
        place=missed.id,
        taker=OfferReason.EARLY_START,
        taker_id=candidate.id,
        office_id=missed.office_id,
        service_id=service.id,
        mode="video",
        starts_at=tx.now,
        ends_at=missed.ends_at,
        state=OfferState.OPEN,
        created_at=tx.now,
        expires_at=tx.now + EARLY_START_OFFER_DURATION,
    )


async def accept_early_start(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Open the room of the appointment now. Idempotent.

    Raises NotFound, Refused("offer_over").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        offer = await freed_slots.find_own_offer(tx, offer_id, OfferReason.EARLY_START, appointment.id)
        if offer.state is OfferState.ACCEPTED:
            return appointment
        if appointment.state is not AppointmentState.CONFIRMED or not offer.is_open(tx.now):
            raise Refused("offer_over")
        if not await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED):
            raise Refused("offer_over")
        await appointment_rows.update_appointment(
            tx.session, appointment.id, appointment.state, tx.now, may_enter_at=tx.now
        )
        logger.info("offer_accepted", extra={"offer": offer.id})
        return await appointment_by_token(tx.session, token)
