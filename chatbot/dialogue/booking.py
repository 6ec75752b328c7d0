"""Booking by conversation: service, mode, office, day, hour, details, confirmation. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..language.date_sets import WantedDays
from . import texts
from .catalogue import ServiceMode
from .context import (
    DialogueContext,
    booking_form_link,
    format_unbroken_locator,
    mode_choice,
    office_choice,
    service_choice,
    service_name,
)
from .effects import (
    BookFromState,
    BookingMade,
    DialogueReply,
    DialogueTurn,
    Effect,
    FindFirstTimes,
    FirstFreeTime,
    HoldSlot,
    LocalInstant,
    LocalizedName,
    ModePhrase,
    ReplyChoice,
    RequestDenied,
    Sentence,
    SlotTaken,
    TurnGenerator,
)
from .state import ConversationState, without_personal_data
from .time_selection import OTHER_DAY, choose_time, first_wanted_time, has_clear_wish, offer_nearest_times

CONFIRM_CHOICE = ReplyChoice(Sentence(texts.YES_BOOK), "yes:", is_main=True)
CHANGE_CHOICE = ReplyChoice(Sentence(texts.CHANGE_SOMETHING), "correct:", is_minor=True)
# What "change something" offers: label and the part of the booking that is asked again.
CHANGEABLE_PARTS = (
    (texts.THE_SERVICE, "service"),
    (texts.THE_MODE, "mode"),
    (texts.THE_OFFICE, "office"),
    (texts.THE_DAY, "date"),
    (texts.THE_DETAILS, "name"),
)
# What is forgotten with an answer that is taken back: whatever was asked after it and depends on it.
DEPENDENT_FIELDS: dict[str, tuple[str, ...]] = {
    "service": ("service", "mode", "office", "starts_at"),
    "mode": ("mode", "starts_at"),
    "office": ("office", "starts_at"),
    "date": ("days", "hours", "starts_at"),
    "time": ("hours", "starts_at"),
    "name": ("name", "email"),
    "email": ("email",),
    "phone": ("phone",),
}


def ask_next_booking_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for the first thing that is missing; with everything there, read it back."""
    state = normalize_choices(replace(state, task="book"), context)
    if state.service is None:
        return DialogueTurn(replace(state, asked="service"), (ask_service(context),))
    if state.mode is None:
        return DialogueTurn(replace(state, asked="mode"), (ask_mode(state, context),))
    if state.office is None:
        return (yield from _ask_office(state, context))
    if state.starts_at is None:
        return (yield from _ask_time(state, context))
    return ask_details(state, context)


def normalize_choices(state: ConversationState, context: DialogueContext) -> ConversationState:
    """Without what does not go together, and with what there is no choice about."""
    catalogue = context.catalogue
    if catalogue.service(state.service) is None:
        return replace(state, service=None)
    assert state.service is not None
    modes = catalogue.service_modes(state.service, state.office)
    mode = state.mode if state.mode in modes else None
    mode = modes[0] if mode is None and len(modes) == 1 else mode
    places = catalogue.offices_with_service(state.service, mode)
    office = state.office if any(one.slug == state.office for one in places) else None
    office = places[0].slug if len(places) == 1 else office
    return replace(state, mode=mode, office=office)


def impossible_choices(state: ConversationState, context: DialogueContext) -> tuple[Sentence, ...]:
    """What was said and cannot be: a mode or an office that does not give the service."""
    if state.service is None or context.catalogue.service(state.service) is None:
        return ()
    said: list[Sentence] = []
    if state.office is not None and context.office(state.office).service(state.service) is None:
        said.append(Sentence(texts.NOT_AT_OFFICE, {"office": context.office(state.office).name}))
    modes = context.catalogue.service_modes(state.service)
    if state.mode is not None and state.mode not in modes:
        said.append(Sentence(texts.NOT_BY_MODE, {"mode": ModePhrase(modes[0])}))
    return tuple(said)


def ask_service(context: DialogueContext, text: str = texts.ASK_SERVICE) -> DialogueReply:
    return DialogueReply(
        (Sentence(text),), tuple(service_choice(context, one.slug) for one in context.catalogue.services())
    )


def ask_mode(state: ConversationState, context: DialogueContext) -> DialogueReply:
    assert state.service is not None
    modes: tuple[ServiceMode, ...] = context.catalogue.service_modes(state.service, state.office)
    return DialogueReply(
        (Sentence(texts.ASK_MODE),), tuple(mode_choice(mode) for mode in sorted(modes, reverse=True))
    )


def _ask_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    assert state.service is not None
    firsts = yield from _first_times_by_office(state, context)
    none = Sentence(texts.NOTHING_FREE_THEN) if has_clear_wish(state) else None
    picks = []
    for place in context.catalogue.offices_with_service(state.service, state.mode):
        first = firsts.get(place.slug)
        when = Sentence(texts.WHEN_DAY, {"day": LocalInstant(first, place.timezone, "short")}) if first else none
        picks.append(office_choice(place, when))
    anywhere = ReplyChoice(Sentence(texts.ANY_OFFICE), "any:office")
    text = texts.ASK_OFFICE_VIDEO if state.mode == "video" else texts.ASK_OFFICE
    return DialogueTurn(replace(state, asked="office"), (DialogueReply((Sentence(text),), (*picks, anywhere)),))


def _first_times_by_office(
    state: ConversationState, context: DialogueContext
) -> Generator[Effect, Any, dict[str, datetime]]:
    """The first free time of each office, as it is wanted if that was said."""
    assert state.service is not None
    if not has_clear_wish(state):
        found: list[FirstFreeTime] = yield FindFirstTimes(state.service)
        return {one.office: one.starts_at for one in reversed(found) if one.mode == state.mode}
    like = {}
    for place in context.catalogue.offices_with_service(state.service, state.mode):
        first = yield from first_wanted_time(replace(state, office=place.slug), context)
        if first is not None:
            like[place.slug] = first
    return like


def choose_soonest_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Whoever does not mind gets the office with the first free place that is as they want it, else the first."""
    firsts = yield from _first_times_by_office(state, context)
    if not firsts:
        firsts = yield from _first_times_by_office(replace(state, days=None, hours=None), context)
    if not firsts:
        return DialogueTurn(replace(state, asked="office"), (DialogueReply((Sentence(texts.NONE_AT_ALL),)),))
    office = min(firsts, key=lambda one: firsts[one])
    return (yield from ask_next_booking_question(replace(state, office=office).with_answered("office"), context))


def _ask_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    turn = yield from choose_time(state, context)
    if turn.state.starts_at is None:
        return turn
    return (yield from hold_chosen_time(turn.state, context))


def hold_chosen_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Keep the chosen time, and go on with the details; the nearest ones when it is gone."""
    assert state.office
    assert state.service
    assert state.mode
    assert state.starts_at
    answer: Any = yield HoldSlot(state.office, state.service, state.mode, state.starts_at)
    if isinstance(answer, SlotTaken):
        return _answer_slot_taken(state, context, answer)
    zone = context.zone(state.office)
    is_last = state.accepted and state.email is not None  # then the summary says it
    lines = [] if is_last else [Sentence(texts.CHOSEN, {"when": LocalInstant(state.starts_at, zone)})]
    if answer is not None:
        lines.append(Sentence(texts.HELD_UNTIL, {"time": LocalInstant(answer.until, zone, "time")}))
    turn = ask_details(state, context)
    first, *rest = turn.replies
    return DialogueTurn(turn.state, (replace(first, sentences=(*lines, *first.sentences)), *rest))


def _answer_slot_taken(state: ConversationState, context: DialogueContext, answer: SlotTaken) -> DialogueTurn:
    reply = offer_nearest_times(answer.nearest, state, context, texts.TIME_TAKEN)
    return DialogueTurn(replace(state, asked="time", starts_at=None, hours=None), (reply,))


def ask_details(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """The first detail that is missing, or the whole to be confirmed."""
    if state.name is None:
        return DialogueTurn(replace(state, asked="name"), (DialogueReply((Sentence(texts.ASK_NAME),)),))
    if state.email is None:
        return DialogueTurn(replace(state, asked="email"), (DialogueReply((Sentence(texts.ASK_EMAIL),)),))
    if state.phone is None and "phone" not in state.skipped:
        none = ReplyChoice(Sentence(texts.NO_PHONE), "skip:phone")
        return DialogueTurn(replace(state, asked="phone"), (DialogueReply((Sentence(texts.ASK_PHONE),), (none,)),))
    if not state.accepted:
        picks = (
            ReplyChoice(Sentence(texts.AGREE), "accept:"),
            ReplyChoice(Sentence(texts.DISAGREE), "refuse:", is_minor=True),
        )
        return DialogueTurn(
            replace(state, asked="privacy"), (DialogueReply((Sentence(texts.ASK_PRIVACY),), picks, "/privacy"),)
        )
    return DialogueTurn(replace(state, asked="confirm"), (booking_summary(state, context),))


def booking_summary(state: ConversationState, context: DialogueContext) -> DialogueReply:
    """Everything, read back: day by name, date, hour, office, mode and address."""
    assert state.starts_at is not None
    place, service = context.office(state.office), service_name(context, state.service or "")
    when = LocalInstant(state.starts_at, place.timezone)
    where = (
        Sentence(texts.SUMMARY_VIDEO, {"office": place.name})
        if state.mode == "video"
        else Sentence(texts.SUMMARY_OFFICE, {"office": place.name, "address": place.address})
    )
    lines = (
        Sentence(texts.SUMMARY, {"service": service, "when": when}),
        where,
        Sentence(texts.SUMMARY_PERSON, {"name": state.name, "email": state.email}),
        Sentence(texts.ASK_CONFIRM),
    )
    return DialogueReply(lines, (CONFIRM_CHOICE, CHANGE_CHOICE), is_private=True, is_list=True)


def confirm_booking(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Book it, and say what came of it."""
    answer: Any = yield BookFromState(state)
    if isinstance(answer, SlotTaken):
        return _answer_slot_taken(state, context, answer)
    if isinstance(answer, RequestDenied):
        return _answer_denied(state, context, answer)
    assert isinstance(answer, BookingMade)
    text = texts.BOOKED_VERIFY if answer.needs_verification else texts.BOOKED
    lines = [Sentence(text, {"locator": format_unbroken_locator(answer.locator)})]
    lines += [] if answer.needs_verification else [Sentence(texts.CONFIRMATION_SENT)]
    things = context.service(state.service).bring
    if things:
        text = texts.AT_HAND if state.mode == "video" else texts.BRING
        lines.append(Sentence(text, {"things": LocalizedName(things)}))
    made = DialogueReply(tuple(lines), link=answer.page)
    # What has been taken out meanwhile is not asked about: what was booked must be told.
    state = replace(state, later=tuple(one for one in state.later if context.catalogue.service(one)))
    return (
        _ask_next_service(state, made, context)
        if state.later
        else DialogueTurn(without_personal_data(state), (made,))
    )


def _ask_next_service(state: ConversationState, made: DialogueReply, context: DialogueContext) -> DialogueTurn:
    """Booked, and what else they come for; their details stay until that is booked too or not wanted any more."""
    assert state.starts_at is not None
    slug = state.later[0]
    picks = (
        ReplyChoice(Sentence(texts.GO_ON_WITH, {"service": service_name(context, slug)}), f"next:{slug}"),
        ReplyChoice(Sentence(texts.NOTHING_ELSE), "nothing:", is_minor=True),
    )
    day = state.starts_at.astimezone(context.zone(state.office)).date()
    kept = replace(
        state, task=None, asked="next", service=None, starts_at=None, days=WantedDays((day,)), hours=None, trail=()
    )
    return DialogueTurn(kept, (made, DialogueReply((Sentence(texts.ASK_NEXT),), picks)))


def _answer_denied(state: ConversationState, context: DialogueContext, answer: RequestDenied) -> DialogueTurn:
    reason = Sentence(texts.REASON, {"reason": answer.reason})
    if answer.code == "duplicate_appointment":
        picks = (ReplyChoice(Sentence(texts.MY_APPOINTMENT), "task:find"),)
        return DialogueTurn(replace(state, asked="task", task=None), (DialogueReply((reason,), picks),))
    call = Sentence(texts.CALL_US, {"phone": context.phone_to_call(state.office)})
    return DialogueTurn(state, (DialogueReply((reason, call), link=booking_form_link(state, context)),))


def clear_answer(state: ConversationState, part: str) -> ConversationState:
    """Without one answer and those that depend on it."""
    fresh = ConversationState(language=state.language)
    return replace(state, **{name: getattr(fresh, name) for name in DEPENDENT_FIELDS.get(part, ())})


def ask_what_to_change(state: ConversationState) -> DialogueTurn:
    picks = tuple(ReplyChoice(Sentence(text), f"other:{part}") for text, part in CHANGEABLE_PARTS)
    return DialogueTurn(replace(state, asked="confirm"), (DialogueReply((Sentence(texts.ASK_CHANGE),), picks),))


def with_chosen_time(state: ConversationState, moment: datetime) -> ConversationState:
    return replace(state, starts_at=moment, days=None, hours=None).with_answered("time")


__all__ = [
    "OTHER_DAY",
    "ask_details",
    "ask_next_booking_question",
    "ask_what_to_change",
    "clear_answer",
    "confirm_booking",
    "hold_chosen_time",
    "with_chosen_time",
]
