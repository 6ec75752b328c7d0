"""Random days, lived through with the rules themselves: what they promise holds on every one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from office360.queue.domain.ticket import Kind, State
from office360.queue.simulation.engine import live
from office360.queue.simulation.plan import ON_TIME, Day, Habits, Life, Shift, figures

from ..support.simulation_plans import CLOSES, OPENS, random_plan

DAYS = 24
USUAL = 0.75  # of what the desks can do: an office that has enough of them, as an office should


@cache
def any_days() -> tuple[Day, ...]:
    """Quiet days and days with too few desks."""
    return tuple(live(random_plan(seed), seed) for seed in range(DAYS))


@cache
def usual_days() -> tuple[Day, ...]:
    """Days of an office that is not overloaded."""
    return tuple(live(random_plan(seed, USUAL), seed) for seed in range(1000, 1000 + DAYS))


def _lives(days: tuple[Day, ...]) -> list[Life]:
    return [life for day in days for life in day.lives]


def test_the_days_hold_everything_that_happens_in_an_office() -> None:
    lives = _lives(any_days())
    assert {life.state for life in lives} >= {State.FINISHED, State.NO_SHOW, State.LEFT}
    assert {life.kind for life in lives} == set(Kind)
    assert any(life.calls > 1 for life in lives)
    assert any(life.visits > 1 for life in lives)
    assert any(life.aside for life in lives)
    assert any(life.late for life in lives)
    assert any(life.preferential for life in lives)
    assert any(life.passed for life in lives)
    assert any(day.no_shows for day in any_days())
    assert any(day.refused for day in any_days())
    assert len({len({shift.desk_id for shift in day.plan.shifts}) for day in any_days()}) > 2


def test_nobody_is_lost_and_numbers_have_no_gap() -> None:
    for day in any_days():
        codes = Counter(life.code for life in day.lives)
        assert set(codes.values()) <= {1}
        for line in day.plan.lines:
            mine = sorted(int(code[2:]) for code in codes if code[0] == line.letter)
            assert mine == list(range(1, len(mine) + 1))
        assert all(life.state in {State.FINISHED, State.NO_SHOW, State.LEFT, State.EXPIRED} for life in day.lives)


def test_the_promise_is_always_kept() -> None:
    lives = _lives(any_days()) + _lives(usual_days())
    assert len(lives) > 3000
    assert [life.code for life in lives if life.passed > life.promised] == []


def test_nobody_starves() -> None:
    """Whoever waits is called after those who were there, and so many of the later ones as were promised."""
    for day in any_days() + usual_days():
        for one in day.lives:
            if one.called_at is not None and not one.aside and _stayed(one):
                assert len(_before(day, one)) <= one.promised
    assert figures(any_days()).walk_ins.longest < timedelta(hours=2, minutes=30)
    assert figures(usual_days()).walk_ins.longest < timedelta(hours=2, minutes=15)
    assert [life.code for life in _lives(usual_days()) if life.state is State.EXPIRED] == []


def _stayed(life: Life) -> bool:
    """Whether somebody was never sent on to another line, whose letter their code does not bear."""
    return life.code[0] == life.line_id[-1]


def _before(day: Day, one: Life) -> list[Life]:
    """Who came later and was called before, as an onlooker would count, but for those whom a host put first."""
    assert one.called_at is not None
    return [
        other
        for other in day.lives
        if other.line_id == one.line_id
        and _stayed(other)
        and other.called_at is not None
        and other.issued_at > one.issued_at
        and other.called_at < one.called_at
        and not other.aside
    ]


def test_appointments_are_called_on_time() -> None:
    found = figures(usual_days())
    assert found.appointments.count > 300
    assert found.appointments.most <= ON_TIME  # P90
    assert found.punctual is not None
    assert found.punctual > 0.9


def test_four_of_five_are_called_within_the_range_shown_at_issue() -> None:
    for days in (any_days(), usual_days()):
        found = figures(days)
        assert found.inside is not None
        assert found.inside >= 0.8


def test_the_same_seed_is_the_same_day_and_another_is_another() -> None:
    plan = random_plan(7)
    assert live(plan, 1) == live(plan, 1)
    assert live(plan, 1) != live(plan, 2)


def test_one_desk_more_meets_the_same_people_and_lets_them_wait_less() -> None:
    plan = random_plan(5, 1.1)
    line_ids = tuple(line.id for line in plan.lines)
    more = replace(plan, shifts=(*plan.shifts, Shift("one more", line_ids, OPENS, CLOSES)))
    days, better = ([live(one, seed, shown=False) for seed in range(4)] for one in (plan, more))
    assert [len(day.lives) for day in days] == [len(day.lives) for day in better]
    assert figures(better).walk_ins.mean < figures(days).walk_ins.mean / 2


def test_with_nobody_there_is_a_day_without_figures() -> None:
    day = live(replace(random_plan(1), flows=(), appointments=()), 1)
    found = figures([day])
    assert (found.issued, found.inside, found.punctual, found.utilisation) == (0, None, None, 0.0)


@pytest.mark.parametrize("share", ["no_show", "absent", "leaves", "postpones", "holds", "transfers", "placed"])
def test_a_day_on_which_everybody_does_the_same_odd_thing_ends_too(share: str) -> None:
    habits: Any = {share: 1.0}
    plan = replace(random_plan(3, 0.6), habits=Habits(**habits))
    day = live(plan, 3, shown=False)
    assert all(life.passed <= life.promised for life in day.lives)
