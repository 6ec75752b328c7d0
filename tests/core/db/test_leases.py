"""Leases: one process of an installation does a kind of work."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.db import leases
from office360.core.db.leases import LEASE, acquire_lease, release_lease, run_while_elected
from office360.core.runtime import Runtime

from ...conftest import FakeClock
from ...support.timeouts import TEST_TIMEOUT_S


async def test_lease_has_one_holder_until_it_ends(runtime: Runtime, clock: FakeClock) -> None:
    assert await acquire_lease(runtime, "nightly", "first")
    assert not await acquire_lease(runtime, "nightly", "second")
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert await acquire_lease(runtime, "nightly", "first")
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert not await acquire_lease(runtime, "nightly", "second")
    clock.advance(seconds=1)
    assert await acquire_lease(runtime, "nightly", "second")
    assert not await acquire_lease(runtime, "nightly", "first")


async def test_released_lease_is_free_for_others(runtime: Runtime) -> None:
    await acquire_lease(runtime, "nightly", "first")
    await release_lease(runtime, "nightly", "second")
    assert not await acquire_lease(runtime, "nightly", "second")
    await release_lease(runtime, "nightly", "first")
    assert await acquire_lease(runtime, "nightly", "second")


async def test_one_of_two_workers_is_elected(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEWAL_INTERVAL_S", 0.01)
    working: list[int] = []
    begun: asyncio.Queue[int] = asyncio.Queue()

    async def run_worker(number: int, stop: asyncio.Event) -> None:
        async def work(ended: asyncio.Event) -> None:
            working.append(number)
            assert working == [number]
            begun.put_nowait(number)
            await ended.wait()
            working.remove(number)

        await run_while_elected(runtime, "nightly", work, stop)

    stops = [asyncio.Event(), asyncio.Event()]
    async with asyncio.timeout(TEST_TIMEOUT_S), asyncio.TaskGroup() as group:
        for number, stop in enumerate(stops):
            group.create_task(run_worker(number, stop))
        first = await begun.get()
        stops[first].set()
        assert await begun.get() == 1 - first
        stops[1 - first].set()


async def test_work_ends_when_its_lease_is_lost(
    runtime: Runtime, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWAL_INTERVAL_S", 0.01)
    begun, lost, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(ended: asyncio.Event) -> None:
        begun.set()
        await ended.wait()
        lost.set()

    async with asyncio.timeout(TEST_TIMEOUT_S), asyncio.TaskGroup() as group:
        group.create_task(run_while_elected(runtime, "nightly", work, stop))
        await begun.wait()
        clock.advance(seconds=LEASE.total_seconds() + 1)  # as if this process had been frozen
        await acquire_lease(runtime, "nightly", "another")
        await lost.wait()
        stop.set()
