"""Grammar of times: the wording of a language, compiled to patterns. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Literal

from ..lazy_pattern import LazyPattern
from ..wording import (
    Captures,
    Notation,
    TemplateSlot,
    joined_lines,
    keyed_lines,
    named_words,
    numbers_between,
    word_slot,
)

EARLIEST_MORNING_HOUR = 8  # no office opens before, so an earlier hour is in the afternoon unless stated
DIGITS = TemplateSlot(r"\d\d", int)
TimeShift = Literal["earlier", "later", "same_time"]


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A clock time. `other`: the reading twelve hours away, None if the words exclude it."""

    at: time
    other: time | None = None
    problem: bool = False


@dataclass(frozen=True, slots=True)
class TimeWording:
    """Words and expressions of a language, in the notation of `wording`.

    `hours`: number words of hours. `fractions`: words of minutes after or before the hour, such as quarter.
    `halves`: words for the halves of the day. `clocks`: expressions of a clock time. `ranges`: two of them.
    `bare`: an hour when the dialogue asked for it. `durations`: texts with numbers, but no time: "2 hours".
    `#` is a clock time in what follows. `since`, `until`: limits. `busy`: the citizen cannot come earlier.
    `unrelated`: times of another subject. `instead`: the last time is not meant. `corrected`: the first of two is
    taken back. `never`: a refused time. `parts`: parts of the day, the narrowest first, as `name start end:
    template`. `edges`: limits without a clock time, such as lunch. In `refusing`, PART is a placeholder for a
    template of `parts`. `earlier`, `later`, `same_time`: compared with a time that was chosen or offered.
    """

    numbers: Mapping[str, int]
    hours: Mapping[str, int]
    fractions: Mapping[str, int]
    halves: str
    macros: str
    ranges: str
    clocks: str
    bare: str
    through: str
    since: str
    until: str
    about: str
    parts: str
    edges: str
    durations: str
    unrelated: str
    corrected: str
    busy: str
    instead: str
    never: str
    refusing: str
    earlier: str
    later: str
    same_time: str


class TimeGrammar:
    """The compiled wording of a language."""

    def __init__(self, wording: TimeWording) -> None:
        self.notation = notation = Notation(_time_slots(wording), wording.macros)
        self.ranges = tuple(notation.compile(line, r"\b", r"(?![\w:@])") for line in joined_lines(wording.ranges))
        self.clocks = tuple(
            notation.compile(line, r"(?<![\w#@])", r"(?![\w:])") for line in joined_lines(wording.clocks)
        )
        self.bare = tuple(notation.compile(line, "(?<![#@])", "") for line in joined_lines(wording.bare))
        relation = notation.compile_any
        self.through, self.about = relation(wording.through), relation(wording.about)
        self.since, self.until = relation(wording.since), relation(wording.until)
        self.busy, self.instead, self.never = (
            relation(wording.busy),
            relation(wording.instead),
            relation(wording.never),
        )
        self.shifts: Mapping[TimeShift, LazyPattern] = {
            "same_time": relation(wording.same_time),
            "later": relation(wording.later),
            "earlier": relation(wording.earlier),
        }
        self.morning = frozenset(dict(keyed_lines(wording.halves))["morning"].split())
        self.durations, self.unrelated = relation(wording.durations), relation(wording.unrelated)
        self.corrected = relation(wording.corrected)
        self.parts: list[tuple[LazyPattern, str]] = []
        self.refusing: list[tuple[LazyPattern, str]] = []
        self.spans: dict[str, tuple[time, time]] = {}
        for key, template in keyed_lines(wording.parts):
            name, *span = key.split()
            if span:
                self.spans[name] = time.fromisoformat(span[0]), time.fromisoformat(span[1])
            self.parts.append((notation.compile_any(template), name))
            for refusal in joined_lines(wording.refusing):
                self.refusing.append((notation.compile(refusal.replace("PART", f"({template})")), name))
        self.edges = [
            (notation.compile_any(template), *_limits(key)) for key, template in keyed_lines(wording.edges)
        ]


def _limits(key: str) -> tuple[time | None, time | None]:
    """Read `after 15:00` or `between 13:00 16:00`."""
    word, *texts = key.split()
    times = [time.fromisoformat(text) for text in texts]
    return times[0] if word != "before" else None, times[-1] if word != "after" else None


def _time_slots(wording: TimeWording) -> Mapping[str, TemplateSlot]:
    numbers, halves = wording.numbers, named_words(wording.halves)
    return {
        "hour": word_slot(wording.hours, r"\d{1,2}"),
        # `ten to eleven` is ten minutes before eleven
        "hour.plain": word_slot(
            {word: hour for word, hour in wording.hours.items() if word not in wording.fractions}
        ),
        "hour.word": word_slot(wording.hours),
        "hour.digits": TemplateSlot(r"\d{1,2}", int),
        "hour.full": word_slot(numbers_between(numbers, 8, 21)),
        "hour.named": word_slot(numbers_between(wording.hours, 12, 12, numbers)),
        "compact": TemplateSlot(r"(?:0?\d|1\d|2[0-3])[0-5]\d", lambda text: divmod(int(text), 100)),
        "minute": DIGITS,
        "past": word_slot(numbers_between(numbers, 10, 59)),
        "past.half": word_slot(numbers_between(wording.fractions, 30, 30)),
        "past.any": word_slot(wording.fractions, r"\d\d?"),
        "less": word_slot(wording.fractions, r"\d\d?"),
        "half": word_slot(halves),
        "half.short": word_slot({word: half for word, half in halves.items() if word.endswith("m")}),
        "about": TemplateSlot(re.sub(r"\((?!\?)", "(?:", wording.about), str),
    }


def read_clock_time(found: Captures) -> ClockTime:
    """Return the time of a match, with both readings if the half of the day is unknown."""
    hour, minute = found.first("compact") or (
        found.first("hour"),
        next(iter([*found.every("minute"), *found.every("past")]), 0) - (found.first("less") or 0),
    )
    if minute < 0:  # "twenty to one" is in the twelfth hour
        hour, minute = (hour - 1) or 12, minute + 60
    if not 0 <= hour <= 24 or minute > 59:
        return ClockTime(time(), problem=True)
    hour, half = hour % 24, found.first("half")
    if half == "night" and hour == 12:
        return ClockTime(time(0, minute))
    if half in ("afternoon", "night"):
        return ClockTime(time(hour + 12 if 0 < hour < 12 else hour, minute))
    if half is not None:
        return ClockTime(time(0 if hour == 12 and half == "am" else hour, minute))
    if hour >= 13 or hour == 0 or re.match(r"\D*0\d(?!\d)", found.text):
        return ClockTime(time(hour, minute))
    if hour < EARLIEST_MORNING_HOUR:
        return ClockTime(time(hour + 12, minute), time(hour, minute))
    return ClockTime(time(hour, minute), time((hour + 12) % 24, minute))
