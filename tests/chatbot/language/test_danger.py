"""Danger is found in nearly all sentences that tell it, and in none that does not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from office360.chatbot.language.danger import DANGER_PHRASES, find_danger
from office360.chatbot.language.danger_lexicon import DangerKind

from ..support.utterances import LANGUAGES, SETS, load_utterances

DATA_FOLDER = Path(__file__).parent.parent / "data"
LISTS = ("1_before", "2_during", "3_after", "4_last", "5_blind", "6_blind")
MIN_SENTENCES = 100  # with danger and without, in each language
MIN_FOUND = 0.95
# A stroke without a word of when it was may be happening now.
CAUTIOUS_ALARMS = {"Thursday 10 December and can they give me extra time, I had a stroke"}
Sentences = dict[str, list[str]]


def _sentences(language: str, name: str) -> Sentences:
    return tomllib.loads((DATA_FOLDER / f"danger_{language}_{name}.toml").read_text(encoding="utf-8"))


def _danger_sentences(language: str, name: str) -> list[tuple[DangerKind, str]]:
    lists = _sentences(language, name)
    return [(DangerKind(kind), text) for kind, texts in lists.items() if kind != "harmless" for text in texts]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LISTS)
def test_danger_is_found_with_its_kind(language: str, name: str) -> None:
    missed = []
    told = _danger_sentences(language, name)
    for kind, text in told:
        danger = find_danger(text, language)
        if danger is None or kind not in danger.kinds:
            missed.append((kind, text, danger))
    assert len(missed) <= (1 - MIN_FOUND) * len(told), missed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LISTS)
def test_sentence_without_danger_is_no_alarm(language: str, name: str) -> None:
    texts = _sentences(language, name)["harmless"]
    assert [(text, danger) for text in texts if (danger := find_danger(text, language))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_request_for_a_service_is_no_alarm(language: str) -> None:
    utterances = [utterance for name in SETS for utterance in load_utterances(language, name)]
    alarms = {utterance.text for utterance in utterances if find_danger(utterance.text, language)}
    assert alarms <= CAUTIOUS_ALARMS


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_of_danger_are_long_enough(language: str) -> None:
    danger = [each for name in LISTS for each in _danger_sentences(language, name)]
    harmless = [text for name in LISTS for text in _sentences(language, name)["harmless"]]
    assert min(len(danger), len(harmless)) >= MIN_SENTENCES
    assert {kind for kind, _ in danger} == set(DangerKind)


@pytest.mark.parametrize(
    ("text", "language"), [("my husband hit me", "es"), ("mi marido me ha pegado", "en"), ("¡FUEGO!", "en")]
)
def test_danger_in_other_language_is_found(text: str, language: str) -> None:
    danger = find_danger(text, language)
    assert danger is not None
    assert danger.language != language


@pytest.mark.parametrize("language", LANGUAGES)
def test_correctable_words_are_no_similar_words(language: str) -> None:
    phrases: Any = DANGER_PHRASES[language]
    assert not phrases.correctable_words & phrases.similar_words
