"""Due timers: leased in batches, fired side by side, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.core.db import timers
from office360.core.db.timer_rows import TimerRow, oldest_due_timer
from office360.core.db.timers import LEASE, RETRY_DELAY, fire_due_timers
from office360.core.errors import DatabaseAway
from office360.core.runtime import Runtime, Transaction
from office360.server.runtime import open_runtime
from office360.server.settings import Settings
from sqlalchemy import select

from ...conftest import FakeClock


async def schedule_due_timers(runtime: Runtime, number: int) -> None:
    async with runtime.transaction() as tx:
        await tx.schedule_timers(("bell", f"a:{timer:02d}", tx.now) for timer in range(number))


async def test_concurrent_workers_fire_each_timer_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "BATCH_SIZE", 4)
    fired: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        fired.append(subject)

    await schedule_due_timers(runtime, 20)
    await asyncio.gather(*(fire_due_timers(runtime, {"bell": ring}) for _ in range(3)))
    assert sorted(fired) == [f"a:{timer:02d}" for timer in range(20)]


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


async def do_nothing(tx: Transaction, subject: str) -> None:
    """Handle a timer."""


async def test_timers_of_killed_worker_wait_for_a_lease(runtime: Runtime, clock: FakeClock) -> None:
    await schedule_due_timers(runtime, 2)
    await timers._lease_due_timers(runtime, {"bell": do_nothing})
    assert await fire_due_timers(runtime, {"bell": do_nothing}) == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert await fire_due_timers(runtime, {"bell": do_nothing}) == 2


async def test_stop_releases_timers_that_did_not_fire(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "CONCURRENCY", 1)
    stop = asyncio.Event()

    async def ring(tx: Transaction, subject: str) -> None:
        stop.set()

    await schedule_due_timers(runtime, 3)
    assert await fire_due_timers(runtime, {"bell": ring}, stop) == 1
    assert await fire_due_timers(runtime, {"bell": do_nothing}) == 2


async def test_cancelled_worker_releases_its_timers(runtime: Runtime) -> None:
    begun = asyncio.Event()

    async def ring(tx: Transaction, subject: str) -> None:
        begun.set()
        await asyncio.sleep(3_600)

    await schedule_due_timers(runtime, 3)
    firing = asyncio.create_task(fire_due_timers(runtime, {"bell": ring}))
    await begun.wait()
    firing.cancel()
    await asyncio.wait([firing])
    assert await fire_due_timers(runtime, {"bell": do_nothing}) == 3


async def fail(tx: Transaction, subject: str) -> None:
    """Fail as a handler with a bug."""
    raise ValueError


async def test_failed_timer_stays_late_until_its_next_try(runtime: Runtime, clock: FakeClock) -> None:
    await schedule_due_timers(runtime, 1)
    due_at = clock.now()
    for _ in range(3):
        assert await fire_due_timers(runtime, {"bell": fail}) == 0
        assert await fire_due_timers(runtime, {"bell": do_nothing}) == 0
        clock.advance(seconds=RETRY_DELAY.total_seconds())
    async with runtime.read_session() as session:
        assert await oldest_due_timer(session, clock.now()) == due_at
    assert await fire_due_timers(runtime, {"bell": do_nothing}) == 1


async def test_outage_after_a_failure_leaves_other_timers(
    runtime: Runtime, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = False
    transaction = Runtime.transaction

    async def fail_first(tx: Transaction, subject: str) -> None:
        nonlocal away
        if subject == "a:00":
            away = True
            raise ValueError

    def interrupted(self: Runtime) -> Any:
        nonlocal away
        if away:
            away = False
            raise DatabaseAway("closed")
        return transaction(self)

    monkeypatch.setattr(timers, "CONCURRENCY", 1)
    monkeypatch.setattr(Runtime, "transaction", interrupted)
    await schedule_due_timers(runtime, 3)
    assert await fire_due_timers(runtime, {"bell": fail_first}) == 2
    clock.advance(seconds=LEASE.total_seconds())
    assert await fire_due_timers(runtime, {"bell": do_nothing}) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("pool", "at_once"), [(1, 1), (4, 2)])
async def test_timers_leave_connections_for_requests(
    settings: Settings, clock: FakeClock, pool: int, at_once: int
) -> None:
    running: set[str] = set()
    most = 0

    async def ring(tx: Transaction, subject: str) -> None:
        nonlocal most
        running.add(subject)
        most = max(most, len(running))
        await asyncio.sleep(0.01)
        running.remove(subject)

    async with open_runtime(settings.model_copy(update={"database_pool": pool}), clock) as runtime:
        await schedule_due_timers(runtime, 10)
        assert await fire_due_timers(runtime, {"bell": ring}) == 10
    assert most == at_once


async def test_timer_moved_during_its_lease_is_free(runtime: Runtime) -> None:
    async def moved(tx: Transaction, subject: str) -> None:
        await tx.schedule_timer("bell", subject=subject, due_at=tx.now + timedelta(hours=1))

    await schedule_due_timers(runtime, 1)
    await fire_due_timers(runtime, {"bell": moved})
    async with runtime.read_session() as session:
        assert (await session.execute(select(TimerRow.lease_until))).scalar_one() is None
