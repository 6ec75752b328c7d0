"""Questions of a booking, from the service to the confirmation. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ...appointments.domain.booking_url import ANY_OFFICE
from ...appointments.domain.needs import NEED_NAMES
from ...core.contact.email_typos import suggest_email
from ...offices.domain.office_search import SEARCHED_FROM_OFFICES, find_offices_by_place
from ..domain.catalogue import CatalogueOffice
from ..language.date_sets import WantedDays
from . import texts
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
    BookingAnswer,
    BookingMade,
    Effect,
    FindFirstTimes,
    FirstFreeTime,
    HoldAnswer,
    HoldSlot,
    OptionalTurnGenerator,
    ReleaseHold,
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
    answer_slot_taken,
    choose_time,
    find_office_of_time,
    first_wanted_time,
    has_clear_wish,
)

CONFIRM_CHOICE = ReplyChoice(Sentence(texts.YES_BOOK), "yes:", is_main=True)
CHANGE_CHOICE = ReplyChoice(Sentence(texts.CHANGE_SOMETHING), "correct:", is_minor=True)
# The answers that "change something" offers: the label, and the question that is asked again.
CHANGEABLE_PARTS = (
    (texts.THE_SERVICE, "service"),
    (texts.THE_MODE, "mode"),
    (texts.THE_OFFICE, "office"),
    (texts.THE_DAY, "date"),
    (texts.THE_DETAILS, "name"),
)
# Fields of the state that an answer sets, and those of later answers that depend on it.
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
    """Ask for the first missing value; show the summary when all are known."""
    state = normalize_choices(replace(state, task="book"), context)
    if state.booking_needs:
        return (yield from hand_over_needs(state, context))
    if state.service is None:
        return DialogueTurn(replace(state, asked="service"), (ask_service(context),))
    if state.mode is None:
        return DialogueTurn(replace(state, asked="mode"), (_ask_mode(state, context),))
    if state.office is None:
        return (yield from _ask_office(state, context))
    if state.starts_at is None:
        return (yield from _ask_time(state, context))
    return ask_details(state, context)


def hand_over_needs(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Link to the form with the needs filled in.

    The assistant books no appointment with a need. The held slot is released, because the form could not book it.
    """
    yield ReleaseHold()
    state = normalize_choices(replace(state, task="book", asked="task"), context)
    text = texts.NEED_IN_FORM if len(state.booking_needs) == 1 else texts.NEEDS_IN_FORM
    names = ValueList(tuple(Sentence(NEED_NAMES[code]) for code in state.booking_needs))
    reply = DialogueReply((Sentence(text, {"needs": names}),), link=booking_form_link(state, context))
    return DialogueTurn(state, (reply,))


def normalize_choices(state: ConversationState, context: DialogueContext) -> ConversationState:
    """Drop choices that do not fit together, and fill in the only mode or office."""
    catalogue = context.catalogue
    if state.service is None or not catalogue.offices_with_service(state.service):
        return replace(state, service=None)
    modes = catalogue.service_modes(state.service, state.named_office)
    mode = state.mode if state.mode in modes else None
    mode = modes[0] if mode is None and len(modes) == 1 else mode
    offices = [office.slug for office in catalogue.offices_with_service(state.service, mode)]
    if len(offices) == 1:
        return replace(state, mode=mode, office=offices[0])
    may_be_any = state.office == ANY_OFFICE and mode == "video"
    return replace(state, mode=mode, office=state.office if may_be_any or state.office in offices else None)


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
    modes = context.catalogue.service_modes(state.service, state.named_office)
    # "video" before "phone" before "in_person"
    choices = tuple(mode_choice(mode) for mode in sorted(modes, reverse=True))
    return DialogueReply((Sentence(texts.ASK_MODE),), choices)


def _ask_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    assert state.service is not None
    first_times = yield from _first_times_by_office(state, context)
    nothing_free = Sentence(texts.NOTHING_FREE_THEN) if has_clear_wish(state) else None
    choices = []
    for office in context.catalogue.offices_with_service(state.service, state.mode):
        detail = nothing_free
        if office.slug in first_times:
            first_time = LocalInstant(first_times[office.slug], office.timezone, "short")
            detail = Sentence(texts.WHEN_DAY, {"day": first_time})
        choices.append(office_choice(office, detail))
    any_text = texts.ANY_OFFICE_VIDEO if state.mode == "video" else texts.ANY_OFFICE
    choices.append(ReplyChoice(Sentence(any_text), "any:office"))
    text = {"video": texts.ASK_OFFICE_VIDEO, "phone": texts.ASK_OFFICE_PHONE}.get(
        state.mode or "", texts.ASK_OFFICE
    )
    sentences = [Sentence(text)]
    if len(choices) > SEARCHED_FROM_OFFICES:  # the last choice is any office
        sentences.append(Sentence(texts.WRITE_PLACE))
    return DialogueTurn(replace(state, asked="office"), (DialogueReply(tuple(sentences), tuple(choices)),))


def find_office_by_place(state: ConversationState, words: str, context: DialogueContext) -> OptionalTurnGenerator:
    """Answer words that may name a town or a street; None for a short list of offices.

    A word of an office's name is understood before; this finds short words and those that several offices share.
    """
    offices = context.catalogue.offices_with_service(state.service or "", state.mode)
    if len(offices) < SEARCHED_FROM_OFFICES:
        return None
    found = find_offices_by_place(offices, words)
    if len(found) == 1:
        chosen = replace(state, office=found[0].slug, starts_at=None).with_answered("office")
        return (yield from ask_next_booking_question(chosen, context))
    if found:
        choices = tuple(office_choice(office) for office in found)
        return DialogueTurn(state, (DialogueReply((Sentence(texts.ASK_OFFICE),), choices),))
    turn = yield from _ask_office(state, context)
    return prepend_sentences(turn, Sentence(texts.NO_OFFICE_THERE))


def _first_times_by_office(
    state: ConversationState, context: DialogueContext
) -> Generator[Effect, Any, dict[str, datetime]]:
    """Find the first free time of each office; with a clear wish, the first wanted one."""
    assert state.service is not None
    if not has_clear_wish(state):
        found: list[FirstFreeTime] = yield FindFirstTimes(state.service)
        return {first.office: first.starts_at for first in reversed(found) if first.mode == state.mode}
    wanted = {}
    for office in context.catalogue.offices_with_service(state.service, state.mode):
        starts_at = yield from first_wanted_time(replace(state, office=office.slug), context)
        if starts_at is not None:
            wanted[office.slug] = starts_at
    return wanted


def choose_any_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Choose the soonest office; by video, ask for a time of any, which then fixes the office."""
    if state.mode != "video":
        return choose_soonest_office(state, context)
    return ask_next_booking_question(replace(state, office=ANY_OFFICE).with_answered("office"), context)


def choose_soonest_office(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Choose the office with the first wanted time, else the one with the first free time."""
    first_times = yield from _first_times_by_office(state, context)
    if not first_times:
        first_times = yield from _first_times_by_office(replace(state, days=None, hours=None), context)
    if not first_times:
        return DialogueTurn(replace(state, asked="office"), (DialogueReply((Sentence(texts.NONE_AT_ALL),)),))
    office = min(first_times, key=lambda slug: first_times[slug])
    return (yield from ask_next_booking_question(replace(state, office=office).with_answered("office"), context))


def _ask_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    turn = yield from choose_time(state, context)
    if turn.state.starts_at is None:
        return turn
    return (yield from hold_chosen_time(turn.state, context))


def hold_chosen_time(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Hold the chosen time and ask for the details; offer the nearest times when it is taken."""
    if state.booking_needs:
        return (yield from hand_over_needs(state, context))
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
    answer: HoldAnswer = yield HoldSlot(state.office, state.service, state.mode, state.starts_at)
    if isinstance(answer, SlotTaken):
        return answer_slot_taken(state, context, answer)
    zone = context.zone(state.office)
    sentences = []
    if not state.accepted or state.email is None:  # otherwise the summary is next, which says the time
        sentences.append(Sentence(texts.CHOSEN, {"when": LocalInstant(state.starts_at, zone)}))
    if answer is not None:
        sentences.append(Sentence(texts.HELD_UNTIL, {"time": LocalInstant(answer.until, zone, "time")}))
    return prepend_sentences(ask_details(state, context), *sentences)


def ask_details(state: ConversationState, context: DialogueContext) -> DialogueTurn:
    """Ask for the first missing detail, or for the confirmation."""
    if state.name is None:
        return DialogueTurn(replace(state, asked="name"), (DialogueReply((Sentence(texts.ASK_NAME),)),))
    if state.email is None:
        return DialogueTurn(replace(state, asked="email"), (DialogueReply((Sentence(texts.ASK_EMAIL),)),))
    if state.mode == "phone" and state.phone is None:
        return DialogueTurn(replace(state, asked="phone"), (DialogueReply((Sentence(texts.ASK_PHONE_TO_CALL),)),))
    if state.phone is None and "phone" not in state.skipped:
        skip = ReplyChoice(Sentence(texts.NO_PHONE), "skip:phone")
        return DialogueTurn(replace(state, asked="phone"), (DialogueReply((Sentence(texts.ASK_PHONE),), (skip,)),))
    if not state.accepted:
        choices = (
            ReplyChoice(Sentence(texts.AGREE), "accept:"),
            ReplyChoice(Sentence(texts.DISAGREE), "refuse:", is_minor=True),
        )
        reply = DialogueReply((Sentence(texts.ASK_PRIVACY),), choices, "/privacy")
        return DialogueTurn(replace(state, asked="privacy"), (reply,))
    return DialogueTurn(replace(state, asked="confirm"), (booking_summary(state, context),))


def booking_summary(state: ConversationState, context: DialogueContext) -> DialogueReply:
    """Repeat the whole booking and ask for the confirmation."""
    assert state.starts_at is not None
    office, service = context.office(state.office), service_name(context, state.service or "")
    when = LocalInstant(state.starts_at, office.timezone)
    sentences: tuple[Sentence, ...] = (
        Sentence(texts.SUMMARY, {"service": service, "when": when}),
        _summary_place(state, office),
        Sentence(texts.SUMMARY_PERSON, {"name": state.name, "email": state.email}),
    )
    choices: tuple[ReplyChoice, ...] = (CONFIRM_CHOICE, CHANGE_CHOICE)
    suggested = suggest_email(state.email or "")
    if suggested is None:
        sentences += (Sentence(texts.ASK_CONFIRM),)
    else:
        sentences += (Sentence(texts.ASK_EMAIL_TYPO, {"email": suggested}),)
        choices = (ReplyChoice(Sentence(texts.CORRECT_EMAIL, {"email": suggested}), suggested), *choices)
    return DialogueReply(sentences, choices, is_private=True, is_list=True)


def _summary_place(state: ConversationState, office: CatalogueOffice) -> Sentence:
    """Say where, or by which means, the citizen is attended."""
    if state.mode == "phone":
        return Sentence(texts.SUMMARY_PHONE, {"office": office.name, "phone": state.phone})
    if state.mode == "video":
        return Sentence(texts.SUMMARY_VIDEO, {"office": office.name})
    return Sentence(texts.SUMMARY_OFFICE, {"office": office.name, "address": office.address})


def confirm_booking(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Book the appointment, and answer with its locator or with the refusal."""
    if state.booking_needs:
        return (yield from hand_over_needs(state, context))
    answer: BookingAnswer = yield BookFromState(state)
    if isinstance(answer, SlotTaken):
        return answer_slot_taken(state, context, answer)
    if isinstance(answer, RequestDenied):
        return _answer_denied(state, context, answer)
    booked = _booked_reply(state, context, answer)
    # A service that was removed in the meantime is not asked about: the booking must be reported.
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
    things = context.service(state.service).bring
    if things:
        text = texts.BRING if state.mode == "in_person" else texts.AT_HAND
        sentences.append(Sentence(text, {"things": LocalizedName(things)}))
    return DialogueReply(tuple(sentences), link=answer.page)


def _ask_next_service(state: ConversationState, booked: DialogueReply, context: DialogueContext) -> DialogueTurn:
    """Ask whether to go on with the next service, and keep the details for it."""
    assert state.starts_at is not None
    slug = state.later[0]
    choices = (
        ReplyChoice(Sentence(texts.GO_ON_WITH, {"service": service_name(context, slug)}), f"next:{slug}"),
        ReplyChoice(Sentence(texts.NOTHING_ELSE), "nothing:", is_minor=True),
    )
    same_day = WantedDays((state.starts_at.astimezone(context.zone(state.office)).date(),))
    next_state = replace(
        state, task=None, asked="next", service=None, starts_at=None, days=same_day, hours=None, trail=()
    )
    return DialogueTurn(next_state, (booked, DialogueReply((Sentence(texts.ASK_NEXT),), choices)))


def _answer_denied(state: ConversationState, context: DialogueContext, denied: RequestDenied) -> DialogueTurn:
    reason = Sentence(texts.REASON, {"reason": denied.reason})
    if denied.code == "duplicate_appointment":
        choices = (ReplyChoice(Sentence(texts.MY_APPOINTMENT), "task:find"),)
        return DialogueTurn(replace(state, asked="task", task=None), (DialogueReply((reason,), choices),))
    call = Sentence(texts.CALL_US, {"phone": context.phone_to_call(state.office)})
    return DialogueTurn(state, (DialogueReply((reason, call), link=booking_form_link(state, context)),))


def clear_answer(state: ConversationState, question: str) -> ConversationState:
    """Clear an answer and the answers that depend on it."""
    fresh = ConversationState(language=state.language)
    return replace(state, **{name: getattr(fresh, name) for name in DEPENDENT_FIELDS.get(question, ())})


def ask_what_to_change(state: ConversationState) -> DialogueTurn:
    """Ask which part of the booking to change."""
    choices = tuple(ReplyChoice(Sentence(text), f"other:{part}") for text, part in CHANGEABLE_PARTS)
    reply = DialogueReply((Sentence(texts.ASK_CHANGE),), choices)
    return DialogueTurn(replace(state, asked="confirm"), (reply,))


def with_chosen_time(state: ConversationState, starts_at: datetime) -> ConversationState:
    """Set the chosen time, which replaces the wishes for a day and an hour."""
    return replace(state, starts_at=starts_at, days=None, hours=None).with_answered("time")
