"""Letters that ask a mailbox to show that it is its owner's, or tell it what it has. Each so often and no more."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from ...core.db.write_conflicts import WriteConflict
from ...core.errors import Invalid, Refused
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import TokenSigner, hash_token
from ...offices.service import Office
from ..domain.appointment import Appointment, AppointmentState, BookingRequest
from ..domain.contact_identifiers import email_key
from ..domain.requester import Requester
from ..notify import appointment_messages, reminder_timers
from ..queries.requested_services import require_additional_services, require_office, require_service
from ..storage import appointment_rows, limit_rows, locks, mailbox_rows
from . import check_booking_limits

UNVERIFIED_TIMER = "appointment_lapse"  # the timer that frees a place whose e-mail nobody verified
VERIFICATION_INTERVAL = timedelta(
    hours=1
)  # one letter an hour tells a mailbox what it has: anybody can type its address
MAX_VERIFICATION_EMAILS = 4  # of one appointment that ask to verify; anybody could fill a mailbox with them


def is_verification_secret(tokens: TokenSigner, appointment: Appointment, secret: str) -> bool:
    """Whether this secret was in a letter to the appointment's present address, by whichever key."""
    stands_for = appointment_messages.verification_secret_id(appointment.id, appointment.email)
    return tokens.derive("verify", stands_for, hash_token(secret)) == secret


async def request_verification(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """The letter with the secret, and the timer. Raises Refused("too_many_letters")."""
    assert appointment.kept_until is not None
    subject, long_ago = (
        reminder_timers.outbox_subject(appointment),
        appointment.created_at - VERIFICATION_INTERVAL,
    )
    written = await limit_rows.count_messages_since(
        tx.session, appointment_messages.VERIFY_KIND, subject, long_ago
    )
    if written >= MAX_VERIFICATION_EMAILS:
        raise Refused("too_many_letters", phone=office.phone)
    appointment_messages.send_verification_email(tx, office, appointment)
    await tx.schedule_timer(UNVERIFIED_TIMER, subject=appointment.id, due_at=appointment.kept_until)


async def notify_after_refusal(
    runtime: Runtime, office_slug: str, booking: BookingRequest, requester: Requester, refusal_code: str
) -> None:
    """What only the owner of the mailbox may read: which appointment it has, or a link that verifies it."""
    if refusal_code == "duplicate_appointment":
        async with runtime.transaction() as tx:
            await _notify_of_existing_booking(tx, office_slug, booking)
    elif refusal_code == "verify_first" and requester.proof is not None:
        with suppress(Invalid, WriteConflict):  # a second tap: this proof has paid for its letter already
            async with runtime.transaction() as tx:
                await check_booking_limits.spend_proof(
                    tx, requester
                )  # each letter costs whoever asks for it some work
                await _request_mailbox_verification(tx, office_slug, booking)


async def _notify_of_existing_booking(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    office = await require_office(tx.session, office_slug)
    service = require_service(office, booking.service, booking.mode)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{email_key(booking.email)}")
    more = require_additional_services(office, service, booking.mode, booking.more_services)
    ids = [one.id for one in (service, *more)]
    existing = await appointment_rows.find_active_appointment(tx.session, ids, booking.email, tx.now)
    if existing is None:
        return
    if existing.state is AppointmentState.PRECONFIRMED:
        with suppress(Refused):  # enough of them are in the mailbox already
            await request_verification(tx, office, existing)
        return
    written = await limit_rows.count_messages_since(
        tx.session,
        appointment_messages.EXISTING_BOOKING_KIND,
        reminder_timers.outbox_subject(existing),
        tx.now - VERIFICATION_INTERVAL,
    )
    if not written:
        appointment_messages.send_existing_booking(tx, office, existing)


async def _request_mailbox_verification(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    office, key = await require_office(tx.session, office_slug), email_key(booking.email)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{key}")
    if await mailbox_rows.count_mailbox_verifications_since(tx.session, key, tx.now - VERIFICATION_INTERVAL):
        return
    check_id = new_id()
    token_hash = hash_token(tx.runtime.tokens.derive("mailbox", check_id))
    await mailbox_rows.insert_mailbox_verification(tx.session, check_id, token_hash, key, tx.now)
    appointment_messages.send_mailbox_verification(tx, office, booking, check_id, token_hash)
