"""Messages in other languages are detected and answered in them."""

from __future__ import annotations

import pytest
from office360.chatbot.dialogue.doubts.other_languages import SENTENCES
from office360.chatbot.language.understanding import FREQUENT_WORDS, LEXICONS, Understanding, understand_message
from office360.chatbot.language.words.other_languages import (
    SCRIPT_LANGUAGES,
    find_other_language,
    words_of_languages,
)

from ..support.demo_catalogue import demo_catalogue
from ..support.utterances import LANGUAGES, SETS, load_utterances, utterances_moment


def _understand(text: str, language: str, asked: str | None = None) -> Understanding:
    return understand_message(text, language, demo_catalogue(), utterances_moment(language).date(), asked)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour", "fr"),
        ("Je voudrais prendre rendez-vous pour mon mari", "fr"),
        ("Guten Tag, ich brauche einen Termin", "de"),
        ("Buongiorno, vorrei un appuntamento", "it"),
        ("bom dia queria marcar uma consulta", "pt"),
        ("bon dia voldria demanar cita prèvia", "ca"),
        ("ola, quero pedir unha cita", "gl"),
        ("kaixo, hitzordua nahi dut", "eu"),
        ("buna ziua, vreau o programare", "ro"),
        ("dzień dobry, chcę umówić wizytę", "pl"),
        ("Hallo, ik wil een afspraak maken", "nl"),
        ("مرحبا أريد موعدا", "ar"),
        ("你好，我想预约", "zh"),
        ("Добрий день, хочу записатися", "uk"),
        ("Здравствуйте, мне нужна запись", "ru"),
    ],
)
def test_message_in_other_language_is_detected(text: str, language: str) -> None:
    for spoken in LANGUAGES:
        assert _understand(text, spoken, "service").other_language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_languages_are_no_other_language(language: str) -> None:
    foreign = [
        utterance.text
        for name in SETS
        for utterance in load_utterances(language, name)
        if not set(utterance.acts) & {"other_language", "unclear", "not_here"}
        and find_other_language(utterance.text, FREQUENT_WORDS) is not None
    ]
    assert foreign == []


def test_foreign_name_is_no_other_language() -> None:
    assert _understand("Jean Pierre Bonjour", "es", "name").other_language is None


def test_each_detected_language_has_an_answer() -> None:
    assert set(SENTENCES) == {*words_of_languages(), *SCRIPT_LANGUAGES.values(), "uk"}
    assert not set(SENTENCES) & set(LEXICONS)
