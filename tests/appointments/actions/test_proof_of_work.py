"""Proof of work: what is given out, and what is taken for good."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from altcha import v1
from office360.appointments.actions.proof_of_work import LASTS, new_challenge, proof_of
from office360.core.errors import Invalid
from office360.core.tokens import Tokens

from ...conftest import MORNING, SECRET
from ..support.requesters import solved

TOKENS = Tokens([SECRET])


def challenge(**changes: Any) -> dict[str, Any]:
    return {**new_challenge(TOKENS, 50, MORNING), **changes}


def changed(text: str, **changes: Any) -> str:
    return base64.b64encode(json.dumps({**json.loads(base64.b64decode(text)), **changes}).encode()).decode()


def refused(text: str) -> str:
    with pytest.raises(Invalid) as found:
        proof_of(TOKENS, text, MORNING)
    (field,) = found.value.fields
    assert field.field == "altcha"
    return field.code


def test_an_honest_proof_is_good_until_it_runs_out() -> None:
    sent = solved(challenge())
    assert proof_of(TOKENS, sent, MORNING).expires_at == MORNING + LASTS
    assert proof_of(TOKENS, sent, MORNING + LASTS - timedelta(seconds=1)).signature
    with pytest.raises(Invalid) as late:
        proof_of(TOKENS, sent, MORNING + LASTS)
    assert late.value.fields[0].code == "proof_expired"


def test_a_challenge_is_one_of_altcha() -> None:
    given = challenge()
    assert set(given) == {"algorithm", "challenge", "maxnumber", "salt", "signature"}
    assert v1.verify_solution(solved(given), TOKENS.sign("altcha", "challenge"), check_expires=False)[0]
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
def test_what_was_changed_is_no_proof(changes: dict[str, Any]) -> None:
    assert refused(changed(solved(challenge()), **changes)) == "proof_invalid"


def test_a_later_expiry_cannot_be_written_into_the_salt() -> None:
    sent = solved(challenge())
    salt = json.loads(base64.b64decode(sent))["salt"]
    assert refused(changed(sent, salt=salt + "expires=9999999999&")) == "proof_invalid"


@pytest.mark.parametrize("text", ["", "x", "e30=", "W10=", "MQ==", "bnVsbA==", "A" * 3_000, "IlxkODAwIg==", "ñ"])
def test_what_is_no_proof_at_all_is_refused_in_the_same_way(text: str) -> None:
    assert refused(text) == "proof_invalid"


def test_another_installation_has_another_key() -> None:
    elsewhere = Tokens(["another secret of an installation, long enough"])
    assert refused(solved(new_challenge(elsewhere, 50, MORNING))) == "proof_invalid"
