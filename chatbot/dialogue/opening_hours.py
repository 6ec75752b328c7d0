"""Opening hours: now, in a usual week, and exceptions of the next seven days. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import groupby

from ..domain.catalogue import CatalogueOffice
from . import texts
from .context import DialogueContext
from .replies import (
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
    office: str | None, days: Sequence[date], context: DialogueContext
) -> tuple[DialogueReply, ...]:
    """Tell the hours of the given days; without days, the present state and the week."""
    return tuple(
        DialogueReply(tuple(_hours_sentences(selected, days, context)), is_list=True)
        for selected in selected_offices(office, context)
    )


def selected_offices(office: str | None, context: DialogueContext) -> tuple[CatalogueOffice, ...]:
    """Return one office, or all when none is named."""
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


def _hours_sentences(office: CatalogueOffice, days: Sequence[date], context: DialogueContext) -> list[Sentence]:
    if days:
        return [_day_sentence(office, day) for day in days[:MAX_DAYS_LISTED]]
    return _week_sentences(office, context)


def _week_sentences(office: CatalogueOffice, context: DialogueContext) -> list[Sentence]:
    """Tell the present state, the usual week and its exceptions.

    The usual week is left out when every day is an exception.
    """
    today = context.local_day(office.slug)
    week = [today + timedelta(days=ahead) for ahead in range(DAYS_PER_WEEK)]
    exceptions = [day for day in week if _open_periods(office, day) != _usual_periods(office, day.weekday())]
    usual = _usual_hours_sentences(office) if len(exceptions) < DAYS_PER_WEEK else []
    return [open_now_sentence(office, context), *usual, *_exception_sentences(office, exceptions)]


def _usual_hours_sentences(office: CatalogueOffice) -> list[Sentence]:
    """Tell the weekly hours, one sentence for consecutive weekdays with equal hours."""
    sentences = []
    for periods, group in groupby(range(DAYS_PER_WEEK), key=lambda weekday: _usual_periods(office, weekday)):
        weekdays = list(group)
        if periods:
            values = {"days": WeekdayRange(weekdays[0], weekdays[-1]), "hours": _periods_value(periods)}
            sentences.append(Sentence(texts.HOURS_WEEK, values))
    return sentences


def _exception_sentences(office: CatalogueOffice, days: Sequence[date]) -> list[Sentence]:
    """Tell the exceptions, one sentence for many consecutive days with equal hours."""
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


def _day_sentence(office: CatalogueOffice, day: date) -> Sentence:
    values = {"office": office.name, "day": DayList((day,))}
    periods = _open_periods(office, day)
    if not periods:
        return Sentence(texts.HOURS_DAY_SHUT, values)
    return Sentence(texts.HOURS_DAY, {**values, "hours": _periods_value(periods)})


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
