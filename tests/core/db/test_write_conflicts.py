"""Retries of use cases that lose a race."""

from __future__ import annotations

import pytest
from office360.core.db.timer_rows import TimerRow
from office360.core.db.write_conflicts import WriteConflict, flush_inserts, retry_on_conflict
from office360.core.runtime import Runtime


class RacingUseCase:
    """Loses a number of races, then returns the number of attempts."""

    def __init__(self, lost_races: int) -> None:
        self.lost_races = lost_races
        self.attempts = 0

    async def run(self) -> int:
        self.attempts += 1
        if self.attempts <= self.lost_races:
            raise WriteConflict
        return self.attempts


async def test_lost_race_is_retried() -> None:
    assert await retry_on_conflict(RacingUseCase(lost_races=2).run) == 3


async def test_last_conflict_is_raised() -> None:
    use_case = RacingUseCase(lost_races=10)
    with pytest.raises(WriteConflict):
        await retry_on_conflict(use_case.run, max_attempts=4)
    assert use_case.attempts == 4


async def test_broken_constraint_is_a_conflict(runtime: Runtime) -> None:
    async def insert() -> None:
        async with runtime.transaction() as tx:
            tx.session.add(TimerRow(kind="k", subject="s", due_at=tx.now))
            await flush_inserts(tx.session)

    await insert()
    with pytest.raises(WriteConflict):
        await insert()
