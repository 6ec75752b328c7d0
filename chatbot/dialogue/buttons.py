"""Choices that are pressed: their values, and what each does. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from ..language.date_sets import WantedDays
from ..language.lexicon import Intent
from ..language.normalize import normalise_text
from ..language.times import WantedHours
from ..language.understanding import Understanding
from . import booking, existing_appointment, information, opening_hours, texts
from .context import DialogueContext
from .effects import DialogueReply, DialogueTurn, FindFirstTimes, FirstFreeTime, Sentence, TurnGenerator
from .state import ConversationState, without_personal_data

CHOICE_KINDS = (
    "service", "mode", "office", "date", "time", "hour", "slot", "soonest", "any", "other", "skip", "accept",
    "refuse", "yes", "no", "correct", "task", "tell", "bring", "abandon", "next", "nothing",
)  # fmt: skip
_CHOICE_VALUE = re.compile(rf"({'|'.join(CHOICE_KINDS)}):([\w:+.-]*)")
AskNextQuestion = Callable[[ConversationState, DialogueContext], TurnGenerator]


def pressed_choice(state: ConversationState, said: Understanding) -> tuple[str, str] | None:
    """Kind and argument of what was pressed: a value, the label of a choice as it stands, or "the second one"."""
    text = said.text.strip()
    value = text if _CHOICE_VALUE.fullmatch(text) else _value_with_label(state, normalise_text(text))
    if value is None and said.ordinal is not None and state.offered and not said.facts:
        at = said.ordinal if said.ordinal < 0 else said.ordinal - 1
        value = state.offered[at].value if at < len(state.offered) else None
    found = _CHOICE_VALUE.fullmatch(value) if value else None
    return (found[1], found[2]) if found else None


def _value_with_label(state: ConversationState, words: str) -> str | None:
    same = [one.value for one in state.offered if words and normalise_text(one.label) == words]
    return same[0] if len(same) == 1 else None


def handle_choice(
    state: ConversationState, kind: str, argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    """Do what a choice stands for. What it names must exist; an old page may offer what is gone."""
    act = _CHOICE_HANDLERS[kind]
    return (yield from act(state, argument, context, ask_next))


def handle_yes(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Yes: to the booking that was read back, or to what is to be done with an appointment."""
    if state.visit is not None and state.task in ("cancel", "change"):
        return (yield from existing_appointment.confirm_change(state, context))
    complete = state.starts_at and state.name and state.email and state.accepted
    if state.task == "book" and complete:
        return (yield from booking.confirm_booking(state, context))
    return (yield from booking.ask_next_booking_question(state, context))


def handle_no(state: ConversationState) -> DialogueTurn:
    """No: something in the booking is to be changed, or an appointment is left as it is."""
    if state.visit is not None or state.asked in ("locator", "contact"):
        return existing_appointment.leave_unchanged(state)
    return booking.ask_what_to_change(state)


def _choose_service(
    state: ConversationState, slug: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if context.catalogue.service(slug) is not None:
        kept = state if state.service is None else booking.clear_answer(state, "service")
        state = kept.with_service(slug).with_answered("service")
    return (yield from ask_next(replace(state, task=state.task or "book"), context))


def _choose_mode(
    state: ConversationState, mode: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if mode in ("video", "in_person"):
        state = replace(state, mode=mode, starts_at=None).with_answered("mode")  # type: ignore[arg-type]
    return (yield from ask_next(replace(state, task=state.task or "book"), context))


def _choose_office(
    state: ConversationState, slug: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if context.catalogue.office(slug) is not None:
        state = replace(state, office=slug, starts_at=None).with_answered("office")
    return (yield from ask_next(replace(state, task=state.task or "book"), context))


def _choose_date(
    state: ConversationState, text: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    day = _parse_or_none(date.fromisoformat, text)
    if day is not None:
        state = replace(state, days=WantedDays((day,)), starts_at=None).with_answered("date")
    return (yield from ask_next(state, context))


def _choose_time(
    state: ConversationState, text: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    moment = _parse_or_none(datetime.fromisoformat, text)
    if moment is None or moment.tzinfo is None:
        return (yield from ask_next(state, context))
    return (yield from _take_offered_time(state, moment, context, ask_next))


def _take_offered_time(
    state: ConversationState, moment: datetime, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    """A time that was offered: kept for whoever books, asked about for whoever moves."""
    state = booking.with_chosen_time(state, moment)
    if state.task in ("change", "cancel") or not (state.office and state.service and state.mode):
        return (yield from ask_next(state, context))
    return (yield from booking.hold_chosen_time(replace(state, task="book"), context))


def _choose_office_mode_and_time(
    state: ConversationState, argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    """An office, a mode and a time at once: one of the fastest ways."""
    office, mode, text = [*argument.split(":", 2), "", ""][:3]
    moment = _parse_or_none(datetime.fromisoformat, text)
    if context.catalogue.office(office) is None or mode not in ("video", "in_person") or moment is None:
        return (yield from ask_next(state, context))
    chosen = replace(state, office=office, mode=mode, task="book")  # type: ignore[arg-type]
    return (yield from _take_offered_time(chosen, moment, context, ask_next))


def _choose_hour(
    state: ConversationState, text: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    at = _parse_or_none(time.fromisoformat, text)
    if at is not None:
        state = replace(state, hours=WantedHours((at,)), starts_at=None)
    return (yield from ask_next(state, context))


def _choose_soonest(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    days = replace(state.days, soonest=True, unsure=False) if state.days else WantedDays(soonest=True)
    return (
        yield from ask_next(replace(state, days=days, hours=None, starts_at=None).with_answered("date"), context)
    )


def _choose_any(
    state: ConversationState, part: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if state.service is None:
        return (yield from ask_next(state, context))
    if part == "office" and state.mode is not None:
        return (yield from booking.choose_soonest_office(state, context))
    firsts: list[FirstFreeTime] = yield FindFirstTimes(state.service)
    if firsts:
        state = replace(state, mode=firsts[0].mode).with_answered("mode")
    return (
        (yield from ask_next(state, context))
        if firsts
        else DialogueTurn(state, (DialogueReply((Sentence(texts.NONE_AT_ALL),)),))
    )


def _ask_again(
    state: ConversationState, part: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    """Something else than what was chosen: it is asked for again."""
    day = state.starts_at.astimezone(context.zone(state.office)).date() if state.starts_at else None
    state = booking.clear_answer(state, part)
    if part == "time" and day is not None:
        state = replace(state, days=WantedDays((day,)))
    if part in ("name", "service"):
        state = replace(state, skipped=())
    if part == "service":
        state = replace(state, later=())
    return (yield from ask_next(replace(state, asked=None), context))


def _skip_detail(
    state: ConversationState, part: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if part == "phone":
        state = replace(state, skipped=(*state.skipped, part)).with_answered("phone")
    return (yield from ask_next(state, context))


def _accept_privacy(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    return (yield from ask_next(replace(state, accepted=True), context))


def _refuse_privacy(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    turn = yield from ask_next(state, context)
    first, *rest = turn.replies
    lines = (Sentence(texts.NEED_DATA), Sentence(texts.CALL_US, {"phone": context.phone_to_call(state.office)}))
    return DialogueTurn(turn.state, (DialogueReply(lines), first, *rest))


def _press_yes(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    return (yield from handle_yes(state, context))


def _press_no(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    yield from ()
    return handle_no(state)


def _ask_what_to_change(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    yield from ()
    return booking.ask_what_to_change(state)


def _begin_task(
    state: ConversationState, task: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if task in ("book", "fastest"):
        return (yield from ask_next(replace(state, task=task, visit=None), context))  # type: ignore[arg-type]
    if task not in ("change", "cancel", "find"):
        return (yield from ask_next(state, context))
    fresh = ConversationState(
        language=state.language,
        task=task,  # type: ignore[arg-type]
        visit=state.visit,
        days=state.days,
        hours=state.hours,
    )
    return (yield from ask_next(fresh, context))


def _tell_waits_or_hours(
    state: ConversationState, what: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    if what == Intent.WAIT:
        replies = yield from information.tell_waits(None, None, context)
    else:
        replies = opening_hours.tell_opening_hours(None, (), context)
    return DialogueTurn(replace(state, asked="task"), replies)


def _tell_what_to_bring(
    state: ConversationState, slug: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    yield from ()
    known = slug if context.catalogue.service(slug) is not None else None
    return DialogueTurn(state, information.tell_what_to_bring(known, context))


def _abandon_booking(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    yield from ()
    return DialogueTurn(
        ConversationState(language=state.language, done=True), (DialogueReply((Sentence(texts.CANCEL_THIS),)),)
    )


def _begin_next_service(
    state: ConversationState, slug: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    """What else somebody comes for, at the same office and on the same day if that can be."""
    if context.catalogue.service(slug) is not None:
        state = replace(state.with_service(slug), task="book").with_answered("service")
    return (yield from ask_next(state, context))


def _end_conversation(
    state: ConversationState, _argument: str, context: DialogueContext, ask_next: AskNextQuestion
) -> TurnGenerator:
    yield from ()
    return DialogueTurn(without_personal_data(state), (DialogueReply((Sentence(texts.ALL_RIGHT),)),))


def _parse_or_none(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError:
        return None


_CHOICE_HANDLERS: Mapping[
    str, Callable[[ConversationState, str, DialogueContext, AskNextQuestion], TurnGenerator]
] = {
    "service": _choose_service,
    "mode": _choose_mode,
    "office": _choose_office,
    "date": _choose_date,
    "time": _choose_time,
    "hour": _choose_hour,
    "slot": _choose_office_mode_and_time,
    "soonest": _choose_soonest,
    "any": _choose_any,
    "other": _ask_again,
    "skip": _skip_detail,
    "accept": _accept_privacy,
    "refuse": _refuse_privacy,
    "yes": _press_yes,
    "no": _press_no,
    "correct": _ask_what_to_change,
    "task": _begin_task,
    "tell": _tell_waits_or_hours,
    "bring": _tell_what_to_bring,
    "abandon": _abandon_booking,
    "next": _begin_next_service,
    "nothing": _end_conversation,
}
