"""What a language's grammar of days consists of, and how its rules are written down. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from re import Match, Pattern

from .date_sets import Atom

Reader = Callable[[Match[str], date], Atom]
Rule = tuple[Pattern[str], Reader]


@dataclass(frozen=True, slots=True)
class Language:
    """`rules` read expressions, which become `@0`, `@1`…; the others say how those belong together.

    `without` marks `@1` as `~1`, and `also_without` goes on from there: "ni lunes ni martes". `aside`: days of
    something else that is told. `origin`: the day from which an appointment is moved. `unclear`: two days of which
    one is not meant, and nobody can tell which.
    """

    rules: tuple[Rule, ...]
    through: Pattern[str]
    after: Pattern[str]
    since: Pattern[str]
    before: Pattern[str]
    until: Pattern[str]
    without: Pattern[str]
    also_without: Pattern[str]
    soonest: Pattern[str]
    aside: Pattern[str]
    origin: Pattern[str]
    unclear: Pattern[str]


def rules(*written: tuple[str, Reader]) -> tuple[Rule, ...]:
    """Each pattern as a whole expression: it begins and ends with a word."""
    return tuple((re.compile(rf"\b(?:{pattern})(?![\w@])"), reader) for pattern, reader in written)


def number_in(text: str, numbers: Mapping[str, int]) -> int:
    """Figures or a word for them."""
    return int(text) if text.isdigit() else numbers[text]
