"""Comparison of grammar and second opinion: what is believed, what is asked. Pure.

The second opinion alone never books, changes or cancels, and never replaces an answer to the asked question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...language.lexicon import Intent
from ...language.questions import QUESTION_INTENTS
from ...language.understanding import PERSONAL_DETAILS, SMALL_TALK_INTENTS, Understanding
from .. import texts
from ..replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from ..state import ConversationState

# Thresholds by cross-validation of the training data (benchmarks/assistant).
TAKEN_AT_BEGINNING = 0.75  # of a question that the grammar does not know: 91 % are right
TAKEN_AFTER_QUESTION = 0.85  # 87 % are right, because there it may be an odd answer
TAKEN_AGAINST_ANSWER = 0.95  # of something else than the answer that the grammar reads: `agente humano` is no name
CONTRADICTING_CONFIDENCE = 0.85  # of an intent against the grammar's: the grammar is wrong as often as right
CONTRADICTED_PROBABILITY = 0.05  # of the grammar's intent, in the second opinion
DOUBTED_PROBABILITY = 0.3  # of a booking that the grammar reads without a service
DOUBTING_CONFIDENCE = 0.4  # of another intent than this booking
SUGGESTED_PROBABILITY = 0.15  # of an intent that is offered as a button
MAX_SUGGESTIONS = 3  # buttons beside "none of these"
MIN_SENTENCE_WORDS = 4  # words; a shorter `no` or `thanks` is nothing but that
# The button of each meaning: its label and its value.
MEANINGS: Mapping[Intent, tuple[str, str]] = {
    Intent.BOOK: (texts.BOOK_ONE, "task:book"),
    Intent.CHANGE: (texts.CHANGE_APPOINTMENT, "task:change"),
    Intent.CANCEL: (texts.CANCEL_APPOINTMENT, "task:cancel"),
    Intent.FIND: (texts.FIND_APPOINTMENT, "task:find"),
    Intent.EARLIER: (texts.FIND_EARLIER, "task:earlier"),
    Intent.FASTEST: (texts.WAY_FAST, "task:fastest"),
    Intent.WAIT: (texts.SEE_WAITS, "tell:wait"),
    Intent.HOURS: (texts.SEE_HOURS, "tell:hours"),
    Intent.BRING: (texts.KNOW_BRING, "ask:bring"),
    Intent.PRICE: (texts.KNOW_PRICE, "ask:price"),
    Intent.DURATION: (texts.KNOW_DURATION, "ask:duration"),
    Intent.WHERE: (texts.KNOW_WHERE, "ask:where"),
    Intent.SERVICES: (texts.KNOW_SERVICES, "ask:services"),
    Intent.WHY: (texts.HOW_DATA, "ask:why"),
    Intent.HUMAN: (texts.TALK_TO_PERSON, "ask:human"),
    Intent.PARKING: (texts.KNOW_PARKING, "ask:parking"),
    Intent.ACCESS: (texts.KNOW_ACCESS, "ask:access"),
    Intent.TRANSPORT: (texts.KNOW_TRANSPORT, "ask:transport"),
    Intent.HOLIDAYS: (texts.KNOW_HOLIDAYS, "ask:holidays"),
    Intent.MODES: (texts.KNOW_MODES, "ask:modes"),
}
# They cost nothing if they were not meant: an answer is shown, and the conversation stays where it was.
HARMLESS_INTENTS = frozenset(
    {*QUESTION_INTENTS, Intent.HUMAN, Intent.HELP, Intent.GREETING, Intent.THANKS, Intent.BYE, Intent.INSULT}
)
# Beginning a wrong task among these costs the citizen several messages.
CONSEQUENTIAL_INTENTS = frozenset({Intent.BOOK, Intent.CHANGE, Intent.CANCEL, Intent.FIND, Intent.EARLIER})
# Wishes that have the form of a question, which has an answer of another kind.
ASKED_LIKE_QUESTIONS = (CONSEQUENTIAL_INTENTS - {Intent.BOOK}) | {Intent.FASTEST, Intent.WAIT, Intent.HUMAN}
START = (None, "task")  # nothing was asked, so that no answer can be meant


def believed_intent(understood: Understanding, intent: Intent | None, asked: str | None) -> Intent | None:
    """Return the grammar's intent, or a harmless intent of which the second opinion is sure.

    The grammar must have none, or only guess.
    A question with a service in it is no wish to book: `cuánto vale lo de la pesca`.
    """
    second = understood.second
    if second.intent not in HARMLESS_INTENTS or understood.locator is not None:
        return intent
    if understood.services.sure and second.intent not in QUESTION_INTENTS:
        return intent
    if _is_unclear(understood, intent, asked):
        least = TAKEN_AT_BEGINNING if asked in START and not understood.services.sure else TAKEN_AFTER_QUESTION
    elif asked not in START and (asked not in understood.facts or _is_name_alone(understood, asked)):
        least = TAKEN_AGAINST_ANSWER
    else:
        return intent
    return second.intent if second.confidence >= least else intent


def ask_if_meant(
    state: ConversationState, understood: Understanding, intent: Intent | None
) -> DialogueTurn | None:
    """Ask what is meant, where grammar and second opinion contradict each other."""
    second = understood.second
    if second.intent is None or intent is second.intent or understood.locator is not None:
        return None
    if intent is Intent.BOOK and state.asked in START and not understood.services.sure:
        is_doubtful = second.probability(intent) < DOUBTED_PROBABILITY
        if is_doubtful and second.intent in MEANINGS and second.confidence >= DOUBTING_CONFIDENCE:
            return _ask(state, [*_probable_meanings(understood, 2), intent])
    if _is_unknown_question(understood, intent) and second.intent in ASKED_LIKE_QUESTIONS:
        return _ask(state, _probable_meanings(understood)) if second.confidence >= DOUBTING_CONFIDENCE else None
    is_weak = _is_only_polite(understood, intent, state.asked)
    if is_weak and second.confidence >= TAKEN_AT_BEGINNING:
        return _ask(state, _probable_meanings(understood)) if second.intent in MEANINGS else None
    if intent is None or not {intent, second.intent} <= CONSEQUENTIAL_INTENTS or state.asked in understood.facts:
        return None
    is_contradicted = second.probability(intent) < CONTRADICTED_PROBABILITY
    if is_contradicted and second.confidence >= CONTRADICTING_CONFIDENCE:
        return _ask(state, (second.intent, intent))
    return None


def ask_probable_meanings(state: ConversationState, understood: Understanding) -> DialogueTurn | None:
    """Offer the probable meanings of a message that the grammar does not know."""
    if understood.second.intent is Intent.BOOK and understood.second.confidence > TAKEN_AT_BEGINNING:
        return None  # the services are listed instead
    has_free_answer = state.asked in PERSONAL_DETAILS | {"locator", "contact"}
    probable = _probable_meanings(understood)
    is_weak = has_free_answer and understood.second.intent is None
    if is_weak or not set(probable) - {Intent.BOOK}:
        return None
    return _ask(state, probable, state.misses + 1)


def _is_unclear(understood: Understanding, intent: Intent | None, asked: str | None) -> bool:
    """Whether the grammar knows nothing, or takes facts for a wish to book."""
    if _is_unknown_question(understood, intent):
        return True
    if intent is None:
        return not understood.facts
    is_booking = intent is Intent.BOOK and asked in START
    is_doubtful = understood.second.probability(Intent.BOOK) < CONTRADICTED_PROBABILITY
    return (is_booking and (is_doubtful or not understood.has_intent(Intent.BOOK))) or _is_only_polite(
        understood, intent, asked
    )


def _is_unknown_question(understood: Understanding, intent: Intent | None) -> bool:
    """Whether the grammar sees that something is asked, but not what."""
    return intent is Intent.OTHER_QUESTION and intent not in understood.questions


def _is_only_polite(understood: Understanding, intent: Intent | None, asked: str | None) -> bool:
    """Whether a whole sentence is read as a yes, a no or thanks at the beginning."""
    is_sentence = len(understood.text.split()) >= MIN_SENTENCE_WORDS
    return intent in SMALL_TALK_INTENTS and is_sentence and asked in START


def _is_name_alone(understood: Understanding, asked: str | None) -> bool:
    return asked == "name" and understood.facts == {"name"}


def _probable_meanings(understood: Understanding, most: int = MAX_SUGGESTIONS) -> list[Intent]:
    return [
        intent
        for intent, probability in understood.second.intents
        if intent is not None and intent in MEANINGS and probability >= SUGGESTED_PROBABILITY
    ][:most]


def _ask(state: ConversationState, intents: Sequence[Intent], misses: int = 0) -> DialogueTurn:
    choices = [ReplyChoice(Sentence(text), value) for text, value in (MEANINGS[intent] for intent in intents)]
    choices.append(ReplyChoice(Sentence(texts.OTHER_THING), "ask:other", is_minor=True))
    reply = DialogueReply((Sentence(texts.ASK_MEANING),), tuple(choices))
    return DialogueTurn(replace(state, misses=misses), (reply,))
