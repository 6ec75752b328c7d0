"""Facts of a message for a booking: applied, repeated, or asked about. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

from ...core.i18n.error_texts import ERROR_TEXTS as FIELD_PROBLEMS
from ..language.date_sets import WantedDays
from ..language.times import WantedHours
from ..language.understanding import Understanding
from . import texts
from .context import DialogueContext, office_choice, service_choice, service_name
from .effects import CheckDetail, CheckedDetail, DetailField, Effect
from .replies import DayList, DialogueReply, ModePhrase, ReplyChoice, Sentence, ValueList, format_clock_time
from .state import ConversationState
from .time_selection import merge_wishes


@dataclass(frozen=True, slots=True)
class UnderstoodFacts:
    """Facts to be repeated to the citizen. A chosen time replaces `times`.

    `later`: the sentence about a service that is booked afterwards.
    """

    facts: tuple[Any, ...]
    times: tuple[Any, ...]
    later: tuple[Sentence, ...] = ()

    def sentences(self, *, with_times: bool) -> tuple[Sentence, ...]:
        """Repeat the facts, with or without the wanted days and hours."""
        repeated = (*self.facts, *(self.times if with_times else ()))
        facts = (Sentence(texts.UNDERSTOOD, {"facts": ValueList(repeated)}),) if repeated else ()
        return (*self.later, *facts)


def apply_facts(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> tuple[ConversationState, UnderstoodFacts]:
    """Put the service, mode, office, days and hours of a message into the state."""
    facts: list[Any] = []
    later: tuple[Sentence, ...] = ()
    services, offices = understood.services.sure, understood.offices
    if _is_additional_service(state, understood):
        state = replace(state, later=(*(slug for slug in state.later if slug != services[0]), services[0]))
        later = (Sentence(texts.COMES_LATER, {"service": service_name(context, services[0])}),)
    elif len(services) == 1 and state.task not in ("change", "cancel"):
        if state.service != services[0]:
            state = replace(state.with_service(services[0]), starts_at=None).with_answered("service")
        facts.append(service_name(context, services[0]))
    if understood.mode is not None and state.visit is None:
        state = replace(state, mode=understood.mode, starts_at=None).with_answered("mode")
        facts.append(ModePhrase(understood.mode))
    if len(offices.named) == 1 and state.visit is None:
        state = replace(state, office=offices.named[0], starts_at=None).with_answered("office")
        facts.append(context.office(offices.named[0]).name)
    elif state.office in offices.refused:
        state = replace(state, office=None, starts_at=None)
    if understood.days is not None or understood.hours is not None:
        state = _with_chosen_time_as_wish(state, understood, context)
        state = merge_wishes(state, understood.days, understood.hours).with_answered("date")
    return state, UnderstoodFacts(tuple(facts), tuple(_understood_times(understood)), later)


def _is_additional_service(state: ConversationState, understood: Understanding) -> bool:
    """Whether the message adds a service to the one that is being booked."""
    services = understood.services.sure
    is_other = len(services) == 1 and state.service not in (None, services[0])
    return understood.adds_service and state.task == "book" and is_other


def _with_chosen_time_as_wish(
    state: ConversationState, understood: Understanding, context: DialogueContext
) -> ConversationState:
    """Keep the chosen day if only the hour changes, and the hour if only the day changes."""
    if state.starts_at is None:
        return state
    chosen = state.starts_at.astimezone(context.zone(state.office))
    days = WantedDays((chosen.date(),)) if understood.days is None else None
    hours = WantedHours((time(chosen.hour, chosen.minute),)) if understood.hours is None else None
    return replace(state, days=days or state.days, hours=hours or state.hours)


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
    """Put valid details into the state, and return a sentence for each invalid one."""
    details: tuple[tuple[DetailField, str | None], ...] = (
        ("name", understood.name),
        ("email", understood.email),
        ("phone", understood.phone),
    )
    problems: list[Sentence] = []
    for field, value in details:
        if value is None or state.visit is not None:
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
    if services.several:
        return _ask_which_service(texts.ONE_AT_A_TIME, services.sure or services.likely, context)
    if services.has_unknown:
        return _ask_which_service(texts.ONE_UNKNOWN, services.likely, context)
    if len(services.sure) > 1:
        return _ask_which_service(texts.ASK_WHICH_SERVICE, services.sure, context)
    if services.likely:
        text = texts.ASK_IF_MEANT if len(services.likely) == 1 else texts.ASK_WHICH_SERVICE
        return _ask_which_service(text, services.likely, context)
    if len(offices) > 1:
        choices = tuple(office_choice(context.office(slug)) for slug in offices)
        return DialogueReply((Sentence(texts.ASK_OFFICE),), choices)
    return None


def _ask_which_service(text: str, slugs: tuple[str, ...], context: DialogueContext) -> DialogueReply:
    other = ReplyChoice(Sentence(texts.OTHER_THING), "other:service", is_minor=True)
    return DialogueReply((Sentence(text),), (*(service_choice(context, slug) for slug in slugs), other))
