"""Verification of an e-mail by its link, and the expiry of unverified appointments."""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime

from ...core.db.rate_limits import record_guess
from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState
from ..domain.contact_identifiers import email_digest, email_key, email_keys
from ..domain.requester import UNLIMITED_REQUESTER, Requester
from ..events import AppointmentBooked, AppointmentCancelled
from ..notify import appointment_messages, reminder_timers
from ..queries.lookup import appointment_by_token
from ..queries.visit_services import appointment_services
from ..storage import appointment_rows, limit_rows, locks
from . import freed_slots, public_limits, verification_emails
from .attendance import update_or_conflict
from .locked_appointment import lock_agenda_of_token

logger = logging.getLogger(__name__)

# Corrections of confirmed appointments in 15 minutes: each correction sends an e-mail to any address.
MAX_EMAIL_CORRECTIONS = 3
MAX_EMAIL_CORRECTIONS_OF_ADDRESS = 6


async def verify_appointment(runtime: Runtime, token: str, secret: str) -> Appointment:
    """Mark the e-mail as verified, and confirm a preconfirmed appointment. Idempotent.

    An expired appointment stays expired, because its slot may be booked by another person.
    Raises NotFound, also for a secret that was not sent to the appointment's current address.
    """
    async with runtime.transaction() as tx:
        appointment = await _lock_appointment(tx, (await appointment_by_token(tx.session, token)).id)
        if not verification_emails.is_verification_secret(tx.runtime.tokens, appointment, secret):
            raise NotFound("not_found")
        if appointment.email_verified_at is None:
            await update_or_conflict(tx, appointment, email_verified_at=tx.now)
            appointment = dataclasses.replace(appointment, email_verified_at=tx.now)
        if appointment.state is not AppointmentState.PRECONFIRMED:
            return appointment
        return await _confirm_appointment(tx, appointment)


async def verify_mailbox_link(runtime: Runtime, token: str) -> None:
    """Mark a mailbox without an appointment as verified. Raises NotFound."""
    async with runtime.transaction() as tx:
        key = await limit_rows.find_mailbox_by_verification(tx.session, hash_token(token))
        if key is None:
            raise NotFound("not_found")
        await limit_rows.mark_mailbox_verified(tx.session, key, tx.now)


async def is_mailbox_verification_link(runtime: Runtime, token: str) -> bool:
    """Return whether this link was sent to a mailbox, and is not deleted yet."""
    async with runtime.read_session() as session:
        return await limit_rows.find_mailbox_by_verification(session, hash_token(token)) is not None


async def resend_verification_email(runtime: Runtime, token: str) -> Appointment:
    """Send the e-mail that verifies again.

    Raises NotFound, Refused("illegal_transition" | "too_many_letters").
    """
    async with runtime.transaction() as tx:
        appointment = await _lock_unverified_appointment(tx, await appointment_by_token(tx.session, token))
        office = await office_by_id(tx.session, appointment.office_id)
        await verification_emails.request_verification(tx, office, appointment)
        return appointment


async def correct_email(
    runtime: Runtime, token: str, email: str, requester: Requester = UNLIMITED_REQUESTER
) -> Appointment:
    """Replace the address, and send the next e-mail there.

    A verification link that was sent before becomes invalid.

    Raises NotFound, RateLimited, Refused("illegal_transition" | "duplicate_appointment" |
    "too_many_appointments" | "too_many_letters").
    """
    # read without a lock, only to choose the branch: each branch checks the state again under its lock
    async with runtime.read_session() as session:
        known = await appointment_by_token(session, token)
    if known.state is AppointmentState.CONFIRMED:
        return await _correct_confirmed_email(runtime, known.id, email, requester)
    async with runtime.transaction() as tx:
        # the agenda too: a booking at this moment could give the mailbox a second appointment for the service
        office, appointment = await lock_agenda_of_token(tx, token)
        appointment = await _lock_unverified_appointment(tx, appointment)
        mailbox_keys = email_keys(tx.runtime.tokens, email)
        others = await appointment_rows.find_active_appointments(
            tx.session, appointment.service_ids, mailbox_keys, tx.now
        )
        for other in others:
            if other.id != appointment.id:
                await verification_emails.refuse_or_announce_existing(tx, office, other, requester)
        if email_digest(email) != email_digest(appointment.email or ""):
            await public_limits.check_mailbox_limit(tx, requester, email, office)
        await _void_verification_email(tx, appointment)
        await update_or_conflict(tx, appointment, email=email, email_key=mailbox_keys[0], email_verified_at=None)
        corrected = dataclasses.replace(appointment, email=email, email_verified_at=None)
        await verification_emails.request_verification(tx, office, corrected)
        return corrected


def is_confirmed_email_correctable(appointment: Appointment, now: datetime) -> bool:
    """Return whether no link that this appointment sent to its e-mail was opened.

    Other links of the mailbox do not count: the answer would tell strangers that it was verified.
    """
    is_open = appointment.state is AppointmentState.CONFIRMED and now < appointment.ends_at
    return is_open and appointment.email_verified_at is None


async def _correct_confirmed_email(
    runtime: Runtime, appointment_id: str, email: str, requester: Requester
) -> Appointment:
    """Replace the address of a confirmed appointment, and send the confirmation there.

    An address that its owner has verified stays.
    Raises RateLimited after three changes in 15 minutes, or six of an IP address,
    Refused("illegal_transition" | "too_many_appointments").
    """
    # counted in a transaction of its own, so that a refused correction counts too
    await record_guess(runtime, f"email:{appointment_id}", guesses=MAX_EMAIL_CORRECTIONS)
    if requester.limits is not None and requester.address is not None:
        await record_guess(runtime, f"email_address:{requester.address}", guesses=MAX_EMAIL_CORRECTIONS_OF_ADDRESS)
    async with runtime.transaction() as tx:
        appointment = await _lock_appointment(tx, appointment_id)
        if not is_confirmed_email_correctable(appointment, tx.now):
            raise Refused("illegal_transition", state=str(appointment.state), to=str(AppointmentState.CONFIRMED))
        office = await office_by_id(tx.session, appointment.office_id)
        if email_digest(email) != email_digest(appointment.email or ""):
            await public_limits.check_mailbox_limit(tx, requester, email, office)
        corrected = dataclasses.replace(appointment, email=email)
        await update_or_conflict(tx, appointment, email=email, email_key=email_key(runtime.tokens, email))
        await appointment_messages.send_confirmation_again(tx, office, corrected)
        logger.info("appointment_email_corrected", extra={"appointment": appointment.id})
        return corrected


async def expire_unverified_appointment(tx: Transaction, appointment_id: str) -> None:
    """Cancel an appointment whose e-mail was not verified in time, and release its slot.

    Timer handler.
    """
    appointment = await appointment_rows.find_appointment(tx.session, appointment_id)
    if appointment is None or appointment.state is not AppointmentState.PRECONFIRMED:
        return
    office = await office_by_id(tx.session, appointment.office_id)
    await locks.lock_agenda(tx.session, office)  # always before appointments, to avoid deadlocks
    appointment = await _lock_appointment(tx, appointment_id)
    if appointment.state is not AppointmentState.PRECONFIRMED:
        return
    expired = dataclasses.replace(appointment, state=AppointmentState.CANCELLED_CITIZEN, lapsed_at=tx.now)
    await tx.emit(AppointmentCancelled(expired))
    await update_or_conflict(tx, appointment, state=expired.state, lapsed_at=expired.lapsed_at)
    await tx.void_messages(reminder_timers.outbox_subject(appointment))
    await freed_slots.release_slot(tx, office, appointment_services(office, appointment)[0], expired)
    logger.info("appointment_lapsed", extra={"appointment": appointment.id})


async def forget_requester(tx: Transaction, appointment_id: str) -> None:
    """Delete device and address of the requester when no limit counts them. Timer handler."""
    await appointment_rows.clear_requester(tx.session, appointment_id)


async def _confirm_appointment(tx: Transaction, appointment: Appointment) -> Appointment:
    office = await office_by_id(tx.session, appointment.office_id)
    confirmed = dataclasses.replace(appointment, state=AppointmentState.CONFIRMED, kept_until=None)
    await update_or_conflict(tx, appointment, state=confirmed.state, kept_until=None)
    await tx.cancel_timers(appointment.id, {verification_emails.UNVERIFIED_TIMER})
    await _void_verification_email(tx, appointment)
    await appointment_messages.send_confirmation(tx, office, confirmed)
    await tx.emit(AppointmentBooked(confirmed))
    logger.info("appointment_verified", extra={"appointment": appointment.id})
    return confirmed


async def _void_verification_email(tx: Transaction, appointment: Appointment) -> None:
    await tx.void_messages(reminder_timers.outbox_subject(appointment), {appointment_messages.VERIFY_KIND})


async def _lock_unverified_appointment(tx: Transaction, appointment: Appointment) -> Appointment:
    """Lock an appointment that waits for its verification.

    Raises NotFound, Refused("illegal_transition").
    """
    appointment = await _lock_appointment(tx, appointment.id)
    if appointment.state is not AppointmentState.PRECONFIRMED:
        raise Refused("illegal_transition", state=str(appointment.state), to=str(AppointmentState.CONFIRMED))
    return appointment


async def _lock_appointment(tx: Transaction, appointment_id: str) -> Appointment:
    """Load the appointment with a row lock. Raises NotFound."""
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None:
        raise NotFound("not_found")
    return appointment
