"""Heartbeats of processes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from office360.core.clock import SystemClock
from office360.core.db.process_heartbeats import (
    DEAD_AFTER,
    KEEP_DEAD_FOR,
    ProcessHeartbeatRow,
    ProcessKind,
    beat,
    database_time,
    is_process_alive,
    last_heartbeats,
    run_heartbeat,
)
from office360.core.runtime import Runtime
from sqlalchemy import select, update

from ...conftest import FakeClock


async def age_heartbeats(runtime: Runtime, age: timedelta) -> None:
    """Make all heartbeats older, as if their processes had died."""
    async with runtime.transaction() as tx:
        now = (await tx.session.execute(select(database_time()))).scalar_one()
        await tx.session.execute(update(ProcessHeartbeatRow).values(seen_at=now - age))


async def is_alive(runtime: Runtime) -> bool:
    async with runtime.read_session() as session:
        return await is_process_alive(session, runtime.process_id)


async def test_database_time_is_close_to_system_time(runtime: Runtime) -> None:
    async with runtime.read_session() as session:
        now = (await session.execute(select(database_time()))).scalar_one()
    assert abs(now - SystemClock().now()) < timedelta(minutes=1)


async def test_process_is_alive_while_it_beats(runtime: Runtime, clock: FakeClock) -> None:
    assert not await is_alive(runtime)
    await beat(runtime, list(ProcessKind), "1.0")
    clock.advance(days=3)  # a clock that is wrong does not matter
    assert await is_alive(runtime)
    await age_heartbeats(runtime, DEAD_AFTER + timedelta(seconds=1))
    assert not await is_alive(runtime)
    await beat(runtime, list(ProcessKind), "1.0")
    assert await is_alive(runtime)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_process_beats_while_all_its_writers_are_busy(runtime: Runtime) -> None:
    writer: Any = runtime.db.writer
    async with AsyncExitStack() as stack:
        for _ in range(writer.pool.size()):
            tx = await stack.enter_async_context(runtime.transaction())
            await tx.session.connection()
        async with asyncio.timeout(DEAD_AFTER.total_seconds()):
            await beat(runtime, [ProcessKind.WEB], "1.0")
        assert await is_alive(runtime)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_process_beats_before_the_next_of_its_writers(runtime: Runtime) -> None:
    begun = 0

    async def write() -> None:
        nonlocal begun
        async with runtime.transaction() as tx:
            await tx.session.connection()
            begun += 1
            await asyncio.sleep(0.01)

    writers = [asyncio.create_task(write()) for _ in range(100)]
    await writers[0]
    before = begun
    await beat(runtime, [ProcessKind.WEB], "1.0")
    assert begun - before <= 1  # the beat whose BEGIN was on its way
    await asyncio.gather(*writers)


async def test_last_heartbeat_is_known_by_kind(runtime: Runtime) -> None:
    await beat(runtime, [ProcessKind.WORKER], "1.0")
    await age_heartbeats(runtime, timedelta(hours=3))
    async with runtime.read_session() as session:
        last = await last_heartbeats(session)
    assert set(last) == {"worker"}
    assert last["worker"].is_missing
    assert timedelta(hours=3) <= last["worker"].age < timedelta(hours=3, minutes=1)
    assert last["worker"].version == "1.0"


async def test_stopped_process_deletes_its_heartbeat(runtime: Runtime) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(run_heartbeat(runtime, [ProcessKind.WEB], "1.0", stop))
    async with asyncio.timeout(10):
        while not await is_alive(runtime):
            await asyncio.sleep(0.01)
    stop.set()
    await task
    assert not await is_alive(runtime)


async def test_rows_of_long_dead_processes_are_deleted(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        now = (await tx.session.execute(select(database_time()))).scalar_one()
        old = now - KEEP_DEAD_FOR - timedelta(minutes=1)
        tx.session.add(ProcessHeartbeatRow(id="dead", kind="web", started_at=old, seen_at=old, version="1.0"))
    await beat(runtime, [ProcessKind.WEB], "1.0")
    async with runtime.read_session() as session:
        assert (await session.execute(select(ProcessHeartbeatRow.id))).scalars().all() == [runtime.process_id]
