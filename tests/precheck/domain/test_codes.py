"""Test codes: letters that cannot be confused, any typed spelling."""

from __future__ import annotations

import re

import pytest
from office360.precheck.domain.codes import generate_code, parse_code


def test_code_is_a_letter_and_three_digits() -> None:
    assert all(re.fullmatch(r"[A-Z]\d-\d\d", generate_code()) for _ in range(500))


def test_code_has_no_easily_confused_character() -> None:
    codes = "".join(generate_code() for _ in range(2_000))
    assert not set(codes) & set("BCDEGPTVSNAIOY")


def test_code_never_has_six_as_tens_digit() -> None:
    assert not [code for code in (generate_code() for _ in range(2_000)) if code[3] == "6"]


@pytest.mark.parametrize("typed", ["K7-42", "k7-42", " k7 42 ", "K742", "k7–42", "k7.42", "K 7 4 2"])
def test_code_is_parsed_in_any_notation(typed: str) -> None:
    assert parse_code(typed) == "K7-42"


def test_letters_typed_as_digits_are_parsed_as_digits() -> None:
    assert parse_code("KO-I2") == "K0-12"


@pytest.mark.parametrize("typed", ["", "-", "K7", "K7-4", "K7-421", "77-42", "KK-42", "E7-42", "K7-62", "🙂" * 5])
def test_invalid_code_is_none(typed: str) -> None:
    assert parse_code(typed) is None
