"""Look-up of the citizen's appointment by locator and contact, and the task with it. Pure."""

from __future__ import annotations

from dataclasses import replace

from ....appointments.domain.booking_url import FIND_APPOINTMENT_PATH
from ...language.lexicon import Intent
from ...language.understanding import Understanding
from .. import texts
from ..context import DialogueContext, format_unbroken_locator
from ..effects import FindAppointment, LoadAppointment, LookupAnswer, RequestDenied, TurnGenerator
from ..replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence
from ..state import AppointmentTask, ConversationState
from ..time_selection import merge_wishes
from .cancellation import ask_cancel
from .earlier_time import offer_earlier_times
from .new_time import ask_new_time, begin_change
from .own_appointment import (
    APPOINTMENT_CHOICES,
    LEAVE_CHOICE,
    RESUME_CHOICE,
    appointment_reply,
    with_other_appointment,
)

LOST_CHOICE = ReplyChoice(Sentence(texts.NO_LOCATOR), "lost:")
LOOK_CHOICE = ReplyChoice(Sentence(texts.SEE_APPOINTMENT), "look:")


def begin_appointment_task(
    state: ConversationState, understood: Understanding, context: DialogueContext, task: AppointmentTask
) -> TurnGenerator:
    """Begin a task with the appointment, and keep the facts that stand beside the wish."""
    fresh = replace(fresh_task(state, task), locator=understood.locator or state.locator)
    if understood.locator is not None:
        fresh = replace(fresh, visit=None, recent_id=None)
    if task in ("change", "earlier"):
        fresh = _with_new_time(fresh, understood)
        offices = understood.offices.named
        services = (understood.services.sure or understood.services.likely) if understood.rebooks else ()
        fresh = replace(
            fresh, mode=understood.mode, office=offices[0] if len(offices) == 1 else None, later=services
        )
    return (yield from continue_with_contact(fresh, understood, context))


def _with_new_time(state: ConversationState, understood: Understanding) -> ConversationState:
    """Take the wanted days and hours; a single day may be that of the appointment."""
    days, hours = understood.days, understood.hours
    if state.task == "earlier" and not understood.has_intent(Intent.CHANGE):
        days = None if days is not None and len(days.days) == 1 else days
        hours = None if hours is not None and hours.part else hours
    return merge_wishes(state, days, hours)


def fresh_task(state: ConversationState, task: AppointmentTask) -> ConversationState:
    """Return the state of a new task with an appointment; keep a booking in progress."""
    is_booking = state.task == "book" and state.service is not None
    return ConversationState(
        language=state.language,
        task=task,
        visit=state.visit,
        recent_id=state.recent_id,
        needs=state.needs,
        paused=replace(state, offered=(), paused=None, recent_id=None) if is_booking else state.paused,
    )


def continue_with_contact(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> TurnGenerator:
    """Look the appointment up if the message has the contact; else ask the next question."""
    contact = understood.email or understood.phone
    if state.locator is not None and state.visit is None and contact is not None:
        return (yield from look_up_appointment(state, contact, context))
    return (yield from continue_with_visit(state, context))


def continue_with_visit(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Begin the change of a known appointment, or ask which appointment it is."""
    if state.visit is not None:
        state = begin_change(state, state.visit, context)
    return (yield from ask_next_appointment_question(state, context))


def answer_locator(state: ConversationState, understood: Understanding, context: DialogueContext) -> TurnGenerator:
    """Answer a message with a locator and no wish; ask first if a booking is in progress."""
    assert understood.locator is not None
    if state.task == "book" and state.service is not None:
        read = Sentence(texts.LOCATOR_READ, {"locator": format_unbroken_locator(understood.locator)})
        reply = DialogueReply((read, Sentence(texts.ASK_LEAVE_BOOKING)), (LOOK_CHOICE, RESUME_CHOICE))
        return DialogueTurn(replace(state, locator=understood.locator), (reply,))
    wishes = understood.days or understood.hours
    task: AppointmentTask = state.task if state.task in ("change", "cancel", "earlier") else "find"
    if task == "find" and wishes and not understood.services.sure:
        task = "change"
    if task == state.task:
        state = replace(state, visit=None, recent_id=None, locator=understood.locator)
        state = merge_wishes(state, understood.days, understood.hours) if task == "change" else state
        return (yield from continue_with_contact(state, understood, context))
    return (yield from begin_appointment_task(state, understood, context, task))


def ask_next_appointment_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for the locator and the contact, then for the change that is the task."""
    if state.visit is None and state.locator is None and state.recent_id is not None:
        return (yield from _load_recent_appointment(state, state.recent_id, context))
    if state.visit is None:
        return _ask_locator_or_contact(state)
    if state.task == "cancel":
        return ask_cancel(state, state.visit, context)
    if state.task == "change":
        return (yield from ask_new_time(state, state.visit, context))
    if state.task == "earlier":
        return (yield from offer_earlier_times(state, state.visit, context))
    choices = with_other_appointment(state, APPOINTMENT_CHOICES)
    return DialogueTurn(replace(state, asked="visit"), (appointment_reply(state.visit, context, choices),))


def _ask_locator_or_contact(state: ConversationState) -> DialogueTurn:
    if state.locator is None:
        reply = DialogueReply((Sentence(texts.ASK_LOCATOR),), (LOST_CHOICE, LEAVE_CHOICE))
        return DialogueTurn(replace(state, asked="locator"), (reply,))
    locator = Sentence(texts.LOCATOR_READ, {"locator": format_unbroken_locator(state.locator)})
    reply = DialogueReply((locator, Sentence(texts.ASK_CONTACT)), (LEAVE_CHOICE,))
    return DialogueTurn(replace(state, asked="contact"), (reply,))


def _load_recent_appointment(
    state: ConversationState, appointment_id: str, context: DialogueContext
) -> TurnGenerator:
    """Use the appointment that this conversation has just booked, which needs no locator."""
    answer: LookupAnswer = yield LoadAppointment(appointment_id)
    if isinstance(answer, RequestDenied):
        return (yield from ask_next_appointment_question(replace(state, recent_id=None), context))
    return (yield from _show_or_continue(state, answer, context))


def look_up_appointment(state: ConversationState, contact: str, context: DialogueContext) -> TurnGenerator:
    """Look the appointment up by locator and contact.

    The refusal does not say which of them is wrong, so that neither can be guessed.
    """
    assert state.locator is not None
    answer: LookupAnswer = yield FindAppointment(state.locator, contact)
    if isinstance(answer, RequestDenied):
        return _answer_not_found(state, answer)
    return (yield from _show_or_continue(replace(state, locator=None, recent_id=None), answer, context))


def _show_or_continue(state: ConversationState, answer: LookupAnswer, context: DialogueContext) -> TurnGenerator:
    assert not isinstance(answer, RequestDenied)
    state = begin_change(replace(state, visit=answer.appointment), answer.appointment, context)
    can_continue = answer.can_be_cancelled if state.task == "cancel" else answer.can_be_changed
    if state.task in ("change", "cancel", "earlier") and can_continue:
        return (yield from ask_next_appointment_question(state, context))
    choices = with_other_appointment(state, APPOINTMENT_CHOICES) if answer.can_be_changed else ()
    reply = replace(appointment_reply(answer.appointment, context, choices), link=answer.page)
    return DialogueTurn(replace(state, asked="visit" if answer.can_be_changed else "task"), (reply,))


def _answer_not_found(state: ConversationState, denied: RequestDenied) -> DialogueTurn:
    if denied.code == "rate_limited":
        wait = Sentence(texts.GUESS_LATER, {"minutes": denied.retry_after_minutes})
        return DialogueTurn(replace(state, asked="task", task=None, locator=None), (DialogueReply((wait,)),))
    sentences = (Sentence(texts.NOT_FOUND), Sentence(texts.ASK_LOCATOR))
    reply = DialogueReply(sentences, (LOST_CHOICE, LEAVE_CHOICE), FIND_APPOINTMENT_PATH)
    return DialogueTurn(replace(state, asked="locator", locator=None), (reply,))
