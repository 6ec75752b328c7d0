"""Transactions of use cases: atomic, and published after the commit."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from datetime import timedelta

import pytest
from office360.core.bus.redis_bus import BusCipher, RedisBus
from office360.core.db.outbox import OutboxRow
from office360.core.db.rate_limits import GuessRow
from office360.core.db.timer_rows import TimerRow
from office360.core.db.timers import RETRY_DELAY, fire_due_timers
from office360.core.runtime import Runtime, Transaction
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..conftest import TEST_SECRET, FakeClock
from ..support.valkey import RunningValkey


async def test_message_is_published_after_commit(runtime: Runtime) -> None:
    heard: list[object] = []

    async def hear(message: object) -> None:
        heard.append(message)

    subscription = await runtime.bus.subscribe("{centro}:office", hear)
    async with runtime.transaction() as tx:
        tx.publish_latest("{centro}:office", {"v": 1})
        tx.publish_latest("{centro}:office", {"v": 2})
        assert heard == []
    await _let_subscribers_run(subscription)
    assert heard == [{"v": 2}]


async def _let_subscribers_run(subscription: object) -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    await subscription.close()  # type: ignore[attr-defined]


async def test_failed_transaction_writes_and_publishes_nothing(runtime: Runtime) -> None:
    heard: list[object] = []

    async def hear(message: object) -> None:
        heard.append(message)

    subscription = await runtime.bus.subscribe("{centro}:office", hear)
    with pytest.raises(ZeroDivisionError):
        await _fail_half_way(runtime)
    await _let_subscribers_run(subscription)
    assert heard == []
    async with runtime.read_session() as session:
        assert (await session.execute(select(OutboxRow))).first() is None


async def _fail_half_way(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        tx.publish_latest("{centro}:office", {"v": 1})
        _enqueue(tx)
        await tx.session.flush()
        raise ZeroDivisionError


def _enqueue(tx: Transaction) -> None:
    tx.enqueue_message(
        "greeting", subject="a:1", recipient="amina@example.org", payload={}, key="greeting:1", language="es"
    )


async def test_timer_fires_once_when_due(runtime: Runtime, clock: FakeClock) -> None:
    fired: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        fired.append(subject)

    async with runtime.transaction() as tx:
        await tx.schedule_timer("bell", subject="a:1", due_at=tx.now + timedelta(seconds=60))
    assert await fire_due_timers(runtime, {"bell": ring}) == 0
    clock.advance(seconds=61)
    assert await fire_due_timers(runtime, {"bell": ring}) == 1
    assert await fire_due_timers(runtime, {"bell": ring}) == 0
    assert fired == ["a:1"]


async def test_rescheduling_timer_moves_due_time(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        await tx.schedule_timer("bell", subject="a:1", due_at=tx.now)
        await tx.schedule_timer("bell", subject="a:1", due_at=tx.now + timedelta(hours=1))
    async with runtime.read_session() as session:
        rows = (await session.execute(select(TimerRow))).scalars().all()
    assert [row.due_at - runtime.now() for row in rows] == [timedelta(hours=1)]


async def test_failed_timer_is_postponed_and_others_run(runtime: Runtime, clock: FakeClock) -> None:
    rung: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        if subject == "a:broken":
            raise ZeroDivisionError
        rung.append(subject)

    async with runtime.transaction() as tx:
        await tx.schedule_timer("bell", subject="a:broken", due_at=tx.now - timedelta(minutes=1))
        await tx.schedule_timer("bell", subject="a:sound", due_at=tx.now)
    assert await fire_due_timers(runtime, {"bell": ring}) == 1
    assert rung == ["a:sound"]
    async with runtime.read_session() as session:
        (row,) = (await session.execute(select(TimerRow))).scalars()
    now = clock.now()
    assert (row.subject, row.due_at, row.lease_until) == (
        "a:broken",
        now - timedelta(minutes=1),
        now + RETRY_DELAY,
    )


async def test_timer_rescheduled_by_its_handler_is_kept(runtime: Runtime) -> None:
    async def ring(tx: Transaction, subject: str) -> None:
        await tx.schedule_timer("bell", subject=subject, due_at=tx.now + timedelta(hours=1))

    async with runtime.transaction() as tx:
        await tx.schedule_timer("bell", subject="a:1", due_at=tx.now)
    assert await fire_due_timers(runtime, {"bell": ring}) == 1
    async with runtime.read_session() as session:
        (row,) = (await session.execute(select(TimerRow))).scalars()
    assert row.due_at == runtime.now() + timedelta(hours=1)


async def test_timer_handler_and_request_do_not_deadlock(
    runtime: Runtime,
) -> None:
    """Lock the subject in a request that then sets the timer, while the handler waits."""

    async def hold(tx: Transaction) -> None:
        await tx.session.execute(select(GuessRow).where(GuessRow.id == "g").with_for_update())

    async def ring(tx: Transaction, subject: str) -> None:
        await hold(tx)

    async with runtime.transaction() as tx:
        tx.session.add(GuessRow(id="g", subject="a:1", at=tx.now))

    async def request() -> None:
        async with runtime.transaction() as tx:
            await hold(tx)
            await asyncio.sleep(0)
            await tx.schedule_timer("bell", subject="a:1", due_at=tx.now)

    await request()
    for _ in range(20):
        await asyncio.gather(request(), fire_due_timers(runtime, {"bell": ring}))


async def test_database_error_hides_statement_values(runtime: Runtime) -> None:
    with pytest.raises(IntegrityError) as refused:
        await _enqueue_twice(runtime)
    assert "amina@example.org" not in str(refused.value)


async def _enqueue_twice(runtime: Runtime) -> None:
    for _ in range(2):
        async with runtime.transaction() as tx:
            _enqueue(tx)


async def test_bus_outage_is_logged_once_and_not_for_each_publish(
    runtime: Runtime, valkey: RunningValkey, caplog: pytest.LogCaptureFixture
) -> None:
    bus = RedisBus(valkey.url, BusCipher([TEST_SECRET], "bus"))
    on_redis = dataclasses.replace(runtime, bus=bus)
    await bus.ping()
    valkey.stop()
    for number in range(3):
        async with on_redis.transaction() as tx:
            tx.publish_latest("{centro}:office", {"v": number})
            tx.publish_latest("{centro}:display", {"v": number})
    await bus.close()
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert logged == ["bus_down"]
