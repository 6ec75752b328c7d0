"""An existing appointment: look-up by locator and contact, change, cancellation. Pure."""

from __future__ import annotations

from dataclasses import replace

from ...appointments.domain.booking_url import FIND_APPOINTMENT_PATH
from . import texts
from .context import DialogueContext, format_unbroken_locator, service_name
from .effects import (
    CancelAppointment,
    FindAppointment,
    LookupAnswer,
    MoveAnswer,
    MoveAppointment,
    RequestDenied,
    SlotTaken,
    TurnGenerator,
)
from .replies import (
    DialogueReply,
    DialogueTurn,
    LocalInstant,
    ModePhrase,
    ReplyChoice,
    Sentence,
    prepend_sentences,
)
from .state import ConversationState, OwnAppointment, without_personal_data
from .time_selection import answer_slot_taken, choose_time

LEAVE_CHOICE = ReplyChoice(Sentence(texts.DO_NOTHING), "no:", is_minor=True)
APPOINTMENT_CHOICES = (
    ReplyChoice(Sentence(texts.DO_CHANGE), "task:change"),
    ReplyChoice(Sentence(texts.DO_CANCEL), "task:cancel"),
    LEAVE_CHOICE,
)


def ask_next_appointment_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for the locator and the contact, then for the change that is the task."""
    if state.visit is None:
        return _ask_locator_or_contact(state)
    if state.task == "cancel":
        return _ask_cancel(state, state.visit, context)
    if state.task == "change":
        return (yield from _ask_new_time(state, state.visit, context))
    reply = _appointment_reply(state.visit, context, APPOINTMENT_CHOICES)
    return DialogueTurn(replace(state, asked="visit"), (reply,))


def _ask_locator_or_contact(state: ConversationState) -> DialogueTurn:
    if state.locator is None:
        reply = DialogueReply((Sentence(texts.ASK_LOCATOR),), (LEAVE_CHOICE,))
        return DialogueTurn(replace(state, asked="locator"), (reply,))
    locator = Sentence(texts.LOCATOR_READ, {"locator": format_unbroken_locator(state.locator)})
    reply = DialogueReply((locator, Sentence(texts.ASK_CONTACT)), (LEAVE_CHOICE,))
    return DialogueTurn(replace(state, asked="contact"), (reply,))


def look_up_appointment(state: ConversationState, contact: str, context: DialogueContext) -> TurnGenerator:
    """Look the appointment up by locator and contact.

    The refusal does not say which of them is wrong, so that neither can be guessed.
    """
    assert state.locator is not None
    answer: LookupAnswer = yield FindAppointment(state.locator, contact)
    if isinstance(answer, RequestDenied):
        return _answer_not_found(state, answer)
    state = replace(state, visit=answer.appointment, locator=None)
    if state.task in ("change", "cancel") and answer.can_be_changed:
        return (yield from ask_next_appointment_question(state, context))
    choices = APPOINTMENT_CHOICES if answer.can_be_changed else ()
    reply = replace(_appointment_reply(answer.appointment, context, choices), link=answer.page)
    return DialogueTurn(replace(state, asked="visit" if answer.can_be_changed else "task"), (reply,))


def _answer_not_found(state: ConversationState, denied: RequestDenied) -> DialogueTurn:
    if denied.code == "rate_limited":
        wait = Sentence(texts.GUESS_LATER, {"minutes": denied.retry_after_minutes})
        return DialogueTurn(replace(state, asked="task", task=None, locator=None), (DialogueReply((wait,)),))
    sentences = (Sentence(texts.NOT_FOUND), Sentence(texts.ASK_LOCATOR))
    reply = DialogueReply(sentences, (LEAVE_CHOICE,), FIND_APPOINTMENT_PATH)
    return DialogueTurn(replace(state, asked="locator", locator=None), (reply,))


def _appointment_reply(
    appointment: OwnAppointment, context: DialogueContext, choices: tuple[ReplyChoice, ...]
) -> DialogueReply:
    question = (Sentence(texts.ASK_WHAT),) if choices else ()
    return DialogueReply((_appointment_sentence(appointment, context), *question), choices, is_private=True)


def _appointment_sentence(appointment: OwnAppointment, context: DialogueContext) -> Sentence:
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


def _ask_cancel(state: ConversationState, appointment: OwnAppointment, context: DialogueContext) -> DialogueTurn:
    choices = (
        ReplyChoice(Sentence(texts.YES_CANCEL), "yes:"),
        ReplyChoice(Sentence(texts.NO_KEEP), "no:", is_minor=True),
    )
    sentences = (_appointment_sentence(appointment, context), Sentence(texts.ASK_CANCEL))
    return DialogueTurn(replace(state, asked="confirm"), (DialogueReply(sentences, choices, is_private=True),))


def _ask_new_time(
    state: ConversationState, appointment: OwnAppointment, context: DialogueContext
) -> TurnGenerator:
    state = replace(state, office=appointment.office, service=appointment.service, mode=appointment.mode)
    if state.starts_at is not None:
        return _ask_move_confirmation(state, context)
    turn = yield from choose_time(state, context, moved_appointment_id=appointment.id)
    if turn.state.starts_at is not None:
        return _ask_move_confirmation(turn.state, context)
    if state.asked in ("date", "time", "confirm"):
        return turn
    first, *others = turn.replies
    first_question = DialogueTurn(turn.state, (replace(first, is_private=True), *others))
    return prepend_sentences(first_question, _appointment_sentence(appointment, context))


def _ask_move_confirmation(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    assert state.starts_at is not None
    when = LocalInstant(state.starts_at, context.zone(state.office))
    choices = (
        ReplyChoice(Sentence(texts.YES_MOVE), "yes:", is_main=True),
        ReplyChoice(Sentence(texts.OTHER_DAY), "other:date", is_minor=True),
        LEAVE_CHOICE,
    )
    reply = DialogueReply((Sentence(texts.ASK_MOVE, {"when": when}),), choices)
    return DialogueTurn(replace(state, asked="confirm"), (reply,))


def confirm_change(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Cancel or move the appointment, and report the result."""
    assert state.visit is not None
    if state.task == "cancel":
        cancelled: LookupAnswer = yield CancelAppointment(state.visit.id)
        if isinstance(cancelled, RequestDenied):
            return _answer_denied(state, cancelled)
        reply = DialogueReply((Sentence(texts.CANCELLED),), link=cancelled.page)
        return DialogueTurn(without_personal_data(state), (reply,))
    assert state.starts_at is not None
    moved: MoveAnswer = yield MoveAppointment(state.visit.id, state.starts_at)
    if isinstance(moved, SlotTaken):
        return answer_slot_taken(state, context, moved)
    if isinstance(moved, RequestDenied):
        return _answer_denied(state, moved)
    when = LocalInstant(state.starts_at, context.zone(state.office))
    reply = DialogueReply((Sentence(texts.MOVED, {"when": when}),), link=moved.page)
    return DialogueTurn(without_personal_data(state), (reply,))


def _answer_denied(state: ConversationState, denied: RequestDenied) -> DialogueTurn:
    choices = (ReplyChoice(Sentence(texts.BOOK_ONE), "task:book"),)
    reply = DialogueReply((Sentence(texts.REASON, {"reason": denied.reason}),), choices)
    return DialogueTurn(ConversationState(language=state.language, asked="task"), (reply,))


def leave_unchanged(state: ConversationState) -> DialogueTurn:
    """End the conversation without a change to the appointment."""
    return DialogueTurn(without_personal_data(state), (DialogueReply((Sentence(texts.APPOINTMENT_UNCHANGED),)),))
