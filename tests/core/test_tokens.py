"""Secret links: derived, kept as a hash, good after a change of key."""

from __future__ import annotations

import pytest
from office360.core.tokens import Tokens, hash_token, random_token

OLD, NEW = "old key" * 6, "new key" * 6


def test_a_token_is_the_same_each_time_and_another_for_each_thing() -> None:
    tokens = Tokens([OLD])
    assert tokens.derive("appointment", "1") == tokens.derive("appointment", "1")
    assert len({tokens.derive(p, i) for p in ("appointment", "ticket") for i in ("1", "2")}) == 4


def test_a_token_has_144_bits_and_needs_no_escaping() -> None:
    token = Tokens([OLD]).derive("appointment", "1")
    assert len(token) == 24
    assert token.replace("-", "").replace("_", "").isalnum()


def test_links_survive_a_change_of_key() -> None:
    sent = Tokens([OLD]).derive("appointment", "1")
    assert Tokens([NEW, OLD]).derive("appointment", "1", hash_token(sent)) == sent
    assert Tokens([NEW, OLD]).derive("appointment", "1") != sent


def test_the_first_key_signs_and_all_verify() -> None:
    signed = Tokens([OLD]).sign("csrf", "device")
    assert Tokens([NEW, OLD]).verify("csrf", "device", signed)
    assert not Tokens([NEW]).verify("csrf", "device", signed)
    assert not Tokens([OLD]).verify("other", "device", signed)
    assert not Tokens([OLD]).verify("csrf", "device", "ñ")


def test_without_a_key_there_are_no_tokens() -> None:
    with pytest.raises(ValueError, match="secret key"):
        Tokens([])


def test_random_tokens_differ() -> None:
    assert random_token() != random_token()
