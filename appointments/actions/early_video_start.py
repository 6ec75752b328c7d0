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
from ...offices.service import Office, Service, office_by_id
from ..domain import slots
from ..domain.appointment import Appointment, AppointmentState, entry_opens_at
from ..domain.capacity import Part
from ..domain.offer import NOW_LASTS, Offer, OfferState, Taker, goes_out_at, may_come_now
from ..events import AppointmentBooked, AppointmentRescheduled
from ..notify import offer_messages
from ..queries.availability import capacity_of, interpreter_notice, length_of
from ..queries.lookup import appointment_by_token
from ..queries.visit_services import services_of
from ..storage import agenda_rows, appointment_rows, offer_rows

logger = logging.getLogger(__name__)

DUE_TIMER = "visit.due"  # subject: the appointment that may not come, and whose time is offered then
LATE = timedelta(minutes=10)  # until then somebody is in time (design: "Who is next")
GONE = frozenset({AppointmentState.CONFIRMED, AppointmentState.NO_SHOW})


async def on_booked(tx: Transaction, event: AppointmentBooked) -> None:
    await _watch(tx, event.appointment)


async def on_rescheduled(tx: Transaction, event: AppointmentRescheduled) -> None:
    await _watch(tx, event.new)


async def _watch(tx: Transaction, appointment: Appointment) -> None:
    if appointment.mode == "video":
        await tx.schedule(DUE_TIMER, subject=appointment.id, due_at=appointment.expected_at + LATE)


async def missed(tx: Transaction, appointment: Appointment) -> None:
    """An agent says that nobody came: its time is free from now on."""
    if appointment.mode == "video":
        await tx.schedule(DUE_TIMER, subject=appointment.id, due_at=tx.now)


async def fill(tx: Transaction, appointment_id: str) -> None:
    """The timer: ask in the next of those who want to come earlier, while the time of this one lasts."""
    gone = await appointment_rows.locked(tx.session, appointment_id)  # two workers at once would ask in two
    if gone is None or gone.state not in GONE or tx.now >= gone.ends_at:
        return
    if gone.state is AppointmentState.CONFIRMED and tx.now < gone.expected_at + LATE:
        await tx.schedule(DUE_TIMER, subject=gone.id, due_at=gone.expected_at + LATE)
        return
    offer = await offer_rows.open_offer_of_place(tx.session, gone.id)
    if offer is not None and not await _is_over(tx, offer):
        return
    office = await office_by_id(tx.session, gone.office_id)
    try:
        await _ask_in(tx, office, services_of(office, gone)[0], gone)
    except Unavailable:  # nobody understands its rules
        return


async def _is_over(tx: Transaction, offer: Offer) -> bool:
    """Whether the next may be asked; one whose time is over is closed here."""
    if tx.now < offer.expires_at:
        await tx.schedule(DUE_TIMER, subject=offer.place, due_at=offer.expires_at)
        return False
    return await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)


async def _ask_in(tx: Transaction, office: Office, service: Service, gone: Appointment) -> None:
    if goes_out_at(tx.now, office.timezone) != tx.now:
        return
    ids = [service.id, *(one.id for one in gone.more_services)]
    later = await offer_rows.who_wants_earlier(tx.session, ids, "video", gone.starts_at, gone.id)
    for one, person, wish in later:
        comes = may_come_now(tx.now, one.starts_at) and tx.now < entry_opens_at(one)
        if interpreter_notice(office, one):  # the interpreter comes at the hour that was agreed
            continue
        if not comes or not wish.suits(tx.now, office.timezone) or not await _has_time(tx, office, gone, one):
            continue
        offer = _offer(tx, services_of(office, one)[0], gone, one)
        if await offer_rows.insert_offer(tx.session, offer, f"person:{person}"):
            await tx.schedule(DUE_TIMER, subject=gone.id, due_at=offer.expires_at)
            await offer_messages.asked_in(tx, office, one, offer)
            logger.info("asked_in", extra={"offer": offer.id, "office": office.slug})
            return


async def _has_time(tx: Transaction, office: Office, gone: Appointment, one: Appointment) -> bool:
    """Whether their call would be over before somebody else's begins."""
    services = services_of(office, one)
    length = length_of(services)
    taken = await agenda_rows.taken(
        tx.session, office.id, "video", tx.now, tx.now + length, tx.now, without=gone.id
    )
    parts = [Part(each.id, timedelta(minutes=each.minutes)) for each in services]
    limits = capacity_of(office, "video").limits(parts, taken)
    return bool(slots.free_slots([(tx.now, tx.now + length)], length, length, limits, tx.now))


def _offer(tx: Transaction, service: Service, gone: Appointment, one: Appointment) -> Offer:
    return Offer(
        id=new_id(),
        place=gone.id,
        taker=Taker.NOW,
        taker_id=one.id,
        office_id=gone.office_id,
        service_id=service.id,
        mode="video",
        starts_at=tx.now,
        ends_at=gone.ends_at,
        state=OfferState.OPEN,
        created_at=tx.now,
        expires_at=tx.now + NOW_LASTS,
    )


async def come_in(runtime: Runtime, token: str, offer_id: str) -> Appointment:
    """Open their room now. A second press is the first. Raises NotFound, Refused("offer_over")."""
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        offer = await offer_rows.offer_by_id(tx.session, offer_id)
        if offer is None or (offer.taker, offer.taker_id) != (Taker.NOW, appointment.id):
            raise NotFound
        if offer.state is OfferState.ACCEPTED:
            return appointment
        if appointment.state is not AppointmentState.CONFIRMED or not offer.is_open(tx.now):
            raise Refused("offer_over")
        if not await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED):
            raise Refused("offer_over")
        await appointment_rows.change(tx.session, appointment.id, appointment.state, tx.now, may_enter_at=tx.now)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return await appointment_by_token(tx.session, token)
