"""Periods, targets, quality of calls, groups and charts of figures. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain.phone_call import PhoneCall, PhoneCallResult
from office360.appointments.service import AppointmentState
from office360.core.formats.charts import (
    ChartBar,
    ChartColumn,
    ChartText,
    draw_bars,
    draw_boxes,
    draw_line,
    draw_pairs,
    draw_rows,
)
from office360.figures.domain.call_statistics import MeasuredCall, tallied_call_figures
from office360.figures.domain.figure_cells import count_cases
from office360.figures.domain.figure_groups import (
    FigureGrouping,
    PeriodCells,
    PeriodTallies,
    add_up,
    compute_figures,
    group_figures,
)
from office360.figures.domain.figure_period import FigurePeriod, PeriodPreset, period_before, preset_period
from office360.figures.domain.phone_statistics import MeasuredPhoneVisit
from office360.figures.domain.target_verdict import TargetVerdict, judge_figure, judge_targets
from office360.queue.domain.line_statistics import MeasuredVisit, Proportion, TicketSegment, VisitFacts
from office360.queue.domain.tally import Tally
from office360.queue.domain.ticket import TicketKind, TicketState
from office360.rooms.domain.call_quality import measure_quality

TODAY = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 11, tzinfo=UTC)
TEXT = ChartText("one", "Wait & more", "Half of <all>", lambda value: f"{value:.0f}", "Target")


def make_visit(service: str, hour: int, wait_s: float | None = 60) -> VisitFacts:
    kind, state = TicketKind.WALK_IN, TicketState.FINISHED
    return VisitFacts("registry", service, TODAY, hour, kind, state, wait_s, 30, 300, 300, False, None, None)


def tallies_of_today(**cases: Any) -> PeriodTallies:
    return add_up([PeriodCells("centro", [(TODAY, count_cases(**cases))])])


def make_call(state: AppointmentState) -> MeasuredCall:
    return MeasuredCall("certificate", TODAY, 12, state, AT, AT)


def make_phone_visit(
    state: AppointmentState, *calls: tuple[float, float | None, PhoneCallResult | None]
) -> MeasuredPhoneVisit:
    """Make an appointment at AT with calls: the minute of the call, its length, its result."""
    placed = [
        PhoneCall(
            str(number),
            "visit",
            "boris",
            AT + timedelta(minutes=minute),
            None if length is None else AT + timedelta(minutes=minute + length),
            result,
            AT,
        )
        for number, (minute, length, result) in enumerate(calls)
    ]
    return MeasuredPhoneVisit("certificate", TODAY, 12, state, AT, tuple(placed))


def test_presets_end_today_or_with_the_whole_period() -> None:
    assert preset_period(PeriodPreset.THIS_WEEK, TODAY) == FigurePeriod(date(2026, 11, 23), TODAY)
    assert preset_period(PeriodPreset.LAST_MONTH, TODAY) == FigurePeriod(date(2026, 10, 1), date(2026, 10, 31))
    assert preset_period(PeriodPreset.LAST_4_WEEKS, TODAY) == FigurePeriod(date(2026, 10, 28), date(2026, 11, 24))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 365))
def test_period_before_has_the_same_weekdays(first: date, days: int) -> None:
    period = FigurePeriod(first, first + timedelta(days=days))
    before = period_before(period)
    assert before.length == period.length
    assert before.first.weekday() == period.first.weekday()
    assert before.last < period.first <= before.last + timedelta(days=7)


@pytest.mark.parametrize(
    ("value", "target", "is_most", "verdict"),
    [
        (20, 20, True, TargetVerdict.REACHED),
        (22, 20, True, TargetVerdict.NEAR),
        (22.1, 20, True, TargetVerdict.MISSED),
        (80, 80, False, TargetVerdict.REACHED),
        (72, 80, False, TargetVerdict.NEAR),
        (71, 80, False, TargetVerdict.MISSED),
    ],
)
def test_figure_that_misses_by_a_tenth_is_near(
    value: float, target: float, is_most: bool, verdict: TargetVerdict
) -> None:
    assert judge_figure(value, target, is_most=is_most) is verdict


def test_target_without_case_has_no_verdict() -> None:
    found = compute_figures(tallies_of_today(visits=[make_visit("documents", 9, None)]))
    assert judge_targets({"wait_p90_min": 20, "good_calls_pct": 90}, found) == {}
    assert found.visits.wait.p90_s is None


def test_call_with_a_tenth_of_bad_samples_has_problems() -> None:
    good, bad = {"rtt_ms": 40, "loss_up_pct": 0.5}, {"rtt_ms": 401}
    usual, worse = measure_quality([good] * 10 + [bad]), measure_quality([good] * 9 + [bad])
    assert usual is not None
    assert worse is not None
    assert (usual.has_problems, worse.has_problems, usual.rtt_ms, usual.loss_pct) == (False, True, 40, 0.5)
    assert measure_quality([]) is None


def test_calls_held_and_missed_have_a_share() -> None:
    calls = [make_call(AppointmentState.SERVED), make_call(AppointmentState.NO_SHOW)]
    found = compute_figures(tallies_of_today(calls=calls))
    assert (found.video.held, found.video.no_shows.share) == (1, 0.5)
    assert tallied_call_figures(Tally()).good.share is None


def test_withdrawn_telephone_call_counts_for_nothing() -> None:
    held, no_answer, withdrawn = PhoneCallResult.HELD, PhoneCallResult.NO_ANSWER, PhoneCallResult.WITHDRAWN
    visits = [
        make_phone_visit(AppointmentState.SERVED, (-5, 1, withdrawn), (11, 1, no_answer), (17, 6, held)),
        make_phone_visit(AppointmentState.NO_SHOW, (2, 1, no_answer), (9, 1, no_answer)),
        make_phone_visit(AppointmentState.CHECKED_IN, (-3, None, None)),
        make_phone_visit(AppointmentState.CONFIRMED),
    ]
    found = compute_figures(tallies_of_today(phone=visits)).phone
    assert (found.appointments, found.held, found.not_reached) == (4, 1, Proportion(2, 1))
    assert (found.attempts, found.on_time) == (Proportion(4, 3), Proportion(3, 2))
    assert (found.length.count, found.length.p50_s, found.delay.longest_s) == (1, 360, 660)


def test_way_ends_when_the_service_starts() -> None:
    """A service that lasts has no segment yet."""
    waiting = TicketSegment(TicketState.WAITING, AT, AT + timedelta(minutes=2))
    called = TicketSegment(TicketState.CALLED, AT + timedelta(minutes=2), AT + timedelta(minutes=3))
    for state, way_s in ((TicketState.SERVING, 60), (TicketState.WAITING, None)):
        visit = MeasuredVisit("a", "b", TODAY, TicketKind.WALK_IN, state, AT, segments=(waiting, called))
        assert visit.way_s == way_s


@given(st.lists(st.tuples(st.sampled_from(["documents", "certificate"]), st.integers(0, 23))))
def test_groups_add_up_to_the_total(pairs: list[tuple[str, int]]) -> None:
    tallies = tallies_of_today(visits=[make_visit(*pair) for pair in pairs])
    for grouping in FigureGrouping:
        groups = group_figures(tallies, grouping)
        assert sum(group.visits.tickets for group in groups.values()) == len(pairs)
    hours = list(group_figures(tallies, FigureGrouping.HOUR))
    assert hours == sorted(hours, key=int)


@pytest.mark.parametrize("draw", [draw_boxes, draw_line, draw_bars, draw_rows])
def test_charts_are_well_formed_in_two_sizes(draw: object) -> None:
    assert callable(draw)
    columns = [ChartColumn("9:00", 4, 9), ChartColumn("<b>", None), ChartColumn("11:00", 18, 31)]
    drawn = ElementTree.fromstring(f"<div>{draw(TEXT, columns, 20)}</div>")
    assert [chart.get("class") for chart in drawn] == ["chart narrow", "chart wide"]
    assert {chart.findtext("title") for chart in drawn} == {"Wait & more"}
    assert draw(TEXT, [], None)


def test_pair_without_a_bar_leaves_its_place_empty() -> None:
    bar = ChartBar("as-is", 10, 5, 30)
    drawn = ElementTree.fromstring(f"<div>{draw_pairs(TEXT, [('9:00', bar, bar), ('10:00', bar, None)])}</div>")
    assert [len(list(svg.iter("rect"))) for svg in drawn] == [3, 3]
