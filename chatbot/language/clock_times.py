"""Clock times in words or digits, and the structure of a language's time grammar. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from re import Match

from .lazy_pattern import LazyPattern

EARLIEST_MORNING_HOUR = 8  # no office opens before, so an earlier hour is in the afternoon unless stated
HourLimit = tuple[str, time | None, time | None]  # pattern, earliest time, end


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A clock time. `other`: the reading twelve hours away, None if the words exclude it."""

    at: time
    other: time | None = None
    problem: bool = False


@dataclass(frozen=True, slots=True)
class TimeGrammar:
    """Words and patterns of one language.

    In `refusing`, PART is a placeholder for a pattern of `parts`.

    `busy`: the citizen cannot come before this time. `instead`: the time that the citizen does not mean. `never`:
    a refused time. `parts`: patterns and names of parts of the day; `spans`: start and end of each part. `edges`:
    limits without a clock time, such as lunch.

    Groups of `clocks`: h, m (digits), past or less (words), half (of the day). In `ranges`, each group ends with
    1 or 2.
    """

    numbers: Mapping[str, int]
    morning: frozenset[str]
    afternoon: frozenset[str]
    ranges: tuple[LazyPattern, ...]
    clocks: tuple[LazyPattern, ...]
    bare: LazyPattern
    through: LazyPattern
    since: LazyPattern
    until: LazyPattern
    about: LazyPattern
    parts: tuple[tuple[str, str], ...]
    spans: Mapping[str, tuple[time, time]]
    edges: tuple[HourLimit, ...]
    busy: LazyPattern
    instead: LazyPattern
    never: LazyPattern
    refusing: tuple[str, ...]


def parse_clock_time(found: Match[str], grammar: TimeGrammar, which: str = "") -> ClockTime:
    """Return the time of a match, with both readings if the half of the day is unknown."""
    groups = {name.removesuffix(which): text for name, text in found.groupdict().items() if name.endswith(which)}
    hour = _parse_number(groups["h"], grammar)
    minute = _parse_minutes(groups, grammar)
    if minute < 0:  # "twenty to one" is in the twelfth hour
        hour, minute = (hour - 1) or 12, minute + 60
    if not 0 <= hour <= 24 or minute > 59:
        return ClockTime(time(), problem=True)
    return _apply_half_of_day(hour % 24, minute, groups.get("half") or "", groups, grammar)


def _apply_half_of_day(
    hour: int, minute: int, half: str, groups: Mapping[str, str | None], grammar: TimeGrammar
) -> ClockTime:
    if half in grammar.afternoon:
        return ClockTime(time(hour + 12 if 0 < hour < 12 else hour, minute))
    if half in grammar.morning:
        return ClockTime(time(0 if hour == 12 and half != "m" else hour, minute))
    written = groups["h"] or ""
    if hour >= 13 or hour == 0 or (written.startswith("0") and len(written) == 2):
        return ClockTime(time(hour, minute))
    if hour < EARLIEST_MORNING_HOUR:
        return ClockTime(time(hour + 12, minute), time(hour, minute))
    return ClockTime(time(hour, minute), time((hour + 12) % 24, minute))


def _parse_number(text: str | None, grammar: TimeGrammar) -> int:
    assert text is not None
    return int(text) if text.isdigit() else grammar.numbers[text]


def _parse_minutes(groups: Mapping[str, str | None], grammar: TimeGrammar) -> int:
    if groups.get("m"):
        return _parse_number(groups["m"], grammar)
    if groups.get("past"):
        return _parse_number(groups["past"], grammar)
    return -_parse_number(groups["less"], grammar) if groups.get("less") else 0
