"""Contact tokens and the hashes under which opt-outs are stored."""

from __future__ import annotations

from office360.core.tokens import TokenSigner
from office360.notifications.domain.contact_tokens import (
    channel_of_token,
    contact_token,
    hash_contact_token,
    possible_contact_hashes,
)

NUMBER = "+34600000001"


def test_opt_out_survives_secret_rotation() -> None:
    old, both = TokenSigner(["o" * 40]), TokenSigner(["n" * 40, "o" * 40])
    token = contact_token(old, "email", "Amina@example.org ")
    assert hash_contact_token(token) in possible_contact_hashes(both, "email", "amina@example.org")
    assert channel_of_token(both, token) == "email"


def test_forged_contact_token_has_no_channel() -> None:
    tokens = TokenSigner(["o" * 40])
    token = contact_token(tokens, "sms", NUMBER)
    assert channel_of_token(tokens, token) == "sms"
    for wrong in (token[:-1], token + "x", "e" + token[1:], "", token[0] + "A" + token[2:], "ñ" * 25):
        assert channel_of_token(tokens, wrong) is None, wrong


def test_contact_hash_reveals_no_contact_and_no_token() -> None:
    token = contact_token(TokenSigner(["o" * 40]), "sms", NUMBER)
    assert NUMBER not in hash_contact_token(token)
    assert token not in hash_contact_token(token)
