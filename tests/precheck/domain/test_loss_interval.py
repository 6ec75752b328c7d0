"""Loss grades by the confidence bound, checked by exact binomial sums."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from office360.precheck.domain.grade_scales import GateResult, Grade
from office360.precheck.domain.loss_interval import share_interval
from office360.precheck.domain.verdict import grade_measurements

from .test_verdict import GOOD

PACKETS_OF_A_TEST = 690


def loss_gate(lost: int, packets: int | None) -> GateResult:
    share = 100 * lost / packets if packets else 0.0
    verdict = grade_measurements(replace(GOOD, loss_up_pct=share, loss_up_packets=packets))
    return next(gate for gate in verdict.gates if gate.name == "loss_up_pct")


def binomial_probability(lost: int, packets: int, true_share: float) -> float:
    """Return the binomial probability of exactly `lost` of `packets`."""
    return math.comb(packets, lost) * true_share**lost * (1 - true_share) ** (packets - lost)


def probability_graded(grade: Grade, packets: int, true_share: float) -> float:
    losses = range(packets + 1)
    return math.fsum(
        binomial_probability(lost, packets, true_share)
        for lost in losses
        if loss_gate(lost, packets).grade is grade
    )


def test_true_three_percent_is_almost_never_green() -> None:
    assert probability_graded(Grade.GREEN, PACKETS_OF_A_TEST, 0.03) < 0.005
    assert probability_graded(Grade.AMBER, PACKETS_OF_A_TEST, 0.03) > 0.9


def test_true_five_percent_is_almost_never_red() -> None:
    assert probability_graded(Grade.RED, PACKETS_OF_A_TEST, 0.05) < 0.001
    assert probability_graded(Grade.RED, PACKETS_OF_A_TEST, 0.12) > 0.9


def test_line_without_loss_is_green_from_200_packets() -> None:
    assert loss_gate(0, 200).grade is Grade.GREEN
    assert loss_gate(0, 60).grade is Grade.UNKNOWN


@pytest.mark.parametrize(
    ("lost", "packets", "grade"),
    [
        (3, 690, Grade.GREEN),
        (9, 690, Grade.UNKNOWN),  # 1.3 %, and up to 2.2 % cannot be excluded
        (20, 690, Grade.AMBER),
        (16, 700, Grade.AMBER),  # beyond green, though the low bound is not
        (60, 690, Grade.AMBER),  # 8.7 %, and 7.1 % cannot be excluded
        (80, 690, Grade.RED),
        (2, 20, Grade.AMBER),
        (0, 0, Grade.UNKNOWN),
    ],
)
def test_bound_of_confidence_decides_the_grade(lost: int, packets: int, grade: Grade) -> None:
    assert loss_gate(lost, packets).grade is grade


def test_undecided_loss_makes_the_verdict_unknown() -> None:
    assert grade_measurements(replace(GOOD, loss_up_pct=1.3, loss_up_packets=690)).grade is Grade.UNKNOWN
    assert grade_measurements(replace(GOOD, loss_up_pct=1.3, loss_up_packets=None)).grade is Grade.GREEN


@pytest.mark.parametrize("share", [0.005, 0.02, 0.08])
def test_interval_contains_the_true_share_in_nine_of_ten_runs(share: float) -> None:
    held = math.fsum(
        binomial_probability(lost, PACKETS_OF_A_TEST, share)
        for lost in range(PACKETS_OF_A_TEST + 1)
        if (bounds := share_interval(100 * lost / PACKETS_OF_A_TEST, PACKETS_OF_A_TEST)).low
        <= 100 * share
        <= bounds.high
    )
    assert held > 0.88  # 90 % on average; the steps of whole packets make it swing


def test_interval_of_extreme_shares_stays_within_bounds() -> None:
    assert (share_interval(0, 10).low, share_interval(100, 10).high) == (0, 100)
    assert share_interval(50, 0).high == 100
