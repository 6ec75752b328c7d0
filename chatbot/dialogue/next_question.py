"""The next question of the present task, and the greeting when there is no task. Pure."""

from __future__ import annotations

from dataclasses import replace

from . import texts
from .appointment.identification import ask_next_appointment_question
from .appointment.lost_details import ask_mailbox
from .appointment.waitlist_request import ask_next_waitlist_question
from .booking import ask_next_booking_question, ask_service, next_service_question
from .context import DialogueContext
from .effects import TurnGenerator
from .questions.information import tell_fastest
from .replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from .state import ConversationState

START_CHOICES = (
    ReplyChoice(Sentence(texts.BOOK_ONE), "task:book"),
    ReplyChoice(Sentence(texts.WAY_FAST), "task:fastest"),
    ReplyChoice(Sentence(texts.MY_APPOINTMENT), "task:find"),
)


def greeting_reply(text: str = texts.HELLO) -> DialogueReply:
    """Offer the tasks, as at the beginning of a conversation."""
    return DialogueReply((Sentence(text),), START_CHOICES)


def answer_beside_question(
    replies: tuple[DialogueReply, ...], state: ConversationState, context: DialogueContext
) -> TurnGenerator:
    """Reply to what was asked beside the open question, and repeat that question."""
    if state.asked in (None, "task"):
        return DialogueTurn(replace(state, asked="task"), replies)
    turn = yield from ask_next_question(state, context)
    return DialogueTurn(turn.state, (*replies, *turn.replies))


def ask_next_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask the next question of the citizen's task."""
    match state.task:
        case "book":
            return (yield from ask_next_booking_question(state, context))
        case "change" | "cancel" | "find" | "earlier":
            return (yield from ask_next_appointment_question(state, context))
        case "lost_link":
            return (yield from ask_mailbox(state, context))
        case "waitlist":
            return ask_next_waitlist_question(state, context)
        case "fastest" if state.service is not None:
            return (yield from tell_fastest(state, state.service, context))
        case "fastest":
            return DialogueTurn(replace(state, asked="service"), (ask_service(context, texts.ASK_FASTEST),))
        case None if state.asked == "next" and state.later:
            return DialogueTurn(state, (next_service_question(state, context),))
        case None:
            return DialogueTurn(replace(state, asked="task"), (greeting_reply(texts.HELLO_AGAIN),))
