"""What somebody answers to the question that was asked, other than the facts of a booking. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..language.lexicon import Intent
from ..language.locators import parse_locator_answer
from ..language.understanding import Understanding
from . import buttons, existing_appointment, texts
from .buttons import AskNextQuestion
from .context import DialogueContext
from .effects import DialogueReply, DialogueTurn, OptionalTurnGenerator, ReplyChoice, Sentence, prepend_sentences
from .fill_slots import check_details
from .state import ConversationState

START_CHOICES = (
    ReplyChoice(Sentence(texts.BOOK_ONE), "task:book"),
    ReplyChoice(Sentence(texts.WAY_FAST), "task:fastest"),
    ReplyChoice(Sentence(texts.MY_APPOINTMENT), "task:find"),
)
DETAIL_QUESTIONS = ("name", "email", "phone")


def greeting_reply(text: str = texts.HELLO) -> DialogueReply:
    """How a conversation begins."""
    return DialogueReply((Sentence(text),), START_CHOICES)


def _answer_confirmation(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if said.facts:
        return None
    if intent is Intent.YES or (
        state.task == "cancel" and intent is Intent.CANCEL and not said.has_intent(Intent.NO)
    ):
        return (yield from buttons.handle_yes(state, context))
    if intent is Intent.NO:
        return buttons.handle_no(state)
    return None


def _answer_date(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if intent is Intent.ANY and not said.facts:
        return (yield from buttons.handle_choice(state, "soonest", "", context, ask_next))
    if intent is Intent.NO:
        return (yield from buttons.handle_choice(state, "other", "date", context, ask_next))
    return None


def _answer_office(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if intent is Intent.ANY and not said.facts:
        return (yield from buttons.handle_choice(state, "any", "office", context, ask_next))
    return None


def _answer_mode(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if intent is Intent.ANY and not said.facts:
        return (yield from buttons.handle_choice(state, "any", "mode", context, ask_next))
    return None


def _answer_service(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if (
        intent is Intent.YES
        and len(services := [one for one in state.offered if one.value.startswith("service:")]) == 1
    ):
        return (
            yield from buttons.handle_choice(state, *_split_choice_value(services[0].value), context, ask_next)
        )
    if intent is Intent.NO:
        return (yield from buttons.handle_choice(state, "other", "service", context, ask_next))
    return None


def _split_choice_value(value: str) -> tuple[str, str]:
    kind, _, rest = value.partition(":")
    return kind, rest


def _answer_detail(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    """Name, e-mail, telephone: what was typed is checked at the edge, and asked for again when it is not sound."""
    if state.asked == "phone" and intent in (Intent.NO, Intent.SKIP, Intent.REFUSE):
        return (yield from buttons.handle_choice(state, "skip", "phone", context, ask_next))
    if state.asked == "email" and said.has_broken_email:
        return prepend_sentences((yield from ask_next(state, context)), Sentence(texts.NOT_EMAIL))
    if not said.facts & set(DETAIL_QUESTIONS):
        return None
    state, wrong = yield from check_details(state, said)
    turn = yield from ask_next(state, context)
    return prepend_sentences(turn, *wrong)


def _answer_privacy(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if intent is Intent.YES:
        return (yield from buttons.handle_choice(state, "accept", "", context, ask_next))
    if intent in (Intent.NO, Intent.REFUSE):
        return (yield from buttons.handle_choice(state, "refuse", "", context, ask_next))
    return None


def _answer_locator(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    locator = said.locator or parse_locator_answer(said.text)
    if locator is None:
        return existing_appointment.leave_unchanged(state) if intent is Intent.NO else None
    state = replace(state, locator=locator)
    contact = said.email or said.phone
    if contact is not None:
        return (yield from existing_appointment.look_up_appointment(state, contact, context))
    return (yield from ask_next(state, context))


def _answer_contact(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if intent is Intent.NO and not said.facts:
        return existing_appointment.leave_unchanged(state)
    contact = said.email or said.phone or said.text.strip()
    return (yield from existing_appointment.look_up_appointment(state, contact, context))


def _answer_change_or_cancel(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    yield from ()
    return existing_appointment.leave_unchanged(state) if intent is Intent.NO else None


def _answer_greeting(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    yield from ()
    if intent is Intent.NO and not said.facts:
        return DialogueTurn(replace(state, asked="task"), (DialogueReply((Sentence(texts.ALL_RIGHT),)),))
    if intent is Intent.YES and not said.facts:
        return DialogueTurn(replace(state, asked="task"), (greeting_reply(texts.HELLO_AGAIN),))
    return None


def _answer_next_service(
    state: ConversationState,
    said: Understanding,
    intent: Intent | None,
    context: DialogueContext,
    ask_next: AskNextQuestion,
) -> OptionalTurnGenerator:
    if intent is Intent.YES and not said.facts and state.later:
        return (yield from buttons.handle_choice(state, "next", state.later[0], context, ask_next))
    if intent in (Intent.NO, Intent.SKIP) and not said.facts:
        return (yield from buttons.handle_choice(state, "nothing", "", context, ask_next))
    return None


AnswerHandler = Callable[
    [ConversationState, Understanding, Intent | None, DialogueContext, AskNextQuestion], OptionalTurnGenerator
]
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
    "privacy": _answer_privacy,
    "locator": _answer_locator,
    "contact": _answer_contact,
    "visit": _answer_change_or_cancel,
    "next": _answer_next_service,
}
