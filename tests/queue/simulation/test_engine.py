"""Simulated random days: every promise of the rules holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from office360.appointments.domain.appointment import ON_TIME_WITHIN
from office360.queue.domain.ticket import TicketKind, TicketState
from office360.queue.simulation.engine import simulate_day
from office360.queue.simulation.plan import Shift, SimulatedBehaviour, SimulatedDay, TicketOutcome, day_figures

from ..support.simulation_plans import CLOSES, OPENS, random_plan

DAYS = 24
USUAL_LOAD = 0.75  # share of what the desks can do, in an office with enough of them


@cache
def varied_days() -> tuple[SimulatedDay, ...]:
    """Simulate quiet days, and days with too few desks."""
    return tuple(simulate_day(random_plan(seed), seed) for seed in range(DAYS))


@cache
def usual_days() -> tuple[SimulatedDay, ...]:
    """Simulate days of offices that are not overloaded."""
    return tuple(simulate_day(random_plan(seed, USUAL_LOAD), seed) for seed in range(1000, 1000 + DAYS))


def _all_outcomes(days: tuple[SimulatedDay, ...]) -> list[TicketOutcome]:
    return [outcome for day in days for outcome in day.outcomes]


def test_simulated_days_contain_every_kind_of_event() -> None:
    outcomes = _all_outcomes(varied_days())
    assert {outcome.state for outcome in outcomes} >= {TicketState.FINISHED, TicketState.NO_SHOW, TicketState.LEFT}
    assert {outcome.kind for outcome in outcomes} == set(TicketKind)
    assert any(outcome.calls > 1 for outcome in outcomes)
    assert any(outcome.visits > 1 for outcome in outcomes)
    assert any(outcome.is_excluded for outcome in outcomes)
    assert any(outcome.is_late for outcome in outcomes)
    assert any(outcome.preferential for outcome in outcomes)
    assert any(outcome.overtaken for outcome in outcomes)
    assert any(day.no_shows for day in varied_days())
    assert any(day.refused for day in varied_days())
    assert len({len({shift.desk_id for shift in day.plan.shifts}) for day in varied_days()}) > 2


def test_every_ticket_ends_and_numbers_are_consecutive() -> None:
    for day in varied_days():
        codes = Counter(outcome.code for outcome in day.outcomes)
        assert set(codes.values()) <= {1}
        for line in day.plan.lines:
            mine = sorted(int(code[2:]) for code in codes if code[0] == line.letter)
            assert mine == list(range(1, len(mine) + 1))
        assert all(
            outcome.state in {TicketState.FINISHED, TicketState.NO_SHOW, TicketState.LEFT, TicketState.EXPIRED}
            for outcome in day.outcomes
        )


def test_overtaking_limit_is_always_kept() -> None:
    outcomes = _all_outcomes(varied_days()) + _all_outcomes(usual_days())
    assert len(outcomes) > 3000
    assert [outcome.code for outcome in outcomes if outcome.overtaken > outcome.overtaking_limit] == []


def test_wait_is_bounded_for_every_ticket() -> None:
    """A ticket waits for earlier tickets, and for at most as many later tickets as promised."""
    for day in varied_days() + usual_days():
        for outcome in day.outcomes:
            if outcome.called_at is not None and not outcome.is_excluded and _kept_its_line(outcome):
                assert len(_overtakers(day, outcome)) <= outcome.overtaking_limit
    assert day_figures(varied_days()).walk_ins.longest < timedelta(hours=2, minutes=30)
    assert day_figures(usual_days()).walk_ins.longest < timedelta(hours=2, minutes=15)
    assert [outcome.code for outcome in _all_outcomes(usual_days()) if outcome.state is TicketState.EXPIRED] == []


def _kept_its_line(outcome: TicketOutcome) -> bool:
    """Return whether a ticket stayed in its line, by the letter of its code."""
    return outcome.code[0] == outcome.line_id[-1]


def _overtakers(day: SimulatedDay, outcome: TicketOutcome) -> list[TicketOutcome]:
    """Return the tickets that overtook this ticket, except those that a host put first."""
    assert outcome.called_at is not None
    return [
        other
        for other in day.outcomes
        if other.line_id == outcome.line_id
        and _kept_its_line(other)
        and other.called_at is not None
        and other.issued_at > outcome.issued_at
        and other.called_at < outcome.called_at
        and not other.is_excluded
    ]


def test_appointments_are_called_on_time() -> None:
    found = day_figures(usual_days())
    assert found.appointments.count > 300
    assert found.appointments.p90 <= ON_TIME_WITHIN
    assert found.punctual is not None
    assert found.punctual > 0.9


def test_80_percent_are_called_within_shown_range() -> None:
    for days in (varied_days(), usual_days()):
        found = day_figures(days)
        assert found.within_range is not None
        assert found.within_range >= 0.8


def test_same_seed_gives_same_day() -> None:
    plan = random_plan(7)
    assert simulate_day(plan, 1) == simulate_day(plan, 1)
    assert simulate_day(plan, 1) != simulate_day(plan, 2)


def test_additional_desk_shortens_wait_of_same_people() -> None:
    plan = random_plan(5, 1.1)
    line_ids = tuple(line.id for line in plan.lines)
    more = replace(plan, shifts=(*plan.shifts, Shift("one more", line_ids, OPENS, CLOSES)))
    days, better = (
        [simulate_day(variant, seed, shows_ranges=False) for seed in range(4)] for variant in (plan, more)
    )
    assert [len(day.outcomes) for day in days] == [len(day.outcomes) for day in better]
    assert day_figures(better).walk_ins.mean < day_figures(days).walk_ins.mean / 2


def test_day_without_arrivals_has_no_figures() -> None:
    day = simulate_day(replace(random_plan(1), flows=(), appointments=()), 1)
    found = day_figures([day])
    assert (found.issued, found.within_range, found.punctual, found.utilisation) == (0, None, None, 0.0)


@pytest.mark.parametrize("share", ["no_show", "absent", "leaves", "postpones", "holds", "transfers", "placed"])
def test_day_with_extreme_behaviour_ends(share: str) -> None:
    behaviour: Any = {share: 1.0}
    plan = replace(random_plan(3, 0.6), behaviour=SimulatedBehaviour(**behaviour))
    day = simulate_day(plan, 3, shows_ranges=False)
    assert all(outcome.overtaken <= outcome.overtaking_limit for outcome in day.outcomes)
