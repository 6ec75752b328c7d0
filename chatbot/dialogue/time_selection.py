"""Choice of a day and a time among the free times of an office. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from math import ceil
from typing import Any

from ...appointments.domain.appointment import needs_interpreter
from ...appointments.domain.booking_url import ANY_OFFICE
from ..domain.visits import visit_offices
from ..language.date_time.clock_times import TimeShift
from ..language.date_time.date_sets import WantedDays
from ..language.date_time.times import WantedHours
from . import texts
from .context import DialogueContext, day_choice, time_choice
from .effects import Effect, FindFreeTimes, SlotTaken, TurnGenerator
from .questions.opening_hours import MAX_DAYS_LISTED, days_sentences
from .replies import (
    DayList,
    DialogueReply,
    DialogueTurn,
    LocalInstant,
    ReplyChoice,
    Sentence,
    format_clock_time,
)
from .state import ConversationState

DAYS_SHOWN = 4  # days; with the minor choices they fill the screen of a phone
TIMES_SHOWN = 6
NEAREST_SHOWN = 3
FIRST_SEARCH_DAYS = 21  # days; the first search without a wanted day is kept short, because most offices have room
DAYS_BEFORE_WANTED = 7  # days; earlier days are searched too, for the nearest times

AFTERNOON = time(14)  # of each day, a time before it and a time after it are offered first
DAYS_WITH_TIMES = 3  # days

OTHER_DAY = ReplyChoice(Sentence(texts.OTHER_DAY), "other:date", is_minor=True)
OTHER_TIME = ReplyChoice(Sentence(texts.OTHER_TIME), "days:", is_minor=True)
OTHER_OFFICE = ReplyChoice(Sentence(texts.OTHER_OFFICE), "other:office", is_minor=True)
WAITLIST = ReplyChoice(Sentence(texts.TELL_WHEN_FREED), "task:waitlist", is_minor=True)


def find_date_problem(state: ConversationState, context: DialogueContext) -> Sentence | None:
    """Describe a wanted day or hour that does not exist, is past or is too far ahead."""
    days, hours = state.days, state.hours
    if days is not None and days.problem:
        return Sentence(texts.DAY_PAST if days.problem == "past" else texts.DAY_IMPOSSIBLE)
    if hours is not None and hours.problem:
        return Sentence(texts.TIME_IMPOSSIBLE)
    if days is not None and days.days and days.days[0] > context.horizon:
        return Sentence(texts.TOO_FAR, {"day": DayList((context.horizon,))})
    return None


def ask_which_reading(state: ConversationState, context: DialogueContext) -> DialogueReply | None:
    """Ask which reading of an ambiguous wish is meant: `next Friday`, or eight o'clock."""
    days, hours = state.days, state.hours
    if days is not None and days.unsure:
        zone = context.zone(state.office)
        choices = tuple(day_choice(day, zone) for day in days.days[:DAYS_SHOWN])
        return DialogueReply((Sentence(texts.ASK_WHICH_DAY),), choices)
    if hours is not None and hours.unsure:
        first, second = hours.at[0], hours.other[0]
        values = {"first": format_clock_time(first), "second": format_clock_time(second)}
        choices = tuple(_hour_choice(hour) for hour in (first, second))
        return DialogueReply((Sentence(texts.ASK_HALF_OF_DAY, values),), choices)
    return None


def _hour_choice(hour: time) -> ReplyChoice:
    return ReplyChoice(Sentence(texts.WHEN_TIME, {"time": format_clock_time(hour)}), f"hour:{hour:%H:%M}")


def choose_time(
    state: ConversationState, context: DialogueContext, *, moved_appointment_id: str | None = None
) -> TurnGenerator:
    """Ask for a day and a time, or set `starts_at` when the wish fits a single free time.

    `moved_appointment_id`: the appointment to be moved, whose own slot counts as free.
    """
    problem = find_date_problem(state, context)
    if problem is not None:
        state = replace(state, days=None if state.days and state.days.problem else state.days, hours=None)
        state = replace(state, days=None) if problem.text == texts.TOO_FAR else state
    elif (question := ask_which_reading(state, context)) is not None:
        return DialogueTurn(replace(state, asked="date"), (question,))
    free_times, too_soon = yield from _find_free_times(state, context, moved_appointment_id)
    wanted_times = _wanted_times(state, context, free_times)
    exact = _exact_time(state, context, wanted_times)
    if exact is not None:
        return DialogueTurn(replace(state, starts_at=exact), ())
    reply = _offer_times(state, context, free_times, wanted_times)
    days = {choice.value[:15] for choice in reply.choices if choice.value.startswith("time:")}
    asked = "time" if len(days) == 1 or (days and not wanted_times) else "date"
    reasons = [problem] if problem else []
    if free_times and _wanted_times(state, context, too_soon):
        reasons.append(_interpreter_sentence(state, context, free_times[0]))
    return DialogueTurn(replace(state, asked=asked), (replace(reply, sentences=(*reasons, *reply.sentences)),))


def list_days(state: ConversationState, context: DialogueContext) -> TurnGenerator:
    """Ask for the day among those that have free times, without any wish."""
    state = replace(state, days=None, hours=None, starts_at=None)
    free_times, _too_soon = yield from _find_free_times(state, context, None)
    reply = _offer_days(state, context, free_times) if free_times else _offer_times(state, context, [], [])
    return DialogueTurn(replace(state, asked="date"), (reply,))


def has_clear_wish(state: ConversationState) -> bool:
    """Whether a day or an hour is wanted, and none is ambiguous or impossible."""
    wishes = [wish for wish in (state.days, state.hours) if wish is not None]
    return bool(wishes) and not any(wish.problem or wish.unsure for wish in wishes)


def best_wanted_time(
    state: ConversationState, context: DialogueContext
) -> Generator[Effect, Any, datetime | None]:
    """Find the free time of the office that fits the wish best."""
    free_times, _too_soon = yield from _find_free_times(state, context, None)
    wanted_times = _wanted_times(state, context, free_times)
    if state.hours is None or not state.hours.at:
        return next(iter(wanted_times), None)
    zone, at = context.zone(state.office), state.hours.at[0]
    exact = [starts_at for starts_at in wanted_times if starts_at.astimezone(zone).time() == at]
    return next(iter(exact or _nearest_times(state, context, wanted_times)), None)


def with_time_as_wish(
    state: ConversationState, context: DialogueContext, office: str | None = None
) -> ConversationState:
    """Turn the chosen time into a wish, because another part of the booking changes.

    `office`: the office of the chosen time, if the state has it no more.
    """
    if state.starts_at is None:
        return state
    chosen = state.starts_at.astimezone(context.zone(office or state.office))
    hours = WantedHours((time(chosen.hour, chosen.minute),))
    return replace(state, days=WantedDays((chosen.date(),)), hours=hours, starts_at=None)


def interpreter_notice(state: ConversationState, context: DialogueContext, office: str | None) -> timedelta:
    """Return how long before the start an interpreter must be asked; zero if none is needed."""
    if not needs_interpreter(state.booking_needs):
        return timedelta()
    asked_offices = [found for found in context.catalogue.offices if office in (None, ANY_OFFICE, found.slug)]
    offered = [found.service(slug) for found in asked_offices for slug in state.services]
    return max((service.interpreter_notice for service in offered if service), default=timedelta())


def is_too_soon(state: ConversationState, context: DialogueContext) -> bool:
    """Whether no interpreter can be asked any more for the chosen time."""
    notice = interpreter_notice(state, context, state.office)
    return state.starts_at is not None and notice > timedelta() and state.starts_at < context.now + notice


def notice_hours(state: ConversationState, context: DialogueContext, office: str | None) -> int:
    """Return the notice for an interpreter in hours, rounded up; 0 if none is needed."""
    return ceil(interpreter_notice(state, context, office) / timedelta(hours=1))


def _interpreter_sentence(state: ConversationState, context: DialogueContext, first: datetime) -> Sentence:
    when = LocalInstant(first, context.zone(state.office))
    return Sentence(texts.INTERPRETER_FROM, {"hours": notice_hours(state, context, state.office), "when": when})


def offer_nearest_times(
    times: Sequence[datetime], state: ConversationState, context: DialogueContext, text: str, *reasons: Sentence
) -> DialogueReply:
    """Offer times close to a time that is not free, each with its day."""
    zone = context.zone(state.office)
    choices = [time_choice(starts_at, zone, with_day=True) for starts_at in times[:NEAREST_SHOWN]]
    return DialogueReply((*reasons, Sentence(text)), (*choices, OTHER_DAY))


def answer_slot_taken(state: ConversationState, context: DialogueContext, taken: SlotTaken) -> DialogueTurn:
    """Offer the nearest times when the chosen time was taken or has passed."""
    text = texts.TIME_TOO_LATE if taken.too_late else texts.TIME_TAKEN
    reply = offer_nearest_times(taken.nearest, state, context, text)
    return DialogueTurn(replace(state, asked="time", starts_at=None, hours=None), (reply,))


def _find_free_times(
    state: ConversationState, context: DialogueContext, moved_appointment_id: str | None
) -> Generator[Effect, Any, tuple[list[datetime], list[datetime]]]:
    """Find the free times, and apart from them those that are too soon for an interpreter."""
    assert state.office
    assert state.service
    assert state.mode
    today = context.local_day(state.office)
    first, last = today, context.horizon
    if state.days is not None and state.days.days:
        first = max(today, state.days.days[0] - timedelta(days=DAYS_BEFORE_WANTED))
    elif state.days is None or not state.days.without:
        last = min(last, today + timedelta(days=FIRST_SEARCH_DAYS))
    searches = [
        FindFreeTimes(office, state.service, state.mode, first, last, moved_appointment_id, state.more)
        for office in _searched_offices(state, context)
    ]
    found, too_soon = yield from _find_in_offices(searches, state, context)
    if not found and last < context.horizon:
        later = [replace(search, first_day=last, last_day=context.horizon) for search in searches]
        found, _none = yield from _find_in_offices(later, state, context)
    return found, too_soon


def _searched_offices(state: ConversationState, context: DialogueContext) -> list[str]:
    """Return the chosen office; all that give the service by video for any."""
    assert state.office
    assert state.service
    if state.office != ANY_OFFICE:
        return [state.office]
    offices = visit_offices(context.catalogue, state.services, state.mode)
    return [office.slug for office in offices if not office.is_evacuating]


def _find_in_offices(
    searches: Sequence[FindFreeTimes], state: ConversationState, context: DialogueContext
) -> Generator[Effect, Any, tuple[list[datetime], list[datetime]]]:
    """Find the free times of some offices, each once; those too soon are apart."""
    found: set[datetime] = set()
    too_soon: set[datetime] = set()
    for search in searches:
        earliest = context.now + interpreter_notice(state, context, search.office)
        free_times: list[datetime] = yield search
        found.update(starts_at for starts_at in free_times if starts_at >= earliest)
        too_soon.update(starts_at for starts_at in free_times if starts_at < earliest)
    return sorted(found), sorted(too_soon - found)


def find_office_of_time(state: ConversationState, context: DialogueContext) -> Generator[Effect, Any, str | None]:
    """Find an office that has the chosen time free; `None` if it was taken meanwhile."""
    assert state.starts_at
    assert state.service
    assert state.mode
    for office in _searched_offices(state, context):
        day = state.starts_at.astimezone(context.zone(office)).date()
        free_times = yield FindFreeTimes(office, state.service, state.mode, day, day, more=state.more)
        if state.starts_at in free_times:
            return office
    return None


def _wanted_times(
    state: ConversationState, context: DialogueContext, free_times: Sequence[datetime]
) -> list[datetime]:
    """Keep the free times of wanted days and hours; an exact hour does not narrow them."""
    zone, days, hours = context.zone(state.office), state.days, state.hours
    return [
        starts_at
        for starts_at in free_times
        if _is_wanted_day(starts_at.astimezone(zone).date(), days)
        and (hours is None or hours.allows(starts_at.astimezone(zone).time(), state.language))
    ]


def _is_wanted_day(day: date, days: WantedDays | None) -> bool:
    if days is None:
        return True
    return day not in days.without and (not days.days or day in days.days)


def _exact_time(
    state: ConversationState, context: DialogueContext, wanted_times: Sequence[datetime]
) -> datetime | None:
    """Return the free time at the wanted day and hour, or the soonest when that is the wish."""
    zone, days, hours = context.zone(state.office), state.days, state.hours
    if days is None or not wanted_times:
        return None
    if days.soonest and (hours is None or not hours.at):
        return wanted_times[0]
    if hours is None or not hours.at or len(days.days) != 1:
        return None
    found = [starts_at for starts_at in wanted_times if starts_at.astimezone(zone).time() in hours.at]
    return found[0] if len(found) == 1 else None


def _offer_times(
    state: ConversationState,
    context: DialogueContext,
    free_times: Sequence[datetime],
    wanted_times: Sequence[datetime],
) -> DialogueReply:
    is_booking = state.visit is None  # an appointment keeps its office, and has a list of its own
    if not free_times:
        return DialogueReply((Sentence(texts.NONE_AT_ALL),), (WAITLIST, OTHER_OFFICE) if is_booking else ())
    hours, zone = state.hours, context.zone(state.office)
    if not wanted_times and (closed := _closed_sentences(state, context)):
        nearest = _nearest_times(state, context, free_times)
        return offer_nearest_times(nearest, state, context, texts.NEAREST_TIMES, *closed)
    if not wanted_times:
        text = texts.NONE_AS_WANTED if hours is not None else texts.NONE_AT_THAT_TIME
        reply = offer_nearest_times(_nearest_times(state, context, free_times), state, context, text)
        return replace(reply, choices=(*reply.choices, WAITLIST)) if is_booking else reply
    if hours is not None and hours.at:
        return _offer_wanted_hour(state, hours, context, wanted_times)
    days = [day for day, _ in groupby(wanted_times, key=lambda starts_at: starts_at.astimezone(zone).date())]
    if len(days) == 1:
        return _offer_times_of_day(days[0], state, context, wanted_times)
    return _offer_first_times(state, context, wanted_times)


def _closed_sentences(state: ConversationState, context: DialogueContext) -> tuple[Sentence, ...]:
    """Say that the offices are closed on all wanted days; empty if any opens on any of them."""
    wanted = state.days.days if state.days else ()
    offices = [context.office(slug) for slug in _searched_offices(state, context)]
    open_days = {
        period.opens.astimezone(office.timezone).date() for office in offices for period in office.openings
    }
    if not wanted or not open_days or open_days & set(wanted):
        return ()
    if len(wanted) > MAX_DAYS_LISTED:
        return (Sentence(texts.CLOSED_THEN, {"day": DayList(wanted)}),)
    return days_sentences(offices, wanted, context)


def _offer_first_times(
    state: ConversationState, context: DialogueContext, wanted_times: Sequence[datetime]
) -> DialogueReply:
    """Offer day and hour together: of the first days, a morning and an afternoon time."""
    zone = context.zone(state.office)
    by_half: dict[tuple[date, bool], datetime] = {}
    for starts_at in wanted_times:
        local = starts_at.astimezone(zone)
        by_half.setdefault((local.date(), local.time() >= AFTERNOON), starts_at)
    days = list(dict.fromkeys(day for day, _half in by_half))[:DAYS_WITH_TIMES]
    shown = [starts_at for (day, _half), starts_at in by_half.items() if day in days]
    choices = tuple(time_choice(starts_at, zone, with_day=True) for starts_at in shown)
    has_wish = state.days is not None or state.hours is not None
    text = texts.ASK_DAYS if has_wish else texts.ASK_DAY
    return DialogueReply((Sentence(text), Sentence(texts.WRITE_DAY)), (*choices, OTHER_TIME))


def _nearest_times(
    state: ConversationState, context: DialogueContext, free_times: Sequence[datetime]
) -> list[datetime]:
    """Return the free times closest to the wanted time, in order of time."""
    wanted = _wanted_instant(state, context)
    closest = sorted(free_times, key=lambda starts_at: (abs(starts_at - wanted), starts_at))[:NEAREST_SHOWN]
    return sorted(closest)


def _wanted_instant(state: ConversationState, context: DialogueContext) -> datetime:
    zone, hours = context.zone(state.office), state.hours
    day = state.days.days[0] if state.days and state.days.days else context.local_day(state.office)
    hour = hours.at[0] if hours and hours.at else hours.after if hours and hours.after else time(12)
    return datetime(day.year, day.month, day.day, hour.hour, hour.minute, tzinfo=zone)


def _offer_wanted_hour(
    state: ConversationState, hours: WantedHours, context: DialogueContext, wanted_times: Sequence[datetime]
) -> DialogueReply:
    """Offer the days on which the wanted hour is free, else the nearest times."""
    zone = context.zone(state.office)
    exact = [starts_at for starts_at in wanted_times if starts_at.astimezone(zone).time() in hours.at]
    if exact:
        choices = tuple(time_choice(starts_at, zone, with_day=True) for starts_at in exact[:DAYS_SHOWN])
        return DialogueReply((Sentence(texts.ASK_DAYS),), (*choices, OTHER_DAY))
    nearest = _nearest_times(state, context, wanted_times)
    return offer_nearest_times(nearest, state, context, texts.NONE_AT_THAT_TIME)


def _offer_times_of_day(
    day: date, state: ConversationState, context: DialogueContext, wanted_times: Sequence[datetime]
) -> DialogueReply:
    zone = context.zone(state.office)
    shown = spread_evenly(wanted_times, TIMES_SHOWN)
    choices = tuple(time_choice(starts_at, zone, with_day=False) for starts_at in shown)
    return DialogueReply((Sentence(texts.ASK_TIME, {"day": DayList((day,))}),), (*choices, OTHER_DAY))


def _offer_days(
    state: ConversationState, context: DialogueContext, wanted_times: Sequence[datetime]
) -> DialogueReply:
    """Offer the first free days, each with its first time, and the soonest time of all."""
    zone = context.zone(state.office)
    by_day = groupby(wanted_times, key=lambda starts_at: starts_at.astimezone(zone).date())
    first_times = [(day, next(times)) for day, times in by_day][:DAYS_SHOWN]
    days = [
        day_choice(day, zone, Sentence(texts.FROM_TIME, {"when": LocalInstant(starts_at, zone, "time")}))
        for day, starts_at in first_times
    ]
    soonest = Sentence(texts.WHEN_DAY, {"day": LocalInstant(first_times[0][1], zone, "short")})
    return DialogueReply(
        (Sentence(texts.ASK_DAY),), (*days, ReplyChoice(Sentence(texts.SOONEST), "soonest:", soonest))
    )


def spread_evenly(times: Sequence[datetime], count: int) -> list[datetime]:
    """Pick `count` times with even distances, the first and the last included."""
    if len(times) <= count:
        return list(times)
    return [times[round(index * (len(times) - 1) / (count - 1))] for index in range(count)]


def shift_time(state: ConversationState, shift: TimeShift, context: DialogueContext) -> ConversationState | None:
    """Wish a time before or after a chosen or offered time; None if these have several days."""
    zone = context.zone(state.office)
    values = [choice.value for choice in state.offered if choice.value.startswith("time:")]
    offered = [datetime.fromisoformat(value.removeprefix("time:")) for value in values]
    times = [at.astimezone(zone) for at in ([state.starts_at] if state.starts_at else offered)]
    if shift == "same_time" and len({at.time() for at in times}) == 1:
        return replace(state, days=None, hours=WantedHours((times[0].time(),)), starts_at=None)
    if shift == "same_time" or len({at.date() for at in times}) != 1:
        return None
    last = max(times) + timedelta(minutes=1)
    hours = WantedHours(after=last.time()) if shift == "later" else WantedHours(before=min(times).time())
    return replace(state, days=WantedDays((last.date(),)), hours=hours, starts_at=None)


def merge_wishes(
    state: ConversationState, days: WantedDays | None, hours: WantedHours | None
) -> ConversationState:
    """Add new wishes to the state; a refused day narrows the days that were wanted before."""
    if days is not None and not days.days and not days.soonest and days.without and state.days is not None:
        days = replace(state.days, without=state.days.without | days.without)
    if days is not None and days.soonest and not days.days and state.days is not None and state.days.days:
        days = replace(state.days, soonest=True, unsure=False)
    if days is not None and days.days and state.days is not None:
        days = replace(days, without=days.without | (state.days.without - set(days.days)))
    return replace(state, days=days or state.days, hours=hours or state.hours, starts_at=None)
