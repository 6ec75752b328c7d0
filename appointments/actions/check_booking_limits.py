"""What one address and one mailbox may keep, counted in SQL: it holds across processes and restarts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...core.errors import RateLimited, Refused
from ...core.runtime import Transaction
from ...offices.service import Office
from ..domain.appointment import Appointment
from ..domain.contact_identifiers import email_key
from ..domain.requester import BOOKING_RATE_WINDOW, BookingLimits, Requester
from ..storage import limit_rows, locks, mailbox_rows
from .proof_of_work import proof_used_error

VERIFY_FROM_UNVERIFIED_COUNT = (
    2  # unverified places of an address: before there is a second one nobody needs to be asked
)


async def spend_proof(tx: Transaction, requester: Requester) -> None:
    """Use up the proof. It comes back if the booking is refused. Raises Invalid("altcha": proof_used)."""
    if requester.proof is not None and not await limit_rows.insert_spent_proof(
        tx.session, requester.proof, tx.now
    ):
        raise proof_used_error()


async def check_limits(tx: Transaction, requester: Requester, email: str, office: Office) -> None:
    """Raises Refused("too_many_appointments" | "verify_first"), RateLimited."""
    if requester.limits is None:
        return
    await check_mailbox_limit(tx, requester, email, office)
    if requester.address is not None:
        key = email_key(email)
        await locks.acquire_advisory_lock(tx.session, f"address:{requester.address}")
        await _check_booking_rate(tx, requester.limits, requester.address)
        await _check_unverified_limit(tx, requester.limits, requester.address, key, office)


async def check_mailbox_limit(tx: Transaction, requester: Requester, email: str, office: Office) -> None:
    """Whether one more visit may stand under this e-mail. Raises Refused("too_many_appointments")."""
    if requester.limits is None:
        return
    key = email_key(email)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{key}")
    most = requester.limits.mailbox
    if most and await limit_rows.count_upcoming_appointments(tx.session, key, tx.now) >= most:
        raise Refused("too_many_appointments", phone=office.phone)


async def can_join_waitlist_directly(tx: Transaction, requester: Requester, person: str, office: Office) -> bool:
    """Whether somebody waits at once; False when the mailbox is asked first, as after too many that nobody has
    verified: an honest person behind the same address must not pay for others.

    Raises RateLimited, Refused("confirm_first") for whoever brings no proof then.
    """
    if requester.limits is None or requester.address is None:
        return not requester.must_verify
    await locks.acquire_advisory_lock(tx.session, f"address:{requester.address}")
    _check_rate_limit(
        await limit_rows.recent_waitlist_times(tx.session, requester.address, tx.now), requester.limits, tx.now
    )
    if not requester.limits.unverified or await mailbox_rows.is_mailbox_verified(tx.session, person, tx.now):
        return not requester.must_verify
    if (
        await limit_rows.count_unverified_waitlist_entries(tx.session, requester.address, tx.now)
        < requester.limits.unverified
    ):
        return not requester.must_verify
    if requester.must_verify:
        raise Refused("confirm_first", phone=office.phone)
    return False


async def should_ask_for_verification(tx: Transaction, appointment: Appointment, requester: Requester) -> bool:
    """Whether a verified mailbox would help: others book behind the same address, and soon one too many."""
    if requester.limits is None or requester.address is None or not requester.limits.unverified:
        return False
    if await mailbox_rows.is_mailbox_verified(tx.session, email_key(appointment.email), tx.now):
        return False
    return (
        await limit_rows.count_unverified_appointments(tx.session, requester.address, tx.now)
        >= VERIFY_FROM_UNVERIFIED_COUNT
    )


async def _check_booking_rate(tx: Transaction, limits: BookingLimits, address: str) -> None:
    _check_rate_limit(await limit_rows.recent_booking_times(tx.session, address, tx.now), limits, tx.now)


def _check_rate_limit(request_times: Sequence[datetime], limits: BookingLimits, now: datetime) -> None:
    if limits.bookings and len(request_times) >= limits.bookings:
        wait = request_times[-limits.bookings] + BOOKING_RATE_WINDOW - now
        raise RateLimited(retry_after_s=max(1, int(wait.total_seconds())))


async def _check_unverified_limit(
    tx: Transaction, limits: BookingLimits, address: str, key: str, office: Office
) -> None:
    if not limits.unverified or await mailbox_rows.is_mailbox_verified(tx.session, key, tx.now):
        return
    if await limit_rows.count_unverified_appointments(tx.session, address, tx.now) >= limits.unverified:
        raise Refused("verify_first", phone=office.phone)
