"""One tap for whoever was cancelled by the office: the kept place or another one, with all that is known."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Refused, Unavailable
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, office_by_id
from ..domain.appointment import Appointment, AppointmentState, BookingRequest
from ..domain.offer import REPLACEMENT_COUNT, OfferReason, OfferState, SlotOffer
from ..queries.availability import SlotSearch, check_slot_available, nearest_available_slots
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..queries.service_settings import interpreter_notice
from ..queries.visit_services import additional_services, appointment_services
from ..storage import appointment_rows, hold_rows, locks, offer_rows
from . import freed_slots
from .book import create_appointment

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplacementTime:
    """One time in place of the one that was cancelled; `kept_until` when it is kept for this person."""

    starts_at: datetime
    kept_until: datetime | None


async def replacement_times(
    session: AsyncSession, office: Office, service: OfficeService, appointment: Appointment, now: datetime
) -> list[ReplacementTime]:
    """Up to three times, by time; nothing for whoever was not cancelled by the office, or has booked again, and
    where the agenda's rules make no sense."""
    if not _can_rebook(appointment):
        return []
    kept = await _find_replacement_offer(session, appointment, now)
    wanted, more = appointment.starts_at, additional_services(office, appointment)
    try:
        notice = interpreter_notice(office, appointment)
        free = await nearest_available_slots(
            session, SlotSearch(office, [service, *more], appointment.mode, notice=notice), now, wanted
        )
    except Unavailable:  # nothing can be booked there, and the page says all the rest
        return []
    shown = {appointment.starts_at} | ({kept.starts_at} if kept else set())
    others = [ReplacementTime(slot.starts_at, None) for slot in free if slot.starts_at not in shown]
    ways = [ReplacementTime(kept.starts_at, kept.expires_at), *others] if kept else others
    return sorted(ways[:REPLACEMENT_COUNT], key=lambda way: way.starts_at)


async def rebook_appointment(runtime: Runtime, token: str, starts_at: datetime) -> Appointment:
    """Book again with the same details. A second press finds the appointment of the first.

    Raises NotFound, Refused("illegal_transition" | "duplicate_appointment" | "slot_taken", nearest=[...]).
    """
    async with runtime.transaction() as tx:
        gone = await appointment_by_token(tx.session, token)
        office = await office_by_id(tx.session, gone.office_id)
        service, *_ = services = appointment_services(office, gone)
        await locks.lock_agenda(tx.session, office)
        gone = await appointment_by_token(tx.session, token)  # as it is now that nobody else books here
        if gone.state is AppointmentState.CANCELLED_OFFICE and gone.rescheduled_to is not None:
            return await appointment_by_id(tx.session, gone.rescheduled_to)
        if not _can_rebook(gone):
            raise Refused("illegal_transition", state=str(gone.state), to=str(AppointmentState.CONFIRMED))
        same = [one.id for one in services]
        if await appointment_rows.find_active_appointment(tx.session, same, gone.email, tx.now) is not None:
            raise Refused("duplicate_appointment")
        await _claim_slot(tx, office, service, gone, starts_at)
        new = await create_appointment(tx, office, _build_repeat_request(office, gone, starts_at))
        await appointment_rows.update_appointment(tx.session, gone.id, gone.state, tx.now, rescheduled_to=new.id)
        logger.info("appointment_rebooked", extra={"appointment": gone.id, "to": new.id})
        return new


def _can_rebook(appointment: Appointment) -> bool:
    """Whose e-mail was never verified books anew, and verifies it then; so does whom nobody remembers."""
    cancelled = appointment.state is AppointmentState.CANCELLED_OFFICE and appointment.rescheduled_to is None
    return cancelled and appointment.kept_until is None and bool(appointment.email)


async def _claim_slot(
    tx: Transaction, office: Office, service: OfficeService, gone: Appointment, starts_at: datetime
) -> None:
    """The kept place if it is that one; any other must be free, and the kept one goes to others."""
    kept, more = await _find_replacement_offer(tx.session, gone, tx.now), additional_services(office, gone)
    if kept is None or kept.starts_at != starts_at:
        notice = interpreter_notice(office, gone)
        await check_slot_available(tx, SlotSearch(office, [service, *more], gone.mode, notice=notice), starts_at)
        await freed_slots.withdraw_offers(tx, gone.id)
        return
    await check_slot_available(
        tx, SlotSearch(office, [service, *more], gone.mode, excluded_id=kept.place), starts_at
    )
    await offer_rows.close_offer(tx.session, kept.id, OfferState.ACCEPTED)
    await hold_rows.delete_hold(tx.session, kept.place)


async def _find_replacement_offer(session: AsyncSession, gone: Appointment, now: datetime) -> SlotOffer | None:
    offers = await offer_rows.open_offers_to_taker(session, gone.id)
    return next((one for one in offers if one.taker is OfferReason.CANCELLED and one.is_open(now)), None)


def _build_repeat_request(office: Office, gone: Appointment, starts_at: datetime) -> BookingRequest:
    return BookingRequest(
        service=appointment_services(office, gone)[0].slug,
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
        more_services=tuple(one.slug for one in additional_services(office, gone)),
    )
