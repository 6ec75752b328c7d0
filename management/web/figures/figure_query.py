"""The choices of the page of figures: offices, period, comparison, and grouping. No SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from ....core.i18n.catalogues import N_, GettextFunction
from ....core.web.validation import OptionalCalendarDay
from ....figures.service import (
    MAX_PERIOD_DAYS,
    FigureGrouping,
    FigurePeriod,
    PeriodPreset,
    period_before,
    preset_period,
)
from ....offices.service import Office, hours
from ..manage_page import MANAGE_PATH

FIGURES_PATH = MANAGE_PATH + "/figures"
OWN_DAYS = "own"
# three offices of a year, which takes some seconds (docs/figures.md#long-periods)
MAX_OFFICE_DAYS = 1_100
WEEKS_OF_A_YEAR = timedelta(days=364)  # keeps the days of the week
PRESET_LABELS: Mapping[str, str] = {
    PeriodPreset.TODAY: N_("Today"),
    PeriodPreset.YESTERDAY: N_("Yesterday"),
    PeriodPreset.THIS_WEEK: N_("This week"),
    PeriodPreset.LAST_WEEK: N_("Last week"),
    PeriodPreset.LAST_4_WEEKS: N_("Last 4 weeks"),
    PeriodPreset.THIS_MONTH: N_("This month"),
    PeriodPreset.LAST_MONTH: N_("Last month"),
    PeriodPreset.THIS_YEAR: N_("This year"),
    OWN_DAYS: N_("Other days"),
}
GROUPING_LABELS: Mapping[FigureGrouping, str] = {
    FigureGrouping.DAY: N_("By day"),
    FigureGrouping.WEEK: N_("By week"),
    FigureGrouping.HOUR: N_("By hour of the day"),
    FigureGrouping.SERVICE: N_("By service"),
    FigureGrouping.LINE: N_("By queue"),
    FigureGrouping.OFFICE: N_("By office"),
}
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)
_DAY: TypeAdapter[date | None] = TypeAdapter(OptionalCalendarDay)


class Comparison(StrEnum):
    """The period to compare with."""

    BEFORE = "before"
    YEAR = "year"
    OWN = "own"
    NONE = "none"


COMPARISON_LABELS: Mapping[Comparison, str] = {
    Comparison.BEFORE: N_("The same days of the weeks before"),
    Comparison.YEAR: N_("A year before"),
    Comparison.OWN: N_("From another day on"),
    Comparison.NONE: N_("Nothing"),
}


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """The choices of the address, with what was typed and the errors by field.

    `office` is None for all `offices` together. `other` is the period to compare with.
    """

    offices: Sequence[Office]
    office: Office | None
    today: date
    typed: Mapping[str, str]
    preset: str
    period: FigurePeriod
    comparison: Comparison
    other: FigurePeriod | None
    grouping: FigureGrouping
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def groupings(self) -> list[FigureGrouping]:
        """Return the groupings that can be chosen."""
        return [each for each in GROUPING_LABELS if each is not FigureGrouping.OFFICE or self.office is None]

    def link(self, path: str = FIGURES_PATH, **changes: str) -> str:
        """Return the address of these choices with some values changed."""
        is_own = self.preset == OWN_DAYS
        values = {
            "office": self.office.slug if self.office else "",
            "period": self.preset,
            "from": self.period.first.isoformat() if is_own else "",
            "to": self.period.last.isoformat() if is_own else "",
            "compare": self.comparison,
            "compare_from": self.other.first.isoformat()
            if self.other and self.comparison is Comparison.OWN
            else "",
            "by": self.grouping,
        }
        return f"{path}?{urlencode({name: value for name, value in {**values, **changes}.items() if value})}"


def parse_figure_query(
    params: QueryParams, offices: Sequence[Office], office: Office | None, now: datetime, t: GettextFunction
) -> FigureQuery:
    """Parse the choices. Wrong days get an error, other wrong choices their default."""
    reference = office or offices[0]
    today = hours.to_local_day(reference.hours, now)
    typed = {name: params.get(name, "").strip() for name in ("from", "to", "compare_from")}
    preset = params.get("period", "")
    if preset not in PRESET_LABELS:
        preset = OWN_DAYS if typed["from"] or typed["to"] else PeriodPreset.LAST_4_WEEKS
    days, errors = _parse_days(typed)
    period = preset_period(PeriodPreset.LAST_4_WEEKS, today)
    if preset == OWN_DAYS:
        last = days.get("to") or max(today, days.get("from") or today)
        period = FigurePeriod(days.get("from") or last, last)
    else:
        period = preset_period(PeriodPreset(preset), today)
        errors = {name: text for name, text in errors.items() if name == "compare_from"}
    comparison = _parse_choice(Comparison, params.get("compare", ""), Comparison.BEFORE)
    if comparison is not Comparison.OWN:
        errors.pop("compare_from", None)
    elif not days.get("compare_from") and "compare_from" not in errors:
        errors["compare_from"] = N_("Choose the first day to compare with.")
    if not errors:
        errors |= _period_errors(period, len(offices) if office is None else 1)
    default = FigureGrouping.SERVICE if office is not None or len(offices) == 1 else FigureGrouping.OFFICE
    grouping = _parse_choice(FigureGrouping, params.get("by", ""), default)
    return FigureQuery(
        offices=offices,
        office=office,
        today=today,
        typed=typed,
        preset=preset,
        period=period,
        comparison=comparison,
        other=None if errors else _other_period(comparison, period, days.get("compare_from")),
        grouping=default if grouping is FigureGrouping.OFFICE and office is not None else grouping,
        errors={name: t(text) % {"days": MAX_PERIOD_DAYS} for name, text in errors.items()},
    )


def _parse_days(typed: Mapping[str, str]) -> tuple[dict[str, date | None], dict[str, str]]:
    days: dict[str, date | None] = {}
    errors: dict[str, str] = {}
    for name, text in typed.items():
        try:
            days[name] = _DAY.validate_python(text)
        except ValidationError:
            errors[name] = N_("Write a day like this: 2026-11-25.")
    return days, errors


def _period_errors(period: FigurePeriod, offices: int) -> dict[str, str]:
    if period.length < 1:
        return {"from": N_("The first day is after the last one.")}
    if period.length > MAX_PERIOD_DAYS:
        return {"from": N_("Choose at most %(days)s days.")}
    if period.length * offices > MAX_OFFICE_DAYS:
        return {"office": N_("These are many days of many offices. Choose one office or fewer days.")}
    return {}


def _other_period(comparison: Comparison, period: FigurePeriod, first: date | None) -> FigurePeriod | None:
    match comparison:
        case Comparison.BEFORE:
            return period_before(period)
        case Comparison.YEAR:
            return FigurePeriod(period.first - WEEKS_OF_A_YEAR, period.last - WEEKS_OF_A_YEAR)
        case Comparison.OWN if first is not None:
            return FigurePeriod(first, first + (period.last - period.first))
        case _:
            return None


def _parse_choice(choices: type[ChoiceT], text: str, default: ChoiceT) -> ChoiceT:
    return choices(text) if text in set(choices) else default
