"""Letters that ask a mailbox to show that it is its owner's, or tell it what it has. Each so often and no more."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from ...core.errors import Invalid, Refused
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import Tokens, hash_token
from ...offices.service import Office
from ..domain.appointment import Appointment, AppointmentState, BookingRequest
from ..domain.requester import Asker
from ..notify import appointment_messages
from ..queries.availability import more_services_of, office_of, service_of
from ..storage import appointment_rows, limit_rows
from . import check_booking_limits

LAPSE = "appointment_lapse"  # the timer that frees a place whose e-mail nobody verified
EVERY = timedelta(hours=1)  # one letter an hour tells a mailbox what it has: anybody can type its address
LETTERS = 4  # of one appointment that ask to verify; anybody could fill a mailbox with them


def is_secret(tokens: Tokens, appointment: Appointment, secret: str) -> bool:
    """Whether this secret was in a letter to the appointment's present address, by whichever key."""
    stands_for = appointment_messages.secret_id(appointment.id, appointment.email)
    return tokens.derive("verify", stands_for, hash_token(secret)) == secret


async def ask_to_verify(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """The letter with the secret, and the timer. Raises Refused("too_many_letters")."""
    assert appointment.kept_until is not None
    subject, long_ago = appointment_messages.subject(appointment), appointment.created_at - EVERY
    written = await limit_rows.written_since(tx.session, appointment_messages.VERIFY, subject, long_ago)
    if written >= LETTERS:
        raise Refused("too_many_letters", phone=office.phone)
    appointment_messages.verify(tx, office, appointment)
    await tx.schedule(LAPSE, subject=appointment.id, due_at=appointment.kept_until)


async def after_refusal(
    runtime: Runtime, office_slug: str, booking: BookingRequest, asker: Asker, code: str
) -> None:
    """What only the owner of the mailbox may read: which appointment it has, or a link that verifies it."""
    if code == "duplicate_appointment":
        async with runtime.transaction() as tx:
            await _tell_of_existing(tx, office_slug, booking)
    elif code == "verify_first" and asker.proof is not None:
        with suppress(
            Invalid, appointment_rows.Collision
        ):  # a second tap: this proof has paid for its letter already
            async with runtime.transaction() as tx:
                await check_booking_limits.spend(tx, asker)  # each letter costs whoever asks for it some work
                await _ask_mailbox(tx, office_slug, booking)


async def _tell_of_existing(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    office = await office_of(tx.session, office_slug)
    service = service_of(office, booking.service, booking.mode)
    await appointment_rows.hold_alone(tx.session, f"mailbox:{appointment_rows.email_key(booking.email)}")
    more = more_services_of(office, service, booking.mode, booking.more_services)
    ids = [one.id for one in (service, *more)]
    existing = await appointment_rows.active_of(tx.session, ids, booking.email, tx.now)
    if existing is None:
        return
    if existing.state is AppointmentState.PRECONFIRMED:
        with suppress(Refused):  # enough of them are in the mailbox already
            await ask_to_verify(tx, office, existing)
        return
    written = await limit_rows.written_since(
        tx.session, appointment_messages.ALREADY, appointment_messages.subject(existing), tx.now - EVERY
    )
    if not written:
        appointment_messages.already(tx, office, existing)


async def _ask_mailbox(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    office, key = await office_of(tx.session, office_slug), appointment_rows.email_key(booking.email)
    await appointment_rows.hold_alone(tx.session, f"mailbox:{key}")
    if await limit_rows.checks_since(tx.session, key, tx.now - EVERY):
        return
    check_id = new_id()
    token_hash = hash_token(tx.runtime.tokens.derive("mailbox", check_id))
    await limit_rows.insert_check(tx.session, check_id, token_hash, key, tx.now)
    appointment_messages.mailbox(tx, office, booking, check_id, token_hash)
