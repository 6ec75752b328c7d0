"""When the desks of a past day could call, from its sessions, visits, waits and pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from office360.queue.simulation.recorded_desks import (
    DeskDay,
    DeskVisit,
    Period,
    join_periods,
    recorded_desks,
    without_periods,
)

from ..support.tickets import at_minute

A, B = "line a", "line b"


def minutes(start: float, end: float) -> Period:
    return at_minute(start), at_minute(end)


def visit(start: float, end: float, desk: str = "desk 1", line: str = A) -> DeskVisit:
    return DeskVisit(desk, line, *minutes(start, end))


EMPTY_DAY = DeskDay([minutes(0, 480)], {"desk 1": (A,), "desk 2": (A,)}, {}, [], {})


def able(day: DeskDay, desk: str = "desk 1") -> Sequence[tuple[float, float]]:
    """Return the minutes in which a desk could call."""
    start, minute = at_minute(0), timedelta(minutes=1)
    return [
        ((shift.opens - start) / minute, (shift.closes - start) / minute)
        for shift in recorded_desks(day).shifts
        if shift.desk_id == desk
    ]


def with_session(*periods: Period, visits: Sequence[DeskVisit] = (), waits: Sequence[Period] = ()) -> DeskDay:
    return replace(EMPTY_DAY, sessions={"desk 1": periods}, visits=visits, waits={A: waits})


def test_desk_that_served_once_is_not_open_all_day() -> None:
    day = replace(EMPTY_DAY, visits=[visit(100, 110), visit(0, 10, "desk 2"), visit(460, 480, "desk 2")])
    assert able(day) == [(100, 110)]
    assert able(day, "desk 2") == [(0, 10), (460, 480)]
    assert recorded_desks(day).derived == {"desk 1", "desk 2"}


def test_unrecorded_opening_ends_at_gap_of_twenty_minutes() -> None:
    day = replace(EMPTY_DAY, visits=[visit(0, 10), visit(30, 40), visit(60.1, 70)])
    assert able(day) == [(0, 40), (60.1, 70)]


def test_recorded_opening_counts_without_any_visit() -> None:
    day = with_session(minutes(30, 200))
    assert able(day) == [(30, 200)]
    assert recorded_desks(day).derived == frozenset()
    assert able(day, "desk 2") == []


def test_forgotten_opening_ends_with_the_opening_hours() -> None:
    assert able(with_session(minutes(-900, 2000))) == [(0, 480)]


def test_visit_goes_on_into_a_break_of_the_office() -> None:
    day = replace(
        with_session(minutes(0, 480), visits=[visit(170, 195)]), openings=[minutes(0, 180), minutes(240, 480)]
    )
    assert able(day) == [(0, 195), (240, 480)]


@pytest.mark.parametrize(
    ("waits_until", "expected"), [(22.9, [(0, 480)]), (23, [(0, 20), (23, 480)]), (40, [(0, 20), (40, 480)])]
)
def test_free_desk_is_away_while_people_wait(waits_until: float, expected: Sequence[tuple[float, float]]) -> None:
    visits = [visit(0, 10), visit(waits_until, 60)]
    assert able(with_session(minutes(0, 480), visits=visits, waits=[minutes(20, waits_until)])) == expected


def test_desk_that_serves_is_not_away_while_people_wait() -> None:
    day = with_session(minutes(0, 480), visits=[visit(0, 50)], waits=[minutes(5, 50)])
    assert able(day) == [(0, 480)]


def test_people_of_other_lines_do_not_make_a_desk_away() -> None:
    day = replace(with_session(minutes(0, 480)), waits={B: [minutes(0, 100)]})
    assert able(day) == [(0, 480)]


def test_paused_office_has_no_desk_that_can_call() -> None:
    day = replace(with_session(minutes(0, 480), visits=[visit(95, 110)]), pauses=[minutes(100, 130)])
    assert able(day) == [(0, 100), (130, 480)]


def test_desk_has_the_lines_that_it_served_on_that_day() -> None:
    day = replace(EMPTY_DAY, visits=[visit(0, 10), visit(10, 20, line=B), visit(0, 9, "removed desk", B)])
    lines = {shift.desk_id: shift.line_ids for shift in recorded_desks(day).shifts}
    assert lines == {"desk 1": (A, B), "removed desk": (B,)}


def test_periods_are_joined_and_removed() -> None:
    joined = join_periods([minutes(5, 9), minutes(0, 5), minutes(12, 13), minutes(20, 20)], timedelta(minutes=2))
    assert joined == [minutes(0, 9), minutes(12, 13)]
    assert without_periods([minutes(0, 10), minutes(20, 30)], [minutes(5, 25), minutes(28, 40)]) == [
        minutes(0, 5),
        minutes(25, 28),
    ]
