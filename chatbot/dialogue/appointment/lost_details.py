"""A lost locator, e-mail or link: the links go to the mailbox, or a person helps. Pure."""

from __future__ import annotations

from dataclasses import replace

from ....core.contact.email_typos import suggest_email
from ...language.understanding import Understanding
from .. import texts
from ..context import DialogueContext
from ..effects import RequestDenied, SendLostLinks, TurnGenerator
from ..questions.opening_hours import open_now_sentence, selected_offices
from ..replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from ..state import ConversationState
from .identification import ask_next_appointment_question, fresh_task
from .own_appointment import LEAVE_CHOICE

MAILBOX_ASKED = "mailbox"  # in the trail: the citizen was asked about a likely typing error of the e-mail
NO_MAILBOX_CHOICE = ReplyChoice(Sentence(texts.NO_MAILBOX), "lost:mailbox")


def begin_lost_link(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Show the appointment that was just booked; else send the links to a mailbox."""
    fresh = fresh_task(state, "find")
    if fresh.recent_id is not None or fresh.visit is not None:
        return (yield from ask_next_appointment_question(fresh, context))
    fresh = replace(fresh, task="lost_link", days=state.days, hours=state.hours, email=understood.email)
    return (yield from ask_mailbox(fresh, context))


def ask_mailbox(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for the e-mail of the appointment, then send its links there."""
    state = replace(state, task="lost_link")
    if state.email is None:
        sentences = (Sentence(texts.LOST_ASK_EMAIL),)
        reply = DialogueReply(sentences, (NO_MAILBOX_CHOICE, LEAVE_CHOICE))
        return DialogueTurn(replace(state, asked="email"), (reply,))
    suggested = suggest_email(state.email)
    if suggested is not None and MAILBOX_ASKED not in state.trail:
        choices = (
            ReplyChoice(Sentence(texts.CORRECT_EMAIL, {"email": suggested}), suggested),
            ReplyChoice(Sentence(texts.KEEP_EMAIL, {"email": state.email}), state.email),
        )
        question = DialogueReply(
            (Sentence(texts.LOST_EMAIL_TYPO, {"email": suggested}),), choices, is_private=True
        )
        asked = replace(state, email=None, asked="email").with_answered(MAILBOX_ASKED)
        return DialogueTurn(asked, (question,))
    denied: RequestDenied | None = yield SendLostLinks(state.email)
    ended = replace(state, task=None, asked="task", email=None)
    if denied is not None:
        wait = Sentence(texts.GUESS_LATER, {"minutes": denied.retry_after_minutes})
        return DialogueTurn(ended, (DialogueReply((wait,)),))
    return DialogueTurn(ended, (DialogueReply((Sentence(texts.LOST_SENT),), (NO_MAILBOX_CHOICE,)),))


def tell_help_by_name(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """Say who finds an appointment by name and day, and when they can be asked."""
    phone = context.phone_to_call(None)
    first = Sentence(texts.LOST_BY_NAME, {"phone": phone}) if phone else Sentence(texts.LOST_BY_NAME_AT_OFFICE)
    opening = tuple(open_now_sentence(office, context) for office in selected_offices(None, context))
    ended = replace(state, task=None, asked="task", email=None)
    return DialogueTurn(ended, (DialogueReply((first, *opening)),))
