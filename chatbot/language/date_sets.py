"""Which days somebody can mean, and how such sets are made and joined. Pure: today comes from outside."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Literal

LISTED_DAYS = 400  # how far days are listed at all: what lies beyond the agenda is named before it is refused

FAR_AHEAD_DAYS = 200  # days; a date of this year that is over is not believed to be one so far ahead

DateProblem = Literal["past", "impossible"]
PeriodPart = Literal["early", "middle", "late"]


class DateSetKind(Enum):
    """How a set of days is joined with another one: a weekday narrows a span, two days are alternatives."""

    DAY = "day"
    WEEKDAY = "weekday"
    SPAN = "span"


@dataclass(frozen=True, slots=True)
class DateExpression:
    """What one expression means: days in order."""

    kind: DateSetKind
    days: tuple[date, ...] = ()
    problem: DateProblem | None = None
    weekday: int | None = None  # 0 = Monday, of a weekday that was named without saying which
    is_ambiguous: bool = False  # the days are readings of which one is meant


@dataclass(frozen=True, slots=True)
class WantedDays:
    """What a sentence says about days.

    `days`: any of these. `unsure`: they are readings of one phrase, and only one is meant. `soonest`: the first
    one there is. `without`: none of these, whatever else is agreed.
    """

    days: tuple[date, ...] = ()
    unsure: bool = False
    soonest: bool = False
    without: frozenset[date] = frozenset()
    problem: DateProblem | None = None

    @property
    def is_range(self) -> bool:
        """Whether it is three or more days in a row."""
        return len(self.days) > 2 and (self.days[-1] - self.days[0]).days == len(self.days) - 1


def one_day(day: date, today: date) -> DateExpression:
    return (
        DateExpression(DateSetKind.DAY, (day,))
        if day >= today
        else DateExpression(DateSetKind.DAY, problem="past")
    )


def in_days(count: int, today: date) -> DateExpression:
    return one_day(today + timedelta(days=count), today)


def in_months(count: int, today: date) -> DateExpression:
    month = today.month - 1 + count
    return _checked_date(today.year + month // 12, month % 12 + 1, min(today.day, 28), today)


def next_such_weekday(number: int, today: date) -> DateExpression:
    """A weekday without more: the next one to come. Of the present one nobody knows whether it is today's."""
    if number == today.weekday():
        return DateExpression(
            DateSetKind.WEEKDAY, (today, coming_weekday(number, today)), weekday=number, is_ambiguous=True
        )
    return DateExpression(DateSetKind.WEEKDAY, (coming_weekday(number, today),), weekday=number)


def weekday_called_next(number: int, today: date) -> DateExpression:
    """`next Friday`, said on a Wednesday: to some that is in two days, to others a week later."""
    first = coming_weekday(number, today)
    if first - timedelta(days=first.weekday()) != _monday_before(today):
        return DateExpression(DateSetKind.DAY, (first,))
    return DateExpression(DateSetKind.DAY, (first, first + timedelta(days=7)), is_ambiguous=True)


def coming_weekday(number: int, today: date) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def weekday_of_week(number: int, ahead: int, today: date) -> DateExpression:
    """The weekday of this week (0), of the next one (1)…"""
    return one_day(_monday_before(today) + timedelta(days=7 * ahead + number), today)


def weekday_a_week_later(number: int, today: date) -> DateExpression:
    """`Monday week`: a week after the coming one."""
    return one_day(coming_weekday(number, today) + timedelta(days=7), today)


def week(ahead: int, today: date, part: PeriodPart | None = None) -> DateExpression:
    """The days from today on of a week, Monday to Sunday; its beginning, middle or end."""
    first, last = {None: (0, 6), "early": (0, 1), "middle": (1, 3), "late": (3, 4)}[part]
    monday = _monday_before(today) + timedelta(days=7 * ahead)
    return future_days(monday + timedelta(days=first), monday + timedelta(days=last), today)


def working_days(today: date) -> tuple[date, ...]:
    """Every day from Monday to Friday, as far as days are listed."""
    return tuple(one for one in days_between(today, today + timedelta(days=LISTED_DAYS)) if one.weekday() < 5)


def week_containing(day: int, number: int | None, today: date) -> DateExpression:
    """The week in which a day of a month lies, as far as it is to come; this one, too, where that day is over."""
    monday = _monday_before(today)
    this_week = days_between(monday, monday + timedelta(days=6))
    if any(one.day == day and number in (None, one.month) for one in this_week):
        return week(0, today)
    found = calendar_date(day, number, None, today)
    if not found.days:
        return found
    monday = _monday_before(found.days[0])
    return future_days(monday, monday + timedelta(days=6), today)


def weekend(ahead: int, today: date) -> DateExpression:
    monday = _monday_before(today) + timedelta(days=7 * ahead)
    return future_days(monday + timedelta(days=5), monday + timedelta(days=6), today)


def month(number: int, today: date, part: PeriodPart | None = None, year: int | None = None) -> DateExpression:
    """A month, or its first, second or last ten days; the next one of that name unless it is running."""
    year = year or today.year + (number < today.month)
    last = calendar.monthrange(year, number)[1]
    first_day, last_day = {None: (1, last), "early": (1, 10), "middle": (11, 20), "late": (21, last)}[part]
    return future_days(date(year, number, first_day), date(year, number, last_day), today)


def month_ahead(count: int, today: date, part: PeriodPart | None = None) -> DateExpression:
    """This month (0), the next one (1)…"""
    index = today.month - 1 + count
    return month(index % 12 + 1, today, part, today.year + index // 12)


def part_of_month(today: date, part: PeriodPart) -> DateExpression:
    """The beginning, the middle or the end of this month; of the next one when it is over."""
    this = month_ahead(0, today, part)
    return month_ahead(1, today, part) if this.problem else this


def end_of_month(first: bool, ahead: int, today: date) -> DateExpression:
    """The first or the last day of this month (0) or the next (1); the first of this one is the next one's."""
    whole = month_ahead(ahead, today)
    if not first:
        return one_day(whole.days[-1], today)
    return one_day(whole.days[0], today) if whole.days[0].day == 1 else end_of_month(first, ahead + 1, today)


def calendar_date(day: int, number: int | None, year: int | None, today: date) -> DateExpression:
    """A day of a month, of this month or the next when none is named; the next time that it comes."""
    if number is None:
        return _next_day_with_number(day, today)
    if year is not None:
        return _checked_date(year + 2000 * (year < 100), number, day, today)
    this, after = _checked_date(today.year, number, day, today), _checked_date(today.year + 1, number, day, today)
    if this.problem == "past" and after.days and (after.days[0] - today).days > FAR_AHEAD_DAYS:
        return this  # somebody who names last week means no day a year from now
    return after if this.problem else this


def check_weekday(expression: DateExpression, number: int | None) -> DateExpression:
    """`Thursday 4 December` is no day when the fourth is a Friday."""
    wrong = number is not None and any(one.weekday() != number for one in expression.days)
    return DateExpression(DateSetKind.DAY, problem="impossible") if wrong else expression


def nth_weekday(nth: int, number: int, month_number: int | None, today: date) -> DateExpression:
    """`the first Monday of December`; -1 is the last."""
    found = [one for one in month(month_number or today.month, today).days if one.weekday() == number]
    try:
        return one_day(found[nth if nth < 0 else nth - 1], today)
    except IndexError:
        return DateExpression(DateSetKind.DAY, problem="impossible")


def future_days(first: date, last: date, today: date) -> DateExpression:
    """From one day to another, both included, as far as they are to come."""
    if last < today:
        return DateExpression(DateSetKind.SPAN, problem="past")
    return DateExpression(DateSetKind.SPAN, days_between(max(first, today), last))


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from one to another, both included."""
    return tuple(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def combine_days(expressions: Iterable[DateExpression]) -> tuple[date, ...]:
    """Days and weekdays side by side are alternatives; a span beside weekdays says which ones are meant."""
    expressions = list(expressions)
    spans = {one for atom in expressions if atom.kind is DateSetKind.SPAN for one in atom.days}
    named = [atom for atom in expressions if atom.kind is not DateSetKind.SPAN]
    if not spans:
        return tuple(sorted({one for atom in named for one in atom.days}))
    if not named:
        return tuple(sorted(spans))
    return tuple(sorted({one for atom in named for one in _days_within(atom, spans)}))


def _days_within(expression: DateExpression, spans: set[date]) -> list[date]:
    if expression.weekday is None:
        return list(expression.days)
    return [one for one in spans if one.weekday() == expression.weekday]


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
