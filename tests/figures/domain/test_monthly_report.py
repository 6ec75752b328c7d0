"""A month against earlier months: months, working days, marks, sentences."""

from __future__ import annotations

from datetime import date

from office360.figures.domain.figure_cells import count_cases
from office360.figures.domain.figure_groups import OfficeFigures, PeriodCells, add_up, compute_figures
from office360.figures.domain.figure_period import FigurePeriod
from office360.figures.domain.monthly_report import (
    HourMark,
    MonthFigures,
    OfficeMonth,
    build_office_month,
    first_working_day,
    previous_month,
    same_month_a_year_before,
)
from office360.queue.domain.line_statistics import VisitFacts
from office360.queue.domain.ticket import TicketKind, TicketState

DAY = date(2026, 10, 5)


def visit(wait_min: float) -> VisitFacts:
    return VisitFacts(
        "registry",
        "documents",
        DAY,
        10,
        TicketKind.WALK_IN,
        TicketState.FINISHED,
        wait_s=wait_min * 60,
        way_s=None,
        service_s=None,
        own_service_s=None,
        is_in_time=False,
        is_in_range=None,
        is_by_latest=None,
    )


def figures(*waits_min: float) -> OfficeFigures:
    cells = count_cases([visit(wait) for wait in waits_min])
    return compute_figures(add_up([PeriodCells("centro", [(DAY, cells)])]))


def build(
    month: OfficeFigures, before: OfficeFigures | None = None, targets: dict[str, int] | None = None
) -> OfficeMonth:
    hours = {"9": figures(*[2] * 10), "14": figures(*[50] * 10), "15": figures(*[90] * 9)}
    found = MonthFigures(month, hours)
    return build_office_month("centro", "Centro", targets or {}, found, before or figures(), figures())


def test_months_before_cross_the_year_and_february() -> None:
    january = FigurePeriod(date(2026, 1, 1), date(2026, 1, 31))
    assert previous_month(date(2026, 2, 28)) == january
    assert previous_month(january.first) == FigurePeriod(date(2025, 12, 1), date(2025, 12, 31))
    leap = FigurePeriod(date(2028, 2, 1), date(2028, 2, 29))
    assert same_month_a_year_before(leap) == FigurePeriod(date(2027, 2, 1), date(2027, 2, 28))


def test_first_working_day_skips_weekends_and_holidays() -> None:
    november = date(2026, 11, 1)  # a Sunday
    assert first_working_day(november, lambda day: True) == date(2026, 11, 2)
    assert first_working_day(november, lambda day: day != date(2026, 11, 2)) == date(2026, 11, 3)
    assert first_working_day(november, lambda day: False) == date(2026, 11, 2)


def test_sentences_compare_visits_and_wait() -> None:
    month = build(figures(*[12] * 54), figures(*[15] * 50))
    assert [(sentence.code, dict(sentence.numbers)) for sentence in month.sentences] == [
        ("visits_more", {"num": 54, "percent": 8}),
        ("wait_shorter", {"num": 12, "by": 3}),
    ]


def test_month_without_earlier_data_makes_no_comparison() -> None:
    month = build(figures(10, 10))
    assert [sentence.code for sentence in month.sentences] == ["visits", "wait"]
    assert all(mark.before is None and mark.year_before is None for mark in month.marks)
    assert [sentence.code for sentence in build(figures()).sentences] == ["no_visits"]


def test_third_sentence_counts_reached_targets() -> None:
    month = build(figures(*[30] * 10), None, {"wait_p90_min": 20})
    assert month.sentences[-1].code == "targets_none"
    mark = next(mark for mark in month.marks if mark.key == "wait_p90")
    assert (mark.value, mark.target, mark.is_reached) == (30, 20, False)
    assert build(figures(*[30] * 10), None, {"wait_p90_min": 30}).sentences[-1].code == "targets_all"


def test_best_and_worst_hour_need_enough_waits() -> None:
    month = build(figures(10))
    assert (month.best, month.worst) == (HourMark(9, 2), HourMark(14, 50))
