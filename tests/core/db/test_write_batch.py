"""Batches of writes, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.db.timer_rows import TimerRow
from office360.core.db.write_batch import MAX_PARTS
from office360.core.db.write_conflicts import WriteConflict
from office360.core.runtime import Runtime, Transaction
from sqlalchemy import select

from ...support.statements import recorded_statements


def add_timer(tx: Transaction, subject: str, minutes: int = 1) -> None:
    tx.batch_timers([("test", subject, tx.now + timedelta(minutes=minutes))])


def insert_timer(tx: Transaction, subject: str) -> None:
    """Add a row that must be new, unlike that of `batch_timers`."""
    tx.writes.insert(TimerRow, {"kind": "test", "subject": subject, "due_at": tx.now, "lease_until": None})


async def timers(runtime: Runtime) -> dict[str, int]:
    """Return the minutes until each timer of these tests, by subject."""
    async with runtime.read_session() as session:
        rows = (await session.execute(select(TimerRow).where(TimerRow.kind == "test"))).scalars()
        return {row.subject: (row.due_at - runtime.now()) // timedelta(minutes=1) for row in rows}


@pytest.mark.parametrize("number", [1, 2, MAX_PARTS, MAX_PARTS + 1])
async def test_rows_are_written_with_one_statement(runtime: Runtime, number: int) -> None:
    with recorded_statements(runtime.db) as statements:
        async with runtime.transaction() as tx:
            for subject in range(number):
                add_timer(tx, str(subject))
    assert len([found for found in statements if "INSERT" in found.sql]) == 1
    assert len(await timers(runtime)) == number


async def test_last_value_of_row_counts(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        add_timer(tx, "a", 5)
        add_timer(tx, "b", 5)
        add_timer(tx, "a", 9)
    assert await timers(runtime) == {"a": 9, "b": 5}


async def test_conflicting_row_undoes_whole_batch(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        insert_timer(tx, "taken")

    async def write_both() -> None:
        async with runtime.transaction() as tx:
            add_timer(tx, "other")
            insert_timer(tx, "taken")

    with pytest.raises(WriteConflict):
        await write_both()
    assert list(await timers(runtime)) == ["taken"]


async def test_failed_use_case_writes_no_batch(runtime: Runtime) -> None:

    async def fail() -> None:
        async with runtime.transaction() as tx:
            add_timer(tx, "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await timers(runtime) == {}


async def test_update_changes_its_row_only(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        add_timer(tx, "a", 5)
        add_timer(tx, "b", 5)
    async with runtime.transaction() as tx:
        tx.writes.update(TimerRow, "subject", "a", {"due_at": tx.now + timedelta(minutes=7)})
        add_timer(tx, "c", 1)
    assert await timers(runtime) == {"a": 7, "b": 5, "c": 1}
