"""Limits for the public: proof of work, and counts for an address and a mailbox.

A proof has the format of ALTCHA, and no third party is asked. Its challenge is a hash whose number is found by
trying; it is signed, its salt contains the expiry, and a proof can be spent once. docs/decisions/0020 explains the
cost for each kind of requester. The counts are made in SQL, so that they hold across processes and restarts.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from ...core.errors import FieldError, Invalid, RateLimited, Refused
from ...core.runtime import Transaction
from ...core.tokens import TokenSigner
from ...core.web.validation import parse_json
from ...offices.service import Office
from ..domain.appointment import Appointment
from ..domain.contact_identifiers import email_keys
from ..domain.hold import HOLD_DURATION
from ..domain.requester import BOOKING_RATE_WINDOW, BookingLimits, ProofOfWork, Requester
from ..storage import limit_rows, locks

PROOF_VALID_FOR = HOLD_DURATION  # a page that stays open longer solves a new challenge
ALGORITHM: Literal["SHA-256"] = "SHA-256"
PROOF_FIELDS = {"algorithm": str, "challenge": str, "number": int, "salt": str, "signature": str}
MAX_PROOF_CHARS = 2_000  # a proof has about 400
# unverified appointments of an address; most addresses never have a second
VERIFY_FROM_UNVERIFIED_COUNT = 2


# Proof of work


def new_challenge(tokens: TokenSigner, difficulty: int, now: datetime) -> dict[str, Any]:
    """Create a challenge for the API.

    Solving it tries half of `difficulty` numbers on average.
    """
    # imported late, as in all functions here: few requests need a proof
    from altcha import v1

    options = v1.ChallengeOptions(
        algorithm=ALGORITHM, max_number=difficulty, hmac_key=_signing_key(tokens), expires=now + PROOF_VALID_FOR
    )
    challenge = v1.create_challenge(options)
    return {
        "algorithm": challenge.algorithm,
        "challenge": challenge.challenge,
        "maxnumber": challenge.max_number,
        "salt": challenge.salt,
        "signature": challenge.signature,
    }


def verify_proof(tokens: TokenSigner, text: str, now: datetime) -> ProofOfWork:
    """Verify a proof that was sent. Raises Invalid("altcha": proof_invalid | proof_expired)."""
    from altcha import v1

    payload = _decode_proof(text)
    # the library compares the expiry with the machine's clock, and this code with the database's
    is_valid, _reason = v1.verify_solution(payload, _signing_key(tokens), check_expires=False)
    if not is_valid:
        raise _proof_error("proof_invalid")
    expires_at = _expires_at(payload)
    if now >= expires_at:
        raise _proof_error("proof_expired")
    return ProofOfWork(payload["signature"], expires_at)


async def spend_proof(tx: Transaction, requester: Requester) -> None:
    """Spend the proof; a refusal rolls that back. Raises Invalid("altcha": proof_used)."""
    if requester.proof is not None and not await limit_rows.insert_spent_proof(
        tx.session, requester.proof, tx.now
    ):
        raise proof_used_error()


def proof_used_error() -> Invalid:
    """Build the error of a proof that was spent before."""
    return _proof_error("proof_used")


def _decode_proof(text: str) -> Any:
    if len(text) > MAX_PROOF_CHARS:
        raise _proof_error("proof_invalid")
    try:
        payload = parse_json(base64.b64decode(text, validate=True))
    except ValueError:
        raise _proof_error("proof_invalid") from None
    if not isinstance(payload, dict) or payload.get("algorithm") != ALGORITHM:
        raise _proof_error("proof_invalid")
    if not all(isinstance(payload.get(name), kind) for name, kind in PROOF_FIELDS.items()):
        raise _proof_error("proof_invalid")
    return payload


def _expires_at(payload: Any) -> datetime:
    """Read the expiry from the salt, which the signature protects.

    It is compared with the clock of the installation, not with that of the library.
    """
    from altcha import v1

    return datetime.fromtimestamp(int(v1.extract_params(payload)["expires"][0]), UTC)


def _signing_key(tokens: TokenSigner) -> str:
    return tokens.sign("altcha", "challenge")


def _proof_error(code: str) -> Invalid:
    return Invalid(FieldError("altcha", code))


# Counts for an address or a mailbox


async def check_limits(tx: Transaction, requester: Requester, email: str | None, office: Office) -> bool:
    """Check the limits of a booking; return whether only the verified mailbox allows it.

    Raises Refused("too_many_appointments" | "verify_first"), RateLimited.
    """
    if requester.limits is None or email is None:  # only staff, who have no limits, book without e-mail
        return False
    # the mailbox is locked before the address, in the order of storage/locks.py
    await check_mailbox_limit(tx, requester, email, office)
    if requester.address is None:
        return False
    await locks.acquire_advisory_lock(tx.session, f"address:{requester.address}")
    booked_at = await limit_rows.recent_booking_times(tx.session, requester.address, tx.now)
    _check_rate_limit(booked_at, requester.limits, tx.now)
    limit = requester.limits.unverified
    if not limit or await limit_rows.count_unverified_appointments(tx.session, requester.address, tx.now) < limit:
        return False
    if await limit_rows.is_mailbox_verified(tx.session, email_keys(tx.runtime.tokens, email), tx.now):
        return True
    raise Refused("verify_first", phone=office.phone)


async def check_mailbox_limit(tx: Transaction, requester: Requester, email: str, office: Office) -> None:
    """Check the limit of a mailbox. Raises Refused("too_many_appointments").

    Bookings of other devices and addresses do not count: the refusal would tell how many there are.
    """
    if requester.limits is None:
        return
    keys = email_keys(tx.runtime.tokens, email)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{keys[0]}")
    limit = requester.limits.mailbox
    if limit and await limit_rows.count_own_upcoming_appointments(tx.session, keys, requester, tx.now) >= limit:
        raise Refused("too_many_appointments", phone=office.phone)


async def can_join_waitlist_directly(
    tx: Transaction, requester: Requester, mailbox_keys: Sequence[str], office: Office
) -> bool:
    """Return whether an entry waits at once; False if the mailbox must confirm first.

    Above the limit of unverified entries of an address a proof of work still leads to a confirmation by e-mail,
    so that honest people behind a shared address are not shut out.
    Raises RateLimited, and Refused("confirm_first") above that limit without a proof.
    """
    if requester.limits is None or requester.address is None:
        return not requester.must_verify
    await locks.acquire_advisory_lock(tx.session, f"address:{requester.address}")
    joined_at = await limit_rows.recent_waitlist_times(tx.session, requester.address, tx.now)
    _check_rate_limit(joined_at, requester.limits, tx.now)
    limit = requester.limits.unverified
    entries = await limit_rows.count_unverified_waitlist_entries(tx.session, requester.address, tx.now)
    if not limit or entries < limit or await limit_rows.is_mailbox_verified(tx.session, mailbox_keys, tx.now):
        return not requester.must_verify
    if requester.must_verify:
        raise Refused("confirm_first", phone=office.phone)
    return False


async def should_ask_for_verification(tx: Transaction, appointment: Appointment, requester: Requester) -> bool:
    """Return whether a verified mailbox would help, because the address is close to its limit."""
    if requester.limits is None or requester.address is None or not requester.limits.unverified:
        return False
    return appointment.email_verified_at is None and (
        await limit_rows.count_unverified_appointments(tx.session, requester.address, tx.now)
        >= VERIFY_FROM_UNVERIFIED_COUNT
    )


def _check_rate_limit(request_times: Sequence[datetime], limits: BookingLimits, now: datetime) -> None:
    if limits.bookings and len(request_times) >= limits.bookings:
        wait = request_times[-limits.bookings] + BOOKING_RATE_WINDOW - now
        raise RateLimited(retry_after_s=max(1, int(wait.total_seconds())))
