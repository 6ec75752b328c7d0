"""The transaction of a use case: all or nothing, and told only when it stands."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.db.rate_limits import GuessRow
from office360.core.db.timers import TimerRow, fire_due
from office360.core.runtime import Runtime, Transaction
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..conftest import FakeClock


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


async def test_a_timer_fires_once_when_it_is_due_and_never_before(runtime: Runtime, clock: FakeClock) -> None:
    fired: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        fired.append(subject)

    async with runtime.transaction() as tx:
        await tx.schedule("bell", subject="a:1", due_at=tx.now + timedelta(seconds=60))
    assert await fire_due(runtime, {"bell": ring}) == 0
    clock.advance(seconds=61)
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


async def test_a_timer_that_fails_is_put_off_and_does_not_hold_up_the_others(
    runtime: Runtime, clock: FakeClock
) -> None:
    rung: list[str] = []

    async def ring(tx: Transaction, subject: str) -> None:
        if subject == "a:broken":
            raise ZeroDivisionError
        rung.append(subject)

    async with runtime.transaction() as tx:
        await tx.schedule("bell", subject="a:broken", due_at=tx.now - timedelta(minutes=1))
        await tx.schedule("bell", subject="a:sound", due_at=tx.now)
    assert await fire_due(runtime, {"bell": ring}) == 1
    assert rung == ["a:sound"]
    async with runtime.reading() as session:
        (row,) = (await session.execute(select(TimerRow))).scalars()
    assert (row.subject, row.due_at) == ("a:broken", clock.now() + timedelta(minutes=1))


async def test_a_timer_that_its_handler_sets_again_is_kept(runtime: Runtime) -> None:
    async def ring(tx: Transaction, subject: str) -> None:
        await tx.schedule("bell", subject=subject, due_at=tx.now + timedelta(hours=1))

    async with runtime.transaction() as tx:
        await tx.schedule("bell", subject="a:1", due_at=tx.now)
    assert await fire_due(runtime, {"bell": ring}) == 1
    async with runtime.reading() as session:
        (row,) = (await session.execute(select(TimerRow))).scalars()
    assert row.due_at == runtime.now() + timedelta(hours=1)


async def test_a_handler_and_a_request_do_not_lock_each_other_out(
    runtime: Runtime,
) -> None:
    """The request holds its subject and then sets the timer; the handler wants the subject."""

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
            await tx.schedule("bell", subject="a:1", due_at=tx.now)

    await request()
    for _ in range(20):
        await asyncio.gather(request(), fire_due(runtime, {"bell": ring}))


async def test_an_error_of_the_database_does_not_say_what_was_written(runtime: Runtime) -> None:
    with pytest.raises(IntegrityError) as refused:
        await _enqueue_twice(runtime)
    assert "amina@example.org" not in str(refused.value)


async def _enqueue_twice(runtime: Runtime) -> None:
    for _ in range(2):
        async with runtime.transaction() as tx:
            _enqueue(tx)
