"""A test's code survives being said on a bad line and typed in a hurry."""

from __future__ import annotations

import re

import pytest
from office360.precheck.domain.codes import new_code, read_code


def test_a_code_is_a_letter_a_digit_and_two_digits() -> None:
    assert all(re.fullmatch(r"[A-Z]\d-\d\d", new_code()) for _ in range(500))


def test_no_code_has_a_sign_that_is_misheard_or_misread() -> None:
    codes = "".join(new_code() for _ in range(2_000))
    assert not set(codes) & set("BCDEGPTVSNAIOY")


def test_no_code_needs_sixty_told_from_seventy() -> None:
    assert not [code for code in (new_code() for _ in range(2_000)) if code[3] == "6"]


@pytest.mark.parametrize("typed", ["K7-42", "k7-42", " k7 42 ", "K742", "k7–42", "k7.42", "K 7 4 2"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "K7-42"


def test_letters_typed_for_digits_are_read_as_digits() -> None:
    assert read_code("KO-I2") == "K0-12"


@pytest.mark.parametrize("typed", ["", "-", "K7", "K7-4", "K7-421", "77-42", "KK-42", "E7-42", "K7-62", "🙂" * 5])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert read_code(typed) is None
