"""Tokens of secret links: derived, stored as a hash, valid after a rotation of the secret."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.tokens import TokenSigner, hash_token, mask_signature, random_token, unmask_signature

OLD, NEW = "old key" * 6, "new key" * 6


def test_token_is_stable_and_unique_per_purpose_and_id() -> None:
    tokens = TokenSigner([OLD])
    assert tokens.derive("appointment", "1") == tokens.derive("appointment", "1")
    assert len({tokens.derive(p, i) for p in ("appointment", "ticket") for i in ("1", "2")}) == 4


def test_token_has_144_bits_and_is_url_safe() -> None:
    token = TokenSigner([OLD]).derive("appointment", "1")
    assert len(token) == 24
    assert token.replace("-", "").replace("_", "").isalnum()


def test_token_of_old_key_works_after_rotation() -> None:
    sent = TokenSigner([OLD]).derive("appointment", "1")
    assert TokenSigner([NEW, OLD]).derive("appointment", "1", hash_token(sent)) == sent
    assert TokenSigner([NEW, OLD]).derive("appointment", "1") != sent


def test_the_first_key_signs_and_all_verify() -> None:
    signed = TokenSigner([OLD]).sign("csrf", "device")
    assert TokenSigner([NEW, OLD]).verify("csrf", "device", signed)
    assert not TokenSigner([NEW]).verify("csrf", "device", signed)
    assert not TokenSigner([OLD]).verify("other", "device", signed)
    assert not TokenSigner([OLD]).verify("csrf", "device", "ñ")


def test_each_mask_of_a_signature_differs_and_unmasks() -> None:
    signature = TokenSigner([OLD]).sign("csrf", "device")
    masked = {mask_signature(signature) for _ in range(100)}
    assert {len(token) for token in masked} == {48}
    assert {unmask_signature(token) for token in masked} == {signature}
    # no character is the same in all of them, which would be a constant that compression finds
    assert all(len(set(column)) > 1 for column in zip(*masked, strict=True))


def test_signature_of_earlier_version_needs_no_mask() -> None:
    signature = TokenSigner([OLD]).sign("csrf", "device")
    assert unmask_signature(signature) == signature


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_invented_token_is_refused_without_an_error(token: str) -> None:
    assert not TokenSigner([OLD]).verify("csrf", "device", unmask_signature(token))


def test_signer_without_key_is_refused() -> None:
    with pytest.raises(ValueError, match="secret key"):
        TokenSigner([])


def test_random_tokens_differ() -> None:
    assert random_token() != random_token()
