"""Proof of work in the format of ALTCHA, made and checked here: no third party hears of anybody.

A challenge is a hash to be found again by trying numbers. It is signed, says in its salt until when it can be
used, and can be used once (`limits_store.spend_proof`). docs/decisions/0020 says what it costs whom.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from altcha import v1

from ...core.errors import FieldError, Invalid
from ...core.tokens import TokenSigner
from ...core.web.validation import parse_json
from ..domain.requester import ProofOfWork

PROOF_VALID_FOR = timedelta(minutes=10)  # as long as a hold; a form that takes longer has it made again
ALGORITHM: Literal["SHA-256"] = "SHA-256"
PROOF_FIELDS = {"algorithm": str, "challenge": str, "number": int, "salt": str, "signature": str}
MAX_PROOF_CHARS = 2_000  # characters; a proof has about 400


def new_challenge(tokens: TokenSigner, difficulty: int, now: datetime) -> dict[str, Any]:
    """A challenge as the API gives it; half of `difficulty` numbers are tried on average."""
    asked = v1.ChallengeOptions(
        algorithm=ALGORITHM, max_number=difficulty, hmac_key=_signing_key(tokens), expires=now + PROOF_VALID_FOR
    )
    made = v1.create_challenge(asked)
    return {
        "algorithm": made.algorithm,
        "challenge": made.challenge,
        "maxnumber": made.max_number,
        "salt": made.salt,
        "signature": made.signature,
    }


def verify_proof(tokens: TokenSigner, text: str, now: datetime) -> ProofOfWork:
    """The proof that a caller sent. Raises Invalid("altcha": proof_invalid | proof_expired)."""
    payload = _decode_proof(text)
    right, _why = v1.verify_solution(payload, _signing_key(tokens), check_expires=False)
    if not right:
        raise _proof_error("proof_invalid")
    expires_at = _expires_at(payload)
    if now >= expires_at:
        raise _proof_error("proof_expired")
    return ProofOfWork(payload["signature"], expires_at)


def proof_used_error() -> Invalid:
    """What is said of a proof that was used before."""
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
    """Our own salt says it, for the signature was right. By the installation's clock, not the library's."""
    return datetime.fromtimestamp(int(v1.extract_params(payload)["expires"][0]), UTC)


def _signing_key(tokens: TokenSigner) -> str:
    return tokens.sign("altcha", "challenge")


def _proof_error(code: str) -> Invalid:
    return Invalid(FieldError("altcha", code))
