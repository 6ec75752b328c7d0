"""A common word of a language is never mended into another word."""

from __future__ import annotations

import pytest
from office360.chatbot.language.normalize import correct_spelling
from office360.chatbot.language.service_matching import word_similarity
from office360.chatbot.language.understanding import understand_message
from office360.chatbot.language.words.common_words import common_words

from ..support.demo_catalogue import demo_catalogue
from ..support.utterances import utterances_moment


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Caza mayor, renovar"),
        ("es", "lo habría dicho antes"),
        ("es", "mi hijo Marco"),
        ("es", "la empresa de la sierra"),
        ("en", "the mark on my mouth"),
        ("en", "I thought so"),
        ("en", "it went well, moving on"),
    ],
)
def test_common_word_names_no_day_or_hour(language: str, text: str) -> None:
    understood = understand_message(
        text, language, demo_catalogue(), utterances_moment(language).date(), "service"
    )
    assert (understood.days, understood.hours) == (None, None)


@pytest.mark.parametrize("text", ["ok fine", "any day is fine", "they hung up on me"])
def test_common_word_names_no_service(text: str) -> None:
    understood = understand_message(text, "en", demo_catalogue(), utterances_moment("en").date(), "date")
    assert (understood.services.sure, understood.services.likely) == ((), ())


def test_misspelt_word_is_mended_unless_it_is_common() -> None:
    known = {"marzo", "proximo"}
    assert correct_spelling("marco marso proximos", known, common=common_words("es")) == "marco marzo proximo"
    assert word_similarity("file", "fine") == 0
    assert word_similarity("licencia", "lisensia") > 0


def test_language_without_file_has_no_common_words() -> None:
    assert common_words("xx") == frozenset()
