"""Letters that ask a mailbox to show that it is its owner's, or tell it what it has. Each so often and no more."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from ..core.errors import Invalid, Refused
from ..core.ids import new_id
from ..core.runtime import Runtime, Transaction
from ..core.tokens import Tokens, hash_token
from ..offices.service import Office
from . import counting, letters, limits_store, store
from .agenda import more_services_of, office_of, service_of
from .appointment import Appointment, AppointmentState, BookingRequest
from .asker import Asker

LAPSE = "appointment_lapse"  # the timer that frees a place whose e-mail nobody verified
EVERY = timedelta(hours=1)  # one letter an hour tells a mailbox what it has: anybody can type its address
LETTERS = 4  # of one appointment that ask to verify; anybody could fill a mailbox with them


def is_secret(tokens: Tokens, appointment: Appointment, secret: str) -> bool:
    """Whether this secret was in a letter to the appointment's present address, by whichever key."""
    stands_for = letters.secret_id(appointment.id, appointment.email)
    return tokens.derive("verify", stands_for, hash_token(secret)) == secret


async def ask_to_verify(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """The letter with the secret, and the timer. Raises Refused("too_many_letters")."""
    assert appointment.kept_until is not None
    subject, long_ago = letters.subject(appointment), appointment.created_at - EVERY
    written = await limits_store.written_since(tx.session, letters.VERIFY, subject, long_ago)
    if written >= LETTERS:
        raise Refused("too_many_letters", phone=office.phone)
    letters.verify(tx, office, appointment)
    await tx.schedule(LAPSE, subject=appointment.id, due_at=appointment.kept_until)


async def after_refusal(
    runtime: Runtime, office_slug: str, booking: BookingRequest, asker: Asker, code: str
) -> None:
    """What only the owner of the mailbox may read: which appointment it has, or a link that verifies it."""
    if code == "duplicate_appointment":
        async with runtime.transaction() as tx:
            await _tell_of_existing(tx, office_slug, booking)
    elif code == "verify_first" and asker.proof is not None:
        with suppress(Invalid, store.Collision):  # a second tap: this proof has paid for its letter already
            async with runtime.transaction() as tx:
                await counting.spend(tx, asker)  # each letter costs whoever asks for it some work
                await _ask_mailbox(tx, office_slug, booking)


async def _tell_of_existing(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    office = await office_of(tx.session, office_slug)
    service = service_of(office, booking.service, booking.mode)
    await store.hold_alone(tx.session, f"mailbox:{store.email_key(booking.email)}")
    more = more_services_of(office, service, booking.mode, booking.more_services)
    ids = [one.id for one in (service, *more)]
    existing = await store.active_of(tx.session, ids, booking.email, tx.now)
    if existing is None:
        return
    if existing.state is AppointmentState.PRECONFIRMED:
        with suppress(Refused):  # enough of them are in the mailbox already
            await ask_to_verify(tx, office, existing)
        return
    written = await limits_store.written_since(
        tx.session, letters.ALREADY, letters.subject(existing), tx.now - EVERY
    )
    if not written:
        letters.already(tx, office, existing)


async def _ask_mailbox(tx: Transaction, office_slug: str, booking: BookingRequest) -> None:
    office, key = await office_of(tx.session, office_slug), store.email_key(booking.email)
    await store.hold_alone(tx.session, f"mailbox:{key}")
    if await limits_store.checks_since(tx.session, key, tx.now - EVERY):
        return
    check_id = new_id()
    token_hash = hash_token(tx.runtime.tokens.derive("mailbox", check_id))
    await limits_store.insert_check(tx.session, check_id, token_hash, key, tx.now)
    letters.mailbox(tx, office, booking, check_id, token_hash)
