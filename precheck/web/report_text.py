"""The technical report of a test as plain text, to copy and to download. No SQL.

It names no person, no address and no token: people send it to a help desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.dates import format_date, format_rfc3339, format_time, to_local_time
from ..domain.fault_location import Fault
from ..domain.report import ConnectionTest
from .report_plots import ReportPlot
from .report_view import ReportJson, group_gates
from .technical_report import ReportTable

COLUMN_GAP = "  "


def write_report_text(
    test: ConnectionTest,
    report: ReportJson,
    tables: Sequence[ReportTable],
    plots: Sequence[ReportPlot],
    *,
    zone: tzinfo,
    language: str,
    t: GettextFunction,
) -> str:
    """Write the report with its tables in columns; it ends with a line feed."""
    blocks = [_head_block(test, report, zone, language, t)]
    for group in group_gates(report, t):
        gates = [(gate["title"], gate["shown"], gate["grade_text"]) for gate in group.gates]
        blocks.append(_block(group.title, _align(gates)))
    for table in tables:
        rows = [(row.label, *row.values) for row in table.rows]
        blocks.append(_block(table.title, _align([table.heads, *rows] if len(table.heads) > 2 else rows)))
    if plots:
        lines = [(_line_name(plot, line.name), line.text) for plot in plots for line in plot.lines]
        blocks.append(_block(t("During the test"), _align(lines)))
    blocks.append(t("This report contains no names or addresses."))
    return "\n\n".join(blocks) + "\n"


def _head_block(test: ConnectionTest, report: ReportJson, zone: tzinfo, language: str, t: GettextFunction) -> str:
    facts: list[tuple[str, ...]] = [
        (t("Test code"), report["code"] or "–"),
        (t("Measured on"), _format_moment(test.measured_at, zone, language)),
        (t("Result"), f"{report['grade_text']}. {report['title']}"),
        *([(t("Where the problem is"), report["text"])] if report["fault"] != Fault.NONE else []),
        (t("Sign language"), report["sign_language_text"]),
    ]
    if not report["finished"]:
        facts.append((t("Finished"), t("no")))
    return _block(t("Connection test: technical report"), _align(facts), "=")


def _format_moment(moment: datetime, zone: tzinfo, language: str) -> str:
    """Write day, time and offset: the help desk may be in another time zone."""
    offset = format_rfc3339(moment, zone)[-6:]
    day = format_date(to_local_time(moment, zone).date(), language)
    return f"{day}, {format_time(moment, zone)} (UTC{offset})"


def _line_name(plot: ReportPlot, name: str) -> str:
    return plot.title if name == plot.title else f"{plot.title}, {name[:1].lower()}{name[1:]}"


def _block(title: str, lines: Sequence[str], underline: str = "-") -> str:
    return "\n".join([title, underline * len(title), *lines])


def _align(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Pad all cells but the last of a row to the width of their column."""
    widths = [max(len(row[column]) for row in rows if column < len(row)) for column in range(max(map(len, rows)))]
    return [
        COLUMN_GAP.join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False))]).rstrip()
        for row in rows
    ]
