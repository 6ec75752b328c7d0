"""Leases: a single process of an installation does a kind of work."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from office360.core.clock import SystemClock
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


async def test_work_ends_when_another_process_is_elected(
    runtime: Runtime, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewal_due, begun, ended, stop = (asyncio.Event() for _ in range(4))

    async def wait_for_renewal(_stop: asyncio.Event, _timeout_s: float) -> bool:
        await renewal_due.wait()
        return stop.is_set()

    async def work(must_end: asyncio.Event) -> None:
        begun.set()
        await must_end.wait()
        ended.set()

    monkeypatch.setattr(leases, "wait_for_stop", wait_for_renewal)
    async with asyncio.timeout(TEST_TIMEOUT_S), asyncio.TaskGroup() as group:
        group.create_task(run_while_elected(runtime, "nightly", work, stop))
        await begun.wait()
        clock.advance(seconds=LEASE.total_seconds() + 1)  # as if this process had been frozen
        assert await acquire_lease(runtime, "nightly", "another")
        assert not ended.is_set()
        renewal_due.set()
        await ended.wait()
        stop.set()
    assert await acquire_lease(runtime, "nightly", "another")


async def test_work_is_cancelled_before_an_unrenewed_lease_ends(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LEASE": timedelta(seconds=3), "END_MARGIN": timedelta(seconds=2)}.items():
        monkeypatch.setattr(leases, name, value)
    for name, seconds in {"RENEWAL_INTERVAL_S": 0.1, "END_TIMEOUT_S": 0.1}.items():
        monkeypatch.setattr(leases, name, seconds)
    timed, acquire, stop = dataclasses.replace(runtime, clock=SystemClock()), acquire_lease, asyncio.Event()
    cancelled: list[bool] = []

    async def hang(*_: object) -> bool:
        await asyncio.sleep(3_600)
        return True

    async def work(must_end: asyncio.Event) -> None:
        monkeypatch.setattr(leases, "acquire_lease", hang)
        try:
            await asyncio.sleep(3_600)
        finally:
            stop.set()
            cancelled.append(not await acquire(timed, "nightly", "another"))

    async with asyncio.timeout(TEST_TIMEOUT_S):
        await run_while_elected(timed, "nightly", work, stop)
    assert cancelled == [True]


async def test_bug_in_renewal_ends_the_work_and_is_raised(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWAL_INTERVAL_S", 0.01)
    ended: list[bool] = []

    async def fail(*_: object) -> bool:
        raise ValueError

    async def work(must_end: asyncio.Event) -> None:
        monkeypatch.setattr(leases, "acquire_lease", fail)
        await must_end.wait()
        ended.append(True)

    async with asyncio.timeout(TEST_TIMEOUT_S):
        with pytest.raises(ValueError):
            await run_while_elected(runtime, "nightly", work, asyncio.Event())
    assert ended == [True]
