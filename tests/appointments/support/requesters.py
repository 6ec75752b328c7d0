"""The people of the appointment tests, and their booking requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha import v1
from office360.appointments.actions.public_limits import new_challenge, verify_proof
from office360.appointments.service import BookingLimits, BookingRequest, Requester
from office360.core.runtime import Runtime

AMINA = {"name": "Amina Haddad", "email": "amina@example.org"}
DIEGO = {"name": "Diego Sanz", "email": "diego@example.org"}

FRIDAY_AT_9 = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 9:00 in Madrid, two days after MORNING
QUARTER = timedelta(minutes=15)
WIFI_REQUESTER = Requester(address="wifi", limits=BookingLimits())


def make_booking_request(person: dict[str, str] = AMINA, **changes: Any) -> BookingRequest:
    """Build a request for a certificate by video on Friday at nine, with these changes."""
    asked: dict[str, Any] = {
        "service": "certificate",
        "mode": "video",
        "starts_at": FRIDAY_AT_9,
        **person,
        **changes,
    }
    return BookingRequest(**asked)


def solve_new_challenge(runtime: Runtime, difficulty: int = 50) -> str:
    """Solve a new challenge of this installation, as a browser does while a form is filled in."""
    return solve_challenge(new_challenge(runtime.tokens, difficulty, runtime.now()))


def solve_challenge(challenge: dict[str, Any]) -> str:
    """Solve a challenge of `GET /altcha`. Returns the value to send as `altcha`."""
    most = challenge["maxnumber"]
    found = v1.solve_challenge(challenge["challenge"], challenge["salt"], challenge["algorithm"], most)
    assert found is not None
    known = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return v1.Payload(**known, number=found.number).to_base64()


def with_fresh_proof(runtime: Runtime, requester: Requester = WIFI_REQUESTER) -> Requester:
    """Return this requester with a valid proof of work."""
    return replace(requester, proof=verify_proof(runtime.tokens, solve_new_challenge(runtime), runtime.now()))
