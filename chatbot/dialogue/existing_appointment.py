"""An appointment that somebody has: found by locator and contact, shown, moved or cancelled. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from . import texts
from .context import DialogueContext, format_unbroken_locator, service_name
from .effects import (
    AppointmentFound,
    CancelAppointment,
    DialogueReply,
    DialogueTurn,
    FindAppointment,
    LocalInstant,
    ModePhrase,
    MoveAppointment,
    ReplyChoice,
    RequestDenied,
    Sentence,
    SlotTaken,
    TurnGenerator,
)
from .state import ConversationState, OwnAppointment, without_personal_data
from .time_selection import choose_time, offer_nearest_times

APPOINTMENT_CHOICES = (
    ReplyChoice(Sentence(texts.DO_CHANGE), "task:change"),
    ReplyChoice(Sentence(texts.DO_CANCEL), "task:cancel"),
    ReplyChoice(Sentence(texts.DO_NOTHING), "no:", is_minor=True),
)
FIND_APPOINTMENT_PATH = "/appointments/find"
LEAVE_CHOICES = (ReplyChoice(Sentence(texts.DO_NOTHING), "no:", is_minor=True),)


def ask_next_appointment_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for what is missing to find it; then do what somebody came for."""
    if state.visit is None:
        return _ask_locator_or_contact(state)
    if state.task == "cancel":
        return _ask_cancel(state, context)
    if state.task == "change":
        return (yield from _ask_new_time(state, context))
    return DialogueTurn(
        replace(state, asked="visit"), (_appointment_reply(state.visit, context, APPOINTMENT_CHOICES),)
    )


def _ask_locator_or_contact(state: ConversationState) -> DialogueTurn:
    if state.locator is None:
        return DialogueTurn(
            replace(state, asked="locator"), (DialogueReply((Sentence(texts.ASK_LOCATOR),), LEAVE_CHOICES),)
        )
    read = Sentence(texts.LOCATOR_READ, {"locator": format_unbroken_locator(state.locator)})
    return DialogueTurn(
        replace(state, asked="contact"), (DialogueReply((read, Sentence(texts.ASK_CONTACT)), LEAVE_CHOICES),)
    )


def look_up_appointment(state: ConversationState, contact: str, context: DialogueContext) -> TurnGenerator:
    """Find it, or say one thing for all that can be wrong."""
    assert state.locator is not None
    answer: Any = yield FindAppointment(state.locator, contact)
    if isinstance(answer, RequestDenied):
        return _answer_not_found(state, context, answer)
    assert isinstance(answer, AppointmentFound)
    state = replace(state, visit=answer.appointment, locator=None)
    if state.task in ("change", "cancel") and answer.can_be_changed:
        return (yield from ask_next_appointment_question(state, context))
    picks = APPOINTMENT_CHOICES if answer.can_be_changed else ()
    reply = replace(_appointment_reply(answer.appointment, context, picks), link=answer.page)
    return DialogueTurn(replace(state, asked="visit" if answer.can_be_changed else "task"), (reply,))


def _answer_not_found(state: ConversationState, context: DialogueContext, answer: RequestDenied) -> DialogueTurn:
    if answer.code == "rate_limited":
        values = {"minutes": answer.retry_after_minutes}
        return DialogueTurn(
            replace(state, asked="task", task=None, locator=None),
            (DialogueReply((Sentence(texts.GUESS_LATER, values),)),),
        )
    lines = (Sentence(texts.NOT_FOUND), Sentence(texts.ASK_LOCATOR))
    return DialogueTurn(
        replace(state, asked="locator", locator=None),
        (DialogueReply(lines, LEAVE_CHOICES, FIND_APPOINTMENT_PATH),),
    )


def _appointment_reply(
    visit: OwnAppointment, context: DialogueContext, picks: tuple[ReplyChoice, ...]
) -> DialogueReply:
    lines = (_appointment_sentence(visit, context), *((Sentence(texts.ASK_WHAT),) if picks else ()))
    return DialogueReply(lines, picks, is_private=True)


def _appointment_sentence(visit: OwnAppointment, context: DialogueContext) -> Sentence:
    place = context.office(visit.office)
    return Sentence(
        texts.FOUND,
        {
            "service": service_name(context, visit.service),
            "when": LocalInstant(visit.starts_at, place.timezone),
            "mode": ModePhrase(visit.mode),
            "office": place.name,
        },
    )


def _ask_cancel(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    assert state.visit is not None
    picks = (
        ReplyChoice(Sentence(texts.YES_CANCEL), "yes:"),
        ReplyChoice(Sentence(texts.NO_KEEP), "no:", is_minor=True),
    )
    lines = (_appointment_sentence(state.visit, context), Sentence(texts.ASK_CANCEL))
    return DialogueTurn(replace(state, asked="confirm"), (DialogueReply(lines, picks, is_private=True),))


def _ask_new_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    assert state.visit is not None
    visit = state.visit
    state = replace(state, office=visit.office, service=visit.service, mode=visit.mode)
    if state.starts_at is not None:
        return _ask_move_confirmation(state, context)
    first = state.asked not in ("date", "time", "confirm")
    turn = yield from choose_time(state, context, moved_appointment_id=visit.id)
    if turn.state.starts_at is not None:
        return _ask_move_confirmation(turn.state, context)
    if not first:
        return turn
    reply = turn.replies[0]
    return DialogueTurn(
        turn.state,
        (
            replace(reply, sentences=(_appointment_sentence(visit, context), *reply.sentences), is_private=True),
            *turn.replies[1:],
        ),
    )


def _ask_move_confirmation(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    assert state.starts_at is not None
    when = LocalInstant(state.starts_at, context.zone(state.office))
    picks = (
        ReplyChoice(Sentence(texts.YES_MOVE), "yes:", is_main=True),
        ReplyChoice(Sentence(texts.OTHER_DAY), "other:date", is_minor=True),
        ReplyChoice(Sentence(texts.DO_NOTHING), "no:", is_minor=True),
    )
    return DialogueTurn(
        replace(state, asked="confirm"), (DialogueReply((Sentence(texts.ASK_MOVE, {"when": when}),), picks),)
    )


def confirm_change(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Cancel or move it, and say what came of it."""
    assert state.visit is not None
    if state.task == "cancel":
        return _answer_cancelled(state, (yield CancelAppointment(state.visit.id)))
    assert state.starts_at is not None
    answer: Any = yield MoveAppointment(state.visit.id, state.starts_at)
    if isinstance(answer, SlotTaken):
        reply = offer_nearest_times(answer.nearest, state, context, texts.TIME_TAKEN)
        return DialogueTurn(replace(state, asked="time", starts_at=None, hours=None), (reply,))
    if isinstance(answer, RequestDenied):
        return _answer_denied(state, answer)
    when = LocalInstant(state.starts_at, context.zone(state.office))
    return DialogueTurn(
        without_personal_data(state), (DialogueReply((Sentence(texts.MOVED, {"when": when}),), link=answer.page),)
    )


def _answer_cancelled(state: ConversationState, answer: Any) -> DialogueTurn:
    if isinstance(answer, RequestDenied):
        return _answer_denied(state, answer)
    return DialogueTurn(
        without_personal_data(state), (DialogueReply((Sentence(texts.CANCELLED),), link=answer.page),)
    )


def _answer_denied(state: ConversationState, answer: RequestDenied) -> DialogueTurn:
    picks = (ReplyChoice(Sentence(texts.BOOK_ONE), "task:book"),)
    return DialogueTurn(
        ConversationState(language=state.language, asked="task"),
        (DialogueReply((Sentence(texts.REASON, {"reason": answer.reason}),), picks),),
    )


def leave_unchanged(state: ConversationState) -> DialogueTurn:
    """It stays as it is."""
    return DialogueTurn(without_personal_data(state), (DialogueReply((Sentence(texts.APPOINTMENT_UNCHANGED),)),))


def with_time(state: ConversationState, moment: datetime) -> ConversationState:
    return replace(state, starts_at=moment, days=None, hours=None)
