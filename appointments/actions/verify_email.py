"""Showing that an e-mail is one's own, by the link that only its letter has; and what happens if nobody does."""

from __future__ import annotations

import dataclasses
import logging

from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, office_by_id
from ..domain.appointment import Appointment, AppointmentState
from ..domain.contact_identifiers import email_key
from ..domain.requester import UNLIMITED_REQUESTER, Requester
from ..events import AppointmentBooked, AppointmentCancelled
from ..notify import appointment_messages, reminder_timers
from ..queries.lookup import appointment_by_token
from ..queries.visit_services import appointment_services
from ..storage import appointment_rows, locks, mailbox_rows
from . import check_booking_limits, freed_slots, verification_emails
from .attendance import update_or_conflict

logger = logging.getLogger(__name__)


async def verify_appointment(runtime: Runtime, token: str, secret: str) -> Appointment:
    """The mailbox is its owner's: what was preconfirmed is confirmed, and its letter goes out. Twice is once.

    One that lapsed stays so: its place may be somebody else's. But the mailbox counts as verified from now on.
    Raises NotFound, also for a secret that is not of this appointment's address.
    """
    async with runtime.transaction() as tx:
        found = await _lock_or_not_found(tx, (await appointment_by_token(tx.session, token)).id)
        if not verification_emails.is_verification_secret(tx.runtime.tokens, found, secret):
            raise NotFound("not_found")
        await mailbox_rows.mark_mailbox_verified(tx.session, email_key(found.email), tx.now)
        return await _confirm_appointment(tx, found) if found.state is AppointmentState.PRECONFIRMED else found


async def verify_mailbox_link(runtime: Runtime, token: str) -> None:
    """The same for whoever has no appointment yet. Raises NotFound."""
    async with runtime.transaction() as tx:
        key = await mailbox_rows.find_mailbox_by_verification(tx.session, hash_token(token))
        if key is None:
            raise NotFound("not_found")
        await mailbox_rows.mark_mailbox_verified(tx.session, key, tx.now)


async def is_mailbox_verification_link(runtime: Runtime, token: str) -> bool:
    """Whether this link was sent to somebody lately."""
    async with runtime.read_session() as session:
        return await mailbox_rows.find_mailbox_by_verification(session, hash_token(token)) is not None


async def resend_verification_email(runtime: Runtime, token: str) -> Appointment:
    """Another letter to verify. Raises NotFound, Refused("illegal_transition" | "too_many_letters")."""
    async with runtime.transaction() as tx:
        found, office = await _lock_unverified_appointment(tx, token)
        await verification_emails.request_verification(tx, office, found)
        return found


async def correct_email(
    runtime: Runtime, token: str, email: str, requester: Requester = UNLIMITED_REQUESTER
) -> Appointment:
    """Another address, before the first one was verified; its letter opens nothing any more.

    Raises NotFound, Refused("illegal_transition" | "duplicate_appointment" | "too_many_appointments" |
    "too_many_letters").
    """
    async with runtime.transaction() as tx:
        first = await appointment_by_token(tx.session, token)
        await locks.lock_agenda(tx.session, await office_by_id(tx.session, first.office_id))
        found, office = await _lock_unverified_appointment(tx, token)
        other = await appointment_rows.find_active_appointment(tx.session, found.service_ids, email, tx.now)
        if other is not None and other.id != found.id:
            raise Refused("duplicate_appointment")
        if email_key(email) != email_key(found.email):
            await check_booking_limits.check_mailbox_limit(tx, requester, email, office)
        await tx.void_messages(reminder_timers.outbox_subject(found), {appointment_messages.VERIFY_KIND})
        await update_or_conflict(tx, found, email=email, email_key=email_key(email))
        corrected = dataclasses.replace(found, email=email)
        await verification_emails.request_verification(tx, office, corrected)
        return corrected


async def expire_unverified_appointment(tx: Transaction, appointment_id: str) -> None:
    """A timer: nobody verified the e-mail in time, and the place goes the way of those that are given back."""
    first = await appointment_rows.find_appointment(tx.session, appointment_id)
    if first is None or first.state is not AppointmentState.PRECONFIRMED:
        return
    office = await office_by_id(tx.session, first.office_id)
    await locks.lock_agenda(tx.session, office)  # before the appointment, as everybody who holds both does
    found = await _lock_or_not_found(tx, appointment_id)
    if found.state is not AppointmentState.PRECONFIRMED:
        return
    lapsed = dataclasses.replace(found, state=AppointmentState.CANCELLED_CITIZEN, lapsed_at=tx.now)
    await tx.emit(AppointmentCancelled(lapsed))
    await update_or_conflict(tx, found, state=lapsed.state, lapsed_at=lapsed.lapsed_at)
    await tx.void_messages(reminder_timers.outbox_subject(found))
    await freed_slots.release_slot(tx, office, appointment_services(office, found)[0], lapsed)
    logger.info("appointment_lapsed", extra={"appointment": found.id})


async def forget_requester(tx: Transaction, appointment_id: str) -> None:
    """A timer: the visit is over, and from where it was booked is nobody's business any more."""
    await appointment_rows.clear_requester(tx.session, appointment_id)


async def _confirm_appointment(tx: Transaction, found: Appointment) -> Appointment:
    office = await office_by_id(tx.session, found.office_id)
    confirmed = dataclasses.replace(found, state=AppointmentState.CONFIRMED, kept_until=None)
    await update_or_conflict(tx, found, state=confirmed.state, kept_until=None)
    await tx.cancel_timers(found.id, {verification_emails.UNVERIFIED_TIMER})
    await tx.void_messages(reminder_timers.outbox_subject(found), {appointment_messages.VERIFY_KIND})
    await appointment_messages.send_confirmation(tx, office, confirmed)
    await tx.emit(AppointmentBooked(confirmed))
    logger.info("appointment_verified", extra={"appointment": found.id})
    return confirmed


async def _lock_unverified_appointment(tx: Transaction, token: str) -> tuple[Appointment, Office]:
    """One that waits for its e-mail to be verified. Raises NotFound, Refused("illegal_transition")."""
    found = await _lock_or_not_found(tx, (await appointment_by_token(tx.session, token)).id)
    if found.state is not AppointmentState.PRECONFIRMED:
        raise Refused("illegal_transition", state=str(found.state), to=str(AppointmentState.CONFIRMED))
    return found, await office_by_id(tx.session, found.office_id)


async def _lock_or_not_found(tx: Transaction, appointment_id: str) -> Appointment:
    """As it is now that nobody else confirms, corrects or frees it."""
    found = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if found is None:
        raise NotFound("not_found")
    return found
