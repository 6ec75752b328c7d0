"""The classifier's weights belong to the committed sentences, and know plain requests."""

from __future__ import annotations

import pytest
from office360.benchmarks.assistant.training_data import read_training_data, training_checksum
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.second_opinion.classifier import WEIGHTS_FILE, load_classifier
from office360.chatbot.language.second_opinion.features import BUCKETS, MAX_WORDS, feature_groups
from office360.chatbot.language.second_opinion.opinion import INTENTS_BY_LABEL, weigh_intents

MAX_WEIGHTS_BYTES = 500_000  # in the package of both languages


def test_weights_are_trained_with_committed_sentences() -> None:
    assert load_classifier().trained_on == training_checksum(), "run `make train-assistant`"
    assert WEIGHTS_FILE.stat().st_size <= MAX_WEIGHTS_BYTES


def test_weights_have_a_row_for_each_bucket() -> None:
    classifier = load_classifier()
    assert len(classifier.weights) == BUCKETS * len(classifier.labels)
    assert set(classifier.labels) == {sentence.label for sentence in read_training_data()}
    assert set(INTENTS_BY_LABEL) <= set(classifier.labels)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("quiero anular mi cita", Intent.CANCEL),
        ("necesito cambiar la hora de mi cita", Intent.CHANGE),
        ("¿cuánto cuesta?", Intent.PRICE),
        ("¿qué papeles tengo que llevar?", Intent.BRING),
        ("quiero hablar con una persona", Intent.HUMAN),
        ("please cancel my appointment", Intent.CANCEL),
        ("I need to move my appointment to another day", Intent.CHANGE),
        ("how much does it cost?", Intent.PRICE),
        ("what do I have to bring with me?", Intent.BRING),
        ("can I talk to a real person", Intent.HUMAN),
    ],
)
def test_plain_request_has_its_intent(text: str, intent: Intent) -> None:
    opinion = weigh_intents(text, None)
    assert (opinion.intent, opinion.confidence > 0.5) == (intent, True)


def test_probabilities_add_up_to_one() -> None:
    for text in ("", "el martes a las diez", "?" * 10_000):
        assert sum(probability for _, probability in weigh_intents(text, "date").intents) == pytest.approx(1)


def test_long_message_is_cut() -> None:
    assert feature_groups("hola " * MAX_WORDS, None) == feature_groups("hola " * 10 * MAX_WORDS, None)
