"""Due timers: leased in batches, fired side by side, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.core.db import timers
from office360.core.db.timer_rows import TimerRow
from office360.core.db.timers import LEASE, fire_due_timers
from office360.core.runtime import Runtime, Transaction
from sqlalchemy import select

from ...conftest import FakeClock


async def schedule_due_timers(runtime: Runtime, number: int) -> None:
    async with runtime.transaction() as tx:
        await tx.schedule_timers(("bell", f"a:{one:02d}", tx.now) for one in range(number))


async def test_concurrent_workers_fire_each_timer_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "BATCH_SIZE", 4)
    fired: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        fired.append(subject)

    await schedule_due_timers(runtime, 20)
    await asyncio.gather(*(fire_due_timers(runtime, {"bell": ring}) for _ in range(3)))
    assert sorted(fired) == [f"a:{one:02d}" for one in range(20)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_subjects_fire_side_by_side(runtime: Runtime) -> None:
    both = asyncio.Barrier(2)

    async def ring(tx: Transaction, subject: str) -> None:
        async with asyncio.timeout(5):
            await both.wait()

    await schedule_due_timers(runtime, 2)
    assert await fire_due_timers(runtime, {"bell": ring}) == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_timers_of_one_subject_fire_in_order(runtime: Runtime) -> None:
    fired: list[str] = []

    async def late(tx: Transaction, subject: str) -> None:
        fired.append("late")

    async def early(tx: Transaction, subject: str) -> None:
        await asyncio.sleep(0.01)
        fired.append("early")

    async with runtime.transaction() as tx:
        await tx.schedule_timer("late", subject="a:1", due_at=tx.now)
        await tx.schedule_timer("early", subject="a:1", due_at=tx.now - timedelta(seconds=1))
    await fire_due_timers(runtime, {"late": late, "early": early})
    assert fired == ["early", "late"]


async def test_timers_of_killed_worker_wait_for_a_lease(runtime: Runtime, clock: FakeClock) -> None:
    async def killed(tx: Transaction, subject: str) -> None:
        raise asyncio.CancelledError

    async def ring(tx: Transaction, subject: str) -> None:
        pass

    await schedule_due_timers(runtime, 2)
    with pytest.raises(asyncio.CancelledError):
        await fire_due_timers(runtime, {"bell": killed})
    assert await fire_due_timers(runtime, {"bell": ring}) == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert await fire_due_timers(runtime, {"bell": ring}) == 2


async def test_timer_moved_during_its_lease_is_free(runtime: Runtime) -> None:
    async def moved(tx: Transaction, subject: str) -> None:
        await tx.schedule_timer("bell", subject=subject, due_at=tx.now + timedelta(hours=1))

    await schedule_due_timers(runtime, 1)
    await fire_due_timers(runtime, {"bell": moved})
    async with runtime.read_session() as session:
        assert (await session.execute(select(TimerRow.lease_until))).scalar_one() is None
