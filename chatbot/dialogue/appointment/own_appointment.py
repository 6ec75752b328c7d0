"""Sentences and choices about the citizen's appointment; end of its task. Pure."""

from __future__ import annotations

from dataclasses import replace

from .. import texts
from ..context import DialogueContext, service_name
from ..replies import DialogueReply, DialogueTurn, LocalInstant, ModePhrase, ReplyChoice, Sentence
from ..state import ConversationState, OwnAppointment, without_personal_data

LEAVE_CHOICE = ReplyChoice(Sentence(texts.DO_NOTHING), "no:", is_minor=True)
APPOINTMENT_CHOICES = (
    ReplyChoice(Sentence(texts.DO_CHANGE), "task:change"),
    ReplyChoice(Sentence(texts.DO_CANCEL), "task:cancel"),
    LEAVE_CHOICE,
)
OTHER_APPOINTMENT = ReplyChoice(Sentence(texts.OTHER_APPOINTMENT), "other:visit", is_minor=True)
RESUME_CHOICE = ReplyChoice(Sentence(texts.RESUME_BOOKING), "resume:", is_main=True)


def appointment_sentence(appointment: OwnAppointment, context: DialogueContext) -> Sentence:
    """Name service, time, mode and office of the appointment."""
    office = context.office(appointment.office)
    return Sentence(
        texts.FOUND,
        {
            "service": service_name(context, appointment.service),
            "when": LocalInstant(appointment.starts_at, office.timezone),
            "mode": ModePhrase(appointment.mode),
            "office": office.name,
        },
    )


def appointment_reply(
    appointment: OwnAppointment, context: DialogueContext, choices: tuple[ReplyChoice, ...]
) -> DialogueReply:
    """Show the appointment, and ask what to do with it if it can be changed."""
    question = (Sentence(texts.ASK_WHAT),) if choices else ()
    return DialogueReply((appointment_sentence(appointment, context), *question), choices, is_private=True)


def with_other_appointment(state: ConversationState, choices: tuple[ReplyChoice, ...]) -> tuple[ReplyChoice, ...]:
    """Add a choice for another appointment if the citizen did not name this appointment."""
    return (*choices, OTHER_APPOINTMENT) if state.recent_id is not None else choices


def end_task(state: ConversationState, reply: DialogueReply, recent_id: str | None = None) -> DialogueTurn:
    """End the task with an appointment. A booking that was left for it can be resumed."""
    if state.paused is None:
        return DialogueTurn(replace(without_personal_data(state), recent_id=recent_id), (reply,))
    kept = ConversationState(
        language=state.language, asked="task", needs=state.needs, paused=state.paused, recent_id=recent_id
    )
    return DialogueTurn(kept, (replace(reply, choices=(*reply.choices, RESUME_CHOICE)),))


def leave_unchanged(state: ConversationState) -> DialogueTurn:
    """End the task without a change to the appointment."""
    return end_task(state, DialogueReply((Sentence(texts.APPOINTMENT_UNCHANGED),)), state.recent_id)
