"""Cancellation of the citizen's appointment, asked first. Pure."""

from __future__ import annotations

from dataclasses import replace

from .. import texts
from ..context import DialogueContext
from ..effects import CancelAppointment, LookupAnswer, RequestDenied, TurnGenerator
from ..replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from ..state import ConversationState, OwnAppointment
from .own_appointment import appointment_sentence, end_task, with_other_appointment

BOOK_CHOICE = ReplyChoice(Sentence(texts.BOOK_ONE), "task:book")


def ask_cancel(state: ConversationState, appointment: OwnAppointment, context: DialogueContext) -> DialogueTurn:
    """Show the appointment and ask whether to cancel it."""
    choices = (
        ReplyChoice(Sentence(texts.YES_CANCEL), "yes:"),
        ReplyChoice(Sentence(texts.NO_KEEP), "no:", is_minor=True),
    )
    sentences = (appointment_sentence(appointment, context), Sentence(texts.ASK_CANCEL))
    reply = DialogueReply(sentences, with_other_appointment(state, choices), is_private=True)
    return DialogueTurn(replace(state, asked="confirm"), (reply,))


def confirm_cancellation(state: ConversationState, appointment: OwnAppointment) -> TurnGenerator:
    """Cancel the appointment, and report the result."""
    cancelled: LookupAnswer = yield CancelAppointment(appointment.id)
    if isinstance(cancelled, RequestDenied):
        return answer_denied(state, cancelled)
    return end_task(state, DialogueReply((Sentence(texts.CANCELLED),), (BOOK_CHOICE,), cancelled.page))


def answer_denied(state: ConversationState, denied: RequestDenied) -> DialogueTurn:
    """Tell why the request was denied; the appointment stays as it is."""
    sentences = (Sentence(texts.REASON, {"reason": denied.reason}), Sentence(texts.APPOINTMENT_UNCHANGED))
    turn = end_task(state, DialogueReply(sentences), state.recent_id)
    return DialogueTurn(replace(turn.state, asked="task", done=False), turn.replies)
