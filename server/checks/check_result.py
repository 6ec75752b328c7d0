"""Results of checks: a problem with its remedy, or a remark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CHECK_TIMEOUT_S = 10  # for database, bus, site and test room; a slower answer is of no use to a page either


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The problem of one part, or else a remark."""

    part: str
    problem: str | None = None
    remark: str = "works"

    def text(self) -> str:
        return f"{self.part}: {self.problem or self.remark}"


def timeout_text() -> str:
    return f"no answer within {CHECK_TIMEOUT_S} s"


def first_line(error: Exception) -> str:
    """Return the first line: drivers append the statement and a link to their manual."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def format_age(age: timedelta) -> str:
    """Format a duration for a person: `40 s`, `12 min`, `3 h 5 min`, `2 days`."""
    seconds = round(age.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    if seconds < 172_800:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"
    return f"{seconds // 86_400} days"
