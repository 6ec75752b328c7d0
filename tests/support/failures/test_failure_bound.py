"""The bound of a failure rate, compared with published values and with its definition."""

from __future__ import annotations

import math

import pytest

from .failure_bound import upper_failure_rate


def test_bound_without_failures_is_the_closed_form() -> None:
    assert upper_failure_rate(0, 100) == pytest.approx(0.029513, abs=1e-6)  # the "rule of three": about 3 / n
    assert upper_failure_rate(0, 20) == pytest.approx(0.139108, abs=1e-6)


@pytest.mark.parametrize(("failures", "runs", "bound"), [(1, 10, 0.394163), (2, 20, 0.282620), (3, 100, 0.075712)])
def test_bound_equals_published_values(failures: int, runs: int, bound: float) -> None:
    assert upper_failure_rate(failures, runs) == pytest.approx(bound, abs=1e-4)


@pytest.mark.parametrize(("failures", "runs"), [(0, 7), (1, 3), (5, 100), (60, 500)])
def test_so_few_failures_at_the_bound_have_five_percent(failures: int, runs: int) -> None:
    rate = upper_failure_rate(failures, runs)
    at_most = sum(math.comb(runs, k) * rate**k * (1 - rate) ** (runs - k) for k in range(failures + 1))
    assert at_most == pytest.approx(0.05, rel=1e-6)


def test_failures_in_all_runs_exclude_nothing() -> None:
    assert upper_failure_rate(4, 4) == 1.0
