"""Proof of work in the format of ALTCHA, without a third party.

A challenge is a hash whose number is found by trying. It is signed, its salt contains the expiry, and a proof can
be spent once (check_booking_limits.py). docs/decisions/0020 explains the cost for each kind of requester.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, Literal

from altcha import v1

from ...core.errors import FieldError, Invalid
from ...core.tokens import TokenSigner
from ...core.web.validation import parse_json
from ..domain.hold import HOLD_DURATION
from ..domain.requester import ProofOfWork

PROOF_VALID_FOR = HOLD_DURATION  # a page that stays open longer solves a new challenge
ALGORITHM: Literal["SHA-256"] = "SHA-256"
PROOF_FIELDS = {"algorithm": str, "challenge": str, "number": int, "salt": str, "signature": str}
MAX_PROOF_CHARS = 2_000  # a proof has about 400


def new_challenge(tokens: TokenSigner, difficulty: int, now: datetime) -> dict[str, Any]:
    """Create a challenge for the API.

    Solving it tries half of `difficulty` numbers on average.
    """
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
    payload = _decode_proof(text)
    is_valid, _reason = v1.verify_solution(payload, _signing_key(tokens), check_expires=False)
    if not is_valid:
        raise _proof_error("proof_invalid")
    expires_at = _expires_at(payload)
    if now >= expires_at:
        raise _proof_error("proof_expired")
    return ProofOfWork(payload["signature"], expires_at)


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
    return datetime.fromtimestamp(int(v1.extract_params(payload)["expires"][0]), UTC)


def _signing_key(tokens: TokenSigner) -> str:
    return tokens.sign("altcha", "challenge")


def _proof_error(code: str) -> Invalid:
    return Invalid(FieldError("altcha", code))
