"""Answers to the question that was asked, except the facts of a booking. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ...core.contact.email_typos import suggest_email
from ..language.lexicon import Intent
from ..language.locators import parse_locator_answer
from ..language.understanding import PERSONAL_DETAILS, Understanding
from . import booking, texts
from .appointment import identification, lost_details, own_appointment
from .appointment.new_time import confirms_replacement
from .buttons import handle_choice, handle_no, handle_yes, take_only_offer
from .context import DialogueContext
from .effects import OptionalHandlerResult, OptionalTurnGenerator
from .next_question import ask_next_question, greeting_reply
from .questions.information import tell_without_email
from .replies import DialogueReply, DialogueTurn, Sentence, prepend_sentences
from .state import ConversationState
from .understood_facts import check_details

MIN_CONTACT_DIGITS = 6  # fewer are no telephone number, which a look-up would count as a guess

MAX_NO_WORDS = 2  # words

# A handler takes the state, the message, its intent and the context, and returns None if the message is no answer.
AnswerHandler = Callable[[ConversationState, Understanding, Intent | None, DialogueContext], OptionalHandlerResult]


def _answer_greeting(
    state: ConversationState, understood: Understanding, intent: Intent | None, _context: DialogueContext
) -> DialogueTurn | None:
    if intent is Intent.NO and not understood.facts:
        return DialogueTurn(replace(state, asked="task"), (DialogueReply((Sentence(texts.ALL_RIGHT),)),))
    if intent is Intent.YES and not understood.facts:
        return DialogueTurn(replace(state, asked="task"), (greeting_reply(texts.HELLO_AGAIN),))
    return None


def _answer_confirmation(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    if understood.facts:
        return None
    confirms_cancelling = intent is Intent.CANCEL and (
        (state.task == "cancel" and not understood.has_intent(Intent.NO))
        or confirms_replacement(state, understood)
    )
    if understood.has_intent(Intent.BYE):  # `venga, hasta luego` confirms nothing
        return None
    if intent is Intent.YES or confirms_cancelling:
        return handle_yes(state, context)
    return handle_no(state, context) if intent is Intent.NO else None


def _answer_date(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    if intent is Intent.ANY and not understood.facts:
        return handle_choice(state, "soonest:", context)
    if intent is Intent.YES and not understood.facts and not understood.unexplained_words:
        return take_only_offer(state, context)
    return handle_choice(state, "other:date", context) if intent is Intent.NO else None


def _answer_office(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    if intent is Intent.ANY and not understood.facts:
        return handle_choice(state, "any:office", context)
    if intent is None and not understood.facts and state.visit is None:
        return booking.find_office_by_place(state, understood.text, context)
    return None


def _answer_mode(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    is_any = intent is Intent.ANY and not understood.facts
    return handle_choice(state, "any:mode", context) if is_any else None


def _answer_service(
    state: ConversationState, _understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    offered = [choice.value for choice in state.offered if choice.value.startswith(("service:", "add:"))]
    if intent is Intent.YES and len(offered) == 1:
        return handle_choice(state, offered[0], context)
    if intent is Intent.NO:
        is_added = any(value.startswith("add:") for value in offered)
        return handle_choice(state, "skip:" if is_added else "other:service", context)
    return None


def _answer_detail(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalTurnGenerator:
    """Take a name, an e-mail or a telephone number; ask again if it is invalid."""
    if state.asked == "phone" and state.mode != "phone" and intent in (Intent.NO, Intent.SKIP, Intent.REFUSE):
        return (yield from ask_next_question(state, context))
    if state.task == "lost_link" and intent in (Intent.NO, Intent.SKIP, Intent.REFUSE) and not understood.email:
        return lost_details.tell_help_by_name(state, context)
    if state.asked == "email" and intent is Intent.NO and not understood.facts:
        return DialogueTurn(state, tell_without_email(state.named_office, context))
    if state.asked == "email" and understood.has_broken_email:
        return prepend_sentences((yield from ask_next_question(state, context)), Sentence(texts.NOT_EMAIL))
    if not understood.facts & PERSONAL_DETAILS:
        return None
    state, problems = yield from check_details(state, understood)
    turn = yield from ask_next_question(state, context)
    return prepend_sentences(turn, *problems)


def _answer_email_typo(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    """Take the suggested e-mail, or keep the typed e-mail."""
    if understood.facts:
        return None
    if intent is Intent.YES:
        return ask_next_question(replace(state, email=suggest_email(state.email or "")), context)
    return handle_choice(state, "typed:", context) if intent is Intent.NO else None


def _answer_optional(
    endings: tuple[Intent, ...],
    state: ConversationState,
    understood: Understanding,
    intent: Intent | None,
    context: DialogueContext,
) -> OptionalHandlerResult:
    """Ask the next question when the message only ends this question.

    A need that the message names was taken before.
    """
    is_ended = intent in endings and not understood.facts
    return ask_next_question(state, context) if is_ended else None


def _answer_locator(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    locator = understood.locator or parse_locator_answer(understood.text)
    if locator is None:
        if _is_plain_no(understood, intent):
            return own_appointment.leave_unchanged(state)
        is_sentence = intent is None and len(understood.text.split()) > MAX_NO_WORDS and not understood.facts
        has_none = is_sentence or intent in (Intent.NO, Intent.SKIP, Intent.HELP, Intent.REFUSE)
        return lost_details.ask_mailbox(state, context) if has_none else None
    return identification.continue_with_contact(replace(state, locator=locator), understood, context)


def _answer_contact(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalTurnGenerator:
    """Look up by the e-mail or the telephone number; other words count as no attempt."""
    contact = understood.email or understood.phone or "".join(filter(str.isdigit, understood.text))
    if understood.has_broken_email:
        return prepend_sentences((yield from ask_next_question(state, context)), Sentence(texts.NOT_EMAIL))
    if understood.email is None and len(contact) < MIN_CONTACT_DIGITS:
        if _is_plain_no(understood, intent):
            return own_appointment.leave_unchanged(state)
        has_none = intent in (Intent.NO, Intent.SKIP, Intent.REFUSE)
        return lost_details.tell_help_by_name(state, context) if has_none else None
    return (yield from identification.look_up_appointment(state, contact, context))


def _is_plain_no(understood: Understanding, intent: Intent | None) -> bool:
    """Whether the citizen wants no more; a longer no is `I do not have it`."""
    return intent is Intent.NO and len(understood.text.split()) <= MAX_NO_WORDS


def _answer_change_or_cancel(
    state: ConversationState, _understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    if intent is Intent.YES and state.visit is None:  # a single appointment: it must be found first
        return handle_choice(state, "task:find", context)
    return own_appointment.leave_unchanged(state) if intent is Intent.NO else None


def _answer_next_service(
    state: ConversationState, understood: Understanding, intent: Intent | None, context: DialogueContext
) -> OptionalHandlerResult:
    if understood.facts:
        return None
    if intent is Intent.YES and state.later:
        return handle_choice(state, f"next:{state.later[0]}", context)
    return handle_choice(state, "nothing:", context) if intent in (Intent.NO, Intent.SKIP) else None


# The handler of each question, by the state's `asked`.
ANSWER_HANDLERS: Mapping[str | None, AnswerHandler] = {
    None: _answer_greeting,
    "task": _answer_greeting,
    "confirm": _answer_confirmation,
    "date": _answer_date,
    "time": _answer_date,
    "office": _answer_office,
    "mode": _answer_mode,
    "service": _answer_service,
    "name": _answer_detail,
    "email": _answer_detail,
    "phone": _answer_detail,
    "email_typo": _answer_email_typo,
    "needs": partial(_answer_optional, (Intent.NO, Intent.SKIP)),
    "change": partial(_answer_optional, (Intent.YES, Intent.NO)),
    "locator": _answer_locator,
    "contact": _answer_contact,
    "visit": _answer_change_or_cancel,
    "next": _answer_next_service,
}
