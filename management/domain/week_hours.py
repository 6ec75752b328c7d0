"""Typed opening hours of a day and the intervals of a document. No clock, no SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from ...offices.domain.documents.opening_days import END_OF_DAY
from ...offices.domain.words import WEEKDAYS

WORKING_DAYS = WEEKDAYS[1:5]  # Monday's hours are copied to them
# fields of a day: a morning, an afternoon, and a third
INTERVALS_OF_DAY = 3
MIDNIGHT = "00:00"  # a field for a time has no 24:00
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

TimePair = tuple[str, str]  # from and until, as typed; empty for none


def typed_pairs(intervals: Iterable[str], least: int = INTERVALS_OF_DAY) -> list[TimePair]:
    """Return the fields of the intervals of a document, at least this many."""
    pairs = [(opens, MIDNIGHT if closes == END_OF_DAY else closes) for opens, closes in _split(intervals)]
    return pairs + [("", "")] * (least - len(pairs))


def pairs_to_intervals(pairs: Sequence[TimePair]) -> list[str]:
    """Return the intervals of a document. `until` at midnight means the end of the day."""
    return sorted(
        f"{opens}-{END_OF_DAY if closes == MIDNIGHT else closes}" for opens, closes in pairs if opens or closes
    )


def find_error(pairs: Sequence[TimePair]) -> str | None:
    """Return the code of the first error of a day's fields; None if they are right."""
    filled = [pair for pair in pairs if pair != ("", "")]
    if any(not opens or not closes for opens, closes in filled):
        return "hours_incomplete"
    if any(not CLOCK_TIME.fullmatch(text) for pair in filled for text in pair):
        return "not_a_clock_time"
    if any(closes != MIDNIGHT and closes <= opens for opens, closes in filled):
        return "ends_before_start"
    ordered = list(_split(pairs_to_intervals(filled)))
    if any(closes > opens for (_, closes), (opens, _) in pairwise(ordered)):
        return "overlapping_hours"
    return None


def days_between(first: date, last: date) -> list[str]:
    """List the ISO dates from the first to the last day."""
    return [(first + timedelta(days=ahead)).isoformat() for ahead in range((last - first).days + 1)]


def group_days(days: Iterable[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """Join consecutive ISO dates with the same text: `[(dates, text)]`, in order."""
    groups: list[tuple[list[str], str]] = []
    for day, text in sorted(days):
        last = groups[-1][0][-1] if groups and groups[-1][1] == text else None
        if last and date.fromisoformat(day) - date.fromisoformat(last) == timedelta(days=1):
            groups[-1][0].append(day)
        else:
            groups.append(([day], text))
    return groups


def _split(intervals: Iterable[str]) -> Iterable[TimePair]:
    for interval in intervals:
        opens, _, closes = interval.partition("-")
        yield opens, closes
