"""What one address and one mailbox may keep, counted in SQL: it holds across processes and restarts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...core.errors import RateLimited, Refused
from ...core.runtime import Transaction
from ...offices.service import Office
from ..domain.appointment import Appointment
from ..domain.requester import BOOKINGS_WINDOW, Asker, Limits
from ..storage import appointment_rows, limit_rows
from .proof_of_work import spent

WORTH_VERIFYING = 2  # unverified places of an address: before there is a second one nobody needs to be asked


async def spend(tx: Transaction, asker: Asker) -> None:
    """Use up the proof. It comes back if the booking is refused. Raises Invalid("altcha": proof_used)."""
    if asker.proof is not None and not await limit_rows.spend_proof(tx.session, asker.proof, tx.now):
        raise spent()


async def check(tx: Transaction, asker: Asker, email: str, office: Office) -> None:
    """Raises Refused("too_many_appointments" | "verify_first"), RateLimited."""
    if asker.limits is None:
        return
    await check_mailbox(tx, asker, email, office)
    if asker.address is not None:
        key = appointment_rows.email_key(email)
        await appointment_rows.hold_alone(tx.session, f"address:{asker.address}")
        await _check_rate(tx, asker.limits, asker.address)
        await _check_unverified(tx, asker.limits, asker.address, key, office)


async def check_mailbox(tx: Transaction, asker: Asker, email: str, office: Office) -> None:
    """Whether one more visit may stand under this e-mail. Raises Refused("too_many_appointments")."""
    if asker.limits is None:
        return
    key = appointment_rows.email_key(email)
    await appointment_rows.hold_alone(tx.session, f"mailbox:{key}")
    most = asker.limits.mailbox
    if most and await limit_rows.mailbox_places(tx.session, key, tx.now) >= most:
        raise Refused("too_many_appointments", phone=office.phone)


async def may_wait(tx: Transaction, asker: Asker, person: str, office: Office) -> bool:
    """Whether somebody waits at once; False when the mailbox is asked first, as after too many that nobody has
    verified: an honest person behind the same address must not pay for others.

    Raises RateLimited, Refused("confirm_first") for whoever brings no proof then.
    """
    if asker.limits is None or asker.address is None:
        return not asker.must_verify
    await appointment_rows.hold_alone(tx.session, f"address:{asker.address}")
    _check_pace(await limit_rows.waits_of(tx.session, asker.address, tx.now), asker.limits, tx.now)
    if not asker.limits.unverified or await limit_rows.is_verified(tx.session, person, tx.now):
        return not asker.must_verify
    if await limit_rows.unverified_waits(tx.session, asker.address, tx.now) < asker.limits.unverified:
        return not asker.must_verify
    if asker.must_verify:
        raise Refused("confirm_first", phone=office.phone)
    return False


async def is_worth_verifying(tx: Transaction, appointment: Appointment, asker: Asker) -> bool:
    """Whether a verified mailbox would help: others book behind the same address, and soon one too many."""
    if asker.limits is None or asker.address is None or not asker.limits.unverified:
        return False
    if await limit_rows.is_verified(tx.session, appointment_rows.email_key(appointment.email), tx.now):
        return False
    return await limit_rows.unverified_places(tx.session, asker.address, tx.now) >= WORTH_VERIFYING


async def _check_rate(tx: Transaction, limits: Limits, address: str) -> None:
    _check_pace(await limit_rows.bookings_of(tx.session, address, tx.now), limits, tx.now)


def _check_pace(made: Sequence[datetime], limits: Limits, now: datetime) -> None:
    if limits.bookings and len(made) >= limits.bookings:
        wait = made[-limits.bookings] + BOOKINGS_WINDOW - now
        raise RateLimited(retry_after_s=max(1, int(wait.total_seconds())))


async def _check_unverified(tx: Transaction, limits: Limits, address: str, key: str, office: Office) -> None:
    if not limits.unverified or await limit_rows.is_verified(tx.session, key, tx.now):
        return
    if await limit_rows.unverified_places(tx.session, address, tx.now) >= limits.unverified:
        raise Refused("verify_first", phone=office.phone)
