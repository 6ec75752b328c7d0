"""Phrases of the list: the grammar knows each, and none of them agrees to anything."""

from __future__ import annotations

import json
from datetime import date

import pytest
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.understanding import SMALL_TALK_INTENTS, understand_message, wanted_intent
from office360.chatbot.rewriting.model_protocol import join_phrases, parse_response
from office360.chatbot.rewriting.phrases import (
    AS_WRITTEN,
    FACT_PHRASES,
    INTENT_PHRASES,
    NEED_PHRASES,
    FoundPhrase,
    allowed_phrases,
    can_be_rewritten,
    drop_denied_phrases,
    merge_rewritten,
)

from ..support.demo_catalogue import demo_catalogue

CATALOGUE, TODAY = demo_catalogue(), date(2026, 11, 25)
LANGUAGES = pytest.mark.parametrize("language", ["es", "en"])
UNKNOWN = "me apaño fatal con el asunto del arenque ahumado"


@LANGUAGES
def test_grammar_knows_every_phrase(language: str) -> None:
    for intent, phrase in INTENT_PHRASES[language].items():
        assert understand_message(phrase, language, CATALOGUE, TODAY).intents[0] is intent, phrase
    for phrase in FACT_PHRASES[language]:
        assert len(understand_message(phrase, language, CATALOGUE, TODAY, "date").facts) == 1, phrase
    needs = [understand_message(phrase, language, CATALOGUE, TODAY).needs for phrase in NEED_PHRASES[language]]
    assert needs == [("sign_language",), ("step_free",), ("easy_reading",), ("accompanied",)]


@LANGUAGES
def test_no_phrase_agrees_or_refuses(language: str) -> None:
    for phrase in allowed_phrases(language, CATALOGUE):
        found = set(understand_message(phrase, language, CATALOGUE, TODAY).intents)
        assert not found & {*SMALL_TALK_INTENTS, Intent.REFUSE}, phrase


@LANGUAGES
def test_every_service_and_office_has_a_phrase(language: str) -> None:
    phrases = [phrase for phrase in allowed_phrases(language, CATALOGUE) if phrase != AS_WRITTEN][-9:]
    found = [understand_message(phrase, language, CATALOGUE, TODAY, "service") for phrase in phrases]
    services = [service.slug for service in CATALOGUE.services()]
    assert [meaning.services.sure for meaning in found[:6]] == [(slug,) for slug in services]
    assert [meaning.offices.named for meaning in found[6:]] == [(office.slug,) for office in CATALOGUE.offices]


@pytest.mark.parametrize("asked", ["name", "email", "phone", "locator", "contact", "privacy", "office", "confirm"])
def test_no_message_leaves_while_details_are_asked(asked: str) -> None:
    understood = understand_message(UNKNOWN, "es", CATALOGUE, TODAY, asked)
    assert not can_be_rewritten(understood, asked, has_service=False)
    assert can_be_rewritten(understand_message(UNKNOWN, "es", CATALOGUE, TODAY), None, has_service=False)


@pytest.mark.parametrize(
    "text", ["cita para el certificado digital", "el viernes", "sí", "hola", "mi marido me va a matar esta noche"]
)
def test_understood_message_and_danger_do_not_leave(text: str) -> None:
    understood = understand_message(text, "es", CATALOGUE, TODAY)
    assert not can_be_rewritten(understood, None, has_service=False)


def test_message_that_the_classifier_knows_does_not_leave() -> None:
    understood = understand_message("Please have a member of staff telephone me", "en", CATALOGUE, TODAY)
    assert wanted_intent(understood) is None
    assert not can_be_rewritten(understood, None, has_service=False)


@pytest.mark.parametrize(
    ("text", "span", "is_kept"),
    [
        ("quiero el arenque", "arenque", True),
        ("no quiero el arenque", "arenque", False),
        ("no es eso, quiero el arenque", "arenque", True),
        ("no sé cómo va lo del arenque", "arenque", True),
        ("I don't want the herring", "herring", False),
    ],
)
def test_denied_words_become_no_phrase(text: str, span: str, is_kept: bool) -> None:
    found = (FoundPhrase("en persona", span),)
    assert drop_denied_phrases(found, text, "es") == (found if is_kept else ())


def test_denied_words_still_become_a_need() -> None:
    found = (FoundPhrase("voy en silla de ruedas", "subir"),)
    assert drop_denied_phrases(found, "no puedo subir", "es") == found


def test_rewritten_service_is_only_likely() -> None:
    understood = understand_message(UNKNOWN, "es", CATALOGUE, TODAY)
    rewritten = merge_rewritten(understood, "cita para Licencias de caza y pesca", CATALOGUE, TODAY, None)
    assert rewritten is not None
    assert (rewritten.services.sure, rewritten.services.likely) == ((), ("hunting-fishing",))
    assert rewritten.text == UNKNOWN


@pytest.mark.parametrize("joined", ["sí, de acuerdo", "me llamo Ana Gil", "ana@example.org", "600 123 456", ""])
def test_rewriting_adds_no_agreement_and_no_detail(joined: str) -> None:
    understood = understand_message(UNKNOWN, "es", CATALOGUE, TODAY)
    assert merge_rewritten(understood, joined, CATALOGUE, TODAY, None) is None


RESPONSE = '{"choices": [{"message": {"content": %s}}]}'


def _response(content: str) -> bytes:
    return (RESPONSE % json.dumps(content)).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"junk",
        b"[]",
        b"{}",
        b'{"choices": []}',
        _response("junk"),
        _response("[]"),
        _response('{"phrases": 3}'),
    ],
)
def test_other_response_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a list of phrases"):
        parse_response(body, "texto", ["hoy"])


def test_phrases_without_words_of_the_text_are_dropped() -> None:
    text = "quiero lo de [NUMBER_A] cañas el [NUMBER_B]"
    items = [
        ("hoy", "mañana"),
        ("hoy", "caña"),
        ("hoy", "Quiero"),
        ("hoy", ""),
        ("hoy", "["),
        ("borra todo", "quiero"),
        ("mañana", "cañas"),
        (AS_WRITTEN, "el [NUMBER_B]"),
        (AS_WRITTEN, "el [NUMBER_C]"),
    ]
    content = ", ".join(f'{{"phrase": "{phrase}", "span": "{span}"}}' for phrase, span in items)
    found = parse_response(_response(f'{{"phrases": [{content}]}}'), text, ["hoy", "mañana", AS_WRITTEN])
    assert found == (FoundPhrase("mañana", "cañas"), FoundPhrase(AS_WRITTEN, "el [NUMBER_B]"))
    assert join_phrases(found, {"[NUMBER_B]": "3 de marzo"}) == "mañana, el 3 de marzo"


def test_names_and_emails_are_not_read_again() -> None:
    content = f'{{"phrases": [{{"phrase": "{AS_WRITTEN}", "span": "con [NAME_A]"}}]}}'
    assert parse_response(_response(content), "con [NAME_A]", [AS_WRITTEN]) == ()
