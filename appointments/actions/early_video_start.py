"""Nobody came to a video call: whoever has a later one today and asked for an earlier time may come in now.

Nothing is moved. Their own time stays theirs, and the room opens before it: so no place is given twice, and
whoever does not see the message in time loses nothing. In person standby fills the gap (queue/actions/standby.py).
"""

from __future__ import annotations

import logging
from datetime import timedelta

from ...core.errors import NotFound, Refused, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, office_by_id
from ..domain import slots
from ..domain.appointment import Appointment, AppointmentState, entry_opens_at
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
from ..queries.lookup import appointment_by_token
from ..queries.service_settings import interpreter_notice
from ..queries.visit_services import appointment_services, visit_duration
from ..storage import appointment_rows, earlier_request_rows, offer_rows, taken_slot_rows

logger = logging.getLogger(__name__)

NO_SHOW_TIMER = "visit.due"  # subject: the appointment that may not come, and whose time is offered then
LATE_AFTER_START = timedelta(minutes=10)  # until then somebody is in time (design: "Who is next")
VACATED_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.NO_SHOW})


async def schedule_no_show_check(tx: Transaction, event: AppointmentBooked) -> None:
    await _schedule_check(tx, event.appointment)


async def reschedule_no_show_check(tx: Transaction, event: AppointmentRescheduled) -> None:
    await _schedule_check(tx, event.new)


async def _schedule_check(tx: Transaction, appointment: Appointment) -> None:
    if appointment.mode == "video":
        await tx.schedule_timer(
            NO_SHOW_TIMER, subject=appointment.id, due_at=appointment.expected_at + LATE_AFTER_START
        )


async def invite_next_now(tx: Transaction, appointment: Appointment) -> None:
    """An agent says that nobody came: its time is free from now on."""
    if appointment.mode == "video":
        await tx.schedule_timer(NO_SHOW_TIMER, subject=appointment.id, due_at=tx.now)


async def invite_next(tx: Transaction, appointment_id: str) -> None:
    """The timer: ask in the next of those who want to come earlier, while the time of this one lasts."""
    gone = await appointment_rows.lock_appointment(
        tx.session, appointment_id
    )  # two workers at once would ask in two
    if gone is None or gone.state not in VACATED_STATES or tx.now >= gone.ends_at:
        return
    if gone.state is AppointmentState.CONFIRMED and tx.now < gone.expected_at + LATE_AFTER_START:
        await tx.schedule_timer(NO_SHOW_TIMER, subject=gone.id, due_at=gone.expected_at + LATE_AFTER_START)
        return
    offer = await offer_rows.find_open_offer_for_hold(tx.session, gone.id)
    if offer is not None and not await _is_offer_closed(tx, offer):
        return
    office = await office_by_id(tx.session, gone.office_id)
    try:
        await _invite_first_match(tx, office, appointment_services(office, gone)[0], gone)
    except Unavailable:  # nobody understands its rules
        return


async def _is_offer_closed(tx: Transaction, offer: SlotOffer) -> bool:
    """Whether the next may be asked; one whose time is over is closed here."""
    if tx.now < offer.expires_at:
        await tx.schedule_timer(NO_SHOW_TIMER, subject=offer.place, due_at=offer.expires_at)
        return False
    return await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)


async def _invite_first_match(
    tx: Transaction, office: Office, service: OfficeService, missed: Appointment
) -> None:
    if earliest_send_time(tx.now, office.timezone) != tx.now:
        return
    ids = [service.id, *(one.id for one in missed.more_services)]
    later = await earlier_request_rows.earlier_requests_for_slot(
        tx.session, ids, "video", missed.starts_at, missed.id
    )
    for one, person, wish in later:
        comes = can_start_early(tx.now, one.starts_at) and tx.now < entry_opens_at(one)
        if interpreter_notice(office, one):  # the interpreter comes at the hour that was agreed
            continue
        if (
            not comes
            or not wish.accepts(tx.now, office.timezone)
            or not await _has_time_before_next_call(tx, office, missed, one)
        ):
            continue
        offer = _build_offer(tx, appointment_services(office, one)[0], missed, one)
        if await offer_rows.insert_offer(tx.session, offer, f"person:{person}"):
            await tx.schedule_timer(NO_SHOW_TIMER, subject=missed.id, due_at=offer.expires_at)
            await offer_messages.send_early_start_offer(tx, office, one, offer)
            logger.info("asked_in", extra={"offer": offer.id, "office": office.slug})
            return


async def _has_time_before_next_call(
    tx: Transaction, office: Office, missed: Appointment, one: Appointment
) -> bool:
    """Whether their call would be over before somebody else's begins."""
    services = appointment_services(office, one)
    length = visit_duration(services)
    taken = await taken_slot_rows.taken_slots(
        tx.session, office.id, "video", tx.now, tx.now + length, tx.now, excluded_id=missed.id
    )
    parts = [VisitPart(each.id, timedelta(minutes=each.minutes)) for each in services]
    limits = office_capacity(office, "video").limits(parts, taken)
    return bool(slots.free_slots([(tx.now, tx.now + length)], length, length, limits, tx.now))


def _build_offer(tx: Transaction, service: OfficeService, missed: Appointment, one: Appointment) -> SlotOffer:
    return SlotOffer(
        id=new_id(),
        place=missed.id,
        taker=OfferReason.EARLY_START,
        taker_id=one.id,
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
    """Open their room now. A second press is the first. Raises NotFound, Refused("offer_over")."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        offer = await offer_rows.find_offer(tx.session, offer_id)
        if offer is None or (offer.taker, offer.taker_id) != (OfferReason.EARLY_START, appointment.id):
            raise NotFound
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
