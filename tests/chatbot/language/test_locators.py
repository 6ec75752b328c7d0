"""A locator is known however it is written, and a word is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.chatbot.language.locators import find_locator, locator_in
from office360.core.ids import CROCKFORD

with_a_figure = st.text(CROCKFORD, min_size=8, max_size=8).filter(lambda code: any(one.isdigit() for one in code))


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
    ],
)
def test_a_locator_is_known_however_it_is_grouped(typed: str) -> None:
    assert locator_in(typed) == "7K3M9Q2X"


@given(with_a_figure)
def test_whatever_has_a_figure_is_known_in_small_letters_and_groups(code: str) -> None:
    assert locator_in(f"{code[:4]}-{code[4:]}".lower()) == code


def test_a_locator_of_letters_alone_is_known() -> None:
    assert locator_in("kxtb wqhr") == "KXTBWQHR"


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
def test_a_word_of_eight_letters_is_no_locator(typed: str) -> None:
    assert locator_in(typed) is None


@pytest.mark.parametrize("typed", ["la cita 7K3M-9Q2X", "7k3m 9q2x por favor", "7K3M9Q2X"])
def test_a_locator_is_found_in_any_sentence(typed: str) -> None:
    assert find_locator(typed)[0] == "7K3M9Q2X"


@pytest.mark.parametrize("typed", ["a las 10am hoy1", "2026 mayo", "hora 1630", "600123456", "asdfghjk"])
def test_what_else_has_eight_characters_is_none_in_any_sentence(typed: str) -> None:
    assert find_locator(typed) == (None, typed)
