"""Pairs of simulated days: the same people, other desks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTime
from office360.queue.domain.ticket import TicketState
from office360.queue.simulation.engine import simulate_day
from office360.queue.simulation.plan import (
    RECORDED_BEHAVIOUR,
    DayPlan,
    LinePlan,
    PlannedService,
    RecordedPerson,
    Shift,
)
from office360.queue.simulation.what_if import (
    MIN_PAIRS,
    PlanPair,
    ReplayCheck,
    WhatIfResult,
    WhatIfTask,
    compare_cases,
)

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
        walk_ins=tuple(RecordedPerson("documents", at_minute(minute)) for minute in range(0, 180, every_min)),
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


@pytest.mark.parametrize(
    ("recorded_min", "replayed_min", "is_close"),
    [
        (31, 31 * 0.75, True),
        (31, 31 * 1.25, True),
        (31, 23.2, False),
        (31, 38.8, False),
        (31, 0, False),
        (2, 3, True),  # waits are told in whole minutes
        (2, 3.1, False),
        (0, 1, True),
        (0, 1.1, False),
        (None, 5, False),
        (5, None, False),
        (None, None, False),
    ],
)
def test_replay_is_close_within_a_quarter_or_a_minute(
    recorded_min: float | None, replayed_min: float | None, *, is_close: bool
) -> None:
    assert ReplayCheck(recorded_min, replayed_min).is_close is is_close


def test_replayed_people_take_their_recorded_time() -> None:
    people = (
        RecordedPerson("documents", at_minute(0), timedelta(minutes=1), timedelta(minutes=29)),
        RecordedPerson("documents", at_minute(1), timedelta(minutes=2), timedelta(minutes=8)),
        RecordedPerson("documents", at_minute(2), left_at=at_minute(12)),
        RecordedPerson("documents", at_minute(50), is_absent=True),
    )
    plan = replace(make_plan(1), walk_ins=people, behaviour=RECORDED_BEHAVIOUR)
    for seed in range(3):
        long, short, left, absent = simulate_day(plan, seed).outcomes
        assert (long.waited, left.ended_at) == (timedelta(), at_minute(12))
        assert short.waited is not None
        assert timedelta(minutes=29) <= short.waited <= timedelta(minutes=29, seconds=20)
        assert [outcome.state for outcome in (long, short, left, absent)] == [
            TicketState.FINISHED,
            TicketState.FINISHED,
            TicketState.LEFT,
            TicketState.NO_SHOW,
        ]


def test_replay_is_compared_with_the_simulated_days_only() -> None:
    plan = make_plan(3)
    pairs = [PlanPair(plan, plan, (60.0 * number,)) for number in range(MIN_PAIRS + 1)]
    task = WhatIfTask(pairs, 20, timedelta(minutes=20), UTC, UNMEASURED_SERVICE_TIMES)
    check = compare_cases(task, lambda: True).check
    assert check.recorded_min == 1.5  # days 0 to 3 of five
    assert check.replayed_min is not None
