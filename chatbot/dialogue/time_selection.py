"""Choosing a day and an hour among those that are really free. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from ..language.date_sets import WantedDays
from ..language.times import WantedHours
from . import texts
from .context import DialogueContext, day_choice, time_choice
from .effects import (
    DayList,
    DialogueReply,
    DialogueTurn,
    Effect,
    FindFreeTimes,
    LocalInstant,
    ReplyChoice,
    Sentence,
    TurnGenerator,
)
from .state import ConversationState

DAYS_SHOWN = 4  # with the ways out they fill a phone
TIMES_SHOWN = 6
NEAREST_SHOWN = 3
LOOK_AHEAD_DAYS = 21  # where free times are looked for first when no day was said

OTHER_DAY = ReplyChoice(Sentence(texts.OTHER_DAY), "other:date", is_minor=True)
OTHER_OFFICE = ReplyChoice(Sentence(texts.OTHER_OFFICE), "other:office", is_minor=True)


def date_problem(state: ConversationState, context: DialogueContext) -> Sentence | None:
    """What is wrong with the day or the hour that was said, so that one has to ask again."""
    days, hours = state.days, state.hours
    if days is not None and days.problem:
        return Sentence(texts.DAY_PAST if days.problem == "past" else texts.DAY_IMPOSSIBLE)
    if hours is not None and hours.problem:
        return Sentence(texts.TIME_IMPOSSIBLE)
    if days is not None and days.days and days.days[0] > context.horizon:
        return Sentence(texts.TOO_FAR, {"day": DayList((context.horizon,))})
    return None


def ask_which_reading(state: ConversationState, context: DialogueContext) -> DialogueReply | None:
    """The question for a phrase that has two readings: `next Friday`, or eight o'clock."""
    days, hours = state.days, state.hours
    if days is not None and days.unsure:
        return DialogueReply(
            (Sentence(texts.ASK_WHICH_DAY),),
            tuple(day_choice(day, context.zone(state.office)) for day in days.days[:DAYS_SHOWN]),
        )
    if hours is not None and hours.unsure:
        both = (hours.at[0], hours.other[0])
        clocks = [Sentence(texts.WHEN_TIME, {"time": f"{one.hour}:{one.minute:02d}"}) for one in both]
        said = {"first": f"{both[0].hour}:{both[0].minute:02d}", "second": f"{both[1].hour}:{both[1].minute:02d}"}
        picks = tuple(ReplyChoice(clock, f"hour:{one:%H:%M}") for clock, one in zip(clocks, both, strict=True))
        return DialogueReply((Sentence(texts.ASK_HALF_OF_DAY, said),), picks)
    return None


def choose_time(
    state: ConversationState, context: DialogueContext, *, moved_appointment_id: str | None = None
) -> TurnGenerator:
    """Ask for a day and an hour; ends in a question, or in a state with `starts_at`.

    `without`: an appointment that is being moved, whose own place is free for it.
    """
    wrong = date_problem(state, context)
    if wrong is not None:
        state = replace(state, days=None if state.days and state.days.problem else state.days, hours=None)
        state = replace(state, days=None) if wrong.text == texts.TOO_FAR else state
    elif (question := ask_which_reading(state, context)) is not None:
        return DialogueTurn(replace(state, asked="date"), (question,))
    free = yield from _find_free_times(state, context, moved_appointment_id)
    fitting = _wanted_times(state, context, free)
    exact = _exact_time(state, context, fitting)
    if exact is not None:
        return DialogueTurn(replace(state, starts_at=exact), ())
    reply = _offer_times(state, context, free, fitting)
    asked = "time" if any(one.value.startswith("time:") for one in reply.choices) else "date"
    lines = (wrong, *reply.sentences) if wrong else reply.sentences
    return DialogueTurn(replace(state, asked=asked), (replace(reply, sentences=lines),))


def has_clear_wish(state: ConversationState) -> bool:
    """Whether a day or an hour was said that can be taken as it is."""
    said = [one for one in (state.days, state.hours) if one is not None]
    return bool(said) and not any(one.problem or one.unsure for one in said)


def first_wanted_time(
    state: ConversationState, context: DialogueContext
) -> Generator[Effect, Any, datetime | None]:
    """The first free time of the office that is as somebody wants it, an exact hour aside."""
    free = yield from _find_free_times(state, context, None)
    return next(iter(_wanted_times(state, context, free)), None)


def offer_nearest_times(
    moments: Sequence[datetime], state: ConversationState, context: DialogueContext, text: str
) -> DialogueReply:
    """Times close to one that cannot be had, each with its day."""
    zone = context.zone(state.office)
    picks = [time_choice(one, zone, with_day=True) for one in moments[:NEAREST_SHOWN]]
    return DialogueReply((Sentence(text),), (*picks, OTHER_DAY))


def _find_free_times(
    state: ConversationState, context: DialogueContext, moved_appointment_id: str | None
) -> Generator[Effect, Any, list[datetime]]:
    assert state.office
    assert state.service
    assert state.mode
    today = context.local_day(state.office)
    first, last = today, context.horizon
    if state.days is not None and state.days.days:
        first = max(today, state.days.days[0] - timedelta(days=7))
    elif state.days is None or not state.days.without:
        last = min(last, today + timedelta(days=LOOK_AHEAD_DAYS))
    found: list[datetime] = yield FindFreeTimes(
        state.office, state.service, state.mode, first, last, moved_appointment_id
    )
    if not found and last < context.horizon:
        found = yield FindFreeTimes(
            state.office, state.service, state.mode, last, context.horizon, moved_appointment_id
        )
    return found


def _wanted_times(state: ConversationState, context: DialogueContext, free: Sequence[datetime]) -> list[datetime]:
    """The free times that are as somebody wants them, an exact hour aside."""
    zone, days, hours = context.zone(state.office), state.days, state.hours
    return [
        one
        for one in free
        if _is_wanted_day(one.astimezone(zone).date(), days)
        and (hours is None or hours.allows(one.astimezone(zone).time(), state.language))
    ]


def _is_wanted_day(day: date, days: WantedDays | None) -> bool:
    if days is None:
        return True
    return day not in days.without and (not days.days or day in days.days)


def _exact_time(
    state: ConversationState, context: DialogueContext, fitting: Sequence[datetime]
) -> datetime | None:
    """The time itself, when a day and an hour were said and it is free; the soonest when that was asked for."""
    zone, days, hours = context.zone(state.office), state.days, state.hours
    if days is None or not fitting:
        return None
    if days.soonest and hours is None:
        return fitting[0]
    if hours is None or not hours.at or len(days.days) != 1:
        return None
    found = [one for one in fitting if one.astimezone(zone).time() in hours.at]
    return found[0] if len(found) == 1 else None


def _offer_times(
    state: ConversationState, context: DialogueContext, free: Sequence[datetime], fitting: Sequence[datetime]
) -> DialogueReply:
    if not free:
        return DialogueReply((Sentence(texts.NONE_AT_ALL),), (OTHER_OFFICE,))
    hours, zone = state.hours, context.zone(state.office)
    if not fitting:
        text = texts.NONE_AS_WANTED if hours is not None else texts.NONE_AT_THAT_TIME
        return offer_nearest_times(_nearest_times(state, context, free), state, context, text)
    if hours is not None and hours.at:
        return _offer_wanted_hour(state, context, fitting)
    days = [day for day, _ in groupby(fitting, key=lambda one: one.astimezone(zone).date())]
    if len(days) == 1:
        return _offer_times_of_day(days[0], state, context, fitting)
    return _offer_days(state, context, fitting)


def _nearest_times(state: ConversationState, context: DialogueContext, free: Sequence[datetime]) -> list[datetime]:
    """The free times closest to what was wanted, in order."""
    wanted = _wanted_instant(state, context)
    closest = sorted(free, key=lambda one: (abs(one - wanted), one))[:NEAREST_SHOWN]
    return sorted(closest)


def _wanted_instant(state: ConversationState, context: DialogueContext) -> datetime:
    zone, hours = context.zone(state.office), state.hours
    day = state.days.days[0] if state.days and state.days.days else context.local_day(state.office)
    at = hours.at[0] if hours and hours.at else hours.after if hours and hours.after else None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return noon.replace(hour=at.hour, minute=at.minute) if at else noon


def _offer_wanted_hour(
    state: ConversationState, context: DialogueContext, fitting: Sequence[datetime]
) -> DialogueReply:
    """An hour was said: of each day the time closest to it, the exact ones told as such."""
    zone, hours = context.zone(state.office), state.hours
    assert hours is not None
    exact = [one for one in fitting if one.astimezone(zone).time() in hours.at]
    if exact:
        picks = tuple(time_choice(one, zone, with_day=True) for one in exact[:DAYS_SHOWN])
        return DialogueReply((Sentence(texts.ASK_DAYS),), (*picks, OTHER_DAY))
    return offer_nearest_times(_nearest_times(state, context, fitting), state, context, texts.NONE_AT_THAT_TIME)


def _offer_times_of_day(
    day: date, state: ConversationState, context: DialogueContext, fitting: Sequence[datetime]
) -> DialogueReply:
    zone = context.zone(state.office)
    shown = spread_evenly(fitting, TIMES_SHOWN)
    picks = tuple(time_choice(one, zone, with_day=False) for one in shown)
    return DialogueReply((Sentence(texts.ASK_TIME, {"day": DayList((day,))}),), (*picks, OTHER_DAY))


def _offer_days(state: ConversationState, context: DialogueContext, fitting: Sequence[datetime]) -> DialogueReply:
    """The first days with a free time, each with the first of them; on top the very first."""
    zone = context.zone(state.office)
    firsts = [next(several) for _, several in groupby(fitting, key=lambda one: one.astimezone(zone).date())]
    picks = [
        day_choice(
            one.astimezone(zone).date(), zone, Sentence(texts.FROM_TIME, {"when": LocalInstant(one, zone, "time")})
        )
        for one in firsts[:DAYS_SHOWN]
    ]
    said = state.days is not None or state.hours is not None
    soonest = ReplyChoice(
        Sentence(texts.SOONEST),
        "soonest:",
        Sentence(texts.WHEN_DAY, {"day": LocalInstant(firsts[0], zone, "short")}),
    )
    return DialogueReply((Sentence(texts.ASK_DAYS if said else texts.ASK_DAY),), (*picks, soonest))


def spread_evenly(moments: Sequence[datetime], count: int) -> list[datetime]:
    """Some of these times, from the first to the last, evenly."""
    if len(moments) <= count:
        return list(moments)
    return [moments[round(at * (len(moments) - 1) / (count - 1))] for at in range(count)]


def merge_wishes(
    state: ConversationState, days: WantedDays | None, hours: WantedHours | None
) -> ConversationState:
    """With what was said anew; a day that is refused narrows what was said before."""
    if days is not None and not days.days and not days.soonest and days.without and state.days is not None:
        days = replace(state.days, without=state.days.without | days.without)
    if days is not None and days.days and state.days is not None:
        days = replace(days, without=days.without | (state.days.without - set(days.days)))
    return replace(state, days=days or state.days, hours=hours or state.hours, starts_at=None)
