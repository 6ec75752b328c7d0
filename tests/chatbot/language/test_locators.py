"""Locators are found in any grouping, and words are not taken for locators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.chatbot.language.locators import find_locator, parse_locator_answer
from office360.core.ids import CROCKFORD

codes_with_digit = st.text(CROCKFORD, min_size=8, max_size=8).filter(lambda code: any(map(str.isdigit, code)))


@pytest.mark.parametrize(
    "typed",
    [
        "7K3M9Q2X",
        "7k3m9q2x",
        "7K3M 9Q2X",
        "7k3m-9q2x",
        "7K3M \N{EN DASH} 9Q2X",
        "7K-3M-9Q-2X",
        "7 k 3 m 9 q 2 x",
        "es 7k3m 9q2x, creo",
        "my locator is 7K3M9Q2X.",
        "7K3 M9Q 2X",
        "I think it's 7 K 3 M 9 Q 2 X",
        "localizador siete ka tres eme nueve cu dos equis",
    ],
)
def test_locator_is_read_in_any_grouping(typed: str) -> None:
    assert parse_locator_answer(typed) == "7K3M9Q2X"


@given(codes_with_digit)
def test_locator_with_digit_is_read_in_lower_case_groups(code: str) -> None:
    assert parse_locator_answer(f"{code[:4]}-{code[4:]}".lower()) == code


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("anula mi cita KXTBWQHR por favor", "KXTBWQHR"),  # stands out by its capitals
        ("mi localizador es kxtbwqhr", "KXTBWQHR"),
        ("quiero presentar documentos en la oficina", None),
        ("I HAVE PROBLEMS WITH MY APPOINTMENT", None),
    ],
)
def test_locator_without_digits_is_found_in_sentence(typed: str, expected: str | None) -> None:
    assert find_locator(typed)[0] == expected


def test_locator_without_digits_is_read() -> None:
    assert parse_locator_answer("kxtb wqhr") == "KXTBWQHR"


@pytest.mark.parametrize(
    "typed",
    [
        "asdfghjk",
        "murcielg",
        "qwertyui",
        "jajajaja",
        "personas",
        "ventanas",
        "aaaaaaaa",
        "esta bien",
        "el 3 de mayo",
    ],
)
def test_word_of_eight_characters_is_not_a_locator(typed: str) -> None:
    assert parse_locator_answer(typed) is None


@pytest.mark.parametrize("typed", ["la cita 7K3M-9Q2X", "7k3m 9q2x por favor", "7K3M9Q2X"])
def test_locator_is_found_in_sentence(typed: str) -> None:
    assert find_locator(typed)[0] == "7K3M9Q2X"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("cambiar mi cita 2CY9 F1CW", "2CY9F1CW"),
        ("anula la cita Q0YH KGNS", "Q0YHKGNS"),
        ("cancel this 7k3m 9q2x", "7K3M9Q2X"),
        ("es la cita q0yh kgns para hoy", "Q0YHKGNS"),
        ("the code KXTB 9QHR please, from Anne", "KXTB9QHR"),
    ],
)
def test_word_beside_locator_is_not_half_of_it(typed: str, expected: str) -> None:
    assert find_locator(typed)[0] == expected
    assert parse_locator_answer(typed) == expected


@pytest.mark.parametrize("typed", ["a las 10am hoy1", "2026 mayo", "hora 1630", "600123456", "asdfghjk"])
def test_other_eight_characters_in_sentence_are_not_a_locator(typed: str) -> None:
    assert find_locator(typed) == (None, typed)


def test_locator_spelt_in_english_is_found() -> None:
    assert parse_locator_answer("seven kay three em nine queue two ex") == "7K3M9Q2X"
