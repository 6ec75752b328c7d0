"""When the offices open: now, in a usual week, and what differs from it in the seven days to come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import groupby
from typing import Any

from . import texts
from .catalogue import Place
from .context import World
from .effects import At, Line, On, Reply, Several, Weekdays

WEEK = 7  # days
DAYS_SHOWN = 3  # of those that were asked for, and of differing ones before they are told as a stretch
MIDNIGHT = time()  # where a span ends: the end of the day

Spans = tuple[tuple[time, time], ...]


def opening_hours(office: str | None, days: Sequence[date], world: World) -> tuple[Reply, ...]:
    """Whether it is open now and until when; or from when until when on the days that were asked for."""
    return tuple(Reply(tuple(_hours(place, days, world)), listed=True) for place in places(office, world))


def _hours(place: Place, days: Sequence[date], world: World) -> list[Line]:
    return [_hours_on(place, day) for day in days[:DAYS_SHOWN]] if days else _hours_of_week(place, world)


def places(office: str | None, world: World) -> tuple[Place, ...]:
    """One office, or all of them."""
    place = world.catalogue.place(office)
    return (place,) if place else world.catalogue.places


def hours_now(place: Place, world: World) -> Line:
    """Until when it is open, or when it opens next."""
    if place.closes_at is None:
        return closed(place)
    today = world.local_day(place.slug)
    if _spans_on(place, today) == ((MIDNIGHT, MIDNIGHT),):
        return Line(texts.HOURS_ALL_DAY, {"office": place.name})
    return Line(texts.HOURS_OPEN, {"office": place.name, "time": At(place.closes_at, place.timezone, "time")})


def closed(place: Place) -> Line:
    """When it opens next, if anybody knows."""
    if place.opens_at is None:
        return Line(texts.HOURS_UNKNOWN, {"office": place.name})
    return Line(texts.HOURS_CLOSED, {"office": place.name, "when": At(place.opens_at, place.timezone)})


def _hours_of_week(place: Place, world: World) -> list[Line]:
    """Now, and in a usual week; what differs in the next days. Where every day does, nothing is usual."""
    today = world.local_day(place.slug)
    week = [today + timedelta(days=ahead) for ahead in range(WEEK)]
    differing = [day for day in week if _spans_on(place, day) != _usual_on(place, day.weekday())]
    usual = _usual(place) if len(differing) < WEEK else []
    return [hours_now(place, world), *usual, *_told(place, differing)]


def _usual(place: Place) -> list[Line]:
    """The weekly hours, weekdays that follow each other with the same ones together."""
    lines = []
    for spans, several in groupby(range(WEEK), key=lambda weekday: _usual_on(place, weekday)):
        days = list(several)
        if spans:
            values = {"days": Weekdays(days[0], days[-1]), "hours": _said(spans)}
            lines.append(Line(texts.HOURS_WEEK, values))
    return lines


def _told(place: Place, days: Sequence[date]) -> list[Line]:
    """Days that differ, several in a row with the same hours as one stretch."""
    lines = []
    for spans, several in groupby(days, key=lambda day: _spans_on(place, day)):
        same = tuple(several)
        in_a_row = (same[-1] - same[0]).days == len(same) - 1
        stretches = [same] if in_a_row and len(same) > DAYS_SHOWN else [(day,) for day in same]
        lines += [_differs(stretch, spans) for stretch in stretches]
    return lines


def _differs(days: tuple[date, ...], spans: Spans) -> Line:
    if not spans:
        return Line(texts.HOURS_DIFFER_SHUT, {"days": On(days)})
    return Line(texts.HOURS_DIFFER, {"days": On(days), "hours": _said(spans)})


def _hours_on(place: Place, day: date) -> Line:
    named = {"office": place.name, "day": On((day,))}
    spans = _spans_on(place, day)
    if not spans:
        return Line(texts.HOURS_DAY_SHUT, named)
    return Line(texts.HOURS_DAY, {**named, "hours": _said(spans)})


def _spans_on(place: Place, day: date) -> Spans:
    """What it really opens on a local day, on its own clock."""
    zone = place.timezone
    local = ((one.opens.astimezone(zone), one.closes.astimezone(zone)) for one in place.openings)
    return tuple((first.time(), last.time()) for first, last in local if first.date() == day)


def _usual_on(place: Place, weekday: int) -> Spans:
    """What it usually opens on a weekday, touching spans joined as in what it really opens."""
    joined: list[tuple[time, time]] = []
    for first, last in sorted(place.weekly.get(weekday, ())):
        touches = bool(joined) and joined[-1][1] == first
        joined[-1:] = [(joined[-1][0], last)] if touches else [*joined[-1:], (first, last)]
    return tuple(joined)


def _said(spans: Spans) -> Any:
    if spans == ((MIDNIGHT, MIDNIGHT),):
        return Line(texts.ALL_DAY)
    return Several(tuple(Line(texts.HOURS_SPAN, {"first": _start(one), "last": _end(two)}) for one, two in spans))


def _start(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"


def _end(at: time) -> str:
    """The end of a day is 24:00."""
    return "24:00" if at == MIDNIGHT else _start(at)
