"""Reads hours out of a sentence: clock times, spans and parts of the day, in Spanish and English. Pure.

An office does not open at four in the morning: `a las 4` is 16:00, and the other reading is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from re import Match, Pattern

from .clock_times import ClockTime, TimeGrammar, parse_clock_time
from .en import times as times_en
from .es import times as times_es

TIME_GRAMMARS: Mapping[str, TimeGrammar] = {"es": times_es.SPANISH_TIMES, "en": times_en.ENGLISH_TIMES}
NUMBER_WORDS = {"es": frozenset(times_es.NUMBERS), "en": frozenset(times_en.NUMBERS)}
END_OF_DAY = time(23, 59)
AMBIGUOUS_HOUR = 8  # the one hour at which offices may be open in both halves of the day
MAX_CLOCK_TIMES = 8  # clock times in one sentence; their places in it are one figure


@dataclass(frozen=True, slots=True)
class WantedHours:
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
            at.hour == AMBIGUOUS_HOUR and other.hour == AMBIGUOUS_HOUR + 12
            for at, other in zip(self.at, self.other, strict=False)
        )

    def allows(self, at: time, language: str) -> bool:
        """Whether a time is within what was said, an exact one aside."""
        first, until = allowed_span(self, language)
        return first <= at < until and not any(start <= at < end for start, end in self.without)


def allowed_span(hours: WantedHours, language: str) -> tuple[time, time]:
    """From (included) until (excluded)."""
    first, until = TIME_GRAMMARS[language].spans[hours.part] if hours.part else (time(), END_OF_DAY)
    return max(first, hours.after or time()), min(until, hours.before or END_OF_DAY)


@dataclass(slots=True)
class _TimeParse:
    text: str
    clocks: list[ClockTime]
    grammar: TimeGrammar


def find_hours(text: str, language: str, *, bare: bool = False) -> tuple[WantedHours | None, str]:
    """The hours of a plain sentence without its days, and the sentence without them.

    `bare`: an hour was asked for, so that a figure alone is one.
    """
    reading = _TimeParse(" ".join(text.split()), [], TIME_GRAMMARS[language])
    _take_clocks(reading, bare)
    _drop_rejected_times(reading)
    never = _take_refused_hours(reading)
    without = (*_take_refused_parts(reading), *never)
    after, before = _take_hour_limits(reading)
    part = _take_part(reading)
    about = bool(reading.grammar.about.search(reading.text))
    named = [reading.clocks[int(one)] for one in re.findall(r"#(\d)", reading.text)]
    rest = re.sub(r"#\d", " ", reading.text)
    if not (named or after or before or part or without):
        return None, rest
    if any(one.problem for one in reading.clocks):
        return WantedHours(problem=True), rest
    limits = WantedHours((), (), after, before, part, without, about)
    return _with_clocks(limits, named, language), rest


def _with_clocks(limits: WantedHours, named: list[ClockTime], language: str) -> WantedHours:
    first, until = allowed_span(limits, language)
    if first >= until:
        return WantedHours(problem=True)
    readings = [_choose_reading(one, first, until) for one in named]
    others = tuple(other for _, other in readings if other is not None)
    part = None if named else limits.part  # beside a time the part says nothing new
    return replace(limits, at=tuple(at for at, _ in readings), other=others, part=part)


def _choose_reading(clock: ClockTime, earliest: time, latest: time) -> tuple[time, time | None]:
    """`por la tarde a las 8`: the reading that lies in the part of the day."""
    if clock.other is None:
        return clock.at, None
    if not earliest <= clock.at < latest and earliest <= clock.other < latest:
        return clock.other, None
    whole_day = (earliest, latest) == (time(), END_OF_DAY)
    return clock.at, clock.other if whole_day else None


def _take_clocks(reading: _TimeParse, bare: bool) -> None:
    language = reading.grammar
    for pattern in (*language.ranges, *language.clocks, *((language.bare,) if bare else ())):
        while len(reading.clocks) < MAX_CLOCK_TIMES - 1 and (found := pattern.search(reading.text)):
            if pattern in language.ranges:
                _replace_match(reading, found, _range_marks(reading, found))
            else:
                _replace_match(
                    reading,
                    found,
                    f"{_leading_word(found)} {_add_mark(reading, parse_clock_time(found, language))}",
                )


def _leading_word(found: Match[str]) -> str:
    """`sobre las 10` is about ten: the word stays to be read afterwards."""
    return found.groupdict().get("about") or ""


def _range_marks(reading: _TimeParse, found: Match[str]) -> str:
    """`de 10 a 12`: both ends, with the word that the grammar of spans looks for."""
    first = parse_clock_time(found, reading.grammar, "1")
    second = parse_clock_time(found, reading.grammar, "2")
    if second.at <= first.at and second.other is not None and second.other > first.at:
        second = ClockTime(second.other)
    if first.other is not None and first.at > second.at and first.other < second.at:
        first = ClockTime(first.other)
    return f" \x06{_add_mark(reading, first)} {_add_mark(reading, second)} "


def _add_mark(reading: _TimeParse, clock: ClockTime) -> str:
    reading.clocks.append(clock)
    return f"#{len(reading.clocks) - 1}"


def _replace_match(reading: _TimeParse, found: Match[str], replacement: str) -> None:
    text = f"{reading.text[: found.start()]} {replacement} {reading.text[found.end() :]}"
    reading.text = " ".join(text.split())


def _drop_rejected_times(reading: _TimeParse) -> None:
    """`mejor a las 11 que a las 10`: the one that is not meant."""
    while match := reading.grammar.instead.search(reading.text):
        reading.text = f"{reading.text[: match.start(1) - 1]} {reading.text[match.end(1) :]}"


def _take_refused_hours(reading: _TimeParse) -> tuple[tuple[time, time], ...]:
    """`menos a las nueve`: that hour, whichever half it is in."""
    found = [
        reading.clocks[int(next(filter(None, match.groups())))]
        for match in _take_matches(reading, reading.grammar.never)
    ]
    readings = [at for clock in found for at in (clock.at, clock.other) if at is not None and not clock.problem]
    return tuple((at, at.replace(minute=59)) for at in readings)


def _take_refused_parts(reading: _TimeParse) -> tuple[tuple[time, time], ...]:
    """`por la mañana no puedo`."""
    refused: list[tuple[time, time]] = []
    for pattern, part in reading.grammar.parts:
        for words in reading.grammar.refusing:
            found = re.search(words.replace("PART", pattern), reading.text)
            if found:
                refused.append(reading.grammar.spans[part])
                _replace_match(reading, found, " ")
    return tuple(refused)


def _take_hour_limits(reading: _TimeParse) -> tuple[time | None, time | None]:
    """Not before, and until when."""
    language = reading.grammar
    after = [
        _matched_time(reading, match) for match in _take_matches(reading, language.busy)
    ]  # until then somebody cannot
    before = []
    for pattern in (re.compile(r"\x06#(\d) #(\d)"), language.through):
        for match in _take_matches(reading, pattern):
            after.append(_matched_time(reading, match, 1))
            before.append(_matched_time(reading, match, 2))
    before += [
        _matched_time(reading, match) for match in _take_matches(reading, language.until)
    ]  # first: "no later than" is until
    after += [_matched_time(reading, match) for match in _take_matches(reading, language.since)]
    for words, first, until in language.edges:
        if _take_matches(reading, re.compile(rf"\b(?:{words})(?!\w)")):
            after += [first] if first else []
            before += [until] if until else []
    return max(after, default=None), min(before, default=None)


def _take_matches(reading: _TimeParse, pattern: Pattern[str]) -> list[Match[str]]:
    found = []
    while match := pattern.search(reading.text):
        found.append(match)
        _replace_match(reading, match, " ")
    return found


def _matched_time(reading: _TimeParse, match: Match[str], group: int | None = None) -> time:
    place = match[group] if group else next(one for one in match.groups() if one)
    return reading.clocks[int(place)].at


def _take_part(reading: _TimeParse) -> str | None:
    """The part of the day that is named first in the grammar, which has the narrow ones before the wide ones.

    None where two have no hour in common: of each day another one, or either.
    """
    spans = reading.grammar.spans
    found = [
        part
        for words, part in reading.grammar.parts
        if _take_matches(reading, re.compile(rf"\b(?:{words})(?!\w)"))
    ]
    common = max((spans[one][0] for one in found), default=time()) < min(
        (spans[one][1] for one in found), default=END_OF_DAY
    )
    return found[0] if found and common else None
