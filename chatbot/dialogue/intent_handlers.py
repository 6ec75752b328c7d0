"""Handlers of intents, such as restart, change, cancel and information. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..language.lexicon import Intent
from ..language.understanding import PERSONAL_DETAILS, Understanding
from . import booking, texts
from .appointment.identification import begin_appointment_task
from .appointment.lost_details import begin_lost_link
from .appointment.new_time import confirms_replacement
from .buttons import handle_choice, take_only_offer
from .context import DialogueContext
from .effects import (
    Effect,
    HandlerResult,
    LoadAppointment,
    LookupAnswer,
    OptionalHandlerResult,
    RequestDenied,
    TurnGenerator,
)
from .next_question import START_CHOICES, answer_beside_question, ask_next_question, greeting_reply
from .questions.information import INFORMATION_ANSWERS, answer_questions, tell_without_email
from .replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from .state import ConversationState, without_personal_data
from .time_selection import shift_time
from .understood_facts import apply_facts, ask_about_uncertain_facts

INFORMATION_CHOICES = (
    ReplyChoice(Sentence(texts.SEE_WAITS), "tell:wait"),
    ReplyChoice(Sentence(texts.SEE_HOURS), "tell:hours"),
)

# A handler returns None when the message is handled as a fact or an answer instead.
IntentHandler = Callable[[ConversationState, Understanding, DialogueContext], OptionalHandlerResult]


def _restart(state: ConversationState, _understood: Understanding, _context: DialogueContext) -> DialogueTurn:
    fresh = ConversationState(language=state.language, asked="task")
    return DialogueTurn(fresh, (greeting_reply(texts.START_OVER),))


def _go_back(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Ask the previous question again, unless the message has the new answer in it."""
    if understood.facts:
        return None
    if state.task == "book" and state.asked == "confirm" and understood.agrees_partly:
        return booking.ask_what_to_change(state, context)
    if not state.trail:
        return _restart(state, understood, context)
    state = replace(booking.clear_answer(state, state.trail[-1], context), trail=state.trail[:-1])
    return ask_next_question(state, context)


def _change(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Change the booking at its summary, else an existing appointment."""
    if state.task == "book" and state.asked in ("confirm", "change") and understood.locator is None:
        if understood.facts:
            return None
        return booking.ask_what_to_change(state, context)
    return begin_appointment_task(state, understood, context, "change")


def _cancel(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    if state.asked == "confirm" and (state.task == "cancel" or confirms_replacement(state, understood)):
        return None
    if understood.has_intent(Intent.CHANGE):  # one of them, or first the one and then the other
        return begin_appointment_task(state, understood, context, "find")
    if state.task == "book" and state.asked not in (None, "task", "service") and understood.locator is None:
        choices = (
            ReplyChoice(Sentence(texts.ABANDON), "abandon:"),
            ReplyChoice(Sentence(texts.CANCEL_EXISTING), "task:cancel"),
        )
        return DialogueTurn(state, (DialogueReply((Sentence(texts.ASK_ABANDON),), choices),))
    return begin_appointment_task(state, understood, context, "cancel")


def _offer_change_or_cancel(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> HandlerResult:
    if understood.has_intent(Intent.OTHER_DAY, Intent.OTHER_TIME):
        return begin_appointment_task(state, understood, context, "change")
    if understood.locator is not None or state.visit is not None or state.recent_id is not None:
        return begin_appointment_task(state, understood, context, "find")
    choices = (
        ReplyChoice(Sentence(texts.DO_CHANGE), "task:change"),
        ReplyChoice(Sentence(texts.DO_CANCEL), "task:cancel"),
    )
    reply = DialogueReply((Sentence(texts.ASK_CHANGE_OR_CANCEL),), choices)
    return DialogueTurn(replace(state, asked="visit"), (reply,))


def _find_earlier(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Look for a time before the own appointment; during a booking the words mean its day."""
    if state.task == "book" and state.asked in ("date", "time", "office", "mode", "confirm"):
        return None
    return begin_appointment_task(state, understood, context, "earlier")


def _find_lost_link(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Send the links to the mailbox; a locator in the message needs none."""
    if state.task == "book" and state.asked in PERSONAL_DETAILS:
        return None  # about the detail that is asked: `I have no e-mail`
    if understood.locator is not None:
        return begin_appointment_task(state, understood, context, "find")
    if state.task == "lost_link" and state.asked == "email" and understood.email is None:
        return handle_choice(state, "lost:mailbox", context)
    return begin_lost_link(state, understood, context)


def _join_waitlist(state: ConversationState, understood: Understanding, context: DialogueContext) -> HandlerResult:
    state, _ = apply_facts(state, understood, context)
    return ask_next_question(replace(state, task="waitlist", visit=None), context)


def _find_fastest(state: ConversationState, understood: Understanding, context: DialogueContext) -> HandlerResult:
    state, _ = apply_facts(replace(state, task="fastest"), understood, context)
    question = ask_about_uncertain_facts(state, understood, context)
    if question is not None:
        return DialogueTurn(replace(state, asked="service"), (question,))
    return ask_next_question(replace(state, starts_at=None), context)


def _choose_other(
    part: str, state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Clear an answer and ask again, unless the message has the new answer in it."""
    if understood.facts or state.task is None:
        return None
    if understood.shift and (shifted := shift_time(state, understood.shift, context)) is not None:
        return ask_next_question(shifted, context)
    return handle_choice(state, f"other:{part}", context)


def give_information(
    intent: Intent, state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Answer a question about the offices, then repeat the question that was asked."""
    about = yield from _about_booked(state, understood)
    replies = yield from answer_questions(intent, about, understood, context)
    return (yield from answer_beside_question(replies, state, context))


def _about_booked(
    state: ConversationState, understood: Understanding
) -> Generator[Effect, Any, ConversationState]:
    """Return the state with office and services of the appointment just booked."""
    names_other = understood.services.sure or understood.services.likely or understood.offices.named
    if state.task is not None or state.asked == "next" or state.recent_id is None or names_other:
        return state
    answer: LookupAnswer = yield LoadAppointment(state.recent_id)
    if isinstance(answer, RequestDenied):
        return state
    own = answer.appointment
    return replace(state, office=own.office, service=own.service, more=own.more)


def _help(state: ConversationState, _understood: Understanding, context: DialogueContext) -> TurnGenerator:
    choices = (*START_CHOICES, *INFORMATION_CHOICES) if state.asked in (None, "task") else ()
    return answer_beside_question((DialogueReply((Sentence(texts.HELP),), choices),), state, context)


def _greet(state: ConversationState, _understood: Understanding, context: DialogueContext) -> HandlerResult:
    if state.task is None:
        return DialogueTurn(replace(state, asked="task"), (greeting_reply(),))
    return ask_next_question(state, context)


def _say_goodbye(state: ConversationState, _understood: Understanding, _context: DialogueContext) -> DialogueTurn:
    if state.asked == "next":
        return DialogueTurn(without_personal_data(state), (DialogueReply((Sentence(texts.GOODBYE),)),))
    text = texts.GOODBYE_UNDONE if state.task == "book" else texts.GOODBYE
    return DialogueTurn(state, (DialogueReply((Sentence(text),)),))


def _accept_thanks(
    state: ConversationState, _understood: Understanding, _context: DialogueContext
) -> DialogueTurn:
    return DialogueTurn(state, (DialogueReply((Sentence(texts.WELCOME),)),))


def _has_no_email(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Tell how to get an appointment without e-mail, which the booking needs."""
    if state.task not in (None, "book", "fastest"):
        return None
    state, _repeated = apply_facts(replace(state, task="book"), understood, context)
    return DialogueTurn(replace(state, asked="email"), tell_without_email(state.named_office, context))


def _repeat(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Ask the open question again, with what it offered."""
    return None if understood.facts else ask_next_question(state, context)


def _take_that(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> OptionalHandlerResult:
    """Take the only offer; ask which if there are several."""
    if understood.facts:
        return None
    return take_only_offer(state, context)


def _choose_telephone(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> HandlerResult:
    """Choose the telephone for a service that is given by it, else tell which services are."""
    wanted, _repeated = apply_facts(state, understood, context)
    is_wish = state.asked == "mode" or (bool(understood.services.sure) and "?" not in understood.text)
    if is_wish and wanted.service and "phone" in context.catalogue.service_modes(wanted.service):
        return handle_choice(wanted, "mode:phone", context)
    if state.service is None and len(named := understood.services.sure or understood.services.likely) == 1:
        state = state.with_service(named[0])
    return give_information(Intent.BY_PHONE, state, understood, context)


INTENT_HANDLERS: Mapping[Intent, IntentHandler] = {
    Intent.RESTART: _restart,
    Intent.BACK: _go_back,
    Intent.CHANGE: _change,
    Intent.CANCEL: _cancel,
    Intent.CANNOT_COME: _offer_change_or_cancel,
    Intent.FIND: partial(begin_appointment_task, task="find"),
    Intent.LOST_LINK: _find_lost_link,
    Intent.EARLIER: _find_earlier,
    Intent.WAITLIST: _join_waitlist,
    Intent.FASTEST: _find_fastest,
    Intent.HELP: _help,
    Intent.GREETING: _greet,
    Intent.BYE: _say_goodbye,
    Intent.THANKS: _accept_thanks,
    Intent.OTHER_DAY: partial(_choose_other, "date"),
    Intent.OTHER_TIME: partial(_choose_other, "time"),
    Intent.OTHER_OFFICE: partial(_choose_other, "office"),
    Intent.OTHER_SERVICE: partial(_choose_other, "service"),
    # A refusal may be the answer to the question that was asked, so it has no handler here.
    **{
        intent: partial(give_information, intent)
        for intent in (Intent.WAIT, *INFORMATION_ANSWERS)
        if intent is not Intent.REFUSE
    },
    Intent.BY_PHONE: _choose_telephone,
    Intent.NO_EMAIL: _has_no_email,
    Intent.REPEAT: _repeat,
    Intent.THAT: _take_that,
}
