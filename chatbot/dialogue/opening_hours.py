"""When the offices open: now, in a usual week, and what differs from it in the seven days to come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import groupby
from typing import Any

from . import texts
from .catalogue import CatalogueOffice
from .context import DialogueContext
from .effects import DayList, DialogueReply, LocalInstant, Sentence, ValueList, WeekdayRange

DAYS_PER_WEEK = 7  # days
DAYS_SHOWN = 3  # of those that were asked for, and of differing ones before they are told as a stretch
MIDNIGHT = time()  # where a span ends: the end of the day

DayPeriods = tuple[tuple[time, time], ...]


def tell_opening_hours(
    office: str | None, days: Sequence[date], context: DialogueContext
) -> tuple[DialogueReply, ...]:
    """Whether it is open now and until when; or from when until when on the days that were asked for."""
    return tuple(
        DialogueReply(tuple(_hours_sentences(place, days, context)), is_list=True)
        for place in selected_offices(office, context)
    )


def _hours_sentences(place: CatalogueOffice, days: Sequence[date], context: DialogueContext) -> list[Sentence]:
    return [_day_sentence(place, day) for day in days[:DAYS_SHOWN]] if days else _week_sentences(place, context)


def selected_offices(office: str | None, context: DialogueContext) -> tuple[CatalogueOffice, ...]:
    """One office, or all of them."""
    place = context.catalogue.office(office)
    return (place,) if place else context.catalogue.offices


def open_now_sentence(place: CatalogueOffice, context: DialogueContext) -> Sentence:
    """Until when it is open, or when it opens next."""
    if place.closes_at is None:
        return closed_sentence(place)
    today = context.local_day(place.slug)
    if _open_periods(place, today) == ((MIDNIGHT, MIDNIGHT),):
        return Sentence(texts.HOURS_ALL_DAY, {"office": place.name})
    return Sentence(
        texts.HOURS_OPEN, {"office": place.name, "time": LocalInstant(place.closes_at, place.timezone, "time")}
    )


def closed_sentence(place: CatalogueOffice) -> Sentence:
    """When it opens next, if anybody knows."""
    if place.opens_at is None:
        return Sentence(texts.HOURS_UNKNOWN, {"office": place.name})
    return Sentence(
        texts.HOURS_CLOSED, {"office": place.name, "when": LocalInstant(place.opens_at, place.timezone)}
    )


def _week_sentences(place: CatalogueOffice, context: DialogueContext) -> list[Sentence]:
    """Now, and in a usual week; what differs in the next days. Where every day does, nothing is usual."""
    today = context.local_day(place.slug)
    week = [today + timedelta(days=ahead) for ahead in range(DAYS_PER_WEEK)]
    differing = [day for day in week if _open_periods(place, day) != _usual_periods(place, day.weekday())]
    usual = _usual_hours_sentences(place) if len(differing) < DAYS_PER_WEEK else []
    return [open_now_sentence(place, context), *usual, *_exception_sentences(place, differing)]


def _usual_hours_sentences(place: CatalogueOffice) -> list[Sentence]:
    """The weekly hours, weekdays that follow each other with the same ones together."""
    lines = []
    for spans, several in groupby(range(DAYS_PER_WEEK), key=lambda weekday: _usual_periods(place, weekday)):
        days = list(several)
        if spans:
            values = {"days": WeekdayRange(days[0], days[-1]), "hours": _periods_value(spans)}
            lines.append(Sentence(texts.HOURS_WEEK, values))
    return lines


def _exception_sentences(place: CatalogueOffice, days: Sequence[date]) -> list[Sentence]:
    """Days that differ, several in a row with the same hours as one stretch."""
    lines = []
    for spans, several in groupby(days, key=lambda day: _open_periods(place, day)):
        same = tuple(several)
        in_a_row = (same[-1] - same[0]).days == len(same) - 1
        stretches = [same] if in_a_row and len(same) > DAYS_SHOWN else [(day,) for day in same]
        lines += [_exception_sentence(stretch, spans) for stretch in stretches]
    return lines


def _exception_sentence(days: tuple[date, ...], spans: DayPeriods) -> Sentence:
    if not spans:
        return Sentence(texts.HOURS_DIFFER_SHUT, {"days": DayList(days)})
    return Sentence(texts.HOURS_DIFFER, {"days": DayList(days), "hours": _periods_value(spans)})


def _day_sentence(place: CatalogueOffice, day: date) -> Sentence:
    named = {"office": place.name, "day": DayList((day,))}
    spans = _open_periods(place, day)
    if not spans:
        return Sentence(texts.HOURS_DAY_SHUT, named)
    return Sentence(texts.HOURS_DAY, {**named, "hours": _periods_value(spans)})


def _open_periods(place: CatalogueOffice, day: date) -> DayPeriods:
    """What it really opens on a local day, on its own clock."""
    zone = place.timezone
    local = ((one.opens.astimezone(zone), one.closes.astimezone(zone)) for one in place.openings)
    return tuple((first.time(), last.time()) for first, last in local if first.date() == day)


def _usual_periods(place: CatalogueOffice, weekday: int) -> DayPeriods:
    """What it usually opens on a weekday, touching spans joined as in what it really opens."""
    joined: list[tuple[time, time]] = []
    for first, last in sorted(place.weekly.get(weekday, ())):
        touches = bool(joined) and joined[-1][1] == first
        joined[-1:] = [(joined[-1][0], last)] if touches else [*joined[-1:], (first, last)]
    return tuple(joined)


def _periods_value(spans: DayPeriods) -> Any:
    if spans == ((MIDNIGHT, MIDNIGHT),):
        return Sentence(texts.ALL_DAY)
    return ValueList(
        tuple(
            Sentence(texts.HOURS_SPAN, {"first": _format_start(one), "last": _format_end(two)})
            for one, two in spans
        )
    )


def _format_start(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"


def _format_end(at: time) -> str:
    """The end of a day is 24:00."""
    return "24:00" if at == MIDNIGHT else _format_start(at)
