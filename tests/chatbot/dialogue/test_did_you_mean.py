"""Grammar and second opinion: what is believed, and what is asked with buttons."""

from __future__ import annotations

import pytest
from office360.chatbot.dialogue.doubts.did_you_mean import (
    MEANINGS,
    ask_if_meant,
    ask_probable_meanings,
    believed_intent,
)
from office360.chatbot.dialogue.replies import DialogueTurn
from office360.chatbot.dialogue.state import ConversationState
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.second_opinion.opinion import SecondOpinion
from office360.chatbot.language.service_matching import ServiceMatch
from office360.chatbot.language.understanding import Understanding

from ..support.fake_effects import start_conversation

START = ConversationState(language="es")
FISHING = ServiceMatch(sure=("hunting-fishing",))


def _message(
    *second: tuple[Intent | None, float],
    text: str = "cinco palabras que nadie entiende",
    intents: tuple[Intent, ...] = (),
    services: ServiceMatch = ServiceMatch(),
) -> Understanding:
    return Understanding(text, "es", intents=intents, services=services, second=SecondOpinion(second))


def _offered(turn: DialogueTurn | None) -> list[str]:
    return [choice.value for choice in turn.replies[0].choices] if turn else []


@pytest.mark.parametrize(("confidence", "expected"), [(0.9, Intent.PRICE), (0.6, None)], ids=["sure", "not sure"])
def test_sure_question_is_answered_without_grammar(confidence: float, expected: Intent | None) -> None:
    assert believed_intent(_message((Intent.PRICE, confidence)), None, None) is expected


@pytest.mark.parametrize("intent", [Intent.BOOK, Intent.CANCEL, Intent.CHANGE, Intent.FIND])
def test_task_is_never_begun_by_second_opinion_alone(intent: Intent) -> None:
    understood = _message((intent, 0.99))
    assert believed_intent(understood, None, None) is None
    assert believed_intent(understood, Intent.PRICE, None) is Intent.PRICE


def test_question_with_a_service_begins_no_booking() -> None:
    understood = _message((Intent.PRICE, 0.95), services=FISHING)
    assert believed_intent(understood, Intent.BOOK, None) is Intent.PRICE


def test_wish_for_a_person_does_not_hide_the_named_service() -> None:
    understood = _message((Intent.HUMAN, 0.95), services=FISHING)
    assert believed_intent(understood, Intent.BOOK, None) is Intent.BOOK


def test_answer_to_the_asked_question_is_kept() -> None:
    understood = _message((Intent.PRICE, 0.99), services=FISHING)
    assert believed_intent(understood, None, "service") is None
    assert ask_if_meant(ConversationState("es", task="book", asked="service"), understood, None) is None


def test_contradicted_task_is_asked_about() -> None:
    understood = _message((Intent.CHANGE, 0.95), (Intent.CANCEL, 0.03))
    assert _offered(ask_if_meant(START, understood, Intent.CANCEL)) == ["task:change", "task:cancel", "ask:other"]


def test_agreement_is_not_asked_about() -> None:
    assert ask_if_meant(START, _message((Intent.CANCEL, 0.9)), Intent.CANCEL) is None
    assert ask_if_meant(START, _message((Intent.CHANGE, 0.6), (Intent.CANCEL, 0.3)), Intent.CANCEL) is None


def test_guessed_booking_is_asked_about() -> None:
    understood = _message((Intent.EARLIER, 0.7), (Intent.BOOK, 0.1), intents=(Intent.BOOK,))
    assert _offered(ask_if_meant(START, understood, Intent.BOOK)) == ["task:earlier", "task:book", "ask:other"]


def test_probable_meanings_are_offered_instead_of_a_miss() -> None:
    turn = ask_probable_meanings(START, _message((Intent.WAIT, 0.4), (Intent.HOURS, 0.3), (None, 0.2)))
    assert _offered(turn) == ["tell:wait", "tell:hours", "ask:other"]
    assert turn is not None
    assert turn.state.misses == 1


def test_improbable_meanings_are_not_offered() -> None:
    assert ask_probable_meanings(START, _message((None, 0.8), (Intent.WAIT, 0.1))) is None
    assert ask_probable_meanings(START, _message((Intent.BOOK, 0.9))) is None


@pytest.mark.parametrize("value", [value for _, value in MEANINGS.values()] + ["ask:other", "ask:gone"])
async def test_button_of_each_meaning_is_answered(value: str) -> None:
    conversation = start_conversation("es")
    replies = await conversation.say(value)
    assert replies
    assert "No te he entendido" not in replies[0].text
