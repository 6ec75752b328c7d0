"""E-mails that verify a mailbox or tell it of its appointment, each with a limit."""

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
from ..domain.contact_identifiers import email_key, email_keys
from ..domain.requester import Requester
from ..notify import appointment_messages, reminder_timers
from ..queries.bookable_services import require_office, require_services
from ..storage import appointment_rows, limit_rows, locks
from . import public_limits

UNVERIFIED_TIMER = "appointment_lapse"  # expires an appointment whose e-mail was not verified; stored
# Anyone can type the address of another person, so that a mailbox gets one e-mail of a kind an hour.
MAILBOX_EMAIL_INTERVAL = timedelta(hours=1)
# e-mails of an appointment that ask to verify, for the same reason
MAX_VERIFICATION_EMAILS = 4


def is_verification_secret(tokens: TokenSigner, appointment: Appointment, secret: str) -> bool:
    """Return whether an e-mail to the appointment's current address contained this secret.

    Secrets of every signing key that the installation still accepts count.
    """
    if appointment.email is None:
        return False
    secret_id = appointment_messages.verification_secret_id(appointment.id, appointment.email)
    return tokens.derive("verify", secret_id, hash_token(secret)) == secret


async def request_verification(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Send the e-mail with the secret, and schedule the expiry.

    Raises Refused("too_many_letters").
    """
    assert appointment.kept_until is not None
    sent = await limit_rows.count_messages_since(
        tx.session,
        appointment_messages.VERIFY_KIND,
        reminder_timers.outbox_subject(appointment),
        appointment.created_at - MAILBOX_EMAIL_INTERVAL,
    )
    if sent >= MAX_VERIFICATION_EMAILS:
        raise Refused("too_many_letters", phone=office.phone)
    appointment_messages.send_verification_email(tx, office, appointment)
    await tx.schedule_timer(UNVERIFIED_TIMER, subject=appointment.id, due_at=appointment.kept_until)


async def notify_after_refusal(
    runtime: Runtime, office_slug: str, booking: BookingRequest, requester: Requester, refusal_code: str
) -> None:
    """Send the reason for a refusal to the mailbox.

    The HTTP response cannot contain it: only the owner of the mailbox may learn of its appointments.
    """
    if refusal_code == "duplicate_appointment":
        async with runtime.transaction() as tx:
            await _notify_of_existing_booking(tx, office_slug, booking)
    elif refusal_code == "verify_first" and requester.proof is not None:
        with suppress(Invalid, WriteConflict):  # a repeated request: its proof is spent, and the e-mail was sent
            async with runtime.transaction() as tx:
                await public_limits.spend_proof(tx, requester)  # each e-mail costs a proof of work
                await _request_mailbox_verification(tx, office_slug, booking)


async def refuse_or_announce_existing(
    tx: Transaction, office: Office, existing: Appointment, requester: Requester
) -> None:
    """Refuse a second appointment, or tell the mailbox of the first.

    Only a requester who may learn about the first is refused. Raises Refused("duplicate_appointment").
    """
    if requester.can_learn_about(existing):
        raise Refused("duplicate_appointment")
    if existing.email is None:  # only staff book such a visit, and they may know
        return
    # two requests at once would each find that no e-mail was sent in the last hour
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{email_key(tx.runtime.tokens, existing.email)}")
    await _announce_existing(tx, office, existing)


async def _notify_of_existing_booking(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    assert booking.email is not None
    office = await require_office(tx.session, office_slug)
    services = require_services(office, booking.service_slugs, booking.mode)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{email_key(tx.runtime.tokens, booking.email)}")
    service_ids = [service.id for service in services]
    for existing in await appointment_rows.find_active_appointments(
        tx.session, service_ids, email_keys(tx.runtime.tokens, booking.email), tx.now
    ):
        await _announce_existing(tx, office, existing)


async def _announce_existing(tx: Transaction, office: Office, existing: Appointment) -> None:
    """Tell a mailbox that it has an appointment, at most once an hour."""
    if existing.state is AppointmentState.PRECONFIRMED:
        with suppress(Refused):  # the mailbox has enough of these e-mails
            await request_verification(tx, office, existing)
        return
    sent = await limit_rows.count_messages_since(
        tx.session,
        appointment_messages.EXISTING_BOOKING_KIND,
        reminder_timers.outbox_subject(existing),
        tx.now - MAILBOX_EMAIL_INTERVAL,
    )
    if not sent:
        appointment_messages.send_existing_booking(tx, office, existing)


async def _request_mailbox_verification(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    assert booking.email is not None
    office, keys = await require_office(tx.session, office_slug), email_keys(tx.runtime.tokens, booking.email)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{keys[0]}")
    if await limit_rows.count_mailbox_verifications_since(tx.session, keys, tx.now - MAILBOX_EMAIL_INTERVAL):
        return
    verification_id = new_id()
    token_hash = hash_token(tx.runtime.tokens.derive("mailbox", verification_id))
    await limit_rows.insert_mailbox_verification(tx.session, verification_id, token_hash, keys[0], tx.now)
    appointment_messages.send_mailbox_verification(tx, office, booking, verification_id, token_hash)
