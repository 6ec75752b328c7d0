"""Parts of the sections of figures: names of groups, tables, texts of charts. No SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from babel.dates import format_date
from markupsafe import Markup

from ....core.formats.charts import ChartText
from ....core.i18n.catalogues import N_
from ....core.i18n.numbers import format_figure, format_percent
from ....figures.service import FigureGrouping, FigureReport, OfficeFigures
from .figure_metrics import METRIC_BY_KEY, FigureFormat

MAX_DAY_COLUMNS = 62  # a longer period is shown by week
HEAD_BY_GROUPING: Mapping[FigureGrouping, str] = {
    FigureGrouping.DAY: N_("Day"),
    FigureGrouping.WEEK: N_("Week from"),
    FigureGrouping.HOUR: N_("Hour"),
    FigureGrouping.SERVICE: N_("Service"),
    FigureGrouping.LINE: N_("Queue"),
    FigureGrouping.OFFICE: N_("Office"),
}


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of a table, with the grade of its target, if any."""

    text: str
    grade: str = ""


@dataclass(frozen=True, slots=True)
class ShownFigureTable:
    """A table: the head of its first column, the other heads, and rows of a name and cells."""

    first: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[ShownCell]]]


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A chart with the words above it and the table beside it.

    `is_compared`: the chart also shows the period to compare with.
    """

    id: str
    title: str
    hint: str
    table: ShownFigureTable
    chart: Markup = field(default_factory=Markup)
    is_compared: bool = False


@dataclass(frozen=True, slots=True)
class FigureNames:
    """Names of the groups of a report in the reader's language."""

    report: FigureReport
    language: str

    def name(self, grouping: FigureGrouping, key: str) -> str:
        """Return the name of a group; the key of a service or line that was removed."""
        match grouping:
            case FigureGrouping.DAY:
                return format_date(date.fromisoformat(key), "EEE d MMM", locale=self.language)
            case FigureGrouping.WEEK:
                return format_date(date.fromisoformat(key), "d MMM y", locale=self.language)
            case FigureGrouping.HOUR:
                return f"{key}:00"
            case FigureGrouping.OFFICE:
                return next(office.name for office in self.report.offices if office.slug == key)
            case FigureGrouping.SERVICE:
                services = [service for office in self.report.offices for service in office.services]
                return next((service.name(self.language) for service in services if service.slug == key), key)
            case FigureGrouping.LINE:
                offices = self.report.offices
                lines = [line for office in offices for line in (*office.lines, *office.removed_lines)]
                return next((line.name(self.language) for line in lines if line.slug == key), key)

    def short(self, grouping: FigureGrouping, key: str) -> str:
        """Return the name for the axis of a chart."""
        if grouping in (FigureGrouping.DAY, FigureGrouping.WEEK):
            return format_date(date.fromisoformat(key), "d MMM", locale=self.language)
        return self.name(grouping, key)


def time_grouping(days: int) -> FigureGrouping:
    """Return by what a period of so many days is shown over time."""
    if days == 1:
        return FigureGrouping.HOUR
    return FigureGrouping.DAY if days <= MAX_DAY_COLUMNS else FigureGrouping.WEEK


@dataclass(frozen=True, slots=True)
class ReportSections:
    """A report, and the parts of which its sections are built.

    `targets`: of its only office; empty for several. `compared`: the report of the period to compare with.
    """

    report: FigureReport
    format: FigureFormat
    names: FigureNames
    targets: Mapping[str, int]
    compared: FigureReport | None = None

    def groups(self, grouping: FigureGrouping) -> Mapping[str, OfficeFigures]:
        return self.report.groups[grouping]

    def compared_groups(self, grouping: FigureGrouping) -> Mapping[str, OfficeFigures]:
        """Return the groups of the compared period, by the key of their counterpart."""
        if self.compared is None:
            return {}
        groups = self.compared.groups[grouping]
        if grouping not in (FigureGrouping.DAY, FigureGrouping.WEEK):
            return groups
        first, before = self.report.period.first, self.compared.period.first
        if grouping is FigureGrouping.WEEK:
            first, before = (day - timedelta(days=day.weekday()) for day in (first, before))
        return {(date.fromisoformat(key) + (first - before)).isoformat(): group for key, group in groups.items()}

    def cells(self, keys: Sequence[str], found: OfficeFigures, targets: Mapping[str, int]) -> list[ShownCell]:
        verdicts = self.format.verdicts(targets, found)
        metrics = [METRIC_BY_KEY[key] for key in keys]
        return [
            ShownCell(
                self.format.metric(metric, found),
                verdicts[metric.target].grade if metric.target in verdicts else "",
            )
            for metric in metrics
        ]

    def table(
        self, grouping: FigureGrouping, keys: Sequence[str], has_case: Callable[[OfficeFigures], bool]
    ) -> ShownFigureTable:
        t = self.format.t
        rows = [
            (self.names.name(grouping, key), self.cells(keys, group, {}))
            for key, group in self.groups(grouping).items()
            if has_case(group)
        ]
        return ShownFigureTable(t(HEAD_BY_GROUPING[grouping]), [t(METRIC_BY_KEY[key].head) for key in keys], rows)

    def chart_text(self, id: str, title: str, summary: str, target: str, unit: str) -> ChartText:
        label = ""
        if target in self.targets:
            value = self.format.target(target, self.targets[target])
            label = self.format.t(N_("Target: %(target)s")) % {"target": value}
        return ChartText(id, title, f"{summary} {label}".strip(), self._axis_format(unit), label)

    def _axis_format(self, unit: str) -> Callable[[float], str]:
        if unit == "pct":
            return lambda value: format_percent(value / 100, self.format.language)
        return lambda value: format_figure(value, self.format.language)


def percent_points(share: float | None) -> float | None:
    """Convert a share of 1 to a share of 100, as charts draw it."""
    return None if share is None else share * 100
