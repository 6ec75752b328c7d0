"""Facts of a message for a booking: applied, repeated, or asked about. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from ...core.i18n.error_texts import ERROR_TEXTS as FIELD_PROBLEMS
from ..language.date_time.times import WantedHours, starts_with_morning
from ..language.lexicon import Intent
from ..language.understanding import BOOKING_QUESTIONS, NO_SERVICES, Understanding
from . import texts
from .context import DialogueContext, office_choice, service_choice, service_name
from .effects import CheckDetail, CheckedDetail, DetailField, Effect
from .replies import DayList, DialogueReply, ModePhrase, ReplyChoice, Sentence, ValueList, format_clock_time
from .state import ConversationState
from .time_selection import merge_wishes, with_time_as_wish

LATER_QUESTIONS = BOOKING_QUESTIONS | {"change", "needs"}  # the service is chosen before
MAX_SERVICE_WORDS = 5  # words; so short a message with a service names it for its own sake


@dataclass(frozen=True, slots=True)
class UnderstoodFacts:
    """Facts to be repeated to the citizen. A chosen time replaces `times`."""

    facts: tuple[Any, ...]
    times: tuple[Any, ...]

    def sentences(self, *, with_times: bool) -> tuple[Sentence, ...]:
        """Repeat the facts, with or without the wanted days and hours."""
        repeated = (*self.facts, *(self.times if with_times else ()))
        return (Sentence(texts.UNDERSTOOD, {"facts": ValueList(repeated)}),) if repeated else ()


def without_unwished_services(state: ConversationState, understood: Understanding) -> Understanding:
    """Drop services that a message after the choice of the office does not clearly wish.

    A service alone, or beside a wish, is a choice: in `my e-mail has the i and e swapped` there is none.
    """
    if state.task != "book" or state.service is None or state.asked not in LATER_QUESTIONS:
        return understood
    is_wished = (
        understood.has_wish
        or understood.has_intent(Intent.BOOK, Intent.OTHER_SERVICE)
        or len(understood.text.split()) <= MAX_SERVICE_WORDS
    )
    is_kept = understood.adds_service or (understood.services.sure and is_wished)
    if understood.questions or understood.is_question or is_kept:
        return understood
    return replace(understood, services=NO_SERVICES)


def apply_facts(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> tuple[ConversationState, UnderstoodFacts]:
    """Put the service, mode, office, days and hours of a message into the state."""
    facts: list[Any] = []
    offices = understood.offices
    if state.task not in ("change", "cancel"):
        state = _with_services(state, understood, context)
        facts += [service_name(context, slug) for slug in understood.services.sure if slug in state.services]
    has_place = state.visit is None or state.task == "change"
    if understood.mode is not None and has_place:
        if understood.mode != state.mode:
            state = replace(with_time_as_wish(state, context), mode=understood.mode)
        state = state.with_answered("mode")
        facts.append(ModePhrase(understood.mode))
    if len(offices.named) == 1 and has_place:
        if offices.named[0] != state.office:
            state = replace(with_time_as_wish(state, context), office=offices.named[0])
        state = state.with_answered("office")
        facts.append(context.office(offices.named[0]).name)
    elif state.office in offices.refused:
        state = replace(with_time_as_wish(state, context), office=None)
    understood = _without_morning_as_tomorrow(state, understood)
    if understood.days is not None or understood.hours is not None:
        state = _with_chosen_time_as_wish(state, understood, context)
        state = merge_wishes(state, understood.days, understood.hours).with_answered("date")
    return state, UnderstoodFacts(tuple(facts), tuple(_understood_times(understood)))


def _without_morning_as_tomorrow(state: ConversationState, understood: Understanding) -> Understanding:
    """Drop the day of `mañana 10` when the hour of another day was asked: it is the morning."""
    is_hour_asked = state.asked == "time" and state.days is not None and len(state.days.days) == 1
    begins_with_morning = starts_with_morning(understood.text, understood.language)
    if is_hour_asked and begins_with_morning and understood.hours is not None and understood.hours.at:
        return replace(understood, days=None)
    return understood


def _with_services(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> ConversationState:
    """Set the service, or add services to its visit."""
    services = understood.services.sure
    if set(state.services) & set(understood.refused_services):
        kept = [slug for slug in state.services if slug not in understood.refused_services]
        state = replace(with_time_as_wish(state, context), service=next(iter(kept), None), more=tuple(kept[1:]))
    if _is_additional_service(state, understood):
        return replace(with_time_as_wish(state, context), more=(*state.more, *services))
    if not services or (len(services) > 1 and not understood.services.several):
        return state
    if state.services != services:
        state = with_time_as_wish(state, context).with_service(services[0])
        state = replace(state, more=services[1:] or state.more)
    return state.with_answered("service")


def _is_additional_service(state: ConversationState, understood: Understanding) -> bool:
    """Whether the message adds a service to the service that is being booked."""
    services = understood.services.sure
    is_other = len(services) == 1 and state.service not in (None, services[0])
    return understood.adds_service and state.task == "book" and is_other


def _with_chosen_time_as_wish(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> ConversationState:
    """Keep the chosen day if only the hour changes, and the hour if only the day changes."""
    wish = with_time_as_wish(state, context)
    days = wish.days if understood.days is None else state.days
    hours = wish.hours if understood.hours is None else state.hours
    return replace(wish, days=days, hours=hours)


def _understood_times(understood: Understanding) -> list[Any]:
    times: list[Any] = []
    days, hours = understood.days, understood.hours
    if days is not None and days.days and not days.unsure and not days.problem:
        times.append(DayList(days.days))
    if hours is not None and not hours.problem and not hours.unsure:
        if hours.at:
            times += [format_clock_time(at) for at in hours.at]
        elif (limits := _hour_limits(hours)) is not None:
            times.append(limits)
    return times


def _hour_limits(hours: WantedHours) -> Sentence | None:
    """Describe limits of the hour: `from 10:00`, `before 12:00`, `in the morning`."""
    first = {"first": format_clock_time(hours.after)} if hours.after else {}
    last = {"last": format_clock_time(hours.before)} if hours.before else {}
    if first and last:
        return Sentence(texts.BETWEEN_HOURS, first | last)
    if first:
        return Sentence(texts.AFTER_HOUR, first)
    if last:
        return Sentence(texts.BEFORE_HOUR, last)
    return Sentence(texts.PARTS_OF_DAY[hours.part]) if hours.part else None


def check_details(
    state: ConversationState, understood: Understanding
) -> Generator[Effect, Any, tuple[ConversationState, tuple[Sentence, ...]]]:
    """Put valid details into the state, and return a sentence for each invalid detail."""
    details: tuple[tuple[DetailField, str | None], ...] = (
        ("name", understood.name),
        ("email", understood.email),
        ("phone", understood.phone),
    )
    problems: list[Sentence] = []
    for field, value in details:
        if value is None or (state.visit is not None and field != "phone"):
            continue
        checked: CheckedDetail = yield CheckDetail(field, value)
        if checked.problem is not None:
            problems.append(Sentence(FIELD_PROBLEMS[checked.problem]))
        else:
            changes: dict[str, Any] = {field: checked.value}
            state = replace(state, **changes).with_answered(field)
    return state, tuple(problems)


def ask_about_uncertain_facts(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> DialogueReply | None:
    """Ask which service or office is meant; None when the message leaves no doubt."""
    if state.task in ("change", "cancel"):
        return None
    services, offices = understood.services, understood.offices.named
    if services.several and services.sure:
        return None
    if services.several:
        return _ask_which_service(texts.ONE_AT_A_TIME, services.likely, context)
    if services.has_unknown:
        return _ask_which_service(texts.ONE_UNKNOWN, services.likely, context)
    if len(services.sure) > 1:
        return _ask_which_service(texts.ASK_WHICH_SERVICE, services.sure, context)
    if services.likely:
        text = texts.ASK_IF_MEANT if len(services.likely) == 1 else texts.ASK_WHICH_SERVICE
        is_added = understood.adds_service and state.task == "book" and state.service is not None
        return _ask_which_service(text, services.likely, context, kind="add" if is_added else "service")
    if len(offices) > 1:
        choices = tuple(office_choice(context.office(slug)) for slug in offices)
        return DialogueReply((Sentence(texts.ASK_OFFICE),), choices)
    return None


def _ask_which_service(
    text: str, slugs: tuple[str, ...], context: DialogueContext, kind: str = "service"
) -> DialogueReply:
    """Offer services. `kind`: "add" for a service besides the chosen service, which is kept."""
    other = "other:service" if kind == "service" else "skip:"
    offered = [replace(service_choice(context, slug), value=f"{kind}:{slug}") for slug in slugs]
    return DialogueReply(
        (Sentence(text),), (*offered, ReplyChoice(Sentence(texts.OTHER_THING), other, is_minor=True))
    )
