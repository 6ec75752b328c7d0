"""Pairs of simulated days: the same people, other desks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTime
from office360.queue.simulation.engine import simulate_day
from office360.queue.simulation.plan import DayPlan, LinePlan, PlannedService, Shift
from office360.queue.simulation.what_if import MIN_PAIRS, PlanPair, WhatIfResult, WhatIfTask, compare_cases

from ..support.tickets import at_minute

OPENS, CLOSES = at_minute(0), at_minute(240)
TEN_MINUTES = ServiceTime(timedelta(minutes=10), timedelta(minutes=3))


def make_plan(desks: int, every_min: int = 6) -> DayPlan:
    """Plan one line on which a person arrives every few minutes."""
    return DayPlan(
        OPENS,
        CLOSES,
        lines=(LinePlan("line a", "A", LineSettings()),),
        services=(PlannedService("documents", "line a", timedelta(minutes=10), TEN_MINUTES),),
        shifts=tuple(Shift(f"desk {number}", ("line a",), OPENS, CLOSES) for number in range(desks)),
        walk_ins=tuple(("documents", at_minute(minute)) for minute in range(0, 180, every_min)),
    )


def compare(as_is: DayPlan, changed: DayPlan, is_over: Callable[[], bool] = lambda: False) -> WhatIfResult:
    task = WhatIfTask([PlanPair(as_is, changed)], 6, timedelta(minutes=20), UTC, UNMEASURED_SERVICE_TIMES)
    return compare_cases(task, is_over)


def test_recorded_walk_ins_arrive_as_they_did() -> None:
    day = simulate_day(make_plan(3), 1)
    assert [outcome.issued_at for outcome in day.outcomes] == [at_minute(minute) for minute in range(0, 180, 6)]


def test_both_cases_have_the_same_people() -> None:
    result = compare(make_plan(3), make_plan(3))
    assert result.as_is == result.changed
    assert (result.shorter, result.longer) == (0, 0)
    assert all(hour.as_is == hour.changed for hour in result.hours)


def test_one_more_desk_shortens_the_wait_of_each_day() -> None:
    result = compare(make_plan(2, 5), make_plan(3, 5))
    assert (result.days, result.shorter, result.longer) == (6, 6, 0)
    assert result.as_is.wait_min is not None
    assert result.changed.wait_min is not None
    assert result.changed.wait_min < result.as_is.wait_min
    busiest = result.busiest
    assert busiest is not None
    assert busiest.as_is is not None
    assert busiest.as_is.low <= busiest.as_is.mean <= busiest.as_is.high


def test_comparison_stops_when_the_time_is_over() -> None:
    assert compare(make_plan(2), make_plan(3), lambda: True).days == MIN_PAIRS


def test_earlier_closing_refuses_later_people() -> None:
    as_is = make_plan(3)
    closes = at_minute(120)
    shifts = tuple(replace(shift, closes=closes) for shift in as_is.shifts)
    result = compare(as_is, replace(as_is, closes=closes, shifts=shifts))
    assert result.changed.refused > result.as_is.refused + 5
    assert result.changed.latest_finish is not None
    assert result.as_is.latest_finish is not None
    assert result.changed.latest_finish < result.as_is.latest_finish
