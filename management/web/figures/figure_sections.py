"""Sections of the page of figures: a chart with its table. No SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from babel.dates import format_date
from markupsafe import Markup

from ....core.i18n.catalogues import N_
from ....core.i18n.numbers import format_figure, format_percent
from ....figures.service import (
    TEST_GRADES,
    CallFigures,
    ChartColumn,
    ChartText,
    DurationDistribution,
    FigureGrouping,
    FigureReport,
    OfficeFigures,
    PhoneFigures,
    draw_bars,
    draw_boxes,
    draw_line,
    draw_rows,
)
from .figure_metrics import METRIC_BY_KEY, FigureFormat, Metric, Unit

MAX_DAY_COLUMNS = 62  # a longer period is shown by week
HEAD_BY_GROUPING: Mapping[FigureGrouping, str] = {
    FigureGrouping.DAY: N_("Day"),
    FigureGrouping.WEEK: N_("Week from"),
    FigureGrouping.HOUR: N_("Hour"),
    FigureGrouping.SERVICE: N_("Service"),
    FigureGrouping.LINE: N_("Line"),
    FigureGrouping.OFFICE: N_("Office"),
}
GRADE_LABELS: Mapping[str, str] = {
    "green": N_("Test: all right"),
    "amber": N_("Test: with problems"),
    "red": N_("Test: will not work"),
    "unknown": N_("Test: not complete"),
    "none": N_("No test"),
}
END_LABELS: Mapping[str, str] = {
    "ended": N_("Ended by the office"),
    "time_over": N_("Time was over"),
    "cancelled": N_("Appointment cancelled"),
    "rescheduled": N_("Appointment moved"),
    "open": N_("Still open"),
}
BREAKDOWN_KEYS = (
    "tickets",
    "served",
    "wait_p50",
    "wait_p90",
    "way_p90",
    "service_p50",
    "no_shows",
    "on_time",
    "promise",
)
VIDEO_KEYS = ("video_held", "video_no_shows", "video_good")
SURVEY_KEYS = ("survey_answers", "survey_satisfied", "survey_sound", "survey_picture")
PHONE_KEYS = ("phone_held", "phone_not_reached", "phone_on_time")


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of a table, with the grade of its target if it has one."""

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
                services = [one for office in self.report.offices for one in office.services]
                return next((one.name(self.language) for one in services if one.slug == key), key)
            case FigureGrouping.LINE:
                offices = self.report.offices
                lines = [one for office in offices for one in (*office.lines, *office.removed_lines)]
                return next((one.name(self.language) for one in lines if one.slug == key), key)

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
class SectionBuilder:
    """Builds the sections of one report.

    `targets`: of its one office; empty for several. `compared`: the report of the period to compare with.
    """

    report: FigureReport
    format: FigureFormat
    names: FigureNames
    targets: Mapping[str, int]
    compared: FigureReport | None = None

    def sections(self) -> list[ShownSection]:
        """Return the sections that have a case."""
        over_time = time_grouping(self.report.period.length)
        built = []
        if self.report.total.visits.wait.count:
            built.append(
                self._waits(FigureGrouping.HOUR, "wait-by-hour", N_("Wait by hour of arrival"), draw_boxes)
            )
            if over_time is not FigureGrouping.HOUR:
                built.append(self._waits(over_time, "wait-by-day", self._wait_title(over_time), draw_line))
        if sum(1 for one in self._groups(FigureGrouping.LINE).values() if one.visits.wait.count) > 1:
            built.append(self._lines())
        for id, key, title, target in SHARE_SECTIONS:
            if METRIC_BY_KEY[key].value(self.report.total) is not None:
                built.append(self._shares(over_time, id, METRIC_BY_KEY[key], title, target))
        if self.report.total.visits.service.count:
            built.append(self._services())
        if self.report.total.video.appointments:
            built += [self._calls(over_time), self._tests()]
        if self.report.total.video.survey.answers:
            built.append(self._survey(over_time))
        if self.report.total.phone.appointments:
            built.append(self._phone_calls(over_time))
        return built

    def _compared_groups(self, grouping: FigureGrouping) -> Mapping[str, OfficeFigures]:
        """Return the groups of the compared period, by the key of their counterpart."""
        if self.compared is None:
            return {}
        groups = self.compared.groups[grouping]
        if grouping not in (FigureGrouping.DAY, FigureGrouping.WEEK):
            return groups
        first, before = self.report.period.first, self.compared.period.first
        if grouping is FigureGrouping.WEEK:
            first, before = (day - timedelta(days=day.weekday()) for day in (first, before))
        return {(date.fromisoformat(key) + (first - before)).isoformat(): one for key, one in groups.items()}

    def _groups(self, grouping: FigureGrouping) -> Mapping[str, OfficeFigures]:
        return self.report.groups[grouping]

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
        found = {key: one for key, one in self._groups(grouping).items() if one.visits.tickets}
        before = self._waits_before(grouping, found)
        columns = [
            ChartColumn(
                self.names.short(grouping, key),
                _minutes(one.visits.wait.p50_s),
                _minutes(one.visits.wait.p90_s),
                _minutes(before[key].p50_s) if key in before else None,
                _minutes(before[key].p90_s) if key in before else None,
            )
            for key, one in found.items()
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
        text = self._chart_text(
            id, t(title), f"{summary} {self._peak(grouping, found)}".strip(), "wait_p90_min", "min"
        )
        table = self._table(grouping, ("tickets", "wait_p50", "wait_p90"), lambda one: bool(one.visits.tickets))
        if before:
            table = self._with_waits_before(table, [before.get(key) for key in found])
        chart = Markup(draw(text, columns, self.targets.get("wait_p90_min")))  # noqa: S704 - the module escapes texts
        return ShownSection(id, t(title), t(hint), table, chart, is_compared=bool(before))

    def _waits_before(
        self, grouping: FigureGrouping, shown: Collection[str]
    ) -> Mapping[str, DurationDistribution]:
        """Return the waits of the compared period for the groups shown."""
        compared = {key: one for key, one in self._compared_groups(grouping).items() if key in shown}
        return {key: one.visits.wait for key, one in compared.items() if one.visits.wait.count}

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
        found = {key: one.visits.wait for key, one in self._groups(grouping).items() if one.visits.wait.count}
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
        title, metric = t(N_("Wait by line")), METRIC_BY_KEY["wait_p90"]
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = self._chart_text(
            "wait-by-line",
            title,
            f"{summary} {self._peak(grouping, self._groups(grouping))}",
            "wait_p90_min",
            "min",
        )
        text = replace(text, format_value=lambda value: self.format.value(Unit.MINUTES, value * 60))
        drawn = draw_rows(text, rows, self.targets.get("wait_p90_min"))
        hint = t(N_("The heavy line is the usual wait; nine in ten waited at most to the end of the box."))
        table = self._table(grouping, ("tickets", "wait_p50", "wait_p90"), lambda one: bool(one.visits.wait.count))
        if before:
            table = self._with_waits_before(table, [before.get(key) for key in found])
        chart = Markup(drawn)  # noqa: S704 - the module escapes texts
        return ShownSection("wait-by-line", title, hint, table, chart, is_compared=bool(before))

    def _peak(self, grouping: FigureGrouping, found: Mapping[str, OfficeFigures]) -> str:
        """Return the sentence on the group with the longest wait."""
        waits = {key: one.visits.wait.p90_s for key, one in found.items() if one.visits.wait.p90_s is not None}
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
            ChartColumn(self.names.short(grouping, key), _percent(metric.value(one)))
            for key, one in self._groups(grouping).items()
            if one.visits.tickets
        ]
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = self._chart_text(id, t(title), summary, target, "pct")
        limit = self.targets.get(target)
        if target == "no_show_pct":
            drawn = draw_bars(text, columns, limit)
        else:
            drawn = draw_line(text, columns, limit, is_percent=True)
        table = self._table(grouping, ("tickets", metric.key), lambda one: bool(one.visits.tickets))
        return ShownSection(id, t(title), t(metric.note), table, Markup(drawn))  # noqa: S704 - escaped there

    def _services(self) -> ShownSection:
        t, grouping = self.format.t, FigureGrouping.SERVICE
        found = {key: one for key, one in self._groups(grouping).items() if one.visits.service.count}
        rows = [
            ChartColumn(
                self.names.name(grouping, key),
                _minutes(one.visits.service.p50_s),
                _minutes(one.visits.service.p90_s),
            )
            for key, one in found.items()
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
                        ShownCell(self.format.value(Unit.COUNT, one.visits.served)),
                        ShownCell(self.format.value(Unit.MINUTES, one.visits.service.p50_s)),
                        ShownCell(self.format.value(Unit.MINUTES, one.visits.service.p90_s)),
                    ],
                )
                for key, one in found.items()
            ],
        )
        return ShownSection("service-time", title, hint, table, Markup(draw_rows(text, rows)))  # noqa: S704

    def _calls(self, grouping: FigureGrouping) -> ShownSection:
        t, keys = self.format.t, ("video_held", "video_no_shows", "video_wait", "video_length", "video_good")
        said = t(N_("%(held)s of %(appointments)s video appointments were held."))
        return self._held_calls("calls", t(N_("Video calls")), said, grouping, keys, lambda one: one.video)

    def _phone_calls(self, grouping: FigureGrouping) -> ShownSection:
        t, keys = (
            self.format.t,
            ("phone_held", "phone_attempts", "phone_not_reached", "phone_on_time", "phone_length"),
        )
        said = t(N_("%(held)s of %(appointments)s appointments by telephone were held."))
        title = t(N_("Telephone calls"))
        return self._held_calls("phone-calls", title, said, grouping, keys, lambda one: one.phone)

    def _held_calls(
        self,
        slug: str,
        title: str,
        said: str,
        grouping: FigureGrouping,
        keys: tuple[str, ...],
        measure: Callable[[OfficeFigures], CallFigures | PhoneFigures],
    ) -> ShownSection:
        """Return the calls held in each group. `said`: a sentence with `held` and `appointments`."""
        columns = [
            ChartColumn(self.names.short(grouping, key), measure(one).held)
            for key, one in self._groups(grouping).items()
            if measure(one).appointments
        ]
        total = measure(self.report.total)
        summary = said % {
            "held": self.format.value(Unit.COUNT, total.held),
            "appointments": self.format.value(Unit.COUNT, total.appointments),
        }
        text = ChartText(slug, title, summary, lambda value: format_figure(value, self.format.language))
        table = self._table(grouping, keys, lambda one: bool(measure(one).appointments))
        return ShownSection(slug, title, summary, table, Markup(draw_bars(text, columns)))  # noqa: S704

    def _survey(self, grouping: FigureGrouping) -> ShownSection:
        """Return how people rated the calls: the good ratings, and a table of each group."""
        t, total = self.format.t, self.report.total
        title = t(N_("How people rated video calls"))
        metrics = [METRIC_BY_KEY[key] for key in SURVEY_KEYS[1:]]
        given = [(metric, value) for metric in metrics if (value := metric.value(total)) is not None]
        rows = [ChartColumn(t(metric.head), _percent(value)) for metric, value in given]
        answers = self.format.metric(METRIC_BY_KEY["survey_answers"], total)
        summary = t(N_("%(count)s answers. Good ratings, of those that were given.")) % {"count": answers}
        text = ChartText("call-survey", title, summary, lambda value: format_figure(value, self.format.language))
        drawn = draw_rows(text, rows, None, most=100)
        table = self._table(grouping, SURVEY_KEYS, lambda one: bool(one.video.survey.answers))
        return ShownSection("call-survey", title, summary, table, Markup(drawn))  # noqa: S704 - escaped there

    def _tests(self) -> ShownSection:
        """Return how the calls went by the grade of the test before them."""
        t, video = self.format.t, self.report.total.video
        shown = [grade for grade in TEST_GRADES if video.tests[grade].appointments]
        rows = [ChartColumn(t(GRADE_LABELS[grade]), _percent(video.tests[grade].good.share)) for grade in shown]
        title = t(N_("Connection of the calls, by the test before"))
        metric = METRIC_BY_KEY["video_good"]
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = self._chart_text("call-tests", title, summary, "good_calls_pct", "pct")
        drawn = draw_rows(text, rows, self.targets.get("good_calls_pct"), most=100)
        table = ShownFigureTable(
            t(N_("Test before the call")),
            [t(N_("Appointments")), t(N_("Held")), t(N_("Absent")), t(N_("Good connection"))],
            [(t(GRADE_LABELS[grade]), self._test_cells(video, grade)) for grade in shown],
        )
        hint = t(N_("The share of the calls with a good connection."))
        return ShownSection("call-tests", title, hint, table, Markup(drawn))  # noqa: S704 - escaped there

    def _test_cells(self, video: CallFigures, grade: str) -> list[ShownCell]:
        one = video.tests[grade]
        return [
            ShownCell(self.format.value(Unit.COUNT, one.appointments)),
            ShownCell(self.format.value(Unit.COUNT, one.held)),
            ShownCell(self.format.value(Unit.SHARE, one.no_shows.share)),
            ShownCell(self.format.value(Unit.SHARE, one.good.share)),
        ]

    def breakdown(
        self, grouping: FigureGrouping, targets_by_group: Mapping[str, Mapping[str, int]]
    ) -> ShownFigureTable:
        """Return the table of all figures of one grouping, the total last.

        `targets_by_group`: the targets whose grades the cells show, for groups by office.
        """
        keys = BREAKDOWN_KEYS + (VIDEO_KEYS if self.report.total.video.appointments else ())
        keys += PHONE_KEYS if self.report.total.phone.appointments else ()
        found = self._groups(grouping)
        rows = [
            (self.names.name(grouping, key), self._cells(keys, one, targets_by_group.get(key, {})))
            for key, one in found.items()
        ]
        if len(rows) > 1:
            rows.append((self.format.t(N_("Together")), self._cells(keys, self.report.total, self.targets)))
        t = self.format.t
        heads = [
            t(METRIC_BY_KEY[key].label if key.startswith(("video_", "phone_")) else METRIC_BY_KEY[key].head)
            for key in keys
        ]
        return ShownFigureTable(t(HEAD_BY_GROUPING[grouping]), heads, rows)

    def _cells(self, keys: Sequence[str], found: OfficeFigures, targets: Mapping[str, int]) -> list[ShownCell]:
        verdicts = self.format.verdicts(targets, found)
        metrics = [METRIC_BY_KEY[key] for key in keys]
        return [
            ShownCell(
                self.format.metric(metric, found),
                verdicts[metric.target].grade if metric.target in verdicts else "",
            )
            for metric in metrics
        ]

    def _table(
        self, grouping: FigureGrouping, keys: Sequence[str], has_case: Callable[[OfficeFigures], bool]
    ) -> ShownFigureTable:
        t = self.format.t
        rows = [
            (self.names.name(grouping, key), self._cells(keys, one, {}))
            for key, one in self._groups(grouping).items()
            if has_case(one)
        ]
        return ShownFigureTable(t(HEAD_BY_GROUPING[grouping]), [t(METRIC_BY_KEY[key].head) for key in keys], rows)

    def _chart_text(self, id: str, title: str, summary: str, target: str, unit: str) -> ChartText:
        label = ""
        if target in self.targets:
            value = self.format.target(target, self.targets[target])
            label = self.format.t(N_("Target: %(target)s")) % {"target": value}
        return ChartText(id, title, f"{summary} {label}".strip(), self._axis_format(unit), label)

    def _axis_format(self, unit: str) -> Callable[[float], str]:
        if unit == "pct":
            return lambda value: format_percent(value / 100, self.format.language)
        return lambda value: format_figure(value, self.format.language)


MIN_PEAK_GROUPS = 2
SHARE_SECTIONS = (
    ("promise", "promise", N_("Called inside the range shown"), "promise_pct"),
    ("no-shows", "no_shows", N_("People who did not come to the desk"), "no_show_pct"),
)


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100
