"""Periods of figures, their presets, and the period to compare with. Pure: no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MAX_PERIOD_DAYS = 366  # a year
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FigurePeriod:
    """Local days of an office, both included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=offset) for offset in range(self.length))


class PeriodPreset(StrEnum):
    """Periods with a name."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"
    LAST_4_WEEKS = "last_4_weeks"


def preset_period(preset: PeriodPreset, today: date) -> FigurePeriod:
    """Return the days of a preset. Those of a current week, month or year end today."""
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    last_of_month_before = month - timedelta(days=1)
    match preset:
        case PeriodPreset.TODAY:
            return FigurePeriod(today, today)
        case PeriodPreset.YESTERDAY:
            return FigurePeriod(today - timedelta(days=1), today - timedelta(days=1))
        case PeriodPreset.THIS_WEEK:
            return FigurePeriod(monday, today)
        case PeriodPreset.LAST_WEEK:
            return FigurePeriod(monday - WEEK, monday - timedelta(days=1))
        case PeriodPreset.THIS_MONTH:
            return FigurePeriod(month, today)
        case PeriodPreset.LAST_MONTH:
            return FigurePeriod(last_of_month_before.replace(day=1), last_of_month_before)
        case PeriodPreset.THIS_YEAR:
            return FigurePeriod(today.replace(month=1, day=1), today)
        case PeriodPreset.LAST_4_WEEKS:
            return FigurePeriod(today - 4 * WEEK, today - timedelta(days=1))


def period_before(period: FigurePeriod) -> FigurePeriod:
    """Return the nearest earlier period of the same length that has the same days of the week.

    Mondays are compared with Mondays: a period of five days moves by one week, one of 31 days by five weeks.
    """
    weeks = -(-period.length // 7)
    return FigurePeriod(period.first - weeks * WEEK, period.last - weeks * WEEK)
