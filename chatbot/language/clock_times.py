"""One clock time as it is said, and what a language's grammar of hours consists of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from re import Match, Pattern

EARLIEST_MORNING_HOUR = 8  # hours below are the afternoon's unless somebody says otherwise: no office opens before
HourLimit = tuple[str, time | None, time | None]  # a pattern, not before, until


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A clock time; `other` is the reading twelve hours away, None where the words exclude it."""

    at: time
    other: time | None = None
    problem: bool = False


@dataclass(frozen=True, slots=True)
class TimeGrammar:
    """A language's words for hours. In `refusing`, PART stands for the pattern of a part of the day.

    `busy`: until when somebody cannot come. `instead`: a time that is named only because it is not meant.
    `never`: one that does not suit.

    `parts`: patterns and the names of parts of the day; `spans`: from when until when each lasts.

    Groups of `clocks`: h, m (figures), past or less (words), half; in `ranges` each with a 1 or a 2 behind.
    """

    numbers: Mapping[str, int]
    morning: frozenset[str]
    afternoon: frozenset[str]
    ranges: tuple[Pattern[str], ...]
    clocks: tuple[Pattern[str], ...]
    bare: Pattern[str]
    through: Pattern[str]
    since: Pattern[str]
    until: Pattern[str]
    about: Pattern[str]
    parts: tuple[tuple[str, str], ...]
    spans: Mapping[str, tuple[time, time]]
    edges: tuple[HourLimit, ...]
    busy: Pattern[str]
    instead: Pattern[str]
    never: Pattern[str]
    refusing: tuple[str, ...]


def parse_clock_time(found: Match[str], grammar: TimeGrammar, which: str = "") -> ClockTime:
    """The time of a match, with both readings where it has two."""
    groups = {name.removesuffix(which): text for name, text in found.groupdict().items() if name.endswith(which)}
    hour = _parse_number(groups["h"], grammar)
    minute = _parse_minutes(groups, grammar)
    if minute < 0:  # twenty to one is in the twelfth hour
        hour, minute = (hour - 1) or 12, minute + 60
    if not 0 <= hour <= 24 or minute > 59:
        return ClockTime(time(), problem=True)
    return _apply_half_of_day(hour % 24, minute, groups.get("half") or "", groups, grammar)


def _apply_half_of_day(
    hour: int, minute: int, half: str, groups: Mapping[str, str | None], language: TimeGrammar
) -> ClockTime:
    if half in language.afternoon:
        return ClockTime(time(hour + 12 if 0 < hour < 12 else hour, minute))
    if half in language.morning:
        return ClockTime(time(0 if hour == 12 and half != "m" else hour, minute))
    written = groups["h"] or ""
    if hour >= 13 or hour == 0 or (written.startswith("0") and len(written) == 2):
        return ClockTime(time(hour, minute))
    if hour < EARLIEST_MORNING_HOUR:
        return ClockTime(time(hour + 12, minute), time(hour, minute))
    return ClockTime(time(hour, minute), time((hour + 12) % 24, minute))


def _parse_number(text: str | None, language: TimeGrammar) -> int:
    assert text is not None
    return int(text) if text.isdigit() else language.numbers[text]


def _parse_minutes(groups: Mapping[str, str | None], language: TimeGrammar) -> int:
    if groups.get("m"):
        return _parse_number(groups["m"], language)
    if groups.get("past"):
        return _parse_number(groups["past"], language)
    return -_parse_number(groups["less"], language) if groups.get("less") else 0
