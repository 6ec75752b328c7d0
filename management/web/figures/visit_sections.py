"""Sections of the figures of visits: waits, lines, shares, time at the desk. No SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from ....core.formats.charts import ChartColumn, ChartText, draw_bars, draw_boxes, draw_line, draw_rows
from ....core.i18n.catalogues import N_
from ....figures.service import DurationDistribution, FigureGrouping, OfficeFigures
from .figure_metrics import METRIC_BY_KEY, Metric, Unit
from .report_sections import (
    HEAD_BY_GROUPING,
    ReportSections,
    ShownCell,
    ShownFigureTable,
    ShownSection,
    percent_points,
)

MIN_PEAK_GROUPS = 2
SHARE_SECTIONS = (
    ("promise", "promise", N_("Called inside the range shown"), "promise_pct"),
    ("no-shows", "no_shows", N_("People who did not come to the desk"), "no_show_pct"),
)


@dataclass(frozen=True, slots=True)
class VisitSections(ReportSections):
    """Builds the sections of visits."""

    def sections(self, over_time: FigureGrouping) -> list[ShownSection]:
        """Return the sections that have a case."""
        built = []
        if self.report.total.visits.wait.count:
            built.append(
                self._waits(FigureGrouping.HOUR, "wait-by-hour", N_("Wait by hour of arrival"), draw_boxes)
            )
            if over_time is not FigureGrouping.HOUR:
                built.append(self._waits(over_time, "wait-by-day", self._wait_title(over_time), draw_line))
        if sum(1 for group in self.groups(FigureGrouping.LINE).values() if group.visits.wait.count) > 1:
            built.append(self._lines())
        for id, key, title, target in SHARE_SECTIONS:
            if METRIC_BY_KEY[key].value(self.report.total) is not None:
                built.append(self._shares(over_time, id, METRIC_BY_KEY[key], title, target))
        if self.report.total.visits.service.count:
            built.append(self._services())
        return built

    def _wait_title(self, grouping: FigureGrouping) -> str:
        return N_("Wait by day") if grouping is FigureGrouping.DAY else N_("Wait by week")

    def _waits(
        self,
        grouping: FigureGrouping,
        id: str,
        title: str,
        draw: Callable[[ChartText, list[ChartColumn], float | None], str],
    ) -> ShownSection:
        t = self.format.t
        found = {key: group for key, group in self.groups(grouping).items() if group.visits.tickets}
        before = self._waits_before(grouping, found)
        columns = [
            ChartColumn(
                self.names.short(grouping, key),
                _minutes(group.visits.wait.p50_s),
                _minutes(group.visits.wait.p90_s),
                _minutes(before[key].p50_s) if key in before else None,
                _minutes(before[key].p90_s) if key in before else None,
            )
            for key, group in found.items()
        ]
        hint = N_(
            "In minutes. The heavy line is the usual wait; nine in ten waited at most to the top of the box."
        )
        if draw is draw_line:
            hint = N_(
                "In minutes. The heavy line is the usual wait; nine in ten waited at most what the light one"
                " shows."
            )
        total = self.report.total.visits.wait
        summary = t(N_("Half of the people waited at most %(usual)s, nine in ten at most %(most)s.")) % {
            "usual": self.format.value(Unit.MINUTES, total.p50_s),
            "most": self.format.value(Unit.MINUTES, total.p90_s),
        }
        text = self.chart_text(
            id, t(title), f"{summary} {self._peak(grouping, found)}".strip(), "wait_p90_min", "min"
        )
        table = self.table(grouping, ("tickets", "wait_p50", "wait_p90"), lambda group: bool(group.visits.tickets))
        if before:
            table = self._with_waits_before(table, [before.get(key) for key in found])
        chart = Markup(draw(text, columns, self.targets.get("wait_p90_min")))  # noqa: S704 - the module escapes texts
        return ShownSection(id, t(title), t(hint), table, chart, is_compared=bool(before))

    def _waits_before(
        self, grouping: FigureGrouping, shown: Collection[str]
    ) -> Mapping[str, DurationDistribution]:
        """Return the waits of the compared period for the groups shown."""
        compared = {key: group for key, group in self.compared_groups(grouping).items() if key in shown}
        return {key: group.visits.wait for key, group in compared.items() if group.visits.wait.count}

    def _with_waits_before(
        self, table: ShownFigureTable, waits: Sequence[DurationDistribution | None]
    ) -> ShownFigureTable:
        """Add the waits of the period to compare with to each row."""
        t = self.format.t
        rows = []
        for (name, cells), wait in zip(table.rows, waits, strict=True):
            values = (wait.p50_s, wait.p90_s) if wait else (None, None)
            added = [ShownCell(self.format.value(Unit.MINUTES, value)) for value in values]
            rows.append((name, [*cells, *added]))
        return ShownFigureTable(table.first, [*table.heads, t(N_("Usual before")), t(N_("9 in 10 before"))], rows)

    def _lines(self) -> ShownSection:
        """Return the waits of each line, with those of the compared period."""
        t, grouping = self.format.t, FigureGrouping.LINE
        found = {key: group.visits.wait for key, group in self.groups(grouping).items() if group.visits.wait.count}
        before = self._waits_before(grouping, found)
        rows = [
            ChartColumn(
                self.names.name(grouping, key),
                _minutes(wait.p50_s),
                _minutes(wait.p90_s),
                _minutes(before[key].p50_s) if key in before else None,
                _minutes(before[key].p90_s) if key in before else None,
            )
            for key, wait in found.items()
        ]
        title, metric = t(N_("Wait by queue")), METRIC_BY_KEY["wait_p90"]
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = self.chart_text(
            "wait-by-line",
            title,
            f"{summary} {self._peak(grouping, self.groups(grouping))}",
            "wait_p90_min",
            "min",
        )
        text = replace(text, format_value=lambda value: self.format.value(Unit.MINUTES, value * 60))
        drawn = draw_rows(text, rows, self.targets.get("wait_p90_min"))
        hint = t(N_("The heavy line is the usual wait; nine in ten waited at most to the end of the box."))
        table = self.table(
            grouping, ("tickets", "wait_p50", "wait_p90"), lambda group: bool(group.visits.wait.count)
        )
        if before:
            table = self._with_waits_before(table, [before.get(key) for key in found])
        chart = Markup(drawn)  # noqa: S704 - the module escapes texts
        return ShownSection("wait-by-line", title, hint, table, chart, is_compared=bool(before))

    def _peak(self, grouping: FigureGrouping, found: Mapping[str, OfficeFigures]) -> str:
        """Return the sentence on the group with the longest wait."""
        waits = {
            key: group.visits.wait.p90_s for key, group in found.items() if group.visits.wait.p90_s is not None
        }
        if len(waits) < MIN_PEAK_GROUPS:
            return ""
        key = max(waits, key=lambda key: waits[key])
        return self.format.t(N_("The longest: %(group)s, with %(most)s.")) % {
            "group": self.names.name(grouping, key),
            "most": self.format.value(Unit.MINUTES, waits[key]),
        }

    def _shares(self, grouping: FigureGrouping, id: str, metric: Metric, title: str, target: str) -> ShownSection:
        t = self.format.t
        columns = [
            ChartColumn(self.names.short(grouping, key), percent_points(metric.value(group)))
            for key, group in self.groups(grouping).items()
            if group.visits.tickets
        ]
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = self.chart_text(id, t(title), summary, target, "pct")
        limit = self.targets.get(target)
        if target == "no_show_pct":
            drawn = draw_bars(text, columns, limit)
        else:
            drawn = draw_line(text, columns, limit, is_percent=True)
        table = self.table(grouping, ("tickets", metric.key), lambda group: bool(group.visits.tickets))
        return ShownSection(id, t(title), t(metric.note), table, Markup(drawn))  # noqa: S704 - escaped there

    def _services(self) -> ShownSection:
        t, grouping = self.format.t, FigureGrouping.SERVICE
        found = {key: group for key, group in self.groups(grouping).items() if group.visits.service.count}
        rows = [
            ChartColumn(
                self.names.name(grouping, key),
                _minutes(group.visits.service.p50_s),
                _minutes(group.visits.service.p90_s),
            )
            for key, group in found.items()
        ]
        metric, title = METRIC_BY_KEY["service_p50"], t(N_("Time at the desk by service"))
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = ChartText("service-time", title, summary, lambda value: self.format.value(Unit.MINUTES, value * 60))
        hint = t(N_("The heavy line is the usual time; nine in ten took at most to the end of the box."))
        table = ShownFigureTable(
            t(HEAD_BY_GROUPING[grouping]),
            [t(N_("People attended")), t(N_("Usual")), t(N_("9 in 10"))],
            [
                (
                    self.names.name(grouping, key),
                    [
                        ShownCell(self.format.value(Unit.COUNT, group.visits.served)),
                        ShownCell(self.format.value(Unit.MINUTES, group.visits.service.p50_s)),
                        ShownCell(self.format.value(Unit.MINUTES, group.visits.service.p90_s)),
                    ],
                )
                for key, group in found.items()
            ],
        )
        return ShownSection("service-time", title, hint, table, Markup(draw_rows(text, rows)))  # noqa: S704


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
