"""The table of the hours of desks in the reader's words."""

from __future__ import annotations

from datetime import timedelta
from gettext import NullTranslations

from office360.management.web.figures.desk_time_table import build_desk_time_table
from office360.management.web.figures.figure_metrics import FigureFormat
from office360.offices.service import Office
from office360.queue.service import DeskTimes, SpentTime


def spent(count: int = 0, minutes: int = 0) -> SpentTime:
    return SpentTime(count, timedelta(minutes=minutes))


def test_rows_name_each_activity_that_has_a_case(office: Office) -> None:
    found = DeskTimes(spent(2, 660), spent(3, 45), spent(), {"break": spent(4, 60), "removed": spent(1, 6)})
    table = build_desk_time_table(found, [office], FigureFormat(NullTranslations().gettext, "en"))
    assert [(name, [cell.text for cell in cells]) for name, cells in table.rows] == [
        ("Desks open", ["2", "11 h 0 min"]),
        ("In video calls", ["3", "45 min"]),
        ("Paused: Break", ["4", "1 h 0 min"]),
        ("Paused: removed", ["1", "6 min"]),
    ]


def test_days_without_a_case_have_no_row(office: Office) -> None:
    nothing = DeskTimes(spent(), spent(), spent(), {})
    assert build_desk_time_table(nothing, [office], FigureFormat(NullTranslations().gettext, "en")).rows == []
