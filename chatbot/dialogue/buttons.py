"""Choices that the citizen presses: their values, and a handler for each kind. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TypeVar

from ...appointments.domain.needs import known_needs
from ...offices.domain.words import ServiceMode
from ..language.date_time.date_sets import WantedDays
from ..language.date_time.times import WantedHours
from ..language.lexicon import Intent
from ..language.normalize import normalise_text
from ..language.service_matching import word_similarity
from ..language.understanding import Understanding
from . import booking, booking_summary, texts
from .appointment import (
    cancellation,
    earlier_time,
    identification,
    lost_details,
    new_time,
    own_appointment,
    waitlist_request,
)
from .context import DialogueContext
from .effects import FindFirstTimes, FirstFreeTime, HandlerResult, TurnGenerator
from .next_question import answer_beside_question, ask_next_question
from .questions import information, opening_hours
from .replies import DialogueReply, DialogueTurn, ReplyChoice, Sentence, prepend_sentences
from .state import ChatTask, ConversationState, OfferedChoice, without_personal_data
from .time_selection import list_days, with_time_as_wish

ValueT = TypeVar("ValueT")

ASK_OPTIONAL_PHONE = DialogueReply(
    (Sentence(texts.ASK_PHONE),), (ReplyChoice(Sentence(texts.NO_PHONE), "skip:phone"),)
)
# Kinds of choices that offer something, so that "the last one" and "that one" mean them.
OFFERS = frozenset({"service", "add", "mode", "office", "date", "time", "hour", "slot", "next", "bring"})
# Kinds of choices that a single word of their label must not press.
DECISIONS = frozenset({"yes", "no", "abandon", "nothing"})
MIN_NAMING_LENGTH = 4  # letters; shorter words are in many labels
MODES_BY_VALUE: Mapping[str, ServiceMode] = {"in_person": "in_person", "video": "video", "phone": "phone"}
APPOINTMENT_TASKS: tuple[ChatTask, ...] = ("change", "cancel", "find", "earlier", "lost_link")
TASKS_BY_VALUE: Mapping[str, ChatTask] = {
    "book": "book",
    "change": "change",
    "cancel": "cancel",
    "find": "find",
    "earlier": "earlier",
    "fastest": "fastest",
    "waitlist": "waitlist",
}


def handle_choice(state: ConversationState, value: str, context: DialogueContext) -> TurnGenerator:
    """Do what the value of a choice stands for, such as `mode:video`.

    An old page may send an argument that does not exist any more.
    """
    kind, _, argument = value.partition(":")
    result = _CHOICE_HANDLERS[kind](state, argument, context)
    return result if isinstance(result, DialogueTurn) else (yield from result)


def handle_yes(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Confirm what the last reply read back: only it is booked, moved, cancelled or joined."""
    if state.asked == "confirm" and "yes:" not in [choice.value for choice in state.offered]:
        return ask_next_question(state, context)
    if state.task == "waitlist":
        return waitlist_request.confirm_waitlist(state, context)
    if state.visit is not None and state.task == "cancel":
        return cancellation.confirm_cancellation(state, state.visit)
    if state.visit is not None and state.task == "change" and state.starts_at is not None:
        return new_time.confirm_move(state, state.visit, context)
    if state.visit is not None and state.task == "earlier" and state.asked == "confirm":
        return earlier_time.confirm_earlier_request(state, state.visit)
    if state.task in APPOINTMENT_TASKS:
        return ask_next_question(state, context)
    if state.task == "book" and state.asked == "confirm":
        return booking.confirm_booking(state, context)
    return booking.ask_next_booking_question(state, context)


def handle_no(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """Leave the appointment unchanged, or ask what to change in the booking."""
    if state.task == "waitlist":
        return waitlist_request.leave_waitlist_question(state)
    if state.visit is not None or state.asked in ("locator", "contact") or state.task == "lost_link":
        return own_appointment.leave_unchanged(state)
    return booking.ask_what_to_change(state, context)


def take_only_offer(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Take what was just offered; with several offers, ask which is meant."""
    values = offered_values(state)
    if len(values) == 1:
        return (yield from handle_choice(state, values[0], context))
    turn = yield from ask_next_question(state, context)
    return prepend_sentences(turn, Sentence(texts.WHICH_OFFER)) if values else turn


# The answers of a booking


def _choose_service(state: ConversationState, slug: str, context: DialogueContext) -> TurnGenerator:
    if context.catalogue.offices_with_service(slug):
        state = with_time_as_wish(state, context).with_service(slug).with_answered("service")
    return ask_next_question(_with_task(state), context)


def _add_service(state: ConversationState, slug: str, context: DialogueContext) -> TurnGenerator:
    """Add a service to the visit; a service that does not fit into it is booked afterwards."""
    if context.catalogue.offices_with_service(slug) and slug not in state.services:
        state = replace(with_time_as_wish(state, context), more=(*state.more, slug))
    return ask_next_question(_with_task(state), context)


def _choose_mode(state: ConversationState, value: str, context: DialogueContext) -> TurnGenerator:
    mode = MODES_BY_VALUE.get(value)
    if mode is not None:
        state = replace(with_time_as_wish(state, context), mode=mode).with_answered("mode")
    return ask_next_question(_with_task(state), context)


def _choose_office(state: ConversationState, slug: str, context: DialogueContext) -> TurnGenerator:
    if context.catalogue.office(slug) is not None:
        state = replace(with_time_as_wish(state, context), office=slug).with_answered("office")
    return ask_next_question(_with_task(state), context)


def _with_task(state: ConversationState) -> ConversationState:
    return replace(state, task=state.task or "book")


def _choose_date(state: ConversationState, text: str, context: DialogueContext) -> TurnGenerator:
    day = _parse_or_none(date.fromisoformat, text)
    if day is not None:
        state = replace(state, days=WantedDays((day,)), starts_at=None).with_answered("date")
    return ask_next_question(state, context)


def _choose_hour(state: ConversationState, text: str, context: DialogueContext) -> TurnGenerator:
    hour = _parse_or_none(time.fromisoformat, text)
    if hour is not None:
        state = replace(state, hours=WantedHours((hour,)), starts_at=None)
    return ask_next_question(state, context)


def _choose_time(state: ConversationState, text: str, context: DialogueContext) -> TurnGenerator:
    starts_at = _parse_or_none(datetime.fromisoformat, text)
    if starts_at is None or starts_at.tzinfo is None:
        return ask_next_question(state, context)
    return _take_offered_time(state, starts_at, context)


def _choose_office_mode_and_time(
    state: ConversationState, argument: str, context: DialogueContext
) -> TurnGenerator:
    """Choose from the first times: office, mode and time at once."""
    office, value, text = [*argument.split(":", 2), "", ""][:3]
    mode, starts_at = MODES_BY_VALUE.get(value), _parse_or_none(datetime.fromisoformat, text)
    if context.catalogue.office(office) is None or mode is None or starts_at is None:
        return ask_next_question(state, context)
    return _take_offered_time(replace(state, office=office, mode=mode, task="book"), starts_at, context)


def _take_offered_time(state: ConversationState, starts_at: datetime, context: DialogueContext) -> TurnGenerator:
    """Hold the time for a booking; ask for confirmation when an appointment is moved."""
    state = booking.with_chosen_time(state, starts_at)
    if state.task in ("change", "cancel") or not (state.office and state.service and state.mode):
        return ask_next_question(state, context)
    return booking.hold_chosen_time(replace(state, task="book"), context)


def _choose_soonest(state: ConversationState, _argument: str, context: DialogueContext) -> TurnGenerator:
    days = replace(state.days, soonest=True, unsure=False) if state.days else WantedDays(soonest=True)
    state = replace(state, days=days, hours=None, starts_at=None).with_answered("date")
    return ask_next_question(state, context)


def _choose_any(state: ConversationState, part: str, context: DialogueContext) -> TurnGenerator:
    """Choose the office or the mode with the first free time."""
    if state.service is None:
        return (yield from ask_next_question(state, context))
    if part == "office" and state.visit is not None:
        return (yield from ask_next_question(replace(state, office=state.visit.office), context))
    if part == "office" and state.mode is not None:
        return (yield from booking.choose_any_office(state, context))
    first_times: list[FirstFreeTime] = yield FindFirstTimes(state.service)
    if not first_times:
        return DialogueTurn(state, (DialogueReply((Sentence(texts.NONE_AT_ALL),)),))
    state = replace(state, mode=first_times[0].mode).with_answered("mode")
    return (yield from ask_next_question(state, context))


def _ask_again(state: ConversationState, part: str, context: DialogueContext) -> TurnGenerator:
    """Clear an answer and ask the question again. All other answers are kept."""
    state = booking.clear_answer(state, part, context)
    if part == "phone" and state.mode != "phone":  # optional, so that no other turn asks for it
        return DialogueTurn(replace(state, asked="phone"), (ASK_OPTIONAL_PHONE,))
    return (yield from ask_next_question(replace(state, asked=None), context))


def _ask_other_day(state: ConversationState, _argument: str, context: DialogueContext) -> TurnGenerator:
    """List the offices, or the days of the chosen office."""
    state = replace(state, days=None, hours=None, starts_at=None)
    if state.office is not None and state.service and state.mode:
        return list_days(state, context)
    is_office_open = state.task == "book" and state.service is not None and state.mode is not None
    return (
        booking.ask_office(state, context, with_times=False)
        if is_office_open
        else ask_next_question(state, context)
    )


def _ask_needs(state: ConversationState, argument: str, context: DialogueContext) -> HandlerResult:
    return ask_next_question(state, context) if argument else booking_summary.ask_needs(state)


def _add_need(state: ConversationState, code: str, context: DialogueContext) -> TurnGenerator:
    return ask_next_question(replace(state, needs=known_needs((*state.needs, code))), context)


def _keep_email(state: ConversationState, _argument: str, context: DialogueContext) -> TurnGenerator:
    return ask_next_question(replace(state, kept_email=state.email), context)


def _remove_need(state: ConversationState, code: str, context: DialogueContext) -> TurnGenerator:
    return ask_next_question(replace(state, needs=tuple(need for need in state.needs if need != code)), context)


# Confirmation and tasks


def _begin_task(state: ConversationState, value: str, context: DialogueContext) -> TurnGenerator:
    task = TASKS_BY_VALUE.get(value)
    if task is None:
        return ask_next_question(state, context)
    if task not in ("change", "cancel", "find", "earlier"):
        return ask_next_question(replace(state, task=task, visit=None), context)
    fresh = identification.fresh_task(state, task)
    if fresh.paused is None:
        fresh = replace(fresh, locator=state.locator, days=state.days, hours=state.hours)
        if state.visit is None:
            fresh = replace(fresh, mode=state.mode, office=state.named_office)
    return identification.continue_with_visit(fresh, context)


def _find_lost_link(state: ConversationState, argument: str, context: DialogueContext) -> HandlerResult:
    """Ask for the mailbox of a lost link; `mailbox`: the citizen cannot read it."""
    if argument == "mailbox":
        return lost_details.tell_help_by_name(state, context)
    return lost_details.ask_mailbox(replace(state, email=None), context)


def _look_at_appointment(state: ConversationState, _argument: str, context: DialogueContext) -> TurnGenerator:
    """Leave a booking for the appointment of the locator that was typed in it."""
    fresh = identification.fresh_task(state, "find")
    return ask_next_question(replace(fresh, locator=state.locator, visit=None, recent_id=None), context)


def _resume_booking(state: ConversationState, _argument: str, context: DialogueContext) -> TurnGenerator:
    """Go on with the booking that was left for an appointment."""
    if state.paused is None:
        return ask_next_question(replace(state, locator=None), context)
    booking_state = replace(
        state.paused, language=state.language, needs=state.needs, recent_id=state.recent_id, misses=0
    )
    return ask_next_question(booking_state, context)


def _ask_for_earlier(state: ConversationState, _argument: str, context: DialogueContext) -> HandlerResult:
    if state.visit is None:
        return ask_next_question(replace(state, task="earlier"), context)
    return earlier_time.ask_earlier_request(state, state.visit, context)


def _begin_next_service(state: ConversationState, slug: str, context: DialogueContext) -> TurnGenerator:
    """Book the next service, at the same office and on the same day if possible."""
    if context.catalogue.service(slug) is not None:
        state = replace(state.with_service(slug), task="book").with_answered("service")
    return ask_next_question(state, context)


def _abandon_booking(state: ConversationState, _argument: str, _context: DialogueContext) -> DialogueTurn:
    reply = DialogueReply((Sentence(texts.CANCEL_THIS),))
    return DialogueTurn(without_personal_data(state), (reply,))


def _end_conversation(state: ConversationState, _argument: str, context: DialogueContext) -> DialogueTurn:
    undone = booking_summary.service_names(state.later, context)
    left = (Sentence(texts.NOT_BOOKED, {"service": undone}),) if undone.values else ()
    return DialogueTurn(without_personal_data(state), (DialogueReply((*left, Sentence(texts.ALL_RIGHT))),))


def _tell_waits_or_hours(state: ConversationState, argument: str, context: DialogueContext) -> TurnGenerator:
    if argument == Intent.HUMAN:
        return (yield from _tell_person(state, context))
    if argument == Intent.WAIT:
        replies = yield from information.tell_waits(None, None, context)
    else:
        replies = opening_hours.tell_opening_hours(context.catalogue.offices, (), context)
    return DialogueTurn(replace(state, asked="task"), replies)


def _tell_person(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Tell how to reach a person, and repeat the open question."""
    replies = information.tell_person(state.named_office, state.service, context)
    if state.task is None:
        return DialogueTurn(replace(state, asked="task"), replies)
    turn = yield from ask_next_question(state, context)
    return DialogueTurn(turn.state, (*replies, *turn.replies))


def _tell_what_to_bring(state: ConversationState, slug: str, context: DialogueContext) -> DialogueTurn:
    known = slug if context.catalogue.service(slug) is not None else None
    return DialogueTurn(state, information.tell_what_to_bring(known, context))


def _answer_question(state: ConversationState, topic: str, context: DialogueContext) -> TurnGenerator:
    """Answer the question of a topic, if it has an answer; then repeat the asked question."""
    replies: tuple[DialogueReply, ...] = ()
    if topic in information.INFORMATION_ANSWERS:
        nothing_else = Understanding("", state.language)
        replies = yield from information.answer_question(Intent(topic), state, nothing_else, context)
    if replies:
        return (yield from answer_beside_question(replies, state, context))
    return (yield from ask_next_question(state, context))


def _parse_or_none(parse: Callable[[str], ValueT], text: str) -> ValueT | None:
    try:
        return parse(text)
    except ValueError:
        return None


_CHOICE_HANDLERS: Mapping[str, Callable[[ConversationState, str, DialogueContext], HandlerResult]] = {
    "service": _choose_service,
    "add": _add_service,
    "mode": _choose_mode,
    "office": _choose_office,
    "date": _choose_date,
    "time": _choose_time,
    "hour": _choose_hour,
    "slot": _choose_office_mode_and_time,
    "soonest": _choose_soonest,
    "any": _choose_any,
    "other": _ask_again,
    "skip": lambda state, _argument, context: ask_next_question(state, context),
    "days": _ask_other_day,
    "needs": _ask_needs,
    "need": _add_need,
    "without": _remove_need,
    "typed": _keep_email,
    "yes": lambda state, _argument, context: handle_yes(state, context),
    "no": lambda state, _argument, context: handle_no(state, context),
    "correct": lambda state, _argument, context: booking.ask_what_to_change(state, context),
    "task": _begin_task,
    "tell": _tell_waits_or_hours,
    "bring": _tell_what_to_bring,
    "ask": _answer_question,
    "abandon": _abandon_booking,
    "next": _begin_next_service,
    "nothing": _end_conversation,
    "lost": _find_lost_link,
    "look": _look_at_appointment,
    "resume": _resume_booking,
    "earlier": _ask_for_earlier,
}
_CHOICE_VALUE = re.compile(rf"({'|'.join(_CHOICE_HANDLERS)}):([\w:+.-]*)")


def is_choice_value(text: str) -> bool:
    """Whether a message is the value of a choice, in no language."""
    return _CHOICE_VALUE.fullmatch(text.strip()) is not None


def pressed_choice(state: ConversationState, understood: Understanding) -> str | None:
    """Return the value of the choice that a message means.

    The message is the value of a choice, its label, or its position ("the second one").
    """
    text = understood.text.strip()
    value = text if is_choice_value(text) else _value_with_label(state, normalise_text(text))
    if value is None and understood.ordinal is not None and not understood.facts:
        value = offer_at(offered_values(state), understood.ordinal)
    return value if value and is_choice_value(value) else None


def offered_values(state: ConversationState) -> list[str]:
    """List the values of what was just offered, without the choices for something else."""
    values = [choice.value for choice in state.offered]
    return [value for value in values if value.partition(":")[0] in OFFERS]


def offer_at(values: Sequence[str], ordinal: int) -> str | None:
    """Return the first (1), second (2) or last (-1) of some offers; None if there are fewer."""
    index = ordinal if ordinal < 0 else ordinal - 1
    return values[index] if values and index < len(values) else None


def named_choices(state: ConversationState, text: str, general_words: Collection[str]) -> list[OfferedChoice]:
    """Find the offered choices whose labels have most words of the message.

    Every word must be in a label, or say nothing (`general_words`). Words of all labels tell none apart.
    """
    offered = [choice for choice in state.offered if choice.value.partition(":")[0] not in DECISIONS]
    labels = [normalise_text(choice.label).split() for choice in offered]
    scores = [0.0] * len(labels)
    for word in normalise_text(text).split():
        likeness = [max((word_similarity(known, word) for known in label), default=0.0) for label in labels]
        if len(word) >= MIN_NAMING_LENGTH and not any(likeness) and word not in general_words:
            return []
        if len(word) >= MIN_NAMING_LENGTH:
            scores = [score + more for score, more in zip(scores, likeness, strict=True)]
    best = max(scores, default=0.0)
    found = [choice for choice, score in zip(offered, scores, strict=True) if score == best > 0]
    return found if len(found) < len(labels) or len(labels) == 1 else []


def _value_with_label(state: ConversationState, label: str) -> str | None:
    values = [choice.value for choice in state.offered if label and normalise_text(choice.label) == label]
    return values[0] if len(values) == 1 else None
