"""Takes what somebody said into the state, and reads it back. Pure."""

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
from .context import DialogueContext, service_name
from .effects import CheckDetail, CheckedDetail, DayList, Effect, ModePhrase, Sentence, ValueList
from .state import ConversationState
from .time_selection import merge_wishes


@dataclass(frozen=True, slots=True)
class UnderstoodFacts:
    """What was understood, to be read back: `facts`, and `when`, unless a time that was chosen says it better.

    `later`: that something else comes afterwards.
    """

    facts: tuple[Any, ...]
    times: tuple[Any, ...]
    later: tuple[Sentence, ...] = ()

    def sentences(self, *, with_when: bool) -> tuple[Sentence, ...]:
        told = (*self.facts, *(self.times if with_when else ()))
        return (*self.later, *((Sentence(texts.UNDERSTOOD, {"facts": ValueList(told)}),) if told else ()))


def apply_facts(
    state: ConversationState, said: Understanding, context: DialogueContext
) -> tuple[ConversationState, UnderstoodFacts]:
    """The state with the service, mode, office, days and hours that were said, and how they were read."""
    understood: list[Any] = []
    later: tuple[Sentence, ...] = ()
    if _is_additional_service(state, said):
        state, later = _with_later_service(state, said.services.sure[0], context)
    elif len(said.services.sure) == 1 and state.task not in ("change", "cancel"):
        state = _with_service(state, said.services.sure[0])
        understood.append(service_name(context, said.services.sure[0]))
    if said.mode is not None and state.visit is None:
        state = replace(state, mode=said.mode, starts_at=None).with_answered("mode")
        understood.append(ModePhrase(said.mode))
    state = _with_office(state, said, context, understood)
    if said.days is not None or said.hours is not None:
        state = merge_wishes(_with_chosen_time_parts(state, said, context), said.days, said.hours).with_answered(
            "date"
        )
    return state, UnderstoodFacts(tuple(understood), tuple(_understood_times(said)), later)


def _is_additional_service(state: ConversationState, said: Understanding) -> bool:
    """Whether a service is said to be wanted besides the one that is being booked."""
    known = (None, *said.services.sure)
    return (
        said.adds_service and state.task == "book" and len(said.services.sure) == 1 and state.service not in known
    )


def _with_later_service(
    state: ConversationState, slug: str, context: DialogueContext
) -> tuple[ConversationState, tuple[Sentence, ...]]:
    state = replace(state, later=(*(one for one in state.later if one != slug), slug))
    return state, (Sentence(texts.COMES_LATER, {"service": service_name(context, slug)}),)


def _with_service(state: ConversationState, slug: str) -> ConversationState:
    if state.service == slug:
        return state
    return replace(state.with_service(slug), starts_at=None).with_answered("service")


def _with_office(
    state: ConversationState, said: Understanding, context: DialogueContext, understood: list[Any]
) -> ConversationState:
    offices = said.offices.named
    if len(offices) == 1 and state.visit is None:
        understood.append(context.office(offices[0]).name)
        return replace(state, office=offices[0], starts_at=None).with_answered("office")
    if state.office in said.offices.refused:
        return replace(state, office=None, starts_at=None)
    return state


def _with_chosen_time_parts(
    state: ConversationState, said: Understanding, context: DialogueContext
) -> ConversationState:
    """A new hour is of the day that was chosen already, and a new day keeps the hour that was chosen."""
    if state.starts_at is None:
        return state
    at = state.starts_at.astimezone(context.zone(state.office))
    days = WantedDays((at.date(),)) if said.days is None else None
    hours = WantedHours((time(at.hour, at.minute),)) if said.hours is None else None
    return replace(state, days=days or state.days, hours=hours or state.hours)


def _understood_times(said: Understanding) -> list[Any]:
    found: list[Any] = []
    days, hours = said.days, said.hours
    if days is not None and days.days and not days.unsure and not days.problem:
        found.append(DayList(days.days))
    if hours is not None and not hours.problem and not hours.unsure:
        found += [_format_clock_time(one) for one in hours.at] or (
            [_hour_limits(hours)] if _hour_limits(hours) is not None else []
        )
    return found


def _format_clock_time(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"


def _hour_limits(hours: WantedHours) -> Sentence | None:
    """`from 10:00`, `before 12:00`, `in the morning`."""
    if hours.after and hours.before:
        return Sentence(
            texts.BETWEEN_HOURS,
            {"first": _format_clock_time(hours.after), "last": _format_clock_time(hours.before)},
        )
    if hours.after:
        return Sentence(texts.AFTER_HOUR, {"first": _format_clock_time(hours.after)})
    if hours.before:
        return Sentence(texts.BEFORE_HOUR, {"last": _format_clock_time(hours.before)})
    return Sentence(texts.PARTS_OF_DAY[hours.part]) if hours.part else None


def _with_detail(state: ConversationState, field: str, value: str | None) -> ConversationState:
    changed = {
        "name": replace(state, name=value),
        "email": replace(state, email=value),
        "phone": replace(state, phone=value),
    }
    return changed[field].with_answered(field)


def check_details(
    state: ConversationState, said: Understanding
) -> Generator[Effect, Any, tuple[ConversationState, tuple[Sentence, ...]]]:
    """With the name, e-mail and telephone that the edge accepts, and what is wrong with the others."""
    wrong: list[Sentence] = []
    for field, value in (("name", said.name), ("email", said.email), ("phone", said.phone)):
        if value is None or state.visit is not None:
            continue
        answer: CheckedDetail = yield CheckDetail(field, value)  # type: ignore[arg-type]
        if answer.problem is not None:
            wrong.append(Sentence(FIELD_PROBLEMS[answer.problem]))
        else:
            state = _with_detail(state, field, answer.value)
    return state, tuple(wrong)
