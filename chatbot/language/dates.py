"""Reads days out of a sentence: a small grammar of our own, in Spanish and English (docs/decisions/0021). Pure.

What it has read is taken out of the sentence, so that no other grammar reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .date_grammar import DateGrammar
from .date_sets import LISTED_DAYS, DateExpression, DateSetKind, WantedDays, combine_days, days_between
from .en import dates as dates_en
from .en.dates import ENGLISH_DATES
from .es import dates as dates_es
from .es.dates import SPANISH_DATES

DATE_GRAMMARS: Mapping[str, DateGrammar] = {"es": SPANISH_DATES, "en": ENGLISH_DATES}
VOCABULARY = {"es": dates_es.VOCABULARY, "en": dates_en.VOCABULARY}
MAX_EXPRESSIONS = 8  # expressions in one sentence; their places in it are one figure


@dataclass(slots=True)
class _DateParse:
    """A sentence while it is read: expressions have become `@0`, refused ones `~0`, used ones nothing."""

    text: str
    expressions: list[DateExpression]
    grammar: DateGrammar
    today: date


def find_days(text: str, language: str, today: date, *, moving: bool = False) -> tuple[WantedDays | None, str]:
    """The days of a plain, mended sentence, and the sentence without them.

    `moving`: something is moved, so that `from Thursday to Friday` is the Friday.
    """
    reading = _DateParse(text, [], DATE_GRAMMARS[language], today)
    soonest = _take_soonest(reading)
    _take_expressions(reading)
    _drop_unrelated_days(reading)
    if not re.search(r"@\d", reading.text):
        return (WantedDays(soonest=True) if soonest else None), reading.text
    if (either := reading.grammar.ambiguous.search(reading.text)) is not None:
        both = combine_days([reading.expressions[int(one)] for one in either.groups()])
        return WantedDays(both, unsure=len(both) > 1), re.sub(r"[@~]\d", " ", reading.text)
    without = _take_refused_days(reading)
    if moving:
        _drop_origin_days(reading)
    ranges = _take_ranges(reading)
    rest = [reading.expressions[int(one)] for one in re.findall(r"@(\d)", reading.text)]
    problem = next((one.problem for one in [*ranges, *rest] if one.problem), None)
    found = combine_days([one for one in [*ranges, *rest] if not one.problem])
    days = WantedDays(found, _is_ambiguous(ranges, rest), soonest, without, None if found else problem)
    return days, re.sub(r"[@~]\d", " ", reading.text)


def _take_soonest(reading: _DateParse) -> bool:
    text, count = reading.grammar.soonest.subn(" ", reading.text)
    reading.text = " ".join(text.split())
    return count > 0


def _take_expressions(reading: _DateParse) -> None:
    for pattern, read in reading.grammar.rules:
        while len(reading.expressions) < MAX_EXPRESSIONS and (found := pattern.search(reading.text)):
            reading.expressions.append(read(found, reading.today))
            kept = _part_of_day(found.group())
            mark = f"@{len(reading.expressions) - 1}{kept}"
            reading.text = f"{reading.text[: found.start()]}{mark}{reading.text[found.end() :]}"


_PART_OF_DAY_WORDS = {
    "esta manana": " por la manana",
    "esta tarde": " por la tarde",
    "esta noche": " por la noche",
    "este mediodia": " a mediodia",
    "this morning": " in the morning",
    "this afternoon": " in the afternoon",
    "this evening": " in the evening",
    "tonight": " in the evening",
}


def _part_of_day(expression: str) -> str:
    """`esta tarde` says a day and a part of it: the part is left for the grammar of hours."""
    return _PART_OF_DAY_WORDS.get(expression, "")


def _take_refused_days(reading: _DateParse) -> frozenset[date]:
    """The days that are said not to suit: `el martes no`, `cualquier día menos el lunes`."""
    refused: list[int] = []
    for pattern in (reading.grammar.without, reading.grammar.also_without):
        while found := pattern.search(reading.text):
            place = int(next(one for one in reversed(found.groups()) if one))
            refused.append(place)
            reading.text = f"{reading.text[: found.start()]} ~{place} {reading.text[found.end() :]}"
    return frozenset(one for place in refused for one in _all_such_days(reading.expressions[place], reading.today))


def _all_such_days(expression: DateExpression, today: date) -> tuple[date, ...]:
    """Who cannot on Tuesdays cannot on any of them."""
    if expression.weekday is None:
        return expression.days
    return tuple(
        one
        for one in days_between(today, today + timedelta(days=LISTED_DAYS))
        if one.weekday() == expression.weekday
    )


def _drop_unrelated_days(reading: _DateParse) -> None:
    """`lo que me pasó el lunes`, `caduca el mes que viene`: no day that anybody wants to come on."""
    while match := reading.grammar.unrelated.search(reading.text):
        reading.text = _remove_marks(reading.text, match)


def _remove_marks(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {re.sub(r'@[0-9]', ' ', match.group())} {text[match.end() :]}"


def _drop_origin_days(reading: _DateParse) -> None:
    """`del jueves al viernes` is the Friday, and `la del jueves` is the appointment that there is."""
    while match := reading.grammar.through.search(reading.text):
        last = [one for one in match.groups() if one][-1]
        reading.text = f"{reading.text[: match.start()]} @{last} {reading.text[match.end() :]}"
    while match := reading.grammar.origin.search(reading.text):
        reading.text = _remove_marks(reading.text, match)


def _take_ranges(reading: _DateParse) -> list[DateExpression]:
    """`entre el lunes y el jueves`, `a partir del 3`, `antes del viernes`."""
    language, last = reading.grammar, reading.today + timedelta(days=LISTED_DAYS)
    found: list[DateExpression] = []
    while match := language.through.search(reading.text):
        first, second = (reading.expressions[int(one)] for one in match.groups() if one)
        found.append(_date_range(first, first.days[:1], _range_end(second, first)))
        _remove_match(reading, match)
    for pattern, shift in ((language.after, 1), (language.since, 0)):
        while match := pattern.search(reading.text):
            atom = _matched_expression(reading, match)
            start = atom.days[-1:] if shift else atom.days[:1]
            found.append(_date_range(atom, tuple(one + timedelta(days=shift) for one in start), (last,)))
            _remove_match(reading, match)
    for pattern, shift in ((language.before, -1), (language.until, 0)):
        while match := pattern.search(reading.text):
            atom = _matched_expression(reading, match)
            end = atom.days[:1] if shift else atom.days[-1:]
            found.append(_date_range(atom, (reading.today,), tuple(one + timedelta(days=shift) for one in end)))
            _remove_match(reading, match)
    return found


def _date_range(source: DateExpression, first: tuple[date, ...], last: tuple[date, ...]) -> DateExpression:
    if source.problem or not first or not last:
        return DateExpression(DateSetKind.SPAN, problem=source.problem or "impossible")
    days = days_between(first[0], last[0]) if first[0] <= last[0] else ()
    return DateExpression(DateSetKind.SPAN, days, None if days else "past")


def _range_end(last: DateExpression, first: DateExpression) -> tuple[date, ...]:
    """`from Thursday to Tuesday`: the Tuesday after that Thursday."""
    if last.weekday is not None and first.days and last.days and last.days[-1] < first.days[0]:
        return (last.days[-1] + timedelta(days=7),)
    return last.days[-1:]


def _matched_expression(reading: _DateParse, match: re.Match[str]) -> DateExpression:
    return reading.expressions[int(next(one for one in match.groups() if one))]


def _remove_match(reading: _DateParse, match: re.Match[str]) -> None:
    reading.text = f"{reading.text[: match.start()]} {reading.text[match.end() :]}"


def _is_ambiguous(ranges: list[DateExpression], rest: list[DateExpression]) -> bool:
    """Whether one single expression has two readings, such as `next Friday`."""
    return not ranges and len(rest) == 1 and rest[0].is_ambiguous
