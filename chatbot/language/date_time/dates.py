"""Days that a sentence asks for, in Spanish and English (docs/decisions/0021). Pure.

Recognised text is removed from the sentence, so that no other grammar reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..en.dates import ENGLISH_DATES
from ..es.dates import SPANISH_DATES
from ..lazy_pattern import LazyPattern
from ..wording import template_words
from .date_grammar import DateGrammar, vocabulary
from .date_sets import (
    FAR_AHEAD_DAYS,
    LISTED_DAYS,
    DateExpression,
    DateSetKind,
    WantedDays,
    check_weekday,
    combine_days,
    days_between,
    future_days,
    month,
    one_day,
)

DATE_WORDINGS = {"es": SPANISH_DATES, "en": ENGLISH_DATES}
DATE_GRAMMARS = {language: DateGrammar(wording) for language, wording in DATE_WORDINGS.items()}
VOCABULARY = {language: vocabulary(wording) for language, wording in DATE_WORDINGS.items()}
EXPRESSION_WORDS = {language: template_words(wording) for language, wording in DATE_WORDINGS.items()}
MAX_EXPRESSIONS = 8  # expressions in a sentence; a mark has a single digit


@dataclass(slots=True)
class _DateParse:
    """A sentence during parsing: `@0` replaces an expression, `~0` a refused expression."""

    text: str
    expressions: list[DateExpression]
    grammar: DateGrammar
    today: date


def find_days(
    text: str,
    language: str,
    today: date,
    *,
    moving: bool = False,
    bare: bool = False,
    holidays: Mapping[str, tuple[date, ...]] | None = None,
) -> tuple[WantedDays | None, str]:
    """Find the days in a normalised sentence, and return the sentence without them.

    `moving`: an appointment is moved, so that `from Thursday to Friday` means the Friday. `bare`: the dialogue
    asked for a day, so that a number alone is a day. `holidays`: the days of the installation's public holidays
    by their names.
    """
    parse = _DateParse(text, [], DATE_GRAMMARS[language], today)
    _drop_texts(parse, parse.grammar.deadlines)
    if moving:  # the dialogue knows the present appointment, this grammar does not
        _drop_texts(parse, parse.grammar.own_relative)
    soonest = _take_soonest(parse)
    _take_public_holidays(parse, holidays or {})
    _take_expressions(parse, bare)
    _take_explained_days(parse)
    _drop_unrelated_days(parse)
    _take_days_beside(parse)
    _take_following_days(parse)
    busy = _take_busy_days(parse)
    if busy and not re.search(r"@\d", parse.text):
        return WantedDays(soonest=soonest, without=busy), parse.text
    if not re.search(r"@\d", parse.text):
        return (WantedDays(soonest=True) if soonest else None), parse.text
    if (either := parse.grammar.ambiguous.search(parse.text)) is not None:
        both = combine_days([parse.expressions[int(index)] for index in either.groups()])
        return WantedDays(both, unsure=len(both) > 1), re.sub(r"[@~]\d", " ", parse.text)
    without = busy | _take_refused_days(parse)
    if moving:
        _drop_origin_days(parse, moving=True)
    ranges, limits = _take_ranges(parse)
    if not ranges and not limits:
        _drop_origin_days(parse, moving=False)
    single = [parse.expressions[int(index)] for index in re.findall(r"@(\d)", parse.text)]
    wanted = [*ranges, *_narrow_spans(single, limits)]
    problem = next((expression.problem for expression in wanted if expression.problem), None)
    found = combine_days([expression for expression in wanted if not expression.problem])
    is_ambiguous = not ranges and not limits and len(single) == 1 and single[0].is_ambiguous
    days = WantedDays(found, is_ambiguous, soonest, without, None if found else problem)
    return days, re.sub(r"[@~]\d", " ", parse.text)


def _drop_texts(parse: _DateParse, pattern: LazyPattern) -> None:
    parse.text = " ".join(pattern.sub(" ", parse.text).split())


def _take_soonest(parse: _DateParse) -> bool:
    text, count = parse.grammar.soonest.subn(" ", parse.text)
    parse.text = " ".join(text.split())
    return count > 0


def _take_public_holidays(parse: _DateParse, holidays: Mapping[str, tuple[date, ...]]) -> None:
    """Replace official names and `the bank holiday` by the next such day."""
    coming = {day for days in holidays.values() for day in days if day >= parse.today}
    if coming and (found := parse.grammar.public_holiday.search(parse.text)):
        _add_mark(parse, found, one_day(min(coming), parse.today))
    for name, days in holidays.items():
        if len(parse.expressions) == MAX_EXPRESSIONS:
            break
        soon = [day for day in days if 0 <= (day - parse.today).days <= FAR_AHEAD_DAYS]
        if soon and (found := re.search(rf"\b(?:dia de )?{re.escape(name)}(?!\w)", parse.text)):
            _add_mark(parse, found, one_day(soon[0], parse.today))


def _add_mark(parse: _DateParse, found: re.Match[str], expression: DateExpression) -> None:
    parse.expressions.append(expression)
    # `esta tarde` means a day and a part of it: the part stays in the sentence for the time grammar.
    part_of_day = parse.grammar.parts_of_today.get(found.group())
    mark = f"@{len(parse.expressions) - 1}{f' {part_of_day}' if part_of_day else ''}"
    parse.text = f"{parse.text[: found.start()]}{mark}{parse.text[found.end() :]}"


def _take_expressions(parse: _DateParse, bare: bool) -> None:
    for pattern, parse_expression in (*parse.grammar.rules, *([parse.grammar.bare] if bare else [])):
        while len(parse.expressions) < MAX_EXPRESSIONS and (found := pattern.search(parse.text)):
            _add_mark(parse, found, parse_expression(found, parse.today))


def _take_refused_days(parse: _DateParse) -> frozenset[date]:
    """Remove and return the refused days: `el martes no`, `cualquier día menos el lunes`."""
    refused: list[int] = []
    for pattern in (parse.grammar.without, parse.grammar.also_without):
        while found := pattern.search(parse.text):
            index = int(re.findall(r"@(\d)", found.group())[-1])
            refused.append(index)
            text = f"{parse.text[: found.start()]} ~{index} {parse.text[found.end() :]}"
            parse.text = " ".join(text.split())
    return frozenset(day for index in refused for day in _all_such_days(parse.expressions[index], parse.today))


def _all_such_days(expression: DateExpression, today: date) -> tuple[date, ...]:
    """Return every Tuesday for a refused Tuesday without a week."""
    if expression.weekday is None:
        return expression.days
    listed = days_between(today, today + timedelta(days=LISTED_DAYS))
    return tuple(day for day in listed if day.weekday() == expression.weekday)


def _drop_unrelated_days(parse: _DateParse) -> None:
    """Remove days of another subject, and days that are taken back: `no, el martes`."""
    while match := parse.grammar.unrelated.search(parse.text):
        parse.text = _remove_marks(parse.text, match)
    while match := parse.grammar.corrected.search(parse.text):
        last = [index for index in match.groups() if index][-1]
        parse.text = f"{parse.text[: match.start()]} @{last} {parse.text[match.end() :]}"


def _take_explained_days(parse: _DateParse) -> None:
    """Keep the better known of two days: `en ocho días, o sea el jueves 3`."""
    while match := parse.grammar.preferred.search(parse.text):
        meant = next(index for index in match.groups() if index)
        parse.text = f"{parse.text[: match.start()]} @{meant} {parse.text[match.end() :]}"
    while match := parse.grammar.explained.search(parse.text):
        first, second = (parse.expressions[int(index)] for index in match.groups() if index)
        if second.weekday is not None and len(first.days) == 1:
            second = check_weekday(first, second.weekday, parse.today)
            second = second if len(second.days) == 1 else _other_day(second, first)
        elif first.kind is DateSetKind.SPAN and second.kind is DateSetKind.WEEKDAY:
            second = DateExpression(DateSetKind.DAY, combine_days([first, second]))
        index = int([group for group in match.groups() if group][-1])
        parse.expressions[index] = second
        parse.text = f"{parse.text[: match.start()]} @{index} {parse.text[match.end() :]}"


def _other_day(readings: DateExpression, named: DateExpression) -> DateExpression:
    return DateExpression(DateSetKind.DAY, tuple(day for day in readings.days if day not in named.days))


def _take_following_days(parse: _DateParse) -> None:
    """Replace `el día siguiente` by the day after the day that is named before it."""
    for unit, pattern in parse.grammar.following:
        match = pattern.search(parse.text)
        named = re.findall(r"@(\d)", parse.text[: match.start()]) if match else []
        if not match or not named or not (days := parse.expressions[int(named[-1])].days):
            continue
        first = days[-1] + timedelta(days=1)
        end = month(first.month, first, None, first.year).days[-1]
        parse.expressions.append(
            one_day(first, parse.today) if unit == "day" else future_days(first, end, parse.today)
        )
        before = re.sub(rf"(?:\b(?:no|not) (?:el |on |the )?)?@{named[-1]}", " ", parse.text[: match.start()])
        parse.text = f"{before} @{len(parse.expressions) - 1} {parse.text[match.end() :]}"


def _take_days_beside(parse: _DateParse) -> None:
    """Replace `the day after Epiphany` and `la semana de Reyes` by their days."""
    for sign, pattern in parse.grammar.distant:
        while len(parse.expressions) <= MAX_EXPRESSIONS and (match := pattern.search(parse.text)):
            other = parse.expressions[int(re.findall(r"@(\d)", match.group())[0])]
            away = parse.grammar.shift_distance(match, parse.today) - parse.today
            edge = other.days[0 if sign < 0 else -1 :][:1]
            parse.expressions.append(one_day(edge[0] + sign * away, parse.today) if edge else other)
            mark = f" @{len(parse.expressions) - 1} "
            parse.text = f"{parse.text[: match.start()]}{mark}{parse.text[match.end() :]}"
    for unit, distance, pattern in parse.grammar.beside:
        while len(parse.expressions) <= MAX_EXPRESSIONS and (match := pattern.search(parse.text)):
            *named, other = (parse.expressions[int(index)] for index in match.groups() if index)
            if unit == "weekday" and named[0].kind is DateSetKind.SPAN:  # `this week before Friday`
                break
            parse.expressions.append(_days_beside(unit, distance, named, other, parse.today))
            mark = f" @{len(parse.expressions) - 1} "
            parse.text = f"{parse.text[: match.start()]}{mark}{parse.text[match.end() :]}"


def _days_beside(
    unit: str, distance: int, named: list[DateExpression], other: DateExpression, today: date
) -> DateExpression:
    if not other.days:
        return other
    edge = other.days[0] if distance < 0 else other.days[-1]
    if unit == "day":
        return one_day(edge + timedelta(days=distance), today)
    if unit == "near":
        near = days_between(max(today, edge - timedelta(days=distance)), edge + timedelta(days=distance))
        working = tuple(day for day in near if day.weekday() < 5)
        return DateExpression(DateSetKind.DAY, working, is_ambiguous=True)
    if unit == "week":
        monday = edge - timedelta(days=edge.weekday()) + timedelta(days=7 * distance)
        return future_days(monday, monday + timedelta(days=6), today)
    weekday = edge.weekday() if named[0].weekday is None else named[0].weekday
    away = (edge.weekday() - weekday if distance < 0 else weekday - edge.weekday()) - 1
    return one_day(edge + timedelta(days=distance * (away % 7 + 1)), today)


def _take_busy_days(parse: _DateParse) -> frozenset[date]:
    """Remove and return days on which the citizen is busy: `el lunes tengo médico`."""
    busy: set[date] = set()
    if parse.grammar.taken_up.search(parse.text):  # `esos días puedo`
        _drop_texts(parse, parse.grammar.taken_up)
        return frozenset()
    if none := parse.grammar.none_of_them.search(parse.text):
        named = re.findall(r"@(\d)", parse.text[: none.start()])
        busy = {day for index in named for day in parse.expressions[int(index)].days}
        parse.text = re.sub(r"@\d", " ", parse.text[: none.start()]) + parse.text[none.end() :]
    while match := parse.grammar.busy.search(parse.text):
        busy |= {day for index in match.groups() if index for day in parse.expressions[int(index)].days}
        parse.text = _remove_marks(parse.text, match)
    return frozenset(busy)


def _remove_marks(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {re.sub(r'@[0-9]', ' ', match.group())} {text[match.end() :]}"


def _drop_origin_days(parse: _DateParse, *, moving: bool) -> None:
    """Remove the day of the present appointment: `del jueves al viernes`, `la del jueves`.

    Without a wish to move it, such a day is removed only beside another day.
    """
    while moving and (match := parse.grammar.through.search(parse.text)):
        last = [group for group in match.groups() if group][-1]
        parse.text = f"{parse.text[: match.start()]} @{last} {parse.text[match.end() :]}"
    while match := parse.grammar.origin.search(parse.text):
        without = _remove_marks(parse.text, match)
        if not moving and "@" not in without:
            break
        parse.text = without


def _take_ranges(parse: _DateParse) -> tuple[list[DateExpression], list[DateExpression]]:
    """Remove ranges such as `del 3 al 5`, and limits such as `antes del viernes`."""
    grammar, last_day = parse.grammar, parse.today + timedelta(days=LISTED_DAYS)
    ranges: list[DateExpression] = []
    while match := grammar.through.search(parse.text):
        first, second = (parse.expressions[int(index)] for index in match.groups() if index)
        ranges.append(_date_range(first, first.days[:1], _range_end(second, first)))
        _remove_match(parse, match)
    starting: list[DateExpression] = []
    ending: list[DateExpression] = []
    for pattern, shift in ((grammar.after, 1), (grammar.since, 0)):
        while match := pattern.search(parse.text):
            expression = _matched_expression(parse, match)
            start = expression.days[-1:] if shift else expression.days[:1]
            starting.append(_date_range(expression, _shift_days(start, shift), (last_day,)))
            _remove_match(parse, match)
    for pattern, shift in ((grammar.before, -1), (grammar.until, 0)):
        while match := pattern.search(parse.text):
            expression = _matched_expression(parse, match)
            end = expression.days[:1] if shift else expression.days[-1:]
            ending.append(_date_range(expression, (parse.today,), _shift_days(end, shift)))
            _remove_match(parse, match)
    if (
        len(starting) == len(ending) == 1 and starting[0].days and ending[0].days
    ):  # after Christmas, before Epiphany
        days = tuple(day for day in ending[0].days if day >= starting[0].days[0])
        return ranges, [DateExpression(DateSetKind.SPAN, days, None if days else "impossible")]
    if len(starting) > 1 and not ending:  # the second limit is more exact: `until January, from the 11th`
        starting = [max(starting, key=lambda limit: limit.days[:1] or (parse.today,))]
    return ranges, [*starting, *ending]


def _narrow_spans(single: list[DateExpression], limits: list[DateExpression]) -> list[DateExpression]:
    """Let a limit count within a period: `en enero, pasado Reyes`; else both are alternatives."""
    spans = [expression for expression in single if expression.kind is DateSetKind.SPAN and expression.days]
    if len(spans) == len(limits) == 1 and (common := set(spans[0].days) & set(limits[0].days)):
        rest = [expression for expression in single if expression is not spans[0]]
        return [*rest, DateExpression(DateSetKind.SPAN, tuple(sorted(common)))]
    return [*limits, *single]


def _shift_days(days: tuple[date, ...], shift: int) -> tuple[date, ...]:
    return tuple(day + timedelta(days=shift) for day in days)


def _date_range(source: DateExpression, first: tuple[date, ...], last: tuple[date, ...]) -> DateExpression:
    if source.problem or not first or not last:
        return DateExpression(DateSetKind.SPAN, problem=source.problem or "impossible")
    days = days_between(first[0], last[0]) if first[0] <= last[0] else ()
    return DateExpression(DateSetKind.SPAN, days, None if days else "past")


def _range_end(last: DateExpression, first: DateExpression) -> tuple[date, ...]:
    """Return the end of `from Thursday to Tuesday`: the Tuesday after that Thursday."""
    if last.weekday is not None and first.days and last.days and last.days[-1] < first.days[0]:
        return (last.days[-1] + timedelta(days=7),)
    return last.days[-1:]


def _matched_expression(parse: _DateParse, match: re.Match[str]) -> DateExpression:
    return parse.expressions[int(next(index for index in match.groups() if index))]


def _remove_match(parse: _DateParse, match: re.Match[str]) -> None:
    parse.text = f"{parse.text[: match.start()]} {parse.text[match.end() :]}"
