"""Grammar of dates: a language's wording as data, compiled to rules. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from re import Match

from ..lazy_pattern import LazyPattern
from ..wording import (
    Captures,
    Notation,
    TemplateSlot,
    keyed_lines,
    named_words,
    numbered_words,
    numbers_between,
    word_slot,
)
from .date_sets import (
    LISTED_DAYS,
    DateExpression,
    DateSetKind,
    calendar_date,
    check_weekday,
    coming_weekday,
    easter_sunday,
    end_of_month,
    future_days,
    in_days,
    in_months,
    month,
    month_ahead,
    next_such_weekday,
    nth_weekday,
    one_day,
    part_of_month,
    week,
    week_containing,
    week_of_month,
    weekday_a_week_later,
    weekday_called_next,
    weekday_of_week,
    weekend,
    working_days,
)

DateRule = tuple[LazyPattern, Callable[[Match[str], date], DateExpression]]
DAYS_OF_UNIT = {"days": 1, "weeks": 7, "fortnights": 14}
ISO_DATE = r"20\d\d-(?:0[1-9]|1[0-2])-\d\d"
NUMERIC_DATE = r"\d{1,2}(?:[/-]\d{1,2}(?:[/.-](?:\d{4}|\d\d))?|[.]\d{1,2}[.](?:\d{4}|\d\d))"


@dataclass(frozen=True, slots=True)
class DateWording:
    """Words and expressions of a language, in the notation of `wording`.

    `numbers`: for counts. `day_words`: for days of a month. `day_digits`: digits that are surely a day of a
    month. `holidays`: a day, or a first and a last day, and its names.
    `public_holiday`: the next holiday, without its name. `rules`: `parser arguments: template`,
    tried in order; `RULE_PARSERS` has the parsers. `bare`: a day when the dialogue asked for it.

    The others find marks that belong together: `@` is an expression, `~` a refused expression. `beside`: a day,
    week or weekday at a distance from another day. `also_without` continues an enumeration: "ni lunes ni martes".
    `unrelated`: days of another subject. `busy`: days on which the citizen has something else to do.
    `none_of_them`: all days named before are refused.
    `corrected`: the first of two days is taken back. `origin`: the day from which an appointment is moved.
    `distant`: a number of days after (1) or before (-1) a day. `following`: the day after the last named
    day, or the rest of its month. `explained`: the second of two days says what the first means.
    `preferred`: the first of two days is meant. `taken_up`: the narrated days are wanted. `deadlines`: a number
    of days that is no wish. `own_relative`: a time from the present appointment. `ambiguous`: two days, of
    which the citizen refuses either without saying which. `vocabulary`: words whose spelling is corrected.
    """

    weekdays: str
    months: str
    numbers: Mapping[str, int]
    day_words: Mapping[str, int]
    day_digits: str
    ordinals: str
    period_parts: str
    units: str
    uncertain_words: str
    holidays: str
    public_holiday: str
    parts_of_today: str
    macros: str
    rules: str
    bare: str
    beside: str
    through: str
    after: str
    since: str
    before: str
    until: str
    without: str
    also_without: str
    soonest: str
    unrelated: str
    busy: str
    none_of_them: str
    corrected: str
    origin: str
    distant: str
    following: str
    explained: str
    preferred: str
    taken_up: str
    deadlines: str
    own_relative: str
    ambiguous: str
    vocabulary: str


class DateGrammar:
    """The compiled wording of a language.

    `rules` replace each expression by a mark: `@0`, `@1`…
    """

    def __init__(self, wording: DateWording) -> None:
        self._notation = Notation(_date_slots(wording), wording.macros)
        self.parts_of_today = dict(keyed_lines(wording.parts_of_today))
        written = [("iso", "{iso}"), *keyed_lines(wording.rules)]
        self.rules: tuple[DateRule, ...] = tuple(self._compile_rule(*rule) for rule in written)
        self.bare = self._compile_rule("day", f"^({wording.bare})$")
        self.beside = tuple(
            (key.split()[0], int(key.split()[1]), self._notation.compile_any(template))
            for key, template in keyed_lines(wording.beside)
        )
        relation = self._notation.compile_any
        self.through, self.origin = relation(wording.through), relation(wording.origin)
        self.after, self.since = relation(wording.after), relation(wording.since)
        self.before, self.until = relation(wording.before), relation(wording.until)
        self.without, self.also_without = relation(wording.without), relation(wording.also_without)
        self.unrelated, self.ambiguous = relation(wording.unrelated), relation(wording.ambiguous)
        self.public_holiday = self._notation.compile(wording.public_holiday)
        self.busy, self.corrected = relation(wording.busy), relation(wording.corrected)
        self.none_of_them = relation(wording.none_of_them)
        self.soonest = relation(wording.soonest)
        self.distant = [(int(key), relation(template)) for key, template in keyed_lines(wording.distant)]
        self.following = [(key, relation(template)) for key, template in keyed_lines(wording.following)]
        self.explained, self.preferred = relation(wording.explained), relation(wording.preferred)
        self.taken_up, self.deadlines = relation(wording.taken_up), relation(wording.deadlines)
        self.own_relative = relation(wording.own_relative)

    def shift_distance(self, found: Match[str], edge: date) -> date:
        """Return the day at the distance of a match such as `two days after` from an edge."""
        captures = self._notation.captures(found)
        count, unit = captures.first("n"), captures.first("unit")
        return edge + timedelta(days=count * DAYS_OF_UNIT.get(unit, 30))

    def _compile_rule(self, key: str, template: str) -> DateRule:
        name, *written = key.split()
        parser, arguments = RULE_PARSERS[name], [int(number) for number in written]
        return self._notation.compile(template), lambda found, today: parser(
            self._notation.captures(found), today, *arguments
        )


def vocabulary(wording: DateWording) -> frozenset[str]:
    """Return the words of dates whose spelling is corrected: full names and `vocabulary`."""
    names = f"{wording.weekdays} {wording.months}".split()
    return frozenset(name.partition("/")[0] for name in names) | frozenset(wording.vocabulary.split())


def _date_slots(wording: DateWording) -> Mapping[str, TemplateSlot]:
    weekdays, months = numbered_words(0, wording.weekdays), numbered_words(1, wording.months)
    uncertain = wording.uncertain_words.split()
    days = numbers_between(wording.day_words, 1, 31)
    return {
        "weekday": word_slot(weekdays),
        "weekday.alone": word_slot({word: weekdays[word] for word in weekdays if word not in uncertain}),
        "month": word_slot(months),
        "month.name": word_slot({word: months[word] for word in months if len(word) > 4 or word in uncertain}),
        "month.alone": word_slot(
            {word: months[word] for word in months if len(word) > 4 and word not in uncertain}
        ),
        "month.number": TemplateSlot(r"1[0-2]|0?[1-9]", int),
        "n": word_slot(numbers_between(wording.numbers, 1, 31), r"\d{1,3}"),
        "day": word_slot(days, r"\d{1,2}(?:st|nd|rd|th)?"),
        "day.sure": word_slot(numbers_between(days, 1, 31, uncertain), wording.day_digits),
        "day.digits": TemplateSlot(wording.day_digits, lambda text: int(re.sub(r"\D", "", text))),
        "day.late": word_slot(days, r"\d{1,2}(?:st|nd|rd|th)|1[3-9]|2\d|3[01]"),
        "year": TemplateSlot(r"20\d\d", int),
        "nth": word_slot(
            {word: nth if nth < 5 else -1 for word, nth in numbered_words(1, wording.ordinals).items()}
        ),
        "part": word_slot(named_words(wording.period_parts)),
        "unit": word_slot(named_words(wording.units)),
        "holiday": word_slot(_holiday_names(wording)),
        "iso": TemplateSlot(ISO_DATE, _numbers_in),
        "numeric": TemplateSlot(NUMERIC_DATE, _numbers_in),
    }


def _holiday_names(wording: DateWording) -> dict[str, list[list[str]]]:
    """Return the days of each name; a name such as `puente` may have several."""
    names: dict[str, list[list[str]]] = {}
    for days, written in keyed_lines(wording.holidays):
        for name in written.split(","):
            names.setdefault(name.strip(), []).append(days.split())
    return names


def _day_of_year(text: str, year: int) -> date:
    """Return the day of `24/12` or `easter-2` in a year."""
    if text.startswith("easter"):
        return easter_sunday(year) + timedelta(days=int(text.removeprefix("easter") or 0))
    day, number = _numbers_in(text)
    return date(year, number, day)


def _numbers_in(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]


def _parse_iso(found: Captures, today: date) -> DateExpression:
    year, number, day = found.first("iso")
    return calendar_date(day, number, year, today)


def _parse_days(found: Captures, today: date, first: int, last: int | None = None) -> DateExpression:
    """Parse `pasado mañana`, or a span of days: `mañana o pasado`."""
    if last is None:
        return in_days(first, today)
    return future_days(today + timedelta(days=first), today + timedelta(days=last), today)


def _parse_end_of_month(found: Captures, today: date, ahead: int = 0) -> DateExpression:
    """Parse `the last day of May` or `the first day of next month`."""
    number, first = found.first("month"), found.first("nth") > 0
    if number is None:
        return end_of_month(first, ahead, today)
    days = month(number, today).days
    return one_day(days[0].replace(day=1) if first else days[-1], today)


def _parse_week_of_day(found: Captures, today: date) -> DateExpression:
    return week_containing(found.first("day"), found.first("month"), today)


def _parse_nth_weekday(found: Captures, today: date, ahead: int = 0) -> DateExpression:
    """Parse `the second Monday of March` or `the last Friday of next month`."""
    number = found.first("month") or (today.month % 12 + 1 if ahead else None)
    return nth_weekday(found.first("nth"), found.first("weekday"), number, today)


def _parse_distance(found: Captures, today: date) -> DateExpression:
    """Parse `in two weeks` or `two days from now`."""
    count, unit = found.first("n"), found.first("unit")
    return in_months(count, today) if unit == "months" else in_days(count * DAYS_OF_UNIT[unit], today)


def _parse_date(found: Captures, today: date) -> DateExpression:
    """Parse a day of a month, with its weekday and year if they are named."""
    number, written_month = found.first("day"), found.first("month")
    if number == today.day and written_month is found.first("month.number") is found.first("weekday") is None:
        return _today_or_next_month(today)
    day = calendar_date(number, written_month, found.first("year"), today)
    return check_weekday(day, found.first("weekday"), today)


def _today_or_next_month(today: date) -> DateExpression:
    """Return both readings of today's number: `the 25th`, said on the 25th."""
    number, year = today.month % 12 + 1, today.year + today.month // 12
    later = calendar_date(today.day, number, year, today)
    return DateExpression(DateSetKind.DAY, (today, *later.days), is_ambiguous=bool(later.days))


def _parse_days_of_month(found: Captures, today: date) -> DateExpression:
    """Parse `del 9 al 11 de diciembre`."""
    first, last = (calendar_date(day, found.first("month"), None, today) for day in found.every("day"))
    if not first.days or not last.days or last.days < first.days:
        return DateExpression(DateSetKind.SPAN, problem=first.problem or last.problem or "impossible")
    return future_days(first.days[0], last.days[0], today)


def _parse_day_of_month_ahead(found: Captures, today: date, ahead: int) -> DateExpression:
    """Parse `el 15 del mes que viene`."""
    index = today.month - 1 + ahead
    return calendar_date(found.first("day"), index % 12 + 1, today.year + index // 12, today)


def _parse_limit_of_month(found: Captures, today: date, shift: int) -> DateExpression:
    """Parse `in January from the 7th`; without a month, `in the new year`."""
    number = found.first("month")
    start = calendar_date(found.first("day"), number or 1, None, today)
    if not start.days:
        return start
    first = start.days[0] + timedelta(days=shift)
    last = month(number, today).days[-1] if number else today + timedelta(days=LISTED_DAYS)
    return (
        future_days(first, last, today)
        if first <= last
        else DateExpression(DateSetKind.SPAN, problem="impossible")
    )


def _parse_weekdays(found: Captures, today: date, ahead: int) -> DateExpression:
    """Parse `Tuesday, Wednesday or Thursday next week`."""
    days = {day for number in found.every("weekday") for day in weekday_of_week(number, ahead, today).days}
    return DateExpression(DateSetKind.DAY, tuple(sorted(days)), None if days else "past")


def _parse_weekdays_called_next(found: Captures, today: date) -> DateExpression:
    """Parse `next Tuesday or Wednesday`: both in the week of the day that is sure."""
    readings = [weekday_called_next(number, today) for number in found.every("weekday")]
    if any(not reading.is_ambiguous for reading in readings):
        return DateExpression(DateSetKind.DAY, tuple(sorted({reading.days[-1] for reading in readings})))
    return DateExpression(
        DateSetKind.DAY, tuple(sorted({day for reading in readings for day in reading.days})), is_ambiguous=True
    )


def _parse_each_day(found: Captures, today: date) -> DateExpression:
    """Parse `the 9th, 10th or 11th of December`."""
    days = [calendar_date(day, found.first("month"), None, today) for day in found.every("day")]
    problem = next((day.problem for day in days if day.problem), None)
    return DateExpression(
        DateSetKind.DAY, () if problem else tuple(sorted({day.days[0] for day in days})), problem
    )


def _parse_numeric(found: Captures, today: date) -> DateExpression:
    day, number, *year = found.first("numeric")
    if not 1 <= number <= 12:
        return DateExpression(DateSetKind.DAY, problem="impossible")
    return check_weekday(
        calendar_date(day, number, year[0] if year else None, today), found.first("weekday"), today
    )


def _parse_numeric_either(found: Captures, today: date) -> DateExpression:
    """Parse a date in digits: day first as in Spain, ambiguous if month first fits too."""
    day, number, *rest = found.first("numeric")
    year = rest[0] if rest else None
    if number > 12 >= day:
        day, number = number, day
    if not 1 <= number <= 12:
        return DateExpression(DateSetKind.DAY, problem="impossible")
    first = calendar_date(day, number, year, today)
    other = calendar_date(number, day, year, today) if 0 < day <= 12 and day != number else first
    days = tuple(dict.fromkeys((*first.days, *other.days)))
    return DateExpression(DateSetKind.DAY, days, None if days else first.problem, is_ambiguous=len(days) > 1)


def _parse_weekday_after_next(found: Captures, today: date) -> DateExpression:
    """Return both readings of `the Friday after next`, because "next" is ambiguous."""
    first = coming_weekday(found.first("weekday"), today)
    days = (first + timedelta(days=7), first + timedelta(days=14))
    return DateExpression(DateSetKind.DAY, days, is_ambiguous=True)


def _parse_weeks_from_weekday(found: Captures, today: date, weeks: int | None = None) -> DateExpression:
    days = 7 * (weeks or found.first("n"))
    return one_day(coming_weekday(found.first("weekday"), today) + timedelta(days=days), today)


def _parse_holiday(found: Captures, today: date) -> DateExpression:
    """Parse the name of a holiday: the next time that it comes."""
    spans = []
    for days in found.first("holiday"):
        for year in (today.year - 1, today.year, today.year + 1):
            first, last = _day_of_year(days[0], year), _day_of_year(days[-1], year)
            spans.append((first, last if last >= first else _day_of_year(days[-1], year + 1)))
    first, last = min((first, last) for first, last in spans if last >= today)
    return one_day(first, today) if first == last else future_days(first, last, today)


RULE_PARSERS: Mapping[str, Callable[..., DateExpression]] = {
    "iso": _parse_iso,
    "days": _parse_days,
    "day": _parse_date,
    "numeric": _parse_numeric,
    "numeric_either": _parse_numeric_either,
    "days_of_month": _parse_days_of_month,
    "distance": _parse_distance,
    "holiday": _parse_holiday,
    "weekday": lambda found, today: next_such_weekday(found.first("weekday"), today),
    "next_weekday": lambda found, today: weekday_called_next(found.first("weekday"), today),
    "later_weekday": lambda found, today: weekday_a_week_later(found.first("weekday"), today),
    "weekdays_of_week": _parse_weekdays,
    "weekdays_called_next": _parse_weekdays_called_next,
    "limit_of_month": _parse_limit_of_month,
    "weekday_of_week": lambda found, today, ahead: weekday_of_week(found.first("weekday"), ahead, today),
    "weekday_after_next": _parse_weekday_after_next,
    "weeks_from_weekday": _parse_weeks_from_weekday,
    "nth_weekday": _parse_nth_weekday,
    "week": lambda found, today, ahead: week(ahead, today, found.first("part")),
    "month_from": lambda found, today: future_days(
        month(found.first("month"), today).days[0], today + timedelta(days=LISTED_DAYS), today
    ),
    "weeks_from": lambda found, today, ahead: future_days(
        week(ahead, today).days[0], today + timedelta(days=LISTED_DAYS), today
    ),
    "week_of_day": _parse_week_of_day,
    "weekend": lambda found, today, ahead: weekend(ahead, today),
    "coming_weekend": lambda found, today: weekend(0 if today.weekday() < 5 else 1, today),
    "working_days": lambda found, today: DateExpression(DateSetKind.SPAN, working_days(today)),
    "month": lambda found, today: month(found.first("month"), today, found.first("part")),
    "week_of_month": lambda found, today: week_of_month(found.first("nth"), found.first("month"), today),
    "day_of_month_ahead": _parse_day_of_month_ahead,
    "each_day": _parse_each_day,
    "month_ahead": lambda found, today, ahead: month_ahead(ahead, today, found.first("part")),
    "part_of_month": lambda found, today: part_of_month(today, found.first("part")),
    "end_of_month": _parse_end_of_month,
}
