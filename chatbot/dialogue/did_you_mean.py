"""Grammar and second opinion compared: what is believed, and what is asked with buttons. Pure.

The second opinion alone never books, changes or cancels, and never replaces an answer to the asked question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..language.lexicon import Intent
from ..language.questions import QUESTION_INTENTS
from ..language.understanding import PERSONAL_DETAILS, Understanding
from . import texts
from .replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from .state import ConversationState

# Thresholds by cross-validation of the training data (benchmarks/assistant).
TAKEN_AT_BEGINNING = 0.75  # of a question that the grammar does not know: 91 % are right
TAKEN_AFTER_QUESTION = 0.85  # 87 % are right, because there it may be an odd answer
CONTRADICTING_CONFIDENCE = 0.85  # of an intent against the grammar's: the grammar is wrong as often as right
CONTRADICTED_PROBABILITY = 0.05  # of the grammar's intent, in the second opinion
SUGGESTED_PROBABILITY = 0.25  # of an intent that is offered as a button
MAX_SUGGESTIONS = 2  # buttons beside "something else"
# The button of each meaning: its label and its value.
MEANINGS: Mapping[Intent, tuple[str, str]] = {
    Intent.BOOK: (texts.BOOK_ONE, "task:book"),
    Intent.CHANGE: (texts.CHANGE_APPOINTMENT, "task:change"),
    Intent.CANCEL: (texts.CANCEL_APPOINTMENT, "task:cancel"),
    Intent.FIND: (texts.FIND_APPOINTMENT, "task:find"),
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
# Beginning one of these instead of another costs the citizen several messages.
CONSEQUENTIAL_INTENTS = frozenset({Intent.BOOK, Intent.CHANGE, Intent.CANCEL, Intent.FIND})


def believed_intent(understood: Understanding, intent: Intent | None, asked: str | None) -> Intent | None:
    """Return the grammar's intent, or a harmless one where the grammar has none and the second opinion is sure.

    A question with a service in it is no wish to book: `cuánto vale lo de la pesca`.
    """
    second = understood.second
    is_unknown = intent is None and not understood.facts
    is_booking_by_facts = intent is Intent.BOOK and not understood.has_intent(Intent.BOOK) and asked is None
    least = TAKEN_AT_BEGINNING if asked in (None, "task") else TAKEN_AFTER_QUESTION
    if second.intent not in HARMLESS_INTENTS or second.confidence < least:
        return intent
    return second.intent if is_unknown or is_booking_by_facts else intent


def ask_if_meant(
    state: ConversationState, understood: Understanding, intent: Intent | None
) -> DialogueTurn | None:
    """Ask what is meant, where grammar and second opinion contradict each other; None if they do not."""
    second = understood.second
    if intent is None or second.intent is None or intent is second.intent:
        return None
    if not {intent, second.intent} <= CONSEQUENTIAL_INTENTS:
        return None
    is_contradicted = second.probability(intent) < CONTRADICTED_PROBABILITY
    if not is_contradicted or second.confidence < CONTRADICTING_CONFIDENCE or state.asked in understood.facts:
        return None
    return _ask(state, (intent, second.intent))


def ask_probable_meanings(state: ConversationState, understood: Understanding) -> DialogueTurn | None:
    """Offer the probable meanings of a message that the grammar does not know; None if there are none."""
    if understood.second.intent not in MEANINGS or understood.second.intent is Intent.BOOK:
        return None  # for a booking, the services are listed instead
    has_free_answer = state.asked in PERSONAL_DETAILS | {"locator", "contact"}
    least = TAKEN_AFTER_QUESTION if has_free_answer else SUGGESTED_PROBABILITY
    probable = [
        intent
        for intent, probability in understood.second.intents
        if intent is not None and intent in MEANINGS and probability >= least
    ]
    return _ask(state, probable[:MAX_SUGGESTIONS], state.misses + 1) if probable else None


def _ask(state: ConversationState, intents: Sequence[Intent], misses: int = 0) -> DialogueTurn:
    choices = [ReplyChoice(Sentence(text), value) for text, value in (MEANINGS[intent] for intent in intents)]
    choices.append(ReplyChoice(Sentence(texts.OTHER_THING), "ask:other", is_minor=True))
    reply = DialogueReply((Sentence(texts.ASK_MEANING),), tuple(choices))
    return DialogueTurn(replace(state, misses=misses), (reply,))
