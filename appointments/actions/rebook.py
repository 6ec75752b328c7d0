"""One tap for whoever was cancelled by the office: the kept place or another one, with all that is known."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Refused, Unavailable
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, Service, office_by_id
from ..domain.appointment import Appointment, AppointmentState, BookingRequest
from ..domain.offer import NEAREST, Offer, OfferState, Taker
from ..queries.availability import also_given, check_free, interpreter_notice, nearest_times
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..queries.visit_services import services_of
from ..storage import appointment_rows, offer_rows
from . import freed_slots
from .book import enter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """One time in place of the one that was cancelled; `kept_until` when it is kept for this person."""

    starts_at: datetime
    kept_until: datetime | None


async def ways_to_rebook(
    session: AsyncSession, office: Office, service: Service, appointment: Appointment, now: datetime
) -> list[Way]:
    """Up to three times, by time; nothing for whoever was not cancelled by the office, or has booked again, and
    where the agenda's rules make no sense."""
    if not _may_rebook(appointment):
        return []
    kept = await _kept(session, appointment, now)
    wanted, more = appointment.starts_at, also_given(office, appointment)
    try:
        notice = interpreter_notice(office, appointment)
        free = await nearest_times(
            session, office, service, appointment.mode, now, wanted, more=more, notice=notice
        )
    except Unavailable:  # nothing can be booked there, and the page says all the rest
        return []
    shown = {appointment.starts_at} | ({kept.starts_at} if kept else set())
    others = [Way(slot.starts_at, None) for slot in free if slot.starts_at not in shown]
    ways = [Way(kept.starts_at, kept.expires_at), *others] if kept else others
    return sorted(ways[:NEAREST], key=lambda way: way.starts_at)


async def rebook(runtime: Runtime, token: str, starts_at: datetime) -> Appointment:
    """Book again with the same details. A second press finds the appointment of the first.

    Raises NotFound, Refused("illegal_transition" | "duplicate_appointment" | "slot_taken", nearest=[...]).
    """
    async with runtime.transaction() as tx:
        gone = await appointment_by_token(tx.session, token)
        office = await office_by_id(tx.session, gone.office_id)
        service, *_ = services = services_of(office, gone)
        await appointment_rows.hold_agenda(tx.session, office)
        gone = await appointment_by_token(tx.session, token)  # as it is now that nobody else books here
        if gone.state is AppointmentState.CANCELLED_OFFICE and gone.rescheduled_to is not None:
            return await appointment_by_id(tx.session, gone.rescheduled_to)
        if not _may_rebook(gone):
            raise Refused("illegal_transition", state=str(gone.state), to=str(AppointmentState.CONFIRMED))
        same = [one.id for one in services]
        if await appointment_rows.active_of(tx.session, same, gone.email, tx.now) is not None:
            raise Refused("duplicate_appointment")
        await _take_place(tx, office, service, gone, starts_at)
        new = await enter(tx, office, _again(office, gone, starts_at))
        await appointment_rows.change(tx.session, gone.id, gone.state, tx.now, rescheduled_to=new.id)
        logger.info("appointment_rebooked", extra={"appointment": gone.id, "to": new.id})
        return new


def _may_rebook(appointment: Appointment) -> bool:
    """Whose e-mail was never verified books anew, and verifies it then; so does whom nobody remembers."""
    cancelled = appointment.state is AppointmentState.CANCELLED_OFFICE and appointment.rescheduled_to is None
    return cancelled and appointment.kept_until is None and bool(appointment.email)


async def _take_place(
    tx: Transaction, office: Office, service: Service, gone: Appointment, starts_at: datetime
) -> None:
    """The kept place if it is that one; any other must be free, and the kept one goes to others."""
    kept, more = await _kept(tx.session, gone, tx.now), also_given(office, gone)
    if kept is None or kept.starts_at != starts_at:
        notice = interpreter_notice(office, gone)
        await check_free(tx, office, service, gone.mode, starts_at, more=more, notice=notice)
        await freed_slots.withdraw(tx, gone.id)
        return
    await check_free(tx, office, service, gone.mode, starts_at, more=more, without=kept.place)
    await offer_rows.close_offer(tx.session, kept.id, OfferState.ACCEPTED)
    await appointment_rows.delete_hold(tx.session, kept.place)


async def _kept(session: AsyncSession, gone: Appointment, now: datetime) -> Offer | None:
    offers = await offer_rows.open_offers_to(session, gone.id)
    return next((one for one in offers if one.taker is Taker.CANCELLED and one.is_open(now)), None)


def _again(office: Office, gone: Appointment, starts_at: datetime) -> BookingRequest:
    return BookingRequest(
        service=services_of(office, gone)[0].slug,
        mode=gone.mode,
        starts_at=starts_at,
        name=gone.name,
        email=gone.email,
        phone=gone.phone,
        document=gone.document,
        language=gone.language,
        needs=gone.needs,
        needs_note=gone.needs_note,
        remind_by_sms=gone.remind_by_sms,
        more_services=tuple(one.slug for one in also_given(office, gone)),
    )
