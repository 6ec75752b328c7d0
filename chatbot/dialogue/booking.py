"""Questions of a booking, from the service to the confirmation. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ...appointments.domain.booking_url import ANY_OFFICE
from ...core.contact.email_typos import suggest_email
from ...offices.domain.office_search import SEARCHED_FROM_OFFICES, find_offices_by_place
from ..domain.visits import split_services, visit_modes, visit_offices
from ..language.date_time.date_sets import WantedDays
from . import texts
from .booking_summary import booking_summary, change_choices, service_names
from .context import (
    DialogueContext,
    booking_form_fields,
    booking_form_link,
    format_unbroken_locator,
    mode_choice,
    office_choice,
    service_choice,
    service_name,
    slot_choice,
)
from .effects import (
    BookFromState,
    BookingAnswer,
    BookingMade,
    Effect,
    FindFirstTimes,
    FirstFreeTime,
    HoldAnswer,
    HoldSlot,
    OptionalTurnGenerator,
    RequestDenied,
    SlotTaken,
    TurnGenerator,
)
from .replies import (
    DialogueReply,
    DialogueTurn,
    LocalInstant,
    LocalizedName,
    ModePhrase,
    ReplyChoice,
    Sentence,
    ValueList,
    prepend_sentences,
)
from .state import ConversationState, without_personal_data
from .time_selection import (
    OTHER_TIME,
    WAITLIST,
    answer_slot_taken,
    best_wanted_time,
    choose_time,
    find_office_of_time,
    has_clear_wish,
    is_too_soon,
    notice_hours,
    with_time_as_wish,
)

# Fields of the state that an answer sets; the other answers are kept as far as they still fit.
ANSWER_FIELDS: dict[str, tuple[str, ...]] = {
    "service": ("service", "more"),
    "mode": ("mode",),
    "office": ("office",),
    "date": ("days", "hours"),
    "time": ("hours",),
    "name": ("name",),
    "email": ("email",),
    "phone": ("phone",),
    "visit": ("visit", "recent_id", "locator"),
}


def ask_next_booking_question(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for the first missing value; show the summary when all are known."""
    state = normalize_choices(replace(state, task="book"), context)
    if is_too_soon(state, context):
        state = with_time_as_wish(state, context)
    if state.service is None:
        return DialogueTurn(replace(state, asked="service"), (ask_service(context),))
    if state.mode is None:
        return DialogueTurn(replace(state, asked="mode"), (_ask_mode(state, context),))
    if state.office is None:
        return (yield from ask_office(state, context))
    if state.starts_at is None:
        return (yield from _ask_time(state, context))
    return ask_details(state, context)


def normalize_choices(state: ConversationState, context: DialogueContext) -> ConversationState:
    """Drop choices that do not fit together, and fill in the only mode or office.

    A further service that does not fit into the visit is booked afterwards.
    """
    catalogue = context.catalogue
    if state.service is None or not catalogue.offices_with_service(state.service):
        return replace(state, service=None)
    state = _drop_impossible_mode_and_office(state, context)
    fitting, rest = split_services(catalogue, state.services, state.mode, state.named_office)
    if rest:
        state = replace(state, more=fitting[1:], later=(*rest, *state.later))
    modes = visit_modes(catalogue, state.services, state.named_office)
    mode = modes[0] if state.mode is None and len(modes) == 1 else state.mode
    offices = visit_offices(catalogue, state.services, mode)
    office = offices[0].slug if len(offices) == 1 else state.office
    starts_at = state.starts_at if (mode, office) == (state.mode, state.office) else None
    return replace(state, mode=mode, office=office, starts_at=starts_at)


def _drop_impossible_mode_and_office(state: ConversationState, context: DialogueContext) -> ConversationState:
    """Drop a mode and an office that do not have the first service."""
    first = state.services[:1]
    modes = visit_modes(context.catalogue, first, state.named_office)
    mode = state.mode if state.mode in modes else None
    offices = [office.slug for office in visit_offices(context.catalogue, first, mode)]
    is_possible = state.office in offices or (state.office == ANY_OFFICE and mode == "video")
    kept = replace(state, mode=mode, office=state.office if is_possible else None)
    is_unchanged = (kept.mode, kept.office) == (state.mode, state.office)
    return kept if is_unchanged else with_time_as_wish(kept, context, state.office)


def impossible_choices(state: ConversationState, context: DialogueContext) -> tuple[Sentence, ...]:
    """Describe a chosen mode or office that does not have the chosen service."""
    if state.service is None or not context.catalogue.offices_with_service(state.service):
        return ()
    problems: list[Sentence] = []
    if state.named_office is not None and context.office(state.office).service(state.service) is None:
        problems.append(Sentence(texts.NOT_AT_OFFICE, {"office": context.office(state.office).name}))
    modes = context.catalogue.service_modes(state.service)
    if state.mode is not None and state.mode not in modes:
        problems.append(Sentence(texts.NOT_BY_MODE, {"mode": ModePhrase(modes[0])}))
    return tuple(problems)


def ask_service(context: DialogueContext, text: str = texts.ASK_SERVICE) -> DialogueReply:
    """Ask for the service; each service of the catalogue is a choice."""
    choices = tuple(service_choice(context, service.slug) for service in context.catalogue.services())
    return DialogueReply((Sentence(text),), choices)


def _ask_mode(state: ConversationState, context: DialogueContext) -> DialogueReply:
    assert state.service is not None
    modes = visit_modes(context.catalogue, state.services, state.named_office)
    # "video" before "phone" before "in_person"
    choices = tuple(mode_choice(mode) for mode in sorted(modes, reverse=True))
    return DialogueReply((Sentence(texts.ASK_MODE),), choices)


def ask_office(state: ConversationState, context: DialogueContext, *, with_times: bool = True) -> TurnGenerator:
    """Ask for the office. With times, a single press chooses an office and its first time."""
    first_times = yield from _first_times_by_office(state, context)
    nothing_free = Sentence(texts.NOTHING_FREE_THEN) if has_clear_wish(state) else None
    choices = []
    offices = visit_offices(context.catalogue, state.services, state.mode)
    for office in offices:
        starts_at = first_times.get(office.slug)
        if starts_at is None or state.mode is None:
            choices.append(office_choice(office, nothing_free))
        elif with_times:
            choices.append(slot_choice(office, state.mode, starts_at))
        else:
            choices.append(office_choice(office))
    is_long = len(choices) >= SEARCHED_FROM_OFFICES
    any_text = texts.ANY_OFFICE_VIDEO if state.mode == "video" else texts.ANY_OFFICE
    choices.append(ReplyChoice(Sentence(any_text), "any:office"))
    if with_times and first_times:
        choices.append(OTHER_TIME)
    text = {"video": texts.ASK_OFFICE_VIDEO, "phone": texts.ASK_OFFICE_PHONE}.get(
        state.mode or "", texts.ASK_OFFICE
    )
    sentences = [Sentence(text)]
    if hours := notice_hours(state, context, None):
        sentences.insert(0, Sentence(texts.INTERPRETER_NOTICE, {"hours": hours}))
    unknown = [office.name for office in offices if state.needs_step_free and not office.access]
    if unknown:
        sentences.append(Sentence(texts.ACCESS_UNKNOWN_AT, {"offices": ValueList(tuple(unknown))}))
    if with_times and first_times:
        sentences.append(Sentence(texts.FIRST_TIMES_OF_OFFICES))
    if is_long:
        sentences.append(Sentence(texts.WRITE_PLACE))
    return DialogueTurn(replace(state, asked="office"), (DialogueReply(tuple(sentences), tuple(choices)),))


def find_office_by_place(state: ConversationState, words: str, context: DialogueContext) -> OptionalTurnGenerator:
    """Answer words that may name a town or a street; None for a short list of offices.

    A word of an office's name is understood before; this finds short words and those that several offices share.
    """
    offices = visit_offices(context.catalogue, state.services, state.mode)
    if len(offices) < SEARCHED_FROM_OFFICES:
        return None
    found = find_offices_by_place(offices, words)
    if len(found) == 1:
        chosen = with_time_as_wish(state, context)
        chosen = replace(chosen, office=found[0].slug).with_answered("office")
        return (yield from ask_next_booking_question(chosen, context))
    if found:
        choices = tuple(office_choice(office) for office in found)
        return DialogueTurn(state, (DialogueReply((Sentence(texts.ASK_OFFICE),), choices),))
    turn = yield from ask_office(state, context)
    return prepend_sentences(turn, Sentence(texts.NO_OFFICE_THERE))


def _first_times_by_office(
    state: ConversationState, context: DialogueContext
) -> Generator[Effect, Any, dict[str, datetime]]:
    """Find the first free time of each office; with a clear wish, the time that fits it best."""
    assert state.service is not None
    if not has_clear_wish(state) and not state.more and not state.booking_needs:
        found: list[FirstFreeTime] = yield FindFirstTimes(state.service)
        return {first.office: first.starts_at for first in reversed(found) if first.mode == state.mode}
    wanted = {}
    for office in visit_offices(context.catalogue, state.services, state.mode):
        starts_at = yield from best_wanted_time(replace(state, office=office.slug), context)
        if starts_at is not None:
            wanted[office.slug] = starts_at
    return wanted


def choose_any_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Choose the soonest office; by video, ask for a time of any, which then fixes the office."""
    if state.mode != "video":
        return choose_soonest_office(state, context)
    return ask_next_booking_question(replace(state, office=ANY_OFFICE).with_answered("office"), context)


def choose_soonest_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Choose the office with the first wanted time, else the office with the first free time."""
    first_times = yield from _first_times_by_office(state, context)
    if not first_times:
        first_times = yield from _first_times_by_office(replace(state, days=None, hours=None), context)
    if not first_times:
        return DialogueTurn(
            replace(state, asked="office"), (DialogueReply((Sentence(texts.NONE_AT_ALL),), (WAITLIST,)),)
        )
    office = min(first_times, key=lambda slug: first_times[slug])
    return (yield from ask_next_booking_question(replace(state, office=office).with_answered("office"), context))


def _ask_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    turn = yield from choose_time(state, context)
    if turn.state.starts_at is None:
        return turn
    return (yield from hold_chosen_time(turn.state, context))


def hold_chosen_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Hold the chosen time and ask for the details; offer the nearest times when it is taken."""
    if is_too_soon(state, context):
        return (yield from ask_next_booking_question(state, context))
    if state.office == ANY_OFFICE:
        office = yield from find_office_of_time(state, context)
        if office is None:
            turn = yield from _ask_time(replace(state, starts_at=None, hours=None), context)
            return prepend_sentences(turn, Sentence(texts.TIME_GONE))
        state = replace(state, office=office)
    assert state.office
    assert state.service
    assert state.mode
    assert state.starts_at
    answer: HoldAnswer = yield HoldSlot(state.office, state.service, state.mode, state.starts_at, state.more)
    if isinstance(answer, SlotTaken):
        return answer_slot_taken(state, context, answer)
    zone = context.zone(state.office)
    sentences = []
    if state.name is None or state.email is None:  # otherwise the summary is next, which says the time
        sentences.append(Sentence(texts.CHOSEN, {"when": LocalInstant(state.starts_at, zone)}))
    if answer is not None:
        sentences.append(Sentence(texts.HELD_UNTIL, {"time": LocalInstant(answer.until, zone, "time")}))
    return prepend_sentences(ask_details(state, context), *sentences)


def ask_details(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """Ask for the first missing detail, or for the confirmation."""
    if state.name is None:
        text = texts.ASK_NAME if state.email else texts.ASK_NAME_AND_EMAIL
        return DialogueTurn(replace(state, asked="name"), (DialogueReply((Sentence(text),)),))
    if state.email is None:
        return DialogueTurn(replace(state, asked="email"), (DialogueReply((Sentence(texts.ASK_EMAIL),)),))
    suggested = suggest_email(state.email)
    if suggested is not None and state.kept_email != state.email:
        return _ask_email_typo(state, suggested)
    if state.mode == "phone" and state.phone is None:
        return DialogueTurn(replace(state, asked="phone"), (DialogueReply((Sentence(texts.ASK_PHONE_TO_CALL),)),))
    return DialogueTurn(replace(state, asked="confirm"), (booking_summary(state, context),))


def _ask_email_typo(state: ConversationState, suggested: str) -> DialogueTurn:
    """Ask whether the e-mail was meant for a usual domain, before anything else is asked."""
    choices = (
        ReplyChoice(Sentence(texts.CORRECT_EMAIL, {"email": suggested}), suggested, is_main=True),
        ReplyChoice(Sentence(texts.EMAIL_AS_TYPED), "typed:"),
    )
    reply = DialogueReply((Sentence(texts.ASK_EMAIL_TYPO, {"email": suggested}),), choices, is_private=True)
    return DialogueTurn(replace(state, asked="email_typo"), (reply,))


def confirm_booking(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Book the appointment, and answer with its locator or with the refusal."""
    answer: BookingAnswer = yield BookFromState(state)
    if isinstance(answer, SlotTaken):
        return answer_slot_taken(state, context, answer)
    if isinstance(answer, RequestDenied):
        return _answer_denied(state, context, answer)
    state = replace(state, recent_id=answer.appointment_id)
    booked = _booked_reply(state, context, answer)
    # a service that was removed in the meantime is not asked about: the booking must be reported
    later = tuple(slug for slug in state.later if context.catalogue.service(slug) is not None)
    if later:
        return _ask_next_service(replace(state, later=later), booked, context)
    return DialogueTurn(without_personal_data(state), (booked,))


def _booked_reply(state: ConversationState, context: DialogueContext, answer: BookingMade) -> DialogueReply:
    locator = {"locator": format_unbroken_locator(answer.locator)}
    if answer.needs_verification:
        sentences = [Sentence(texts.BOOKED_VERIFY, locator)]
    else:
        sentences = [Sentence(texts.BOOKED, locator), Sentence(texts.CONFIRMATION_SENT)]
    sentences += _things_to_bring(state, context)
    return DialogueReply(tuple(sentences), link=answer.page)


def _things_to_bring(state: ConversationState, context: DialogueContext) -> list[Sentence]:
    """Tell what to bring or have ready; with several services, for each of them."""
    services = [service for slug in state.services if (service := context.catalogue.service(slug)) is not None]
    is_visit = state.mode == "in_person"
    if len(services) > 1:
        text = texts.BRING_FOR if is_visit else texts.AT_HAND_FOR
    else:
        text = texts.BRING if is_visit else texts.AT_HAND
    return [
        Sentence(text, {"service": LocalizedName(service.names), "things": LocalizedName(service.bring)})
        for service in services
        if service.bring
    ]


def _ask_next_service(state: ConversationState, booked: DialogueReply, context: DialogueContext) -> DialogueTurn:
    """Ask whether to go on with the next service, and keep the details for it."""
    assert state.starts_at is not None
    same_day = WantedDays((state.starts_at.astimezone(context.zone(state.office)).date(),))
    next_state = replace(
        state, task=None, asked="next", service=None, more=(), starts_at=None, days=same_day, hours=None, trail=()
    )
    return DialogueTurn(next_state, (booked, next_service_question(next_state, context)))


def next_service_question(state: ConversationState, context: DialogueContext) -> DialogueReply:
    """Ask whether to go on with the first of the services that are booked afterwards."""
    slug = state.later[0]
    choices = (
        ReplyChoice(Sentence(texts.GO_ON_WITH, {"service": service_name(context, slug)}), f"next:{slug}"),
        ReplyChoice(Sentence(texts.NOTHING_ELSE), "nothing:", is_minor=True),
    )
    return DialogueReply((Sentence(texts.ASK_NEXT, {"service": service_names(state.later, context)}),), choices)


def _answer_denied(state: ConversationState, context: DialogueContext, denied: RequestDenied) -> DialogueTurn:
    reason = Sentence(texts.REASON, {"reason": denied.reason})
    if denied.code == "duplicate_appointment":
        choices = (ReplyChoice(Sentence(texts.MY_APPOINTMENT), "task:find"),)
        return DialogueTurn(replace(state, asked="task", task=None), (DialogueReply((reason,), choices),))
    call = Sentence(texts.CALL_US, {"phone": context.phone_to_call(state.office)})
    form = booking_form_fields(state, context)
    return DialogueTurn(state, (DialogueReply((reason, call), link=booking_form_link(state, context), form=form),))


def clear_answer(state: ConversationState, question: str, context: DialogueContext) -> ConversationState:
    """Clear an answer. A chosen time becomes a wish: it is taken again if still free."""
    fresh = ConversationState(language=state.language)
    if question in ("service", "mode", "office", "date", "time"):
        state = with_time_as_wish(state, context)
    return replace(state, **{name: getattr(fresh, name) for name in ANSWER_FIELDS.get(question, ())})


def ask_what_to_change(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """Ask which part of the booking to change."""
    reply = DialogueReply((Sentence(texts.ASK_CHANGE),), change_choices(state, context))
    return DialogueTurn(replace(state, asked="change"), (reply,))


def with_chosen_time(state: ConversationState, starts_at: datetime) -> ConversationState:
    """Set the chosen time, which replaces the wishes for a day and an hour."""
    return replace(state, starts_at=starts_at, days=None, hours=None).with_answered("time")
