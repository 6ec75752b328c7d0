"""Context of the folded technical report, and its figures beside those of an earlier test.

No SQL.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from ...core.i18n.catalogues import N_, GettextFunction
from ..domain.report import ConnectionTest
from .report_plots import build_report_plots
from .report_text import write_report_text
from .report_view import ReportJson, group_gates
from .technical_report import FigureWriter, build_report_tables

COMPARED_HINTS = {
    "rtt_loaded_up_ms": N_("There and back, while sending"),
    "rtt_loaded_down_ms": N_("There and back, while receiving"),
}


def technical_page_context(
    test: ConnectionTest, report: ReportJson, zone: tzinfo, language: str, t: GettextFunction
) -> dict[str, Any]:
    """Build the context of `precheck/measures.html`, which citizens and staff see."""
    tables = build_report_tables(test, language, t)
    plots = build_report_plots(test.details.series, language, t)
    return {
        "groups": group_gates(report, t),
        "tables": tables,
        "plots": plots,
        "report_text": write_report_text(test, report, tables, plots, zone=zone, language=language, t=t),
    }


def compare_details(
    before: ConnectionTest | None, now: ConnectionTest, language: str, t: GettextFunction
) -> list[dict[str, Any]]:
    """Pair the delays under load of two tests that both measured them. They have no grade."""
    if before is None:
        return []
    writer = FigureWriter(language, t)
    return [
        {
            "title": t(title),
            **{
                side: {"shown": writer.write(getattr(test.hints, name), "ms"), "grade": None}
                for side, test in (("before", before), ("now", now))
            },
        }
        for name, title in COMPARED_HINTS.items()
        if None not in (getattr(before.hints, name), getattr(now.hints, name))
    ]
