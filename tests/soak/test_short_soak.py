"""A short soak on PostgreSQL and Redis: faults of the cheap kinds, and balanced books."""

from __future__ import annotations

import tempfile
from pathlib import Path

from office360.benchmarks.soak.plan import SoakPlan
from office360.benchmarks.soak.run import soak

SHORT_PLAN = SoakPlan(seed=7, seconds=40, load=0.25, fault_interval_s=4.0, first_fault_s=6.0, fault_length=0.4)


async def test_books_balance_after_a_short_soak() -> None:
    told: list[str] = []
    # not in pytest's folder, which another run makes unreadable for the user of PostgreSQL
    with tempfile.TemporaryDirectory() as folder:
        result = await soak(SHORT_PLAN, Path(folder), only_cheap=True, tell=told.append)
    assert result.faults
    assert result.is_balanced, "\n".join([*told, *result.lines()])
