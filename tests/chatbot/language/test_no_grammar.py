"""A language without a grammar works by buttons and by the services' own words."""

from __future__ import annotations

import pytest
from office360.chatbot.language.understanding import Understanding, understand_message

from ..support.demo_catalogue import demo_catalogue
from ..support.utterances import utterances_moment


def _understand(text: str, asked: str | None = None) -> Understanding:
    return understand_message(text, "fr", demo_catalogue(), utterances_moment("es").date(), asked)


def test_words_of_service_are_found_without_grammar() -> None:
    understood = _understand("certificado digital", "service")
    assert (understood.language, understood.services.sure) == ("fr", ("certificate",))


@pytest.mark.parametrize("text", ["Je voudrais venir mardi", "service:certificate", "???"])
def test_other_words_mean_nothing_without_grammar(text: str) -> None:
    understood = _understand(text)
    assert (understood.intents, understood.days, understood.hours) == ((), None, None)


def test_details_are_found_without_grammar() -> None:
    understood = _understand("Jean Dupont", "name")
    assert understood.name == "Jean Dupont"
    assert _understand("jean@example.org", "email").email == "jean@example.org"


def test_spanish_sentence_is_understood_in_other_conversation() -> None:
    assert _understand("hola, quiero una cita para el martes").language == "es"
