"""What the assistant tells without booking: waits, the fastest way, what to bring, whom to call. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from . import texts
from .catalogue import Place
from .context import World, service_choice, service_name
from .effects import At, Choice, First, FirstTimes, Line, Named, Need, Reply, Talk, Turn, Wait, Waits
from .opening_hours import closed, hours_now, places
from .state import State

WAITS_SHOWN = 6
FIRSTS_SHOWN = 3

Telling = Generator[Need, Any, tuple[Reply, ...]]


def waits(office: str | None, service: str | None, world: World) -> Telling:
    """How long it takes now: of one office or all, of a service's line or all."""
    found: list[Wait] = yield Waits()
    lines: list[Line] = []
    for place in places(office, world):
        offer = place.offer(service) if service else None
        own = [one for one in found if one.office == place.slug and (offer is None or one.line == offer.line)]
        lines += _waits_of(place, own, world)
    return (Reply(tuple(lines[:WAITS_SHOWN]), listed=True),)


def _waits_of(place: Place, own: Sequence[Wait], world: World) -> list[Line]:
    if place.paused:
        return [Line(texts.PLACE_PAUSED, {"office": place.name})]
    if place.closes_at is None:
        return [closed(place)]
    if len({one.called for one in own}) == 1 and own[0].called is not None:
        return [_wait(place, own[0], texts.WAIT_ALL)]
    return [_wait(place, one) for one in own]


def _wait(place: Place, one: Wait, text: str = texts.WAIT_CALLED) -> Line:
    named = {"office": place.name, "line": one.name}
    if one.called is None:
        return Line(texts.WAIT_UNKNOWN, named)
    first, last = (At(moment, place.timezone, "time") for moment in one.called)
    return Line(text, {**named, "first": first, "last": last})


def fastest(state: State, world: World) -> Talk:
    """Walking in now with its wait, video today, another office: what is soonest first."""
    assert state.service is not None
    found: list[Wait] = yield Waits()
    firsts: list[First] = yield FirstTimes(state.service)
    best, booked = _best_walk_in(state, world, found), _appointments(state, world, firsts)
    is_first = best is not None and (not firsts or best.called < (firsts[0].starts_at,) * 2)
    walk_in = (
        [_walk_in(state, best, world, texts.FAST_WALK_IN if is_first else texts.ALSO_WALK_IN)] if best else []
    )
    replies = [*walk_in, *booked] if is_first else [*booked, *walk_in]
    if not replies:
        replies = [Reply((Line(texts.FAST_NOTHING, {"service": service_name(world, state.service)}),))]
    return Turn(replace(state, asked="time" if firsts else "task", task="book"), tuple(replies))


@dataclass(frozen=True, slots=True)
class _Best:
    """Where one would be called first without an appointment, and between when and when."""

    office: str
    called: tuple[datetime, datetime]


def _best_walk_in(state: State, world: World, found: Sequence[Wait]) -> _Best | None:
    """Of the offices that are open and take people without an appointment for the service."""
    waits = []
    for place in world.catalogue.places_for(state.service or "", "in_person"):
        offer = place.offer(state.service or "")
        if offer is None or not offer.walk_in or place.paused or place.closes_at is None:
            continue
        own = (one for one in found if (one.office, one.line) == (place.slug, offer.line))
        waits += [_Best(one.office, one.called) for one in own if one.called]
    return min(waits, key=lambda one: one.called, default=None)


def _walk_in(state: State, best: _Best, world: World, text: str) -> Reply:
    place = world.place(best.office)
    first, last = (At(moment, place.timezone, "time") for moment in best.called)
    values = {"office": place.name, "address": place.address, "first": first, "last": last}
    return Reply((Line(text, values),), link=f"/o/{place.slug}?service={state.service}")


def _appointments(state: State, world: World, firsts: Sequence[First]) -> list[Reply]:
    if not firsts:
        return []
    modes = {one.mode: one for one in reversed(firsts)}  # the first of each mode before the others
    sorted_firsts = sorted(firsts, key=lambda one: (modes[one.mode] != one, one.starts_at))
    shown = sorted(sorted_firsts[:FIRSTS_SHOWN], key=lambda one: one.starts_at)
    picks = tuple(_first_choice(one, world) for one in shown)
    return [Reply((Line(texts.FAST_APPOINTMENT),), picks)]


def _first_choice(one: First, world: World) -> Choice:
    place = world.place(one.office)
    how = Line(texts.BY_VIDEO if one.mode == "video" else texts.AT_OFFICE)
    label = Line(texts.FAST_CHOICE, {"mode": how, "office": place.name})
    at = one.starts_at.astimezone(place.timezone).isoformat(timespec="minutes")
    when = Line(texts.WHEN_DAY, {"day": At(one.starts_at, place.timezone, "short")})
    return Choice(label, f"slot:{one.office}:{one.mode}:{at}", when)


def bring(service: str | None, world: World) -> tuple[Reply, ...]:
    """What to bring; the services to choose from when none is known."""
    if service is None:
        picks = tuple(
            replace(service_choice(world, one.slug), value=f"bring:{one.slug}")
            for one in world.catalogue.services()
        )
        return (Reply((Line(texts.ASK_WHICH_SERVICE),), picks),)
    offer = world.offer(service)
    named = {"service": Named(offer.names)}
    if not offer.bring:
        return (Reply((Line(texts.BRING_NOTHING, named),)),)
    return (Reply((Line(texts.BRING_FOR, {**named, "things": Named(offer.bring)}),)),)


def duration(service: str | None, world: World) -> tuple[Reply, ...]:
    offers = [world.offer(service)] if service else world.catalogue.services()
    return (
        Reply(tuple(Line(texts.TAKES, {"service": Named(one.names), "minutes": one.minutes}) for one in offers)),
    )


def addresses(office: str | None, world: World) -> tuple[Reply, ...]:
    lines = [Line(texts.PLACE_AT, {"office": one.name, "address": one.address}) for one in places(office, world)]
    return (Reply(tuple(lines), listed=True),)


def services(world: World) -> tuple[Reply, ...]:
    picks = tuple(service_choice(world, one.slug) for one in world.catalogue.services())
    return (Reply((Line(texts.OUR_SERVICES),), picks),)


def person(office: str | None, world: World) -> tuple[Reply, ...]:
    """Whom to call, and when they are there."""
    phone = Line(texts.CALL_US, {"phone": world.phone(office)})
    return (Reply((phone, *(hours_now(one, world) for one in places(office, world)))),)
