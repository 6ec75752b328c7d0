"""Takes what somebody said into the state, and reads it back. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

from ...core.i18n.error_texts import ERRORS as FIELD_PROBLEMS
from ..language.date_sets import Days
from ..language.times import Hours
from ..language.understanding import Said
from . import texts
from .context import World, service_name
from .effects import ByMode, Check, Checked, Line, Need, On, Several
from .state import State
from .time_selection import merged


@dataclass(frozen=True, slots=True)
class Taken:
    """What was understood, to be read back: `facts`, and `when`, unless a time that was chosen says it better.

    `later`: that something else comes afterwards.
    """

    facts: tuple[Any, ...]
    when: tuple[Any, ...]
    later: tuple[Line, ...] = ()

    def lines(self, *, with_when: bool) -> tuple[Line, ...]:
        told = (*self.facts, *(self.when if with_when else ()))
        return (*self.later, *((Line(texts.UNDERSTOOD, {"facts": Several(told)}),) if told else ()))


def take(state: State, said: Said, world: World) -> tuple[State, Taken]:
    """The state with the service, mode, office, days and hours that were said, and how they were read."""
    understood: list[Any] = []
    later: tuple[Line, ...] = ()
    if _adds(state, said):
        state, later = _with_later(state, said.services.sure[0], world)
    elif len(said.services.sure) == 1 and state.task not in ("change", "cancel"):
        state = _with_service(state, said.services.sure[0])
        understood.append(service_name(world, said.services.sure[0]))
    if said.mode is not None and state.visit is None:
        state = replace(state, mode=said.mode, starts_at=None).after("mode")
        understood.append(ByMode(said.mode))
    state = _with_office(state, said, world, understood)
    if said.days is not None or said.hours is not None:
        state = merged(_on_known_day(state, said, world), said.days, said.hours).after("date")
    return state, Taken(tuple(understood), tuple(_when(said)), later)


def _adds(state: State, said: Said) -> bool:
    """Whether a service is said to be wanted besides the one that is being booked."""
    known = (None, *said.services.sure)
    return said.adds and state.task == "book" and len(said.services.sure) == 1 and state.service not in known


def _with_later(state: State, slug: str, world: World) -> tuple[State, tuple[Line, ...]]:
    state = replace(state, later=(*(one for one in state.later if one != slug), slug))
    return state, (Line(texts.COMES_LATER, {"service": service_name(world, slug)}),)


def _with_service(state: State, slug: str) -> State:
    if state.service == slug:
        return state
    return replace(state.about(slug), starts_at=None).after("service")


def _with_office(state: State, said: Said, world: World, understood: list[Any]) -> State:
    offices = said.placed.offices
    if len(offices) == 1 and state.visit is None:
        understood.append(world.place(offices[0]).name)
        return replace(state, office=offices[0], starts_at=None).after("office")
    if state.office in said.placed.without:
        return replace(state, office=None, starts_at=None)
    return state


def _on_known_day(state: State, said: Said, world: World) -> State:
    """A new hour is of the day that was chosen already, and a new day keeps the hour that was chosen."""
    if state.starts_at is None:
        return state
    at = state.starts_at.astimezone(world.zone(state.office))
    days = Days((at.date(),)) if said.days is None else None
    hours = Hours((time(at.hour, at.minute),)) if said.hours is None else None
    return replace(state, days=days or state.days, hours=hours or state.hours)


def _when(said: Said) -> list[Any]:
    found: list[Any] = []
    days, hours = said.days, said.hours
    if days is not None and days.days and not days.unsure and not days.problem:
        found.append(On(days.days))
    if hours is not None and not hours.problem and not hours.unsure:
        found += [_clock(one) for one in hours.at] or ([_limits(hours)] if _limits(hours) is not None else [])
    return found


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"


def _limits(hours: Hours) -> Line | None:
    """`from 10:00`, `before 12:00`, `in the morning`."""
    if hours.after and hours.before:
        return Line(texts.BETWEEN_HOURS, {"first": _clock(hours.after), "last": _clock(hours.before)})
    if hours.after:
        return Line(texts.AFTER_HOUR, {"first": _clock(hours.after)})
    if hours.before:
        return Line(texts.BEFORE_HOUR, {"last": _clock(hours.before)})
    return Line(texts.PARTS[hours.part]) if hours.part else None


def _with_detail(state: State, field: str, value: str | None) -> State:
    changed = {
        "name": replace(state, name=value),
        "email": replace(state, email=value),
        "phone": replace(state, phone=value),
    }
    return changed[field].after(field)


def checked(state: State, said: Said) -> Generator[Need, Any, tuple[State, tuple[Line, ...]]]:
    """With the name, e-mail and telephone that the edge accepts, and what is wrong with the others."""
    wrong: list[Line] = []
    for field, value in (("name", said.name), ("email", said.email), ("phone", said.phone)):
        if value is None or state.visit is not None:
            continue
        answer: Checked = yield Check(field, value)  # type: ignore[arg-type]
        if answer.problem is not None:
            wrong.append(Line(FIELD_PROBLEMS[answer.problem]))
        else:
            state = _with_detail(state, field, answer.value)
    return state, tuple(wrong)
