"""Proof of work: the challenge, and which proofs are accepted."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from altcha import v1
from office360.appointments.actions.public_limits import PROOF_VALID_FOR, new_challenge, verify_proof
from office360.core.errors import Invalid
from office360.core.tokens import TokenSigner

from ...conftest import MORNING, TEST_SECRET
from ..support.requesters import solve_challenge

TOKENS = TokenSigner([TEST_SECRET])


def challenge(**changes: Any) -> dict[str, Any]:
    return {**new_challenge(TOKENS, 50, MORNING), **changes}


def tampered(text: str, **changes: Any) -> str:
    return base64.b64encode(json.dumps({**json.loads(base64.b64decode(text)), **changes}).encode()).decode()


def refusal_code(text: str) -> str:
    with pytest.raises(Invalid) as found:
        verify_proof(TOKENS, text, MORNING)
    (field,) = found.value.fields
    assert field.field == "altcha"
    return field.code


def test_proof_is_valid_until_its_expiry() -> None:
    sent = solve_challenge(challenge())
    assert verify_proof(TOKENS, sent, MORNING).expires_at == MORNING + PROOF_VALID_FOR
    assert verify_proof(TOKENS, sent, MORNING + PROOF_VALID_FOR - timedelta(seconds=1)).signature
    with pytest.raises(Invalid) as late:
        verify_proof(TOKENS, sent, MORNING + PROOF_VALID_FOR)
    assert late.value.fields[0].code == "proof_expired"


def test_challenge_has_the_altcha_format() -> None:
    given = challenge()
    assert set(given) == {"algorithm", "challenge", "maxnumber", "salt", "signature"}
    assert v1.verify_solution(solve_challenge(given), TOKENS.sign("altcha", "challenge"), check_expires=False)[0]
    assert given["salt"] != challenge()["salt"]


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 51},
        {"number": "1"},
        {"signature": "0" * 64},
        {"salt": "abc?expires=9999999999&"},
        {"algorithm": "SHA-512"},
        {"salt": None},
        {"challenge": 3},
    ],
)
def test_tampered_proof_is_invalid(changes: dict[str, Any]) -> None:
    assert refusal_code(tampered(solve_challenge(challenge()), **changes)) == "proof_invalid"


def test_second_expiry_in_salt_is_invalid() -> None:
    sent = solve_challenge(challenge())
    salt = json.loads(base64.b64decode(sent))["salt"]
    assert refusal_code(tampered(sent, salt=salt + "expires=9999999999&")) == "proof_invalid"


@pytest.mark.parametrize("text", ["", "x", "e30=", "W10=", "MQ==", "bnVsbA==", "A" * 3_000, "IlxkODAwIg==", "ñ"])
def test_text_that_is_not_a_proof_is_invalid(text: str) -> None:
    assert refusal_code(text) == "proof_invalid"


def test_proof_of_another_installation_is_invalid() -> None:
    elsewhere = TokenSigner(["another secret of an installation, long enough"])
    assert refusal_code(solve_challenge(new_challenge(elsewhere, 50, MORNING))) == "proof_invalid"
