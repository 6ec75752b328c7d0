"""Sections and breakdown of the page of figures, of visits and of calls. No SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....core.i18n.catalogues import N_
from ....figures.service import FigureGrouping
from .call_sections import CallSections
from .figure_metrics import METRIC_BY_KEY
from .report_sections import HEAD_BY_GROUPING, ReportSections, ShownFigureTable, ShownSection, time_grouping
from .visit_sections import VisitSections

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
PHONE_KEYS = ("phone_held", "phone_not_reached", "phone_on_time")


@dataclass(frozen=True, slots=True)
class SectionBuilder(ReportSections):
    """Builds the sections of a report."""

    def sections(self) -> list[ShownSection]:
        """Return the sections that have a case."""
        over_time = time_grouping(self.report.period.length)
        parts = (self.report, self.format, self.names, self.targets, self.compared)
        return VisitSections(*parts).sections(over_time) + CallSections(*parts).sections(over_time)

    def breakdown(
        self, grouping: FigureGrouping, targets_by_group: Mapping[str, Mapping[str, int]]
    ) -> ShownFigureTable:
        """Return the table of all figures of a grouping, the total last.

        `targets_by_group`: the targets whose grades the cells show, for groups by office.
        """
        keys = BREAKDOWN_KEYS + (VIDEO_KEYS if self.report.total.video.appointments else ())
        keys += PHONE_KEYS if self.report.total.phone.appointments else ()
        found = self.groups(grouping)
        rows = [
            (self.names.name(grouping, key), self.cells(keys, group, targets_by_group.get(key, {})))
            for key, group in found.items()
        ]
        if len(rows) > 1:
            rows.append((self.format.t(N_("Together")), self.cells(keys, self.report.total, self.targets)))
        t = self.format.t
        heads = [
            t(METRIC_BY_KEY[key].label if key.startswith(("video_", "phone_")) else METRIC_BY_KEY[key].head)
            for key in keys
        ]
        return ShownFigureTable(t(HEAD_BY_GROUPING[grouping]), heads, rows)
