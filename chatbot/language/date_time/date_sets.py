"""Sets of days that an expression can mean. Pure: today is an argument."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Literal

LISTED_DAYS = 400  # days ahead; longer than any agenda, so that a day too far ahead is refused by name
# A past date of this year is not taken for next year's when that is more than these days ahead.
FAR_AHEAD_DAYS = 200

DateProblem = Literal["past", "impossible"]
PeriodPart = Literal["early", "middle", "late", "first_half", "second_half"]
WEEK_PARTS = {
    None: (0, 6),
    "early": (0, 1),
    "middle": (1, 3),
    "late": (3, 4),
    "first_half": (0, 2),
    "second_half": (3, 4),
}
MONTH_PARTS = {
    None: (1, 31),
    "early": (1, 10),
    "middle": (11, 20),
    "late": (21, 31),
    "first_half": (1, 15),
    "second_half": (16, 31),
}


class DateSetKind(Enum):
    """How a set combines with another: a weekday narrows a span, days are alternatives."""

    DAY = "day"
    WEEKDAY = "weekday"
    SPAN = "span"


@dataclass(frozen=True, slots=True)
class DateExpression:
    """The days that an expression means, in order.

    `weekday`: 0 = Monday, of a weekday that is named without a week.

    `is_ambiguous`: the days are readings of the expression, and only a single day is meant.
    """

    kind: DateSetKind
    days: tuple[date, ...] = ()
    problem: DateProblem | None = None
    weekday: int | None = None
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class WantedDays:
    """The days that a sentence asks for. The fields are stored with the conversation.

    `days`: alternatives; when `unsure`, readings of an expression. `soonest`: the first free day. `without`:
    refused days, which later sentences do not bring back.
    """

    days: tuple[date, ...] = ()
    unsure: bool = False
    soonest: bool = False
    without: frozenset[date] = frozenset()
    problem: DateProblem | None = None


def one_day(day: date, today: date) -> DateExpression:
    """Return a single day; a past day is a problem."""
    if day < today:
        return DateExpression(DateSetKind.DAY, problem="past")
    return DateExpression(DateSetKind.DAY, (day,))


def in_days(count: int, today: date) -> DateExpression:
    return one_day(today + timedelta(days=count), today)


def in_months(count: int, today: date) -> DateExpression:
    """Return the day `count` months ahead, at most the 28th, which every month has."""
    index = today.month - 1 + count
    return _checked_date(today.year + index // 12, index % 12 + 1, min(today.day, 28), today)


def next_such_weekday(number: int, today: date) -> DateExpression:
    """Return the coming weekday; ambiguous on that very weekday, which may mean today."""
    if number == today.weekday():
        return DateExpression(
            DateSetKind.WEEKDAY, (today, coming_weekday(number, today)), weekday=number, is_ambiguous=True
        )
    return DateExpression(DateSetKind.WEEKDAY, (coming_weekday(number, today),), weekday=number)


def weekday_called_next(number: int, today: date) -> DateExpression:
    """Return both readings of `next Friday` on a Wednesday: in two days, or a week later."""
    first = coming_weekday(number, today)
    if first - timedelta(days=first.weekday()) != _monday_before(today):
        return DateExpression(DateSetKind.DAY, (first,))
    return DateExpression(DateSetKind.DAY, (first, first + timedelta(days=7)), is_ambiguous=True)


def coming_weekday(number: int, today: date) -> date:
    """Return the first such weekday after today."""
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def weekday_of_week(number: int, ahead: int, today: date) -> DateExpression:
    """Return the weekday of this week (`ahead` 0), of next week (1)…"""
    return one_day(_monday_before(today) + timedelta(days=7 * ahead + number), today)


def weekday_a_week_later(number: int, today: date) -> DateExpression:
    """Return the weekday a week after the coming weekday: `Monday week`."""
    return one_day(coming_weekday(number, today) + timedelta(days=7), today)


def week(ahead: int, today: date, part: PeriodPart | None = None) -> DateExpression:
    """Return the days of a week from today on, Monday to Sunday, or of a part of it."""
    first, last = WEEK_PARTS[part]
    monday = _monday_before(today) + timedelta(days=7 * ahead)
    return future_days(monday + timedelta(days=first), monday + timedelta(days=last), today)


def working_days(today: date) -> tuple[date, ...]:
    """List every day from Monday to Friday within the listed days."""
    return tuple(day for day in days_between(today, today + timedelta(days=LISTED_DAYS)) if day.weekday() < 5)


def week_containing(day: int, number: int | None, today: date) -> DateExpression:
    """Return the week with a day of a month, from today on; a past day of this week counts."""
    monday = _monday_before(today)
    this_week = days_between(monday, monday + timedelta(days=6))
    if any(weekday.day == day and number in (None, weekday.month) for weekday in this_week):
        return week(0, today)
    found = calendar_date(day, number, None, today)
    if not found.days:
        return found
    monday = _monday_before(found.days[0])
    return future_days(monday, monday + timedelta(days=6), today)


def weekend(ahead: int, today: date) -> DateExpression:
    """Return Saturday and Sunday of this week (`ahead` 0), of next week (1)…"""
    monday = _monday_before(today) + timedelta(days=7 * ahead)
    return future_days(monday + timedelta(days=5), monday + timedelta(days=6), today)


def month(number: int, today: date, part: PeriodPart | None = None, year: int | None = None) -> DateExpression:
    """Return a month by number, or ten days of it; a past month means the next year's."""
    year = year or today.year + (number < today.month)
    first_day, last_day = MONTH_PARTS[part]
    last = min(last_day, calendar.monthrange(year, number)[1])
    return future_days(date(year, number, first_day), date(year, number, last), today)


def week_of_month(nth: int, number: int, today: date) -> DateExpression:
    """Return seven days of a month: the first, second… or last seven (-1)."""
    days = month(number, today).days
    last = calendar.monthrange(days[0].year, number)[1]
    first = last - 6 if nth < 0 else 7 * nth - 6
    return future_days(days[0].replace(day=first), days[0].replace(day=min(first + 6, last)), today)


def easter_sunday(year: int) -> date:
    """Return Easter of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    number, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, number, day + 1)


def month_ahead(count: int, today: date, part: PeriodPart | None = None) -> DateExpression:
    """Return this month (0), the next month (1)…"""
    index = today.month - 1 + count
    return month(index % 12 + 1, today, part, today.year + index // 12)


def part_of_month(today: date, part: PeriodPart) -> DateExpression:
    """Return a part of this month, or of the next month when it is past."""
    this_month = month_ahead(0, today, part)
    return month_ahead(1, today, part) if this_month.problem else this_month


def end_of_month(first: bool, ahead: int, today: date) -> DateExpression:
    """Return the first or last day of a month, `ahead` months from now.

    A first day that is past means the first day of the next month.
    """
    whole = month_ahead(ahead, today)
    if not first:
        return one_day(whole.days[-1], today)
    return one_day(whole.days[0], today) if whole.days[0].day == 1 else end_of_month(first, ahead + 1, today)


def calendar_date(day: int, number: int | None, year: int | None, today: date) -> DateExpression:
    """Return the next occurrence of a day of a month; without a month, of that day number."""
    if number is None:
        return _next_day_with_number(day, today)
    if year is not None:
        return _checked_date(year + 2000 * (year < 100), number, day, today)
    this_year = _checked_date(today.year, number, day, today)
    next_year = _checked_date(today.year + 1, number, day, today)
    if this_year.problem == "past" and next_year.days and (next_year.days[0] - today).days > FAR_AHEAD_DAYS:
        return this_year  # a citizen who names a day of last week does not mean the next year
    return next_year if this_year.problem else this_year


def check_weekday(expression: DateExpression, number: int | None, today: date) -> DateExpression:
    """Return both readings if the day has another weekday: the day, the nearest weekday."""
    if number is None or all(day.weekday() == number for day in expression.days):
        return expression
    named = expression.days[0]
    distance = (number - named.weekday() + 3) % 7 - 3
    nearest = named + timedelta(days=distance if named + timedelta(days=distance) >= today else distance + 7)
    return DateExpression(DateSetKind.DAY, tuple(sorted((named, nearest))), is_ambiguous=True)


def nth_weekday(nth: int, number: int, month_number: int | None, today: date) -> DateExpression:
    """Return a weekday of a month by its ordinal; -1 is the last."""
    found = [day for day in month(month_number or today.month, today).days if day.weekday() == number]
    try:
        return one_day(found[nth if nth < 0 else nth - 1], today)
    except IndexError:
        return DateExpression(DateSetKind.DAY, problem="impossible")


def future_days(first: date, last: date, today: date) -> DateExpression:
    """Return the days from `first` to `last` that are not past."""
    if last < today:
        return DateExpression(DateSetKind.SPAN, problem="past")
    return DateExpression(DateSetKind.SPAN, days_between(max(first, today), last))


def days_between(first: date, last: date) -> tuple[date, ...]:
    """List every day from `first` to `last`, both included."""
    return tuple(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def combine_days(expressions: Iterable[DateExpression]) -> tuple[date, ...]:
    """Join days as alternatives; a span narrows the weekdays beside it."""
    expressions = _without_settled(list(expressions))
    span = {day for expression in expressions if expression.kind is DateSetKind.SPAN for day in expression.days}
    others = [expression for expression in expressions if expression.kind is not DateSetKind.SPAN]
    if not others:
        return tuple(sorted(span))
    return tuple(sorted({day for expression in others for day in _days_within(expression, span)}))


def _without_settled(expressions: list[DateExpression]) -> list[DateExpression]:
    """Drop what another expression says more exactly: `el jueves que viene, día 3`."""
    sure = {
        expression.days[0]
        for expression in expressions
        if expression.kind is DateSetKind.DAY and len(expression.days) == 1
    }
    weekdays = {day.weekday() for day in sure}
    return [
        expression
        for expression in expressions
        if not (expression.is_ambiguous and sure & set(expression.days)) and expression.weekday not in weekdays
    ]


def _days_within(expression: DateExpression, span: set[date]) -> Iterable[date]:
    if expression.weekday is None or not span:
        return expression.days
    return (day for day in span if day.weekday() == expression.weekday)


def _next_day_with_number(day: int, today: date) -> DateExpression:
    for ahead in range(13):
        index = today.month - 1 + ahead
        found = _checked_date(today.year + index // 12, index % 12 + 1, day, today)
        if found.problem is None:
            return found
    return DateExpression(DateSetKind.DAY, problem="impossible")


def _checked_date(year: int, number: int, day: int, today: date) -> DateExpression:
    try:
        return one_day(date(year, number, day), today)
    except ValueError:
        return DateExpression(DateSetKind.DAY, problem="impossible")


def _monday_before(today: date) -> date:
    return today - timedelta(days=today.weekday())
