"""What a language's grammar of days consists of, and how its rules are written down. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from re import Match, Pattern

from .date_sets import DateExpression

DateRuleParser = Callable[[Match[str], date], DateExpression]
DateRule = tuple[Pattern[str], DateRuleParser]


@dataclass(frozen=True, slots=True)
class DateGrammar:
    """`rules` read expressions, which become `@0`, `@1`…; the others say how those belong together.

    `without` marks `@1` as `~1`, and `also_without` goes on from there: "ni lunes ni martes". `aside`: days of
    something else that is told. `origin`: the day from which an appointment is moved. `unclear`: two days of which
    one is not meant, and nobody can tell which.
    """

    rules: tuple[DateRule, ...]
    through: Pattern[str]
    after: Pattern[str]
    since: Pattern[str]
    before: Pattern[str]
    until: Pattern[str]
    without: Pattern[str]
    also_without: Pattern[str]
    soonest: Pattern[str]
    unrelated: Pattern[str]
    origin: Pattern[str]
    ambiguous: Pattern[str]


def compile_date_rules(*written_rules: tuple[str, DateRuleParser]) -> tuple[DateRule, ...]:
    """Each pattern as a whole expression: it begins and ends with a word."""
    return tuple((re.compile(rf"\b(?:{pattern})(?![\w@])"), reader) for pattern, reader in written_rules)


def parse_number(text: str, numbers: Mapping[str, int]) -> int:
    """Figures or a word for them."""
    return int(text) if text.isdigit() else numbers[text]
