"""Kinds of fields for the days on which an office opens. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Any

from ..hours import OpeningInterval
from ..words import WEEKDAY_NAMES, WEEKDAYS
from .field import MAX_NAME, Field, Path, TableReader, Text, Words, text_list

INTERVAL = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
END_OF_DAY = "24:00"


@dataclass(frozen=True, kw_only=True)
class OpeningWeek(Field):
    """Intervals such as `09:00-14:00` by weekday."""

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        inner.refuse_unknown(dict.fromkeys(WEEKDAYS))
        return _read_days(inner, [day for day in WEEKDAYS if day in inner.source])

    def words(self, path: Path) -> Words:
        return [(self.label, True), *((WEEKDAY_NAMES.get(day, day), True) for day in path)]


@dataclass(frozen=True, kw_only=True)
class ExtraOpenings(Field):
    """Intervals by ISO date."""

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        return _read_days(inner, _checked_dates(inner))


@dataclass(frozen=True, kw_only=True)
class Closures(Text):
    """Reasons by ISO date."""

    longest: int = MAX_NAME

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        days = _checked_dates(inner)
        return {day: self.check_text(inner, day, inner.source[day], required=True) for day in days}


def parse_intervals(texts: Sequence[str]) -> tuple[OpeningInterval, ...]:
    """Convert checked intervals such as `09:00-14:00`."""
    return tuple(
        OpeningInterval(time.fromisoformat(opens), time() if closes == END_OF_DAY else time.fromisoformat(closes))
        for opens, closes in (text.split("-") for text in texts)
    )


def format_days(days: Mapping[Any, Sequence[OpeningInterval]]) -> dict[str, list[str]]:
    """Format intervals by day, a weekday or a date, in order; the end of a day is 24:00."""
    return {
        day.isoformat() if isinstance(day, date) else WEEKDAYS[day]: [
            f"{interval.opens:%H:%M}-{END_OF_DAY if interval.closes == time() else f'{interval.closes:%H:%M}'}"
            for interval in sorted(days[day], key=lambda interval: interval.opens)
        ]
        for day in sorted(days)
    }


def _read_days(table: TableReader, days: Sequence[str]) -> dict[str, list[str]]:
    read = {day: _read_intervals(table, day) for day in days}
    return {day: intervals for day, intervals in read.items() if intervals}


def _checked_dates(table: TableReader) -> list[str]:
    for day in table.source:
        if not _is_day(day):
            table.refuse(day, "not_a_day")
    return sorted(table.source)


def _is_day(day: str) -> bool:
    try:
        return date.fromisoformat(day).isoformat() == day and "2000" <= day < "2200"
    except ValueError:
        return False


def _read_intervals(table: TableReader, day: str) -> list[str]:
    """Read the intervals of a day in order. They must not overlap."""
    intervals = sorted(text.replace(" ", "") for text in dict.fromkeys(text_list(table, day)))
    if any(not _is_interval(text) for text in intervals):
        table.refuse(day, "not_an_interval")
        return []
    pairs = [text.split("-") for text in intervals]
    if any(closes > opens for (_, closes), (opens, _) in pairwise(pairs)):
        table.refuse(day, "overlapping_hours")
    return intervals


def _is_interval(text: str) -> bool:
    match = INTERVAL.fullmatch(text)
    if match is None:
        return False
    hours_and_minutes = [int(part) for part in match.groups()]
    opens, closes = text.split("-")
    is_clock = all(minute < 60 for minute in hours_and_minutes[1::2]) and hours_and_minutes[0] < 24
    return is_clock and (hours_and_minutes[2] < 24 or closes == END_OF_DAY) and opens < closes
