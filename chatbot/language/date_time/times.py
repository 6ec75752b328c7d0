"""Hours that a sentence asks for, in Spanish and English. Pure.

No office opens at four in the morning: `a las 4` is 16:00, and the other reading is kept beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time
from re import Match

from ..en.times import ENGLISH_TIMES
from ..es.times import SPANISH_TIMES
from ..lazy_pattern import LazyPattern
from ..normalize import normalise_text
from ..wording import template_words
from .clock_times import ClockTime, TimeGrammar, TimeShift, read_clock_time

TIME_WORDINGS = {"es": SPANISH_TIMES, "en": ENGLISH_TIMES}
TIME_GRAMMARS = {language: TimeGrammar(wording) for language, wording in TIME_WORDINGS.items()}
NUMBER_WORDS = {
    language: frozenset((*wording.numbers, *wording.hours, *wording.fractions))
    for language, wording in TIME_WORDINGS.items()
}
EXPRESSION_WORDS = {language: template_words(wording) for language, wording in TIME_WORDINGS.items()}
END_OF_DAY = time(23, 59)
_RANGE_MARKS = LazyPattern(r"\x06#(\d) #(\d)")
AMBIGUOUS_HOUR = 8  # offices may be open at eight in the morning and at eight in the evening
MAX_CLOCK_TIMES = 8  # clock times in a sentence; a mark has a single digit


@dataclass(frozen=True, slots=True)
class WantedHours:
    """The hours that a sentence asks for. The fields are stored with the conversation.

    `at`: exact alternatives. `other`: the readings of `at` twelve hours away, where the sentence allows both; the
    dialogue asks when they are as likely. `after`: the earliest time. `before`: times must be earlier. `part`: the
    name of a part of the day. `without`: refused periods. `about`: times near `at` suit too. `problem`: the hour
    does not exist.
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
        """Whether an hour is as likely in the morning as in the evening."""
        return any(
            at.hour == AMBIGUOUS_HOUR and other.hour == AMBIGUOUS_HOUR + 12
            for at, other in zip(self.at, self.other, strict=False)
        )

    def allows(self, at: time, language: str) -> bool:
        """Whether a time is within the limits and not refused; exact times are not compared."""
        first, until = allowed_span(self, language)
        return first <= at < until and not any(start <= at < end for start, end in self.without)


def allowed_span(hours: WantedHours, language: str) -> tuple[time, time]:
    """Return the earliest wanted time (included) and the end (excluded)."""
    first, until = TIME_GRAMMARS[language].spans[hours.part] if hours.part else (time(), END_OF_DAY)
    return max(first, hours.after or time()), min(until, hours.before or END_OF_DAY)


def find_shift(text: str, language: str) -> TimeShift | None:
    """Find the wish for an earlier or later time than the previous time: `uno más tarde`."""
    shifts = TIME_GRAMMARS[language].shifts
    return next((shift for shift, pattern in shifts.items() if pattern.search(text)), None)


def starts_with_morning(text: str, language: str) -> bool:
    """Whether a message begins with the word of the morning, which may also mean tomorrow."""
    words = normalise_text(text).split()
    return language in TIME_GRAMMARS and bool(words) and words[0] in TIME_GRAMMARS[language].morning


@dataclass(slots=True)
class _TimeParse:
    """A sentence during parsing: the mark `#0` replaces the first clock time."""

    text: str
    clocks: list[ClockTime]
    grammar: TimeGrammar


def find_hours(text: str, language: str, *, bare: bool = False) -> tuple[WantedHours | None, str]:
    """Find the hours in a normalised sentence, and return the sentence without them.

    `bare`: the dialogue asked for an hour, so that a number alone is an hour.
    """
    parse = _TimeParse(" ".join(text.split()), [], TIME_GRAMMARS[language])
    _take_matches(parse, parse.grammar.durations)
    _take_clocks(parse, bare)
    _take_matches(parse, parse.grammar.unrelated)
    _drop_rejected_times(parse)
    never = _take_refused_hours(parse)
    without = (*_take_refused_parts(parse), *never)
    after, before = _take_hour_limits(parse)
    edges = _take_edges(parse)
    part = _take_part(parse)
    after, before = _within_edges(after, before, edges, part, language)
    about = bool(parse.grammar.about.search(parse.text))
    named = [parse.clocks[int(index)] for index in re.findall(r"#(\d)", parse.text)]
    rest = re.sub(r"#\d", " ", parse.text)
    if not (named or after or before or part or without):
        return None, rest
    if any(clock.problem for clock in parse.clocks):
        return WantedHours(problem=True), rest
    limits = WantedHours((), (), after, before, part, without, about)
    return _with_clocks(limits, named, language), rest


def _with_clocks(limits: WantedHours, named: list[ClockTime], language: str) -> WantedHours:
    first, until = allowed_span(limits, language)
    if first >= until:
        return WantedHours(problem=True)
    readings = [_choose_reading(clock, first, until) for clock in named]
    others = tuple(other for _, other in readings if other is not None)
    part = None if named else limits.part  # a time is more exact than the part of the day
    return replace(limits, at=tuple(at for at, _ in readings), other=others, part=part)


def _choose_reading(clock: ClockTime, earliest: time, latest: time) -> tuple[time, time | None]:
    """Return the reading within the part of the day, or both readings without a part."""
    if clock.other is None:
        return clock.at, None
    if not earliest <= clock.at < latest and earliest <= clock.other < latest:
        return clock.other, None
    whole_day = (earliest, latest) == (time(), END_OF_DAY)
    return clock.at, clock.other if whole_day else None


def _take_clocks(parse: _TimeParse, bare: bool) -> None:
    grammar = parse.grammar
    for pattern in (*grammar.ranges, *grammar.clocks, *(grammar.bare if bare else ())):
        while len(parse.clocks) < MAX_CLOCK_TIMES - 1 and (found := pattern.search(parse.text)):
            if pattern in grammar.ranges:
                _replace_match(parse, found, _range_marks(parse, found))
            else:
                clock = grammar.notation.captures(found)
                # the `sobre` of `sobre las 10` is parsed afterwards
                _replace_match(
                    parse, found, f"{clock.first('about') or ''} {_add_mark(parse, read_clock_time(clock))}"
                )


def _range_marks(parse: _TimeParse, found: Match[str]) -> str:
    """Return the marks of `de 10 a 12`: both ends, after the sign of a range."""
    first, second = (read_clock_time(parse.grammar.notation.captures(found, which)) for which in "12")
    if second.at <= first.at and second.other is not None and second.other > first.at:
        second = ClockTime(second.other)
    if first.other is not None and first.at > second.at and first.other < second.at:
        first = ClockTime(first.other)
    return f" \x06{_add_mark(parse, first)} {_add_mark(parse, second)} "


def _add_mark(parse: _TimeParse, clock: ClockTime) -> str:
    parse.clocks.append(clock)
    return f"#{len(parse.clocks) - 1}"


def _replace_match(parse: _TimeParse, found: Match[str], replacement: str) -> None:
    text = f"{parse.text[: found.start()]} {replacement} {parse.text[found.end() :]}"
    parse.text = " ".join(text.split())


def _drop_rejected_times(parse: _TimeParse) -> None:
    """Remove the time that is not meant: `mejor a las 11 que a las 10`."""
    while match := parse.grammar.instead.search(parse.text):
        meant = [f"#{index}" for index in match.groups() if index][:-1]
        _replace_match(parse, match, " ".join(meant))
    while match := parse.grammar.corrected.search(parse.text):
        _replace_match(parse, match, f"#{[index for index in match.groups() if index][-1]}")


def _take_refused_hours(parse: _TimeParse) -> tuple[tuple[time, time], ...]:
    """Remove and return refused hours in both halves of the day: `menos a las nueve`."""
    clocks = [_matched_clock(parse, match) for match in _take_matches(parse, parse.grammar.never)]
    readings = [at for clock in clocks for at in (clock.at, clock.other) if at is not None and not clock.problem]
    return tuple((at, at.replace(minute=59)) for at in readings)


def _take_refused_parts(parse: _TimeParse) -> tuple[tuple[time, time], ...]:
    """Remove and return refused parts of the day: `por la mañana no puedo`."""
    return tuple(
        parse.grammar.spans[part]
        for pattern, part in parse.grammar.refusing
        for _ in _take_matches(parse, pattern)
    )


def _take_hour_limits(parse: _TimeParse) -> tuple[time | None, time | None]:
    """Remove the limits of the hour, and return the earliest time and the end."""
    grammar = parse.grammar
    # A citizen who is busy until a time can come from then on.
    after = [_matched_clock(parse, match, last=True).at for match in _take_matches(parse, grammar.busy)]
    before = []
    for pattern in (_RANGE_MARKS, grammar.through):
        for match in _take_matches(parse, pattern):
            after.append(parse.clocks[int(match[1])].at)
            before.append(parse.clocks[int(match[2])].at)
    # `until` before `since`: "no later than" contains "later than".
    before += [_matched_clock(parse, match).at for match in _take_matches(parse, grammar.until)]
    after += [_matched_clock(parse, match).at for match in _take_matches(parse, grammar.since)]
    return max(after, default=None), min(before, default=None)


def _take_edges(parse: _TimeParse) -> list[tuple[time | None, time | None]]:
    """Remove and return limits without an hour: `después de comer`."""
    return [limits for pattern, *limits in parse.grammar.edges if _take_matches(parse, pattern)]  # type: ignore[misc]


def _within_edges(
    after: time | None,
    before: time | None,
    edges: list[tuple[time | None, time | None]],
    part: str | None,
    language: str,
) -> tuple[time | None, time | None]:
    """Narrow the limits; `mornings only, I nap after lunch` tells why, and limits nothing."""
    for first, until in edges:
        start, end = allowed_span(WantedHours(after=first, before=until, part=part), language)
        if part is None or start < end:
            after = max(filter(None, (after, first)), default=None)
            before = min(filter(None, (before, until)), default=None)
    return after, before


def _take_matches(parse: _TimeParse, pattern: LazyPattern) -> list[Match[str]]:
    found = []
    while match := pattern.search(parse.text):
        found.append(match)
        _replace_match(parse, match, " ")
    return found


def _matched_clock(parse: _TimeParse, match: Match[str], *, last: bool = False) -> ClockTime:
    return parse.clocks[int([index for index in match.groups() if index][-1 if last else 0])]


def _take_part(parse: _TimeParse) -> str | None:
    """Remove the parts of the day and return the narrowest, which the grammar has first.

    None if two of them have no hour in common: they are alternatives, or belong to different days.
    """
    spans = parse.grammar.spans
    found = [part for pattern, part in parse.grammar.parts if _take_matches(parse, pattern)]
    if not found:
        return None
    has_common_hour = max(spans[part][0] for part in found) < min(spans[part][1] for part in found)
    return found[0] if has_common_hour else None
