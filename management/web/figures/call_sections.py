"""Sections of the figures of calls: video, telephone, ratings, tests. No SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from ....core.formats.charts import ChartColumn, ChartText, draw_bars, draw_rows
from ....core.i18n.catalogues import N_
from ....core.i18n.numbers import format_figure
from ....figures.service import TEST_GRADES, CallFigures, FigureGrouping, OfficeFigures, PhoneFigures
from .figure_metrics import METRIC_BY_KEY, Unit
from .report_sections import ReportSections, ShownCell, ShownFigureTable, ShownSection, percent_points

GRADE_LABELS: Mapping[str, str] = {
    "green": N_("Test: all right"),
    "amber": N_("Test: with problems"),
    "red": N_("Test: will not work"),
    "unknown": N_("Test: not complete"),
    "none": N_("No test"),
}
SURVEY_KEYS = ("survey_answers", "survey_satisfied", "survey_sound", "survey_picture")


@dataclass(frozen=True, slots=True)
class CallSections(ReportSections):
    """Builds the sections of calls."""

    def sections(self, over_time: FigureGrouping) -> list[ShownSection]:
        """Return the sections that have a case."""
        built = []
        if self.report.total.video.appointments:
            built += [self._calls(over_time), self._tests()]
        if self.report.total.video.survey.answers:
            built.append(self._survey(over_time))
        if self.report.total.phone.appointments:
            built.append(self._phone_calls(over_time))
        return built

    def _calls(self, grouping: FigureGrouping) -> ShownSection:
        t, keys = self.format.t, ("video_held", "video_no_shows", "video_wait", "video_length", "video_good")
        said = t(N_("Video appointments that were held: %(held)s of %(appointments)s."))
        return self._held_calls("calls", t(N_("Video calls")), said, grouping, keys, lambda group: group.video)

    def _phone_calls(self, grouping: FigureGrouping) -> ShownSection:
        t, keys = (
            self.format.t,
            ("phone_held", "phone_attempts", "phone_not_reached", "phone_on_time", "phone_length"),
        )
        said = t(N_("Appointments by telephone that were held: %(held)s of %(appointments)s."))
        title = t(N_("Telephone calls"))
        return self._held_calls("phone-calls", title, said, grouping, keys, lambda group: group.phone)

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
            ChartColumn(self.names.short(grouping, key), measure(group).held)
            for key, group in self.groups(grouping).items()
            if measure(group).appointments
        ]
        total = measure(self.report.total)
        summary = said % {
            "held": self.format.value(Unit.COUNT, total.held),
            "appointments": self.format.value(Unit.COUNT, total.appointments),
        }
        text = ChartText(slug, title, summary, lambda value: format_figure(value, self.format.language))
        table = self.table(grouping, keys, lambda group: bool(measure(group).appointments))
        return ShownSection(slug, title, summary, table, Markup(draw_bars(text, columns)))  # noqa: S704

    def _survey(self, grouping: FigureGrouping) -> ShownSection:
        """Return how people rated the calls: the good ratings, and a table of each group."""
        t, total = self.format.t, self.report.total
        title = t(N_("How people rated video calls"))
        metrics = [METRIC_BY_KEY[key] for key in SURVEY_KEYS[1:]]
        given = [(metric, value) for metric in metrics if (value := metric.value(total)) is not None]
        rows = [ChartColumn(t(metric.head), percent_points(value)) for metric, value in given]
        answers = self.format.metric(METRIC_BY_KEY["survey_answers"], total)
        summary = t(N_("Answers: %(count)s. Good ratings, of those that were given.")) % {"count": answers}
        text = ChartText("call-survey", title, summary, lambda value: format_figure(value, self.format.language))
        drawn = draw_rows(text, rows, None, most=100)
        table = self.table(grouping, SURVEY_KEYS, lambda group: bool(group.video.survey.answers))
        return ShownSection("call-survey", title, summary, table, Markup(drawn))  # noqa: S704 - escaped there

    def _tests(self) -> ShownSection:
        """Return how the calls went by the grade of the test before them."""
        t, video = self.format.t, self.report.total.video
        shown = [grade for grade in TEST_GRADES if video.tests[grade].appointments]
        rows = [
            ChartColumn(t(GRADE_LABELS[grade]), percent_points(video.tests[grade].good.share)) for grade in shown
        ]
        title = t(N_("Connection of the calls, by the test before"))
        metric = METRIC_BY_KEY["video_good"]
        summary = f"{t(metric.label)}: {self.format.metric(metric, self.report.total)}."
        text = self.chart_text("call-tests", title, summary, "good_calls_pct", "pct")
        drawn = draw_rows(text, rows, self.targets.get("good_calls_pct"), most=100)
        table = ShownFigureTable(
            t(N_("Test before the call")),
            [t(N_("Appointments")), t(N_("Held")), t(N_("Absent")), t(N_("Good connection"))],
            [(t(GRADE_LABELS[grade]), self._test_cells(video, grade)) for grade in shown],
        )
        hint = t(N_("The share of the calls with a good connection."))
        return ShownSection("call-tests", title, hint, table, Markup(drawn))  # noqa: S704 - escaped there

    def _test_cells(self, video: CallFigures, grade: str) -> list[ShownCell]:
        outcomes = video.tests[grade]
        return [
            ShownCell(self.format.value(Unit.COUNT, outcomes.appointments)),
            ShownCell(self.format.value(Unit.COUNT, outcomes.held)),
            ShownCell(self.format.value(Unit.SHARE, outcomes.no_shows.share)),
            ShownCell(self.format.value(Unit.SHARE, outcomes.good.share)),
        ]
