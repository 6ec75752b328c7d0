"""Opening hours: now, in a usual week, and exceptions of the next seven days. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from itertools import groupby

from ...domain.catalogue import CatalogueOffice
from .. import texts
from ..context import DialogueContext
from ..replies import (
    DayList,
    DialogueReply,
    LocalInstant,
    Sentence,
    ValueList,
    WeekdayRange,
    format_clock_time,
)

DAYS_PER_WEEK = 7
MAX_DAYS_LISTED = 3  # days; more exceptions with the same hours are written as a range
MIDNIGHT = time()  # the end of a period that lasts until the end of the day

DayPeriods = tuple[tuple[time, time], ...]
ALL_DAY: DayPeriods = ((MIDNIGHT, MIDNIGHT),)


def tell_opening_hours(
    offices: Sequence[CatalogueOffice], days: Sequence[date], context: DialogueContext
) -> tuple[DialogueReply, ...]:
    """Tell the hours of the given days; without days, the present state and the week."""
    if days and len(days) <= MAX_DAYS_LISTED:
        topic = "holidays" if any(day in office.closures for office in offices for day in days) else "hours"
        return (DialogueReply(days_sentences(offices, days, context), is_list=True, topic=topic),)
    return tuple(DialogueReply(_week_sentences(office, days, context), is_list=True) for office in offices)


def tell_holidays(
    offices: Sequence[CatalogueOffice], days: Sequence[date], context: DialogueContext
) -> tuple[DialogueReply, ...]:
    """Tell whether the offices open on the given days, else all closed days."""
    if days and len(days) <= MAX_DAYS_LISTED:
        return (DialogueReply(days_sentences(offices, days, context), is_list=True),)
    shut = [(office, _shut_days(office, days, context)) for office in offices]
    if len(shut) > 1 and shut[0][1].values and all(value == shut[0][1] for _office, value in shut):
        return (DialogueReply((Sentence(texts.ALL_SHUT_DAYS, {"days": shut[0][1]}),)),)
    return (DialogueReply(tuple(_shut_sentence(*row, context) for row in shut), is_list=True),)


def _shut_days(office: CatalogueOffice, days: Sequence[date], context: DialogueContext) -> ValueList:
    asked = {day: reason for day, reason in office.closures.items() if day in days or not days}
    listed = sorted(day for day in asked if context.local_day(office.slug) <= day <= context.horizon)
    return ValueList(
        tuple(
            Sentence(texts.SHUT_DAY, {"day": DayList((day,)), "reason": asked[day]})
            for day in listed
            if not _open_periods(office, day)
        )
    )


def _shut_sentence(office: CatalogueOffice, days: ValueList, context: DialogueContext) -> Sentence:
    if days.values:
        return Sentence(texts.SHUT_DAYS, {"office": office.name, "days": days})
    return Sentence(texts.NO_SHUT_DAYS, {"office": office.name, "day": DayList((context.horizon,))})


def selected_offices(office: str | None, context: DialogueContext) -> tuple[CatalogueOffice, ...]:
    """Return the named office, else all offices."""
    found = context.catalogue.office(office)
    return (found,) if found else context.catalogue.offices


def open_now_sentence(office: CatalogueOffice, context: DialogueContext) -> Sentence:
    """Say until when the office is open, or when it opens next."""
    if office.closes_at is None:
        return closed_sentence(office)
    if _open_periods(office, context.local_day(office.slug)) == ALL_DAY:
        return Sentence(texts.HOURS_ALL_DAY, {"office": office.name})
    closing = LocalInstant(office.closes_at, office.timezone, "time")
    return Sentence(texts.HOURS_OPEN, {"office": office.name, "time": closing})


def closed_sentence(office: CatalogueOffice) -> Sentence:
    """Say when a closed office opens next, if it opens within the next weeks."""
    if office.opens_at is None:
        return Sentence(texts.HOURS_UNKNOWN, {"office": office.name})
    opening = LocalInstant(office.opens_at, office.timezone)
    return Sentence(texts.HOURS_CLOSED, {"office": office.name, "when": opening})


def days_sentences(
    offices: Sequence[CatalogueOffice], days: Sequence[date], context: DialogueContext
) -> tuple[Sentence, ...]:
    """Tell the hours of some days; a single sentence where all offices are closed."""
    sentences: list[Sentence] = []
    for day in days:
        reasons = {None if _open_periods(office, day) else office.closures.get(day) for office in offices}
        reason = reasons.pop() if len(reasons) == 1 and len(offices) > 1 else None
        if reason:
            sentences.append(Sentence(texts.HOURS_DAY_ALL_SHUT, {"day": DayList((day,)), "reason": reason}))
        else:
            sentences += [_day_sentence(office, day, context) for office in offices]
    is_far = any(day > context.horizon and day not in office.closures for office in offices for day in days)
    return (*sentences, Sentence(texts.HOURS_MAY_CHANGE)) if is_far else tuple(sentences)


def _week_sentences(
    office: CatalogueOffice, days: Sequence[date], context: DialogueContext
) -> tuple[Sentence, ...]:
    """Tell the present state, the usual week and its exceptions.

    The exceptions are those of the given days, else of the next seven. The usual week is left out when every day
    is an exception.
    """
    today = context.local_day(office.slug)
    listed = [day for day in days if day <= context.horizon] if days else list(_days_from(today))
    exceptions = [day for day in listed if _open_periods(office, day) != _usual_periods(office, day.weekday())]
    usual = _usual_hours_sentences(office) if len(exceptions) < len(listed) or not listed else []
    first = Sentence(texts.PLACE_NAME, {"office": office.name}) if days else open_now_sentence(office, context)
    is_far = days and days[-1] > context.horizon
    later = [Sentence(texts.HOURS_MAY_CHANGE)] if is_far else []
    return (first, *usual, *_exception_sentences(office, exceptions), *later)


def _days_from(today: date) -> Iterator[date]:
    return (today + timedelta(days=ahead) for ahead in range(DAYS_PER_WEEK))


def _usual_hours_sentences(office: CatalogueOffice) -> list[Sentence]:
    """Tell the weekly hours, a sentence for consecutive weekdays with equal hours."""
    sentences = []
    for periods, group in groupby(range(DAYS_PER_WEEK), key=lambda weekday: _usual_periods(office, weekday)):
        weekdays = list(group)
        if periods:
            values = {"days": WeekdayRange(weekdays[0], weekdays[-1]), "hours": _periods_value(periods)}
            sentences.append(Sentence(texts.HOURS_WEEK, values))
    return sentences


def _exception_sentences(office: CatalogueOffice, days: Sequence[date]) -> list[Sentence]:
    """Tell the exceptions, a sentence for many consecutive days with equal hours."""
    sentences = []
    for periods, group in groupby(days, key=lambda day: _open_periods(office, day)):
        same_hours = tuple(group)
        are_consecutive = (same_hours[-1] - same_hours[0]).days == len(same_hours) - 1
        if are_consecutive and len(same_hours) > MAX_DAYS_LISTED:
            sentences.append(_exception_sentence(same_hours, periods))
        else:
            sentences += [_exception_sentence((day,), periods) for day in same_hours]
    return sentences


def _exception_sentence(days: tuple[date, ...], periods: DayPeriods) -> Sentence:
    if not periods:
        return Sentence(texts.HOURS_DIFFER_SHUT, {"days": DayList(days)})
    return Sentence(texts.HOURS_DIFFER, {"days": DayList(days), "hours": _periods_value(periods)})


def _day_sentence(office: CatalogueOffice, day: date, context: DialogueContext) -> Sentence:
    """Tell the hours of a day; a day after the known days has the usual hours."""
    values = {"office": office.name, "day": DayList((day,))}
    is_known = day <= context.horizon or day in office.closures
    periods = _open_periods(office, day) if is_known else _usual_periods(office, day.weekday())
    if periods:
        text = texts.HOURS_DAY if is_known else texts.HOURS_USUALLY
        return Sentence(text, {**values, "hours": _periods_value(periods)})
    if day in office.closures:
        return Sentence(texts.HOURS_DAY_REASON, {**values, "reason": office.closures[day]})
    return Sentence(texts.HOURS_DAY_SHUT, values)


def _open_periods(office: CatalogueOffice, day: date) -> DayPeriods:
    """Return the opening periods of a local day, exceptions applied, in local time."""
    zone = office.timezone
    local = ((period.opens.astimezone(zone), period.closes.astimezone(zone)) for period in office.openings)
    return tuple((opens.time(), closes.time()) for opens, closes in local if opens.date() == day)


def _usual_periods(office: CatalogueOffice, weekday: int) -> DayPeriods:
    """Return the weekly hours of a weekday, with adjacent periods merged as in `openings`."""
    merged: list[tuple[time, time]] = []
    for opens, closes in sorted(office.weekly.get(weekday, ())):
        if merged and merged[-1][1] == opens:
            merged[-1] = (merged[-1][0], closes)
        else:
            merged.append((opens, closes))
    return tuple(merged)


def _periods_value(periods: DayPeriods) -> Sentence | ValueList:
    if periods == ALL_DAY:
        return Sentence(texts.ALL_DAY)
    return ValueList(
        tuple(
            Sentence(texts.HOURS_SPAN, {"first": format_clock_time(opens), "last": _format_closing_time(closes)})
            for opens, closes in periods
        )
    )


def _format_closing_time(at: time) -> str:
    """Write the end of the day as 24:00."""
    return "24:00" if at == MIDNIGHT else format_clock_time(at)
