"""Reads hours out of a sentence: clock times, spans and parts of the day, in Spanish and English. Pure.

An office does not open at four in the morning: `a las 4` is 16:00, and the other reading is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from re import Match, Pattern

from .clock_times import Clock, Clocks, clock_at
from .en import times as times_en
from .es import times as times_es

LANGUAGES: Mapping[str, Clocks] = {"es": times_es.SPANISH, "en": times_en.ENGLISH}
WORDS = {"es": frozenset(times_es.NUMBERS), "en": frozenset(times_en.NUMBERS)}
NIGHT = time(23, 59)
EITHER = 8  # the one hour at which offices may be open in both halves of the day
MOST = 8  # clock times in one sentence; their places in it are one figure


@dataclass(frozen=True, slots=True)
class Hours:
    """What a sentence says about the hour.

    `at`: one of these exactly. `other`: the same twelve hours away, where the sentence did not say which half;
    it is asked about where it is as likely, and never taken by itself.
    `after`: not earlier. `before`: not later than shortly before. `part`: a part of the day, by its name.
    `without`: spans that do not suit. `about`: near `at` is as good. `problem`: there is no such hour.
    """

    at: tuple[time, ...] = ()
    other: tuple[time, ...] = ()
    after: time | None = None
    before: time | None = None
    part: str | None = None
    without: tuple[tuple[time, time], ...] = ()
    about: bool = False
    problem: bool = False

    @property
    def unsure(self) -> bool:
        """Whether an hour is as likely in the morning as in the evening: eight."""
        return any(
            at.hour == EITHER and other.hour == EITHER + 12 for at, other in zip(self.at, self.other, strict=False)
        )

    def allows(self, at: time, language: str) -> bool:
        """Whether a time is within what was said, an exact one aside."""
        first, until = span_of(self, language)
        return first <= at < until and not any(start <= at < end for start, end in self.without)


def span_of(hours: Hours, language: str) -> tuple[time, time]:
    """From (included) until (excluded)."""
    first, until = LANGUAGES[language].spans[hours.part] if hours.part else (time(), NIGHT)
    return max(first, hours.after or time()), min(until, hours.before or NIGHT)


@dataclass(slots=True)
class _Reading:
    text: str
    clocks: list[Clock]
    language: Clocks


def find_hours(text: str, language: str, *, bare: bool = False) -> tuple[Hours | None, str]:
    """The hours of a plain sentence without its days, and the sentence without them.

    `bare`: an hour was asked for, so that a figure alone is one.
    """
    reading = _Reading(" ".join(text.split()), [], LANGUAGES[language])
    _take_clocks(reading, bare)
    _take_instead(reading)
    never = _take_never(reading)
    without = (*_take_refused(reading), *never)
    after, before = _take_spans(reading)
    part = _take_part(reading)
    about = bool(reading.language.about.search(reading.text))
    named = [reading.clocks[int(one)] for one in re.findall(r"#(\d)", reading.text)]
    rest = re.sub(r"#\d", " ", reading.text)
    if not (named or after or before or part or without):
        return None, rest
    if any(one.problem for one in reading.clocks):
        return Hours(problem=True), rest
    limits = Hours((), (), after, before, part, without, about)
    return _with_clocks(limits, named, language), rest


def _with_clocks(limits: Hours, named: list[Clock], language: str) -> Hours:
    first, until = span_of(limits, language)
    if first >= until:
        return Hours(problem=True)
    readings = [_fitting(one, first, until) for one in named]
    others = tuple(other for _, other in readings if other is not None)
    part = None if named else limits.part  # beside a time the part says nothing new
    return replace(limits, at=tuple(at for at, _ in readings), other=others, part=part)


def _fitting(clock: Clock, earliest: time, latest: time) -> tuple[time, time | None]:
    """`por la tarde a las 8`: the reading that lies in the part of the day."""
    if clock.other is None:
        return clock.at, None
    if not earliest <= clock.at < latest and earliest <= clock.other < latest:
        return clock.other, None
    whole_day = (earliest, latest) == (time(), NIGHT)
    return clock.at, clock.other if whole_day else None


def _take_clocks(reading: _Reading, bare: bool) -> None:
    language = reading.language
    for pattern in (*language.ranges, *language.clocks, *((language.bare,) if bare else ())):
        while len(reading.clocks) < MOST - 1 and (found := pattern.search(reading.text)):
            if pattern in language.ranges:
                _replace(reading, found, _range_marks(reading, found))
            else:
                _replace(reading, found, f"{_lead(found)} {_mark(reading, clock_at(found, language))}")


def _lead(found: Match[str]) -> str:
    """`sobre las 10` is about ten: the word stays to be read afterwards."""
    return found.groupdict().get("about") or ""


def _range_marks(reading: _Reading, found: Match[str]) -> str:
    """`de 10 a 12`: both ends, with the word that the grammar of spans looks for."""
    first = clock_at(found, reading.language, "1")
    second = clock_at(found, reading.language, "2")
    if second.at <= first.at and second.other is not None and second.other > first.at:
        second = Clock(second.other)
    if first.other is not None and first.at > second.at and first.other < second.at:
        first = Clock(first.other)
    return f" \x06{_mark(reading, first)} {_mark(reading, second)} "


def _mark(reading: _Reading, clock: Clock) -> str:
    reading.clocks.append(clock)
    return f"#{len(reading.clocks) - 1}"


def _replace(reading: _Reading, found: Match[str], by: str) -> None:
    text = f"{reading.text[: found.start()]} {by} {reading.text[found.end() :]}"
    reading.text = " ".join(text.split())


def _take_instead(reading: _Reading) -> None:
    """`mejor a las 11 que a las 10`: the one that is not meant."""
    while match := reading.language.instead.search(reading.text):
        reading.text = f"{reading.text[: match.start(1) - 1]} {reading.text[match.end(1) :]}"


def _take_never(reading: _Reading) -> tuple[tuple[time, time], ...]:
    """`menos a las nueve`: that hour, whichever half it is in."""
    found = [
        reading.clocks[int(next(filter(None, match.groups())))] for match in _each(reading, reading.language.never)
    ]
    readings = [at for clock in found for at in (clock.at, clock.other) if at is not None and not clock.problem]
    return tuple((at, at.replace(minute=59)) for at in readings)


def _take_refused(reading: _Reading) -> tuple[tuple[time, time], ...]:
    """`por la mañana no puedo`."""
    refused: list[tuple[time, time]] = []
    for pattern, part in reading.language.parts:
        for words in reading.language.refusing:
            found = re.search(words.replace("PART", pattern), reading.text)
            if found:
                refused.append(reading.language.spans[part])
                _replace(reading, found, " ")
    return tuple(refused)


def _take_spans(reading: _Reading) -> tuple[time | None, time | None]:
    """Not before, and until when."""
    language = reading.language
    after = [_at(reading, match) for match in _each(reading, language.busy)]  # until then somebody cannot
    before = []
    for pattern in (re.compile(r"\x06#(\d) #(\d)"), language.through):
        for match in _each(reading, pattern):
            after.append(_at(reading, match, 1))
            before.append(_at(reading, match, 2))
    before += [_at(reading, match) for match in _each(reading, language.until)]  # first: "no later than" is until
    after += [_at(reading, match) for match in _each(reading, language.since)]
    for words, first, until in language.edges:
        if _each(reading, re.compile(rf"\b(?:{words})(?!\w)")):
            after += [first] if first else []
            before += [until] if until else []
    return max(after, default=None), min(before, default=None)


def _each(reading: _Reading, pattern: Pattern[str]) -> list[Match[str]]:
    found = []
    while match := pattern.search(reading.text):
        found.append(match)
        _replace(reading, match, " ")
    return found


def _at(reading: _Reading, match: Match[str], group: int | None = None) -> time:
    place = match[group] if group else next(one for one in match.groups() if one)
    return reading.clocks[int(place)].at


def _take_part(reading: _Reading) -> str | None:
    """The part of the day that is named first in the grammar, which has the narrow ones before the wide ones.

    None where two have no hour in common: of each day another one, or either.
    """
    spans = reading.language.spans
    found = [part for words, part in reading.language.parts if _each(reading, re.compile(rf"\b(?:{words})(?!\w)"))]
    common = max((spans[one][0] for one in found), default=time()) < min(
        (spans[one][1] for one in found), default=NIGHT
    )
    return found[0] if found and common else None
