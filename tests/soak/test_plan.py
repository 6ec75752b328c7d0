"""The plan of a soak, and the moment from which the product is right again. Pure."""

from __future__ import annotations

from collections import Counter

from office360.benchmarks.soak.plan import SoakPlan
from office360.benchmarks.soak.recovery import CONSECUTIVE_ROUNDS, ProbeRound, seconds_until_right, usual_round_s

KINDS = ["kill", "freeze", "disk"]


def test_seed_decides_the_faults() -> None:
    plan = SoakPlan(seed=1, seconds=400)
    assert plan.draw_faults(KINDS) == SoakPlan(seed=1, seconds=400).draw_faults(KINDS)
    assert plan.draw_faults(KINDS) != SoakPlan(seed=2, seconds=400).draw_faults(KINDS)


def test_faults_come_every_20_seconds_and_each_kind_in_turn() -> None:
    drawn = SoakPlan(seed=1, seconds=145).draw_faults(KINDS)
    assert [at_s for at_s, _ in drawn] == [15, 35, 55, 75, 95, 115, 135]
    assert set(Counter(kind for _, kind in drawn[:6]).values()) == {2}


def test_short_run_without_time_for_a_fault_has_none() -> None:
    assert SoakPlan(seed=1, seconds=20).draw_faults(KINDS) == []


def rounds(*failures: str, length_s: float = 0.5) -> list[ProbeRound]:
    return [ProbeRound(float(number), number + length_s, failure) for number, failure in enumerate(failures)]


GOOD = [""] * CONSECUTIVE_ROUNDS


def test_product_is_right_after_several_rounds_in_a_row() -> None:
    assert seconds_until_right(rounds(*GOOD), since_s=0, usual_s=0.5) == 0
    assert seconds_until_right(rounds("late", "", "late", *GOOD), since_s=0, usual_s=0.5) == 3
    assert seconds_until_right(rounds("", *GOOD), since_s=0.5, usual_s=0.5) == 0.5
    assert seconds_until_right(rounds(*GOOD[1:]), since_s=0) is None


def test_round_that_hangs_ends_later_than_usual() -> None:
    slow = rounds(*GOOD, length_s=8)
    assert usual_round_s(rounds("", "late", "")) == 0.5
    assert seconds_until_right(slow, since_s=0, usual_s=0.5) == 7.5
