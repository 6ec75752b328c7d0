"""Booking by conversation: service, mode, office, day, hour, details, confirmation. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..language.date_sets import Days
from . import texts
from .catalogue import Mode
from .context import World, form_link, mode_choice, office_choice, service_choice, service_name, unbroken
from .effects import (
    At,
    Book,
    Booked,
    ByMode,
    Choice,
    Denied,
    First,
    FirstTimes,
    Keep,
    Line,
    Named,
    Need,
    Reply,
    Taken,
    Talk,
    Turn,
)
from .state import State, without_person
from .time_selection import OTHER_DAY, choose, first_like, nearest_reply, wants

YES = Choice(Line(texts.YES_BOOK), "yes:", main=True)
CHANGE = Choice(Line(texts.CHANGE_SOMETHING), "correct:", minor=True)
# What "change something" offers: label and the part of the booking that is asked again.
PARTS = (
    (texts.THE_SERVICE, "service"),
    (texts.THE_MODE, "mode"),
    (texts.THE_OFFICE, "office"),
    (texts.THE_DAY, "date"),
    (texts.THE_DETAILS, "name"),
)
# What is forgotten with an answer that is taken back: whatever was asked after it and depends on it.
DEPENDS: dict[str, tuple[str, ...]] = {
    "service": ("service", "mode", "office", "starts_at"),
    "mode": ("mode", "starts_at"),
    "office": ("office", "starts_at"),
    "date": ("days", "hours", "starts_at"),
    "time": ("hours", "starts_at"),
    "name": ("name", "email"),
    "email": ("email",),
    "phone": ("phone",),
}


def go_on(state: State, world: World) -> Talk:
    """Ask for the first thing that is missing; with everything there, read it back."""
    state = settled(replace(state, task="book"), world)
    if state.service is None:
        return Turn(replace(state, asked="service"), (ask_service(world),))
    if state.mode is None:
        return Turn(replace(state, asked="mode"), (ask_mode(state, world),))
    if state.office is None:
        return (yield from _ask_office(state, world))
    if state.starts_at is None:
        return (yield from _ask_when(state, world))
    return details(state, world)


def settled(state: State, world: World) -> State:
    """Without what does not go together, and with what there is no choice about."""
    catalogue = world.catalogue
    if catalogue.service(state.service) is None:
        return replace(state, service=None)
    assert state.service is not None
    modes = catalogue.modes_of(state.service, state.office)
    mode = state.mode if state.mode in modes else None
    mode = modes[0] if mode is None and len(modes) == 1 else mode
    places = catalogue.places_for(state.service, mode)
    office = state.office if any(one.slug == state.office for one in places) else None
    office = places[0].slug if len(places) == 1 else office
    return replace(state, mode=mode, office=office)


def refusals(state: State, world: World) -> tuple[Line, ...]:
    """What was said and cannot be: a mode or an office that does not give the service."""
    if state.service is None or world.catalogue.service(state.service) is None:
        return ()
    said: list[Line] = []
    if state.office is not None and world.place(state.office).offer(state.service) is None:
        said.append(Line(texts.NOT_AT_OFFICE, {"office": world.place(state.office).name}))
    modes = world.catalogue.modes_of(state.service)
    if state.mode is not None and state.mode not in modes:
        said.append(Line(texts.NOT_BY_MODE, {"mode": ByMode(modes[0])}))
    return tuple(said)


def ask_service(world: World, text: str = texts.ASK_SERVICE) -> Reply:
    return Reply((Line(text),), tuple(service_choice(world, one.slug) for one in world.catalogue.services()))


def ask_mode(state: State, world: World) -> Reply:
    assert state.service is not None
    modes: tuple[Mode, ...] = world.catalogue.modes_of(state.service, state.office)
    return Reply((Line(texts.ASK_MODE),), tuple(mode_choice(mode) for mode in sorted(modes, reverse=True)))


def _ask_office(state: State, world: World) -> Talk:
    assert state.service is not None
    firsts = yield from _firsts(state, world)
    none = Line(texts.NONE_THEN) if wants(state) else None
    picks = []
    for place in world.catalogue.places_for(state.service, state.mode):
        first = firsts.get(place.slug)
        when = Line(texts.WHEN_DAY, {"day": At(first, place.timezone, "short")}) if first else none
        picks.append(office_choice(place, when))
    anywhere = Choice(Line(texts.ANY_OFFICE), "any:office")
    text = texts.ASK_OFFICE_VIDEO if state.mode == "video" else texts.ASK_OFFICE
    return Turn(replace(state, asked="office"), (Reply((Line(text),), (*picks, anywhere)),))


def _firsts(state: State, world: World) -> Generator[Need, Any, dict[str, datetime]]:
    """The first free time of each office, as it is wanted if that was said."""
    assert state.service is not None
    if not wants(state):
        found: list[First] = yield FirstTimes(state.service)
        return {one.office: one.starts_at for one in reversed(found) if one.mode == state.mode}
    like = {}
    for place in world.catalogue.places_for(state.service, state.mode):
        first = yield from first_like(replace(state, office=place.slug), world)
        if first is not None:
            like[place.slug] = first
    return like


def soonest_office(state: State, world: World) -> Talk:
    """Whoever does not mind gets the office with the first free place that is as they want it, else the first."""
    firsts = yield from _firsts(state, world)
    if not firsts:
        firsts = yield from _firsts(replace(state, days=None, hours=None), world)
    if not firsts:
        return Turn(replace(state, asked="office"), (Reply((Line(texts.NONE_AT_ALL),)),))
    office = min(firsts, key=lambda one: firsts[one])
    return (yield from go_on(replace(state, office=office).after("office"), world))


def _ask_when(state: State, world: World) -> Talk:
    turn = yield from choose(state, world)
    if turn.state.starts_at is None:
        return turn
    return (yield from keep(turn.state, world))


def keep(state: State, world: World) -> Talk:
    """Keep the chosen time, and go on with the details; the nearest ones when it is gone."""
    assert state.office
    assert state.service
    assert state.mode
    assert state.starts_at
    answer: Any = yield Keep(state.office, state.service, state.mode, state.starts_at)
    if isinstance(answer, Taken):
        return _gone(state, world, answer)
    zone = world.zone(state.office)
    is_last = state.accepted and state.email is not None  # then the summary says it
    lines = [] if is_last else [Line(texts.CHOSEN, {"when": At(state.starts_at, zone)})]
    if answer is not None:
        lines.append(Line(texts.KEPT, {"time": At(answer.until, zone, "time")}))
    turn = details(state, world)
    first, *rest = turn.replies
    return Turn(turn.state, (replace(first, lines=(*lines, *first.lines)), *rest))


def _gone(state: State, world: World, answer: Taken) -> Turn:
    reply = nearest_reply(answer.nearest, state, world, texts.TIME_TAKEN)
    return Turn(replace(state, asked="time", starts_at=None, hours=None), (reply,))


def details(state: State, world: World) -> Turn:
    """The first detail that is missing, or the whole to be confirmed."""
    if state.name is None:
        return Turn(replace(state, asked="name"), (Reply((Line(texts.ASK_NAME),)),))
    if state.email is None:
        return Turn(replace(state, asked="email"), (Reply((Line(texts.ASK_EMAIL),)),))
    if state.phone is None and "phone" not in state.skipped:
        none = Choice(Line(texts.NO_PHONE), "skip:phone")
        return Turn(replace(state, asked="phone"), (Reply((Line(texts.ASK_PHONE),), (none,)),))
    if not state.accepted:
        picks = (Choice(Line(texts.AGREE), "accept:"), Choice(Line(texts.DISAGREE), "refuse:", minor=True))
        return Turn(replace(state, asked="privacy"), (Reply((Line(texts.ASK_PRIVACY),), picks, "/privacy"),))
    return Turn(replace(state, asked="confirm"), (summary(state, world),))


def summary(state: State, world: World) -> Reply:
    """Everything, read back: day by name, date, hour, office, mode and address."""
    assert state.starts_at is not None
    place, service = world.place(state.office), service_name(world, state.service or "")
    when = At(state.starts_at, place.timezone)
    where = (
        Line(texts.SUMMARY_VIDEO, {"office": place.name})
        if state.mode == "video"
        else Line(texts.SUMMARY_OFFICE, {"office": place.name, "address": place.address})
    )
    lines = (
        Line(texts.SUMMARY, {"service": service, "when": when}),
        where,
        Line(texts.SUMMARY_PERSON, {"name": state.name, "email": state.email}),
        Line(texts.ASK_CONFIRM),
    )
    return Reply(lines, (YES, CHANGE), private=True, listed=True)


def confirm(state: State, world: World) -> Talk:
    """Book it, and say what came of it."""
    answer: Any = yield Book(state)
    if isinstance(answer, Taken):
        return _gone(state, world, answer)
    if isinstance(answer, Denied):
        return _denied(state, world, answer)
    assert isinstance(answer, Booked)
    text = texts.BOOKED_VERIFY if answer.verify else texts.BOOKED
    lines = [Line(text, {"locator": unbroken(answer.locator)})]
    lines += [] if answer.verify else [Line(texts.CONFIRMATION_SENT)]
    things = world.offer(state.service).bring
    if things:
        text = texts.AT_HAND if state.mode == "video" else texts.BRING
        lines.append(Line(text, {"things": Named(things)}))
    made = Reply(tuple(lines), link=answer.page)
    # What has been taken out meanwhile is not asked about: what was booked must be told.
    state = replace(state, later=tuple(one for one in state.later if world.catalogue.service(one)))
    return _with_next(state, made, world) if state.later else Turn(without_person(state), (made,))


def _with_next(state: State, made: Reply, world: World) -> Turn:
    """Booked, and what else they come for; their details stay until that is booked too or not wanted any more."""
    assert state.starts_at is not None
    slug = state.later[0]
    picks = (
        Choice(Line(texts.GO_ON_WITH, {"service": service_name(world, slug)}), f"next:{slug}"),
        Choice(Line(texts.NOTHING_ELSE), "nothing:", minor=True),
    )
    day = state.starts_at.astimezone(world.zone(state.office)).date()
    kept = replace(
        state, task=None, asked="next", service=None, starts_at=None, days=Days((day,)), hours=None, trail=()
    )
    return Turn(kept, (made, Reply((Line(texts.ASK_NEXT),), picks)))


def _denied(state: State, world: World, answer: Denied) -> Turn:
    reason = Line(texts.REASON, {"reason": answer.reason})
    if answer.code == "duplicate_appointment":
        picks = (Choice(Line(texts.MY_APPOINTMENT), "task:find"),)
        return Turn(replace(state, asked="task", task=None), (Reply((reason,), picks),))
    call = Line(texts.CALL_US, {"phone": world.phone(state.office)})
    return Turn(state, (Reply((reason, call), link=form_link(state, world)),))


def forget(state: State, part: str) -> State:
    """Without one answer and those that depend on it."""
    fresh = State(language=state.language)
    return replace(state, **{name: getattr(fresh, name) for name in DEPENDS.get(part, ())})


def ask_what_to_change(state: State) -> Turn:
    picks = tuple(Choice(Line(text), f"other:{part}") for text, part in PARTS)
    return Turn(replace(state, asked="confirm"), (Reply((Line(texts.ASK_CHANGE),), picks),))


def with_time(state: State, moment: datetime) -> State:
    return replace(state, starts_at=moment, days=None, hours=None).after("time")


__all__ = ["OTHER_DAY", "ask_what_to_change", "confirm", "details", "forget", "go_on", "keep", "with_time"]
