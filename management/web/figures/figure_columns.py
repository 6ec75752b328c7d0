"""The CSV file of the figures in the reader's language. No SQL."""

from __future__ import annotations

from collections.abc import Mapping

from ....core.formats.csv_text import spreadsheet_text
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.i18n.dates import format_zone
from ....figures.service import FigureGrouping, FigureReport, OfficeFigures, figures_row
from .report_sections import HEAD_BY_GROUPING, FigureNames

GROUP_COLUMNS = (N_("Split by"), N_("Name"), N_("Time zone"))
SUBJECT_LABELS: Mapping[str, str] = {
    "video": N_("Video calls"),
    "phone": N_("Telephone calls"),
    "survey": N_("Ratings of video calls"),
}
FIGURE_LABELS: Mapping[str, str] = {
    "tickets": N_("Visits"),
    "walk_ins": N_("Without an appointment"),
    "appointments": N_("With an appointment"),
    "served": N_("People attended"),
    "left": N_("Gave up the turn"),
    "expired": N_("Tickets that expired"),
    "wait": N_("Wait"),
    "way": N_("Way to the desk"),
    "service": N_("At the desk"),
    "delay": N_("Delay of appointments"),
    "no_shows": N_("Called and did not come"),
    "on_time": N_("Appointments called on time"),
    "in_range": N_("Called inside the range shown"),
    "by_latest": N_("Called not later than the range shown"),
    "held": N_("Held"),
    "length": N_("Length"),
    "good": N_("Good connection"),
    "rtt_ms": N_("Delay of the connection, in ms"),
    "loss_pct": N_("Lost packets, in percent"),
    "tests_green": N_("Test before the call: good"),
    "tests_amber": N_("Test before the call: fair"),
    "tests_red": N_("Test before the call: bad"),
    "tests_unknown": N_("Test before the call: without a verdict"),
    "tests_none": N_("No test before the call"),
    "by_phone": N_("Went on by telephone"),
    "not_reached": N_("Not reached"),
    "attempts": N_("Attempts"),
    "no_answer": N_("Without an answer"),
    "answers": N_("Answers"),
    "satisfied": N_("Satisfied"),
    "good_sound": N_("Good sound"),
    "good_picture": N_("Good picture"),
}
VALUE_LABELS: Mapping[str, str] = {
    "count": N_("number"),
    "of": N_("of how many"),
    "share": N_("share from 0 to 1"),
    "mean_s": N_("mean in seconds"),
    "p50_s": N_("half at most, in seconds"),
    "p90_s": N_("nine in ten at most, in seconds"),
    "longest_s": N_("longest in seconds"),
}


def column_label(t: GettextFunction, name: str) -> str:
    """Return the head of a column of the API's CSV file: `Visits: wait, mean in seconds`.

    Raises KeyError for a column without words.
    """
    subject, _, rest = name.partition("_")
    figure = rest if subject in SUBJECT_LABELS else name
    value = next((ending for ending in VALUE_LABELS if figure.endswith(f"_{ending}")), "")
    label = t(FIGURE_LABELS[figure.removesuffix(f"_{value}")])
    if subject in SUBJECT_LABELS:
        label = f"{t(SUBJECT_LABELS[subject])}: {label[:1].lower()}{label[1:]}"
    return f"{label}, {t(VALUE_LABELS[value])}" if value else label


def figures_file(
    t: GettextFunction, language: str, report: FigureReport, grouping: FigureGrouping, total: str
) -> str:
    """Write the total and the groups as a file for spreadsheets. `total`: the name of its row."""
    zones = ", ".join(dict.fromkeys(format_zone(office.timezone, language) for office in report.offices))
    names = FigureNames(report, language)
    groups: list[tuple[str, str, OfficeFigures]] = [(t(N_("Together")), total, report.total)]
    head = t(HEAD_BY_GROUPING[grouping])
    for key, found in report.groups[grouping].items():
        is_day = grouping in (FigureGrouping.DAY, FigureGrouping.WEEK)
        # spreadsheets sort and compute with ISO days only
        groups.append((head, key if is_day else names.name(grouping, key), found))
    rows = [figures_row(found) for _group, _name, found in groups]
    heads = [*(t(column) for column in GROUP_COLUMNS), *(column_label(t, name) for name in rows[0])]
    pairs = zip(groups, rows, strict=True)
    return spreadsheet_text([heads, *([group, name, zones, *row.values()] for (group, name, _), row in pairs)])
