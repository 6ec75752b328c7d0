"""Choices that are pressed: their values, and what each does. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from ..language.date_sets import Days
from ..language.lexicon import Intent
from ..language.normalize import plain
from ..language.times import Hours
from ..language.understanding import Said
from . import booking, existing_appointment, information, opening_hours, texts
from .context import World
from .effects import First, FirstTimes, Line, Reply, Talk, Turn
from .state import State, without_person

KINDS = (
    "service", "mode", "office", "date", "time", "hour", "slot", "soonest", "any", "other", "skip", "accept",
    "refuse", "yes", "no", "correct", "task", "tell", "bring", "abandon", "next", "nothing",
)  # fmt: skip
_VALUE = re.compile(rf"({'|'.join(KINDS)}):([\w:+.-]*)")
Go = Callable[[State, World], Talk]


def pressed(state: State, said: Said) -> tuple[str, str] | None:
    """Kind and argument of what was pressed: a value, the label of a choice as it stands, or "the second one"."""
    text = said.text.strip()
    value = text if _VALUE.fullmatch(text) else _by_label(state, plain(text))
    if value is None and said.ordinal is not None and state.offered and not said.facts:
        at = said.ordinal if said.ordinal < 0 else said.ordinal - 1
        value = state.offered[at].value if at < len(state.offered) else None
    found = _VALUE.fullmatch(value) if value else None
    return (found[1], found[2]) if found else None


def _by_label(state: State, words: str) -> str | None:
    same = [one.value for one in state.offered if words and plain(one.label) == words]
    return same[0] if len(same) == 1 else None


def press(state: State, kind: str, argument: str, world: World, go: Go) -> Talk:
    """Do what a choice stands for. What it names must exist; an old page may offer what is gone."""
    act = _ACTS[kind]
    return (yield from act(state, argument, world, go))


def agree(state: State, world: World) -> Talk:
    """Yes: to the booking that was read back, or to what is to be done with an appointment."""
    if state.visit is not None and state.task in ("cancel", "change"):
        return (yield from existing_appointment.confirm(state, world))
    complete = state.starts_at and state.name and state.email and state.accepted
    if state.task == "book" and complete:
        return (yield from booking.confirm(state, world))
    return (yield from booking.go_on(state, world))


def decline(state: State) -> Turn:
    """No: something in the booking is to be changed, or an appointment is left as it is."""
    if state.visit is not None or state.asked in ("locator", "contact"):
        return existing_appointment.leave(state)
    return booking.ask_what_to_change(state)


def _service(state: State, slug: str, world: World, go: Go) -> Talk:
    if world.catalogue.service(slug) is not None:
        kept = state if state.service is None else booking.forget(state, "service")
        state = kept.about(slug).after("service")
    return (yield from go(replace(state, task=state.task or "book"), world))


def _mode(state: State, mode: str, world: World, go: Go) -> Talk:
    if mode in ("video", "in_person"):
        state = replace(state, mode=mode, starts_at=None).after("mode")  # type: ignore[arg-type]
    return (yield from go(replace(state, task=state.task or "book"), world))


def _office(state: State, slug: str, world: World, go: Go) -> Talk:
    if world.catalogue.place(slug) is not None:
        state = replace(state, office=slug, starts_at=None).after("office")
    return (yield from go(replace(state, task=state.task or "book"), world))


def _date(state: State, text: str, world: World, go: Go) -> Talk:
    day = _read(date.fromisoformat, text)
    if day is not None:
        state = replace(state, days=Days((day,)), starts_at=None).after("date")
    return (yield from go(state, world))


def _time(state: State, text: str, world: World, go: Go) -> Talk:
    moment = _read(datetime.fromisoformat, text)
    if moment is None or moment.tzinfo is None:
        return (yield from go(state, world))
    return (yield from _at(state, moment, world, go))


def _at(state: State, moment: datetime, world: World, go: Go) -> Talk:
    """A time that was offered: kept for whoever books, asked about for whoever moves."""
    state = booking.with_time(state, moment)
    if state.task in ("change", "cancel") or not (state.office and state.service and state.mode):
        return (yield from go(state, world))
    return (yield from booking.keep(replace(state, task="book"), world))


def _slot(state: State, argument: str, world: World, go: Go) -> Talk:
    """An office, a mode and a time at once: one of the fastest ways."""
    office, mode, text = [*argument.split(":", 2), "", ""][:3]
    moment = _read(datetime.fromisoformat, text)
    if world.catalogue.place(office) is None or mode not in ("video", "in_person") or moment is None:
        return (yield from go(state, world))
    chosen = replace(state, office=office, mode=mode, task="book")  # type: ignore[arg-type]
    return (yield from _at(chosen, moment, world, go))


def _hour(state: State, text: str, world: World, go: Go) -> Talk:
    at = _read(time.fromisoformat, text)
    if at is not None:
        state = replace(state, hours=Hours((at,)), starts_at=None)
    return (yield from go(state, world))


def _soonest(state: State, _argument: str, world: World, go: Go) -> Talk:
    days = replace(state.days, soonest=True, unsure=False) if state.days else Days(soonest=True)
    return (yield from go(replace(state, days=days, hours=None, starts_at=None).after("date"), world))


def _any(state: State, part: str, world: World, go: Go) -> Talk:
    if state.service is None:
        return (yield from go(state, world))
    if part == "office" and state.mode is not None:
        return (yield from booking.soonest_office(state, world))
    firsts: list[First] = yield FirstTimes(state.service)
    if firsts:
        state = replace(state, mode=firsts[0].mode).after("mode")
    return (yield from go(state, world)) if firsts else Turn(state, (Reply((Line(texts.NONE_AT_ALL),)),))


def _other(state: State, part: str, world: World, go: Go) -> Talk:
    """Something else than what was chosen: it is asked for again."""
    day = state.starts_at.astimezone(world.zone(state.office)).date() if state.starts_at else None
    state = booking.forget(state, part)
    if part == "time" and day is not None:
        state = replace(state, days=Days((day,)))
    if part in ("name", "service"):
        state = replace(state, skipped=())
    if part == "service":
        state = replace(state, later=())
    return (yield from go(replace(state, asked=None), world))


def _skip(state: State, part: str, world: World, go: Go) -> Talk:
    if part == "phone":
        state = replace(state, skipped=(*state.skipped, part)).after("phone")
    return (yield from go(state, world))


def _accept(state: State, _argument: str, world: World, go: Go) -> Talk:
    return (yield from go(replace(state, accepted=True), world))


def _refuse(state: State, _argument: str, world: World, go: Go) -> Talk:
    turn = yield from go(state, world)
    first, *rest = turn.replies
    lines = (Line(texts.NEED_DATA), Line(texts.CALL_US, {"phone": world.phone(state.office)}))
    return Turn(turn.state, (Reply(lines), first, *rest))


def _yes(state: State, _argument: str, world: World, go: Go) -> Talk:
    return (yield from agree(state, world))


def _no(state: State, _argument: str, world: World, go: Go) -> Talk:
    yield from ()
    return decline(state)


def _correct(state: State, _argument: str, world: World, go: Go) -> Talk:
    yield from ()
    return booking.ask_what_to_change(state)


def _task(state: State, task: str, world: World, go: Go) -> Talk:
    if task in ("book", "fastest"):
        return (yield from go(replace(state, task=task, visit=None), world))  # type: ignore[arg-type]
    if task not in ("change", "cancel", "find"):
        return (yield from go(state, world))
    fresh = State(language=state.language, task=task, visit=state.visit, days=state.days, hours=state.hours)  # type: ignore[arg-type]
    return (yield from go(fresh, world))


def _tell(state: State, what: str, world: World, go: Go) -> Talk:
    if what == Intent.WAIT:
        replies = yield from information.waits(None, None, world)
    else:
        replies = opening_hours.opening_hours(None, (), world)
    return Turn(replace(state, asked="task"), replies)


def _bring(state: State, slug: str, world: World, go: Go) -> Talk:
    yield from ()
    known = slug if world.catalogue.service(slug) is not None else None
    return Turn(state, information.bring(known, world))


def _abandon(state: State, _argument: str, world: World, go: Go) -> Talk:
    yield from ()
    return Turn(State(language=state.language, done=True), (Reply((Line(texts.CANCEL_THIS),)),))


def _next(state: State, slug: str, world: World, go: Go) -> Talk:
    """What else somebody comes for, at the same office and on the same day if that can be."""
    if world.catalogue.service(slug) is not None:
        state = replace(state.about(slug), task="book").after("service")
    return (yield from go(state, world))


def _nothing(state: State, _argument: str, world: World, go: Go) -> Talk:
    yield from ()
    return Turn(without_person(state), (Reply((Line(texts.ALL_RIGHT),)),))


def _read(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError:
        return None


_ACTS: Mapping[str, Callable[[State, str, World, Go], Talk]] = {
    "service": _service,
    "mode": _mode,
    "office": _office,
    "date": _date,
    "time": _time,
    "hour": _hour,
    "slot": _slot,
    "soonest": _soonest,
    "any": _any,
    "other": _other,
    "skip": _skip,
    "accept": _accept,
    "refuse": _refuse,
    "yes": _yes,
    "no": _no,
    "correct": _correct,
    "task": _task,
    "tell": _tell,
    "bring": _bring,
    "abandon": _abandon,
    "next": _next,
    "nothing": _nothing,
}
