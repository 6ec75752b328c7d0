"""The transaction of a use case: all or nothing, and told only when it stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.outbox import OutboxRow
from office360.core.runtime import Runtime, Transaction
from office360.core.timers import TimerRow, fire_due
from sqlalchemy import select


async def test_what_is_published_is_heard_after_the_commit(runtime: Runtime) -> None:
    heard: list[object] = []

    async def hear(message: object) -> None:
        heard.append(message)

    subscription = await runtime.bus.subscribe("{centro}:office", hear)
    async with runtime.transaction() as tx:
        tx.publish("{centro}:office", {"v": 1})
        tx.publish("{centro}:office", {"v": 2})
        assert heard == []
    await _settled(subscription)
    assert heard == [{"v": 2}]


async def _settled(subscription: object) -> None:
    import asyncio

    for _ in range(5):
        await asyncio.sleep(0)
    await subscription.close()  # type: ignore[attr-defined]


async def test_a_failed_use_case_leaves_no_row_and_says_nothing(runtime: Runtime) -> None:
    heard: list[object] = []

    async def hear(message: object) -> None:
        heard.append(message)

    subscription = await runtime.bus.subscribe("{centro}:office", hear)
    with pytest.raises(ZeroDivisionError):
        await _fail_half_way(runtime)
    await _settled(subscription)
    assert heard == []
    async with runtime.reading() as session:
        assert (await session.execute(select(OutboxRow))).first() is None


async def _fail_half_way(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        tx.publish("{centro}:office", {"v": 1})
        _enqueue(tx)
        await tx.session.flush()
        raise ZeroDivisionError


def _enqueue(tx: Transaction) -> None:
    tx.enqueue(
        "greeting", subject="a:1", recipient="amina@example.org", payload={}, key="greeting:1", language="es"
    )


async def test_a_timer_fires_once_when_it_is_due_and_never_before(runtime: Runtime, clock: object) -> None:
    fired: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        fired.append(subject)

    async with runtime.transaction() as tx:
        await tx.schedule("bell", subject="a:1", due_at=tx.now + timedelta(seconds=60))
    assert await fire_due(runtime, {"bell": ring}) == 0
    clock.advance(seconds=61)  # type: ignore[attr-defined]
    assert await fire_due(runtime, {"bell": ring}) == 1
    assert await fire_due(runtime, {"bell": ring}) == 0
    assert fired == ["a:1"]


async def test_setting_a_timer_again_moves_it(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        await tx.schedule("bell", subject="a:1", due_at=tx.now)
        await tx.schedule("bell", subject="a:1", due_at=tx.now + timedelta(hours=1))
    async with runtime.reading() as session:
        rows = (await session.execute(select(TimerRow))).scalars().all()
    assert [row.due_at - runtime.now() for row in rows] == [timedelta(hours=1)]


async def test_a_timer_whose_handler_fails_stays_due(runtime: Runtime) -> None:
    async def fail(tx: Transaction, subject: str) -> None:
        raise ZeroDivisionError

    async with runtime.transaction() as tx:
        await tx.schedule("bell", subject="a:1", due_at=tx.now)
    with pytest.raises(ZeroDivisionError):
        await fire_due(runtime, {"bell": fail})
    async with runtime.reading() as session:
        assert len((await session.execute(select(TimerRow))).all()) == 1
