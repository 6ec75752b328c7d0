"""Punctuality of an office: full weeks, thresholds, quiet hours."""

from __future__ import annotations

from datetime import UTC, date

from office360.figures.domain.punctuality import (
    MIN_HOUR_WALK_INS,
    MIN_VISITS,
    HourWait,
    PunctualityReport,
    build_punctuality_report,
    find_quiet_hours,
    full_weeks_before,
)
from office360.queue.domain.line_statistics import MeasuredVisit
from office360.queue.domain.ticket import TicketKind, TicketState

from ...queue.domain.test_line_statistics import SERVED_STATES, make_visit
from ...queue.support.tickets import at_minute

FIRST, LAST = date(2026, 10, 26), date(2026, 11, 22)


def build(visits: list[MeasuredVisit]) -> PunctualityReport:
    return build_punctuality_report(FIRST, LAST, visits, UTC)


def test_full_weeks_end_on_the_sunday_before() -> None:
    assert full_weeks_before(date(2026, 11, 25)) == (FIRST, LAST)
    assert full_weeks_before(date(2026, 11, 29)) == (FIRST, LAST)  # a Sunday belongs to its own week
    assert full_weeks_before(date(2026, 11, 30)) == (date(2026, 11, 2), date(2026, 11, 29))


def test_too_few_called_visits_show_no_figure() -> None:
    uncalled = make_visit((TicketState.WAITING, 10), state=TicketState.LEFT)
    report = build([make_visit(*SERVED_STATES)] * (MIN_VISITS - 1) + [uncalled] * 10)
    assert (report.is_shown, report.visits) == (False, MIN_VISITS - 1)
    assert (report.typical_min, report.hours, report.in_range, report.on_time) == (None, (), None, None)


def test_shares_need_enough_cases_of_their_own() -> None:
    shown = (at_minute(5), at_minute(15))
    visits = [make_visit(*SERVED_STATES, shown_range=shown)] * 30 + [make_visit(*SERVED_STATES)] * 20
    appointment = make_visit(*SERVED_STATES, kind=TicketKind.APPOINTMENT, appointment_at=at_minute(0))
    report = build([*visits, *[appointment] * 19])
    assert report.in_range is not None
    assert (report.in_range.count, report.in_range.of) == (30, 30)
    assert report.on_time is None
    enough = build([*visits, *[appointment] * 20])
    assert enough.on_time is not None
    assert enough.on_time.share == 1.0


def test_hour_with_few_walk_ins_is_left_out() -> None:
    busy = [make_visit(*SERVED_STATES, arrived=0)] * MIN_VISITS
    hours = build(busy + [make_visit(*SERVED_STATES, arrived=60)] * (MIN_HOUR_WALK_INS - 1)).hours
    assert [(hour.count, hour.typical_min, hour.long_min) for hour in hours] == [(MIN_VISITS, 10, 10)]


def test_excluded_visits_do_not_change_the_waits() -> None:
    postponed = make_visit((TicketState.WAITING, 300), *SERVED_STATES[1:], is_excluded=True)
    report = build([make_visit(*SERVED_STATES)] * MIN_VISITS + [postponed] * MIN_VISITS)
    assert (report.visits, report.long_min) == (2 * MIN_VISITS, 10)


def test_quiet_hours_wait_less_than_the_middle_hour() -> None:
    def hours(*waits: int) -> list[HourWait]:
        return [HourWait(9 + place, 20, wait, wait * 2) for place, wait in enumerate(waits)]

    assert find_quiet_hours(hours(12, 30, 25, 8, 6)) == (12, 13)
    assert find_quiet_hours(hours(10, 10, 10, 10)) == ()
    assert find_quiet_hours(hours(5, 20)) == ()
    report = PunctualityReport(FIRST, LAST, 60, quiet_hours=(9, 12, 13))
    assert report.quiet_ranges == [(9, 10), (12, 14)]
