"""Upper bound of a failure rate from failures in a number of runs. Knows no tests."""

from __future__ import annotations

import math

CONFIDENCE = 0.95
BISECTION_STEPS = 60  # halve the interval beyond the precision of a float


def upper_failure_rate(failures: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """Return the upper bound of a test's failure rate with this confidence.

    The exact one-sided bound of Clopper and Pearson (Biometrika 26, 1934): the rate at which so few failures have
    the probability 1 - confidence.
    """
    if failures >= runs:
        return 1.0
    if failures == 0:
        return 1.0 - math.pow(1.0 - confidence, 1.0 / runs)
    low, high = failures / runs, 1.0
    for _ in range(BISECTION_STEPS):
        middle = (low + high) / 2
        if _probability_of_at_most(failures, runs, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def _probability_of_at_most(failures: int, runs: int, rate: float) -> float:
    return math.fsum(
        math.comb(runs, count) * rate**count * (1.0 - rate) ** (runs - count) for count in range(failures + 1)
    )
