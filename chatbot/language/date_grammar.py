"""Structure of a language's date grammar: rules and patterns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from re import Match

from .date_sets import (
    DateExpression,
    PeriodPart,
    calendar_date,
    end_of_month,
    month,
    nth_weekday,
    one_day,
)
from .lazy_pattern import LazyPattern

DateRuleParser = Callable[[Match[str], date], DateExpression]
DateRule = tuple[LazyPattern, DateRuleParser]


@dataclass(frozen=True, slots=True)
class DateGrammar:
    """Patterns of one language. `rules` replace each expression by a mark: `@0`, `@1`…

    The other patterns find marks that belong together. `without` turns a refused `@1` into `~1`, and
    `also_without` continues an enumeration: "ni lunes ni martes". `unrelated`: days of another subject. `origin`:
    the day from which an appointment is moved. `ambiguous`: two days, one of them refused without saying which.
    """

    rules: tuple[DateRule, ...]
    through: LazyPattern
    after: LazyPattern
    since: LazyPattern
    before: LazyPattern
    until: LazyPattern
    without: LazyPattern
    also_without: LazyPattern
    soonest: LazyPattern
    unrelated: LazyPattern
    origin: LazyPattern
    ambiguous: LazyPattern


@dataclass(frozen=True, slots=True)
class DateWords:
    """A language's words in dates, and parsers of the groups that all rules share.

    Groups: w (weekday), m (month), n (number), nth (ordinal), part (of a period), ahead (next month).
    """

    weekdays: Mapping[str, int]  # 0 = Monday
    months: Mapping[str, int]
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]  # -1 = last
    period_parts: Mapping[str, PeriodPart]

    def weekday(self, found: Match[str]) -> int:
        return self.weekdays[found["w"]]

    def month_number(self, found: Match[str]) -> int:
        return self.months[found["m"]]

    def count(self, found: Match[str]) -> int:
        return parse_number(found["n"], self.numbers)

    def period_part(self, found: Match[str]) -> PeriodPart:
        return self.period_parts[found["part"]]

    def parse_end_of_month(self, found: Match[str], first: bool, today: date) -> DateExpression:
        """Parse `the last day of May` or `the first day of next month`."""
        if found["m"] is None:
            return end_of_month(first, 1 if found["ahead"] else 0, today)
        days = month(self.month_number(found), today).days
        return one_day(days[0].replace(day=1) if first else days[-1], today)

    def parse_nth_weekday(self, found: Match[str], today: date) -> DateExpression:
        """Parse `the second Monday of March` or `the last Friday of next month`."""
        following_month = today.month % 12 + 1 if found["ahead"] else None
        number = self.month_number(found) if found["m"] else following_month
        return nth_weekday(self.ordinals[found["nth"]], self.weekday(found), number, today)


def parse_iso_date(found: Match[str], today: date) -> DateExpression:
    """Parse `2026-11-27`, with the groups y, mm and d."""
    return calendar_date(int(found["d"]), int(found["mm"]), int(found["y"]), today)


def compile_date_rules(*written_rules: tuple[str, DateRuleParser]) -> tuple[DateRule, ...]:
    """Compile patterns that match whole words only."""
    return tuple((LazyPattern(rf"\b(?:{pattern})(?![\w@])"), parser) for pattern, parser in written_rules)


def parse_number(text: str, numbers: Mapping[str, int]) -> int:
    """Parse digits or a number word."""
    return int(text) if text.isdigit() else numbers[text]
