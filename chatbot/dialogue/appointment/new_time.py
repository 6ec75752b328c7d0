"""Another time, mode or office for the citizen's appointment, confirmed as a whole. Pure."""

from __future__ import annotations

from dataclasses import replace

from ...language.date_time.date_sets import WantedDays
from ...language.date_time.times import WantedHours
from ...language.lexicon import Intent
from ...language.understanding import Understanding
from .. import texts
from ..context import DialogueContext, office_choice, service_name
from ..effects import (
    AppointmentFound,
    MoveAnswer,
    MoveAppointment,
    ReplaceAppointment,
    RequestDenied,
    SlotTaken,
    TurnGenerator,
)
from ..replies import (
    DialogueReply,
    DialogueTurn,
    LocalInstant,
    ModePhrase,
    ReplyChoice,
    Sentence,
    prepend_sentences,
)
from ..state import ConversationState, OwnAppointment
from ..time_selection import answer_slot_taken, choose_time
from .cancellation import answer_denied
from .own_appointment import LEAVE_CHOICE, appointment_sentence, end_task


def ask_new_time(state: ConversationState, appointment: OwnAppointment, context: DialogueContext) -> TurnGenerator:
    """Ask for the new time; what the citizen does not change stays as it is."""
    offices = context.catalogue.offices_with_service(state.service or appointment.service)
    if state.service not in (None, appointment.service) and state.office is None and len(offices) > 1:
        choices = (*(office_choice(office) for office in offices), LEAVE_CHOICE)
        sentences = (appointment_sentence(appointment, context), Sentence(texts.ASK_OFFICE))
        reply = DialogueReply(sentences, choices, is_private=True)
        return DialogueTurn(replace(state, asked="office"), (reply,))
    state, problems = _with_visit_defaults(state, appointment, context)
    if state.mode == "phone" and appointment.mode != "phone" and state.phone is None:
        question = DialogueReply((*problems, Sentence(texts.ASK_PHONE_TO_CALL)), (LEAVE_CHOICE,))
        return DialogueTurn(replace(state, asked="phone"), (question,))
    if state.starts_at is not None:
        return prepend_sentences(_ask_move_confirmation(state, appointment, context), *problems)
    turn = yield from choose_time(state, context, moved_appointment_id=appointment.id)
    if turn.state.starts_at is not None:
        return prepend_sentences(_ask_move_confirmation(turn.state, appointment, context), *problems)
    first, *others = turn.replies
    if not first.choices or all(choice.is_minor for choice in first.choices):
        first = replace(first, sentences=(*first.sentences, Sentence(texts.APPOINTMENT_UNCHANGED)))
    choices = (*first.choices, LEAVE_CHOICE)
    turn = DialogueTurn(turn.state, (replace(first, choices=choices, is_private=True), *others))
    if state.asked in ("date", "time", "confirm"):
        return prepend_sentences(turn, *problems)
    return prepend_sentences(turn, appointment_sentence(appointment, context), *problems)


def _with_visit_defaults(
    state: ConversationState, appointment: OwnAppointment, context: DialogueContext
) -> tuple[ConversationState, tuple[Sentence, ...]]:
    """Fill in what the citizen did not change; drop an impossible mode or office."""
    problems: list[Sentence] = []
    catalogue = context.catalogue
    service = state.service or appointment.service
    office, mode = state.office or appointment.office, state.mode or appointment.mode
    offices = [each.slug for each in catalogue.offices_with_service(service)]
    if offices and office not in offices and (office, service) != (appointment.office, appointment.service):
        problems.append(Sentence(texts.NOT_AT_OFFICE, {"office": context.office(office).name}))
        office = appointment.office if appointment.office in offices else offices[0]
    modes = catalogue.service_modes(service, office)
    if modes and mode not in modes and (mode, service) != (appointment.mode, appointment.service):
        fallback = appointment.mode if appointment.mode in modes else modes[0]
        if state.mode is not None:
            problems.append(Sentence(texts.NOT_BY_MODE, {"mode": ModePhrase(fallback)}))
        mode = fallback
    return replace(state, service=service, office=office, mode=mode), tuple(problems)


def begin_change(
    state: ConversationState, appointment: OwnAppointment, context: DialogueContext
) -> ConversationState:
    """Set the wanted service, and keep the day or time if the citizen did not name it."""
    if state.task != "change":
        return state
    others = [slug for slug in state.later if slug != appointment.service]
    if len(others) == 1 and context.catalogue.offices_with_service(others[0]):
        state = replace(state, service=others[0])
    state = replace(state, later=())
    if state.days is not None:
        return state
    local = appointment.starts_at.astimezone(context.zone(appointment.office))
    if state.hours is not None:
        return replace(state, days=WantedDays((local.date(),))) if state.hours.at else state
    has_other_place = state.office not in (None, appointment.office)
    if state.service in (None, appointment.service) and (
        has_other_place or state.mode not in (None, appointment.mode)
    ):
        return replace(state, days=WantedDays((local.date(),)), hours=WantedHours((local.time(),)))
    return state


def _ask_move_confirmation(
    state: ConversationState, appointment: OwnAppointment, context: DialogueContext
) -> DialogueTurn:
    """Read the move back with all that changes, and ask for the confirmation."""
    assert state.starts_at is not None
    assert state.mode is not None
    assert state.service is not None
    values = {
        "when": LocalInstant(state.starts_at, context.zone(state.office)),
        "mode": ModePhrase(state.mode),
        "office": context.office(state.office).name,
        "service": service_name(context, state.service),
    }
    text = texts.ASK_MOVE
    if _is_replacement(state, appointment):
        text = texts.ASK_REPLACE
    elif state.mode != appointment.mode:
        text = texts.ASK_MOVE_AND_MODE
    choices = (
        ReplyChoice(Sentence(texts.YES_MOVE), "yes:", is_main=True),
        ReplyChoice(Sentence(texts.OTHER_DAY), "other:date", is_minor=True),
        LEAVE_CHOICE,
    )
    return DialogueTurn(replace(state, asked="confirm"), (DialogueReply((Sentence(text, values),), choices),))


def _is_replacement(state: ConversationState, appointment: OwnAppointment) -> bool:
    """Whether another service or office is wanted, which needs a new appointment."""
    return (state.service, state.office) != (appointment.service, appointment.office)


def confirms_replacement(state: ConversationState, understood: Understanding) -> bool:
    """Whether the message agrees to a replacement by `yes, cancel it`."""
    is_asked = state.asked == "confirm" and state.task == "change" and state.visit is not None
    is_agreed = understood.has_intent(Intent.YES) and not understood.has_intent(Intent.NO)
    return is_asked and is_agreed and state.visit is not None and _is_replacement(state, state.visit)


def confirm_move(state: ConversationState, appointment: OwnAppointment, context: DialogueContext) -> TurnGenerator:
    """Move the appointment, or book another and cancel this appointment; report the result."""
    assert state.starts_at is not None
    assert state.mode is not None
    assert state.service is not None
    assert state.office is not None
    answer: MoveAnswer
    if _is_replacement(state, appointment):
        answer = yield ReplaceAppointment(
            appointment.id, state.office, state.service, state.mode, state.starts_at, state.phone
        )
        text = texts.REPLACED
    else:
        mode = state.mode if state.mode != appointment.mode else None
        answer = yield MoveAppointment(appointment.id, state.starts_at, mode, state.phone)
        text = texts.MOVED
    if isinstance(answer, SlotTaken):
        return answer_slot_taken(state, context, answer)
    if isinstance(answer, RequestDenied):
        return answer_denied(state, answer)
    return _answer_moved(state, answer, text, context)


def _answer_moved(
    state: ConversationState, answer: AppointmentFound, text: str, context: DialogueContext
) -> DialogueTurn:
    when = LocalInstant(answer.appointment.starts_at, context.zone(answer.appointment.office))
    values = {
        "when": when,
        "service": service_name(context, answer.appointment.service),
        "mode": ModePhrase(answer.appointment.mode),
        "office": context.office(answer.appointment.office).name,
    }
    reply = DialogueReply((Sentence(text, values),), link=answer.page)
    return end_task(state, reply, answer.appointment.id)
