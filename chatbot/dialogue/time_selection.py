"""Choosing a day and an hour among those that are really free. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from ..language.date_sets import Days
from ..language.times import Hours
from . import texts
from .context import World, day_choice, time_choice
from .effects import At, Choice, FreeTimes, Line, Need, On, Reply, Talk, Turn
from .state import State

DAYS_SHOWN = 4  # with the ways out they fill a phone
TIMES_SHOWN = 6
NEAREST = 3
LOOK_AHEAD_DAYS = 21  # where free times are looked for first when no day was said

OTHER_DAY = Choice(Line(texts.OTHER_DAY), "other:date", minor=True)
OTHER_OFFICE = Choice(Line(texts.OTHER_OFFICE), "other:office", minor=True)


def problem_of(state: State, world: World) -> Line | None:
    """What is wrong with the day or the hour that was said, so that one has to ask again."""
    days, hours = state.days, state.hours
    if days is not None and days.problem:
        return Line(texts.DAY_PAST if days.problem == "past" else texts.DAY_IMPOSSIBLE)
    if hours is not None and hours.problem:
        return Line(texts.TIME_IMPOSSIBLE)
    if days is not None and days.days and days.days[0] > world.horizon:
        return Line(texts.TOO_FAR, {"day": On((world.horizon,))})
    return None


def readings(state: State, world: World) -> Reply | None:
    """The question for a phrase that has two readings: `next Friday`, or eight o'clock."""
    days, hours = state.days, state.hours
    if days is not None and days.unsure:
        return Reply(
            (Line(texts.ASK_WHICH_DAY),),
            tuple(day_choice(day, world.zone(state.office)) for day in days.days[:DAYS_SHOWN]),
        )
    if hours is not None and hours.unsure:
        both = (hours.at[0], hours.other[0])
        clocks = [Line(texts.WHEN_TIME, {"time": f"{one.hour}:{one.minute:02d}"}) for one in both]
        said = {"first": f"{both[0].hour}:{both[0].minute:02d}", "second": f"{both[1].hour}:{both[1].minute:02d}"}
        picks = tuple(Choice(clock, f"hour:{one:%H:%M}") for clock, one in zip(clocks, both, strict=True))
        return Reply((Line(texts.ASK_HALF, said),), picks)
    return None


def choose(state: State, world: World, *, without: str | None = None) -> Talk:
    """Ask for a day and an hour; ends in a question, or in a state with `starts_at`.

    `without`: an appointment that is being moved, whose own place is free for it.
    """
    wrong = problem_of(state, world)
    if wrong is not None:
        state = replace(state, days=None if state.days and state.days.problem else state.days, hours=None)
        state = replace(state, days=None) if wrong.text == texts.TOO_FAR else state
    elif (question := readings(state, world)) is not None:
        return Turn(replace(state, asked="date"), (question,))
    free = yield from _free(state, world, without)
    fitting = _fitting(state, world, free)
    exact = _exact(state, world, fitting)
    if exact is not None:
        return Turn(replace(state, starts_at=exact), ())
    reply = _offer(state, world, free, fitting)
    asked = "time" if any(one.value.startswith("time:") for one in reply.choices) else "date"
    lines = (wrong, *reply.lines) if wrong else reply.lines
    return Turn(replace(state, asked=asked), (replace(reply, lines=lines),))


def wants(state: State) -> bool:
    """Whether a day or an hour was said that can be taken as it is."""
    said = [one for one in (state.days, state.hours) if one is not None]
    return bool(said) and not any(one.problem or one.unsure for one in said)


def first_like(state: State, world: World) -> Generator[Need, Any, datetime | None]:
    """The first free time of the office that is as somebody wants it, an exact hour aside."""
    free = yield from _free(state, world, None)
    return next(iter(_fitting(state, world, free)), None)


def nearest_reply(moments: Sequence[datetime], state: State, world: World, text: str) -> Reply:
    """Times close to one that cannot be had, each with its day."""
    zone = world.zone(state.office)
    picks = [time_choice(one, zone, with_day=True) for one in moments[:NEAREST]]
    return Reply((Line(text),), (*picks, OTHER_DAY))


def _free(state: State, world: World, without: str | None) -> Generator[Need, Any, list[datetime]]:
    assert state.office
    assert state.service
    assert state.mode
    today = world.local_day(state.office)
    first, last = today, world.horizon
    if state.days is not None and state.days.days:
        first = max(today, state.days.days[0] - timedelta(days=7))
    elif state.days is None or not state.days.without:
        last = min(last, today + timedelta(days=LOOK_AHEAD_DAYS))
    found: list[datetime] = yield FreeTimes(state.office, state.service, state.mode, first, last, without)
    if not found and last < world.horizon:
        found = yield FreeTimes(state.office, state.service, state.mode, last, world.horizon, without)
    return found


def _fitting(state: State, world: World, free: Sequence[datetime]) -> list[datetime]:
    """The free times that are as somebody wants them, an exact hour aside."""
    zone, days, hours = world.zone(state.office), state.days, state.hours
    return [
        one
        for one in free
        if _on(one.astimezone(zone).date(), days)
        and (hours is None or hours.allows(one.astimezone(zone).time(), state.language))
    ]


def _on(day: date, days: Days | None) -> bool:
    if days is None:
        return True
    return day not in days.without and (not days.days or day in days.days)


def _exact(state: State, world: World, fitting: Sequence[datetime]) -> datetime | None:
    """The time itself, when a day and an hour were said and it is free; the soonest when that was asked for."""
    zone, days, hours = world.zone(state.office), state.days, state.hours
    if days is None or not fitting:
        return None
    if days.soonest and hours is None:
        return fitting[0]
    if hours is None or not hours.at or len(days.days) != 1:
        return None
    found = [one for one in fitting if one.astimezone(zone).time() in hours.at]
    return found[0] if len(found) == 1 else None


def _offer(state: State, world: World, free: Sequence[datetime], fitting: Sequence[datetime]) -> Reply:
    if not free:
        return Reply((Line(texts.NONE_AT_ALL),), (OTHER_OFFICE,))
    hours, zone = state.hours, world.zone(state.office)
    if not fitting:
        text = texts.NONE_LIKE if hours is not None else texts.NONE_AT
        return nearest_reply(_near(state, world, free), state, world, text)
    if hours is not None and hours.at:
        return _near_hour(state, world, fitting)
    days = [day for day, _ in groupby(fitting, key=lambda one: one.astimezone(zone).date())]
    if len(days) == 1:
        return _times_of(days[0], state, world, fitting)
    return _days_of(state, world, fitting)


def _near(state: State, world: World, free: Sequence[datetime]) -> list[datetime]:
    """The free times closest to what was wanted, in order."""
    wanted = _wanted(state, world)
    closest = sorted(free, key=lambda one: (abs(one - wanted), one))[:NEAREST]
    return sorted(closest)


def _wanted(state: State, world: World) -> datetime:
    zone, hours = world.zone(state.office), state.hours
    day = state.days.days[0] if state.days and state.days.days else world.local_day(state.office)
    at = hours.at[0] if hours and hours.at else hours.after if hours and hours.after else None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return noon.replace(hour=at.hour, minute=at.minute) if at else noon


def _near_hour(state: State, world: World, fitting: Sequence[datetime]) -> Reply:
    """An hour was said: of each day the time closest to it, the exact ones told as such."""
    zone, hours = world.zone(state.office), state.hours
    assert hours is not None
    exact = [one for one in fitting if one.astimezone(zone).time() in hours.at]
    if exact:
        picks = tuple(time_choice(one, zone, with_day=True) for one in exact[:DAYS_SHOWN])
        return Reply((Line(texts.ASK_DAYS),), (*picks, OTHER_DAY))
    return nearest_reply(_near(state, world, fitting), state, world, texts.NONE_AT)


def _times_of(day: date, state: State, world: World, fitting: Sequence[datetime]) -> Reply:
    zone = world.zone(state.office)
    shown = spread(fitting, TIMES_SHOWN)
    picks = tuple(time_choice(one, zone, with_day=False) for one in shown)
    return Reply((Line(texts.ASK_TIME, {"day": On((day,))}),), (*picks, OTHER_DAY))


def _days_of(state: State, world: World, fitting: Sequence[datetime]) -> Reply:
    """The first days with a free time, each with the first of them; on top the very first."""
    zone = world.zone(state.office)
    firsts = [next(several) for _, several in groupby(fitting, key=lambda one: one.astimezone(zone).date())]
    picks = [
        day_choice(one.astimezone(zone).date(), zone, Line(texts.FROM_TIME, {"when": At(one, zone, "time")}))
        for one in firsts[:DAYS_SHOWN]
    ]
    said = state.days is not None or state.hours is not None
    soonest = Choice(Line(texts.SOONEST), "soonest:", Line(texts.WHEN_DAY, {"day": At(firsts[0], zone, "short")}))
    return Reply((Line(texts.ASK_DAYS if said else texts.ASK_DAY),), (*picks, soonest))


def spread(moments: Sequence[datetime], count: int) -> list[datetime]:
    """Some of these times, from the first to the last, evenly."""
    if len(moments) <= count:
        return list(moments)
    return [moments[round(at * (len(moments) - 1) / (count - 1))] for at in range(count)]


def merged(state: State, days: Days | None, hours: Hours | None) -> State:
    """With what was said anew; a day that is refused narrows what was said before."""
    if days is not None and not days.days and not days.soonest and days.without and state.days is not None:
        days = replace(state.days, without=state.days.without | days.without)
    if days is not None and days.days and state.days is not None:
        days = replace(days, without=days.without | (state.days.without - set(days.days)))
    return replace(state, days=days or state.days, hours=hours or state.hours, starts_at=None)
