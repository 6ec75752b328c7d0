"""Needs are found as codes of the booking form."""

from __future__ import annotations

import pytest
from office360.appointments.domain.needs import NEED_NAMES
from office360.chatbot.language.needs import NEED_PATTERNS, find_needs


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("soy sorda", "sign_language"),
        ("mi madre es sorda y quiere cita", "sign_language"),
        ("necesito intérprete de lengua de signos", "sign_language"),
        ("LSE por favor", "sign_language"),
        ("soy sordociego", "sign_language"),
        ("I need a sign language interpreter", "sign_language"),
        ("I'm deaf", "sign_language"),
        ("my son is deaf", "sign_language"),
        ("BSL interpreter", "sign_language"),
        ("voy en silla de ruedas", "step_free"),
        ("llevo muletas y no puedo subir escaleras", "step_free"),
        ("I use a wheelchair", "step_free"),
        ("can't climb stairs", "step_free"),
        ("necesito más tiempo para entender", "easy_reading"),
        ("lectura fácil", "easy_reading"),
        ("I need more time to read", "easy_reading"),
        ("me acompaña mi hija", "accompanied"),
        ("my sister comes with me", "accompanied"),
        ("soy sorda y voy en silla de ruedas", "sign_language step_free"),
    ],
)
def test_need_is_found_by_its_code(text: str, needs: str) -> None:
    assert find_needs(text) == tuple(needs.split())


@pytest.mark.parametrize(
    "text",
    [
        "no soy sorda",
        "no necesito intérprete",
        "curso de lengua de signos",
        "tarjeta de aparcamiento para movilidad reducida",
        "certificado de discapacidad",
        "intérprete de árabe",
        "me llamo Juan Sordo",
        "¿hay ascensor?",
        "no se oye, hacéis oídos sordos",
        "sign language course",
        "I am not deaf",
        "Arabic interpreter",
        "necesito más tiempo",
        "quiero ir con mi coche",
    ],
)
def test_sentence_without_own_need_names_none(text: str) -> None:
    assert find_needs(text) == ()


def test_needs_are_those_of_the_form() -> None:
    assert list(NEED_PATTERNS) == list(NEED_NAMES)
