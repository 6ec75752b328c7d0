"""Deletion and clearing of expired rows in short transactions.

Other writers hardly wait for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from ..runtime import Runtime

BATCH_ROWS = 500  # rows a transaction; deleting them takes some milliseconds


async def run_in_batches(runtime: Runtime, run_batch: Callable[[AsyncSession], Awaitable[int]]) -> int:
    """Run batches in separate transactions, until a batch has fewer than BATCH_ROWS rows.

    Returns the number of rows of all batches.
    """
    count = 0
    while True:
        async with runtime.transaction() as tx:
            done = await run_batch(tx.session)
        count += done
        if done < BATCH_ROWS:
            return count


async def delete_in_batches(
    runtime: Runtime,
    key: InstrumentedAttribute[str],
    is_over: ColumnElement[bool],
    order_by: InstrumentedAttribute[Any],
) -> int:
    """Delete all rows that match `is_over`, as delete_batch does. Returns their number."""

    async def run_batch(session: AsyncSession) -> int:
        return len(await delete_batch(session, key, is_over, order_by))

    return await run_in_batches(runtime, run_batch)


async def delete_batch(
    session: AsyncSession,
    key: InstrumentedAttribute[str],
    is_over: ColumnElement[bool],
    order_by: InstrumentedAttribute[Any],
) -> list[str]:
    """Delete up to BATCH_ROWS rows that match `is_over` and return their primary keys.

    Rows that another transaction has locked are skipped; the next run deletes them.
    """
    expired = select(key).where(is_over).order_by(order_by).limit(BATCH_ROWS).with_for_update(skip_locked=True)
    keys = list((await session.execute(expired)).scalars())
    if keys:
        statement = delete(key.class_).where(key.in_(keys))
        await session.execute(statement, execution_options={"synchronize_session": False})
    return keys


async def update_in_batches(
    runtime: Runtime, key: InstrumentedAttribute[str], is_due: ColumnElement[bool], **columns: Any
) -> int:
    """Write columns of the rows that match `is_due`, in separate transactions.

    Returns the number of rows. Afterwards a row must no longer match. Rows that another transaction has locked are
    skipped.
    """

    async def update_batch(session: AsyncSession) -> int:
        due = select(key).where(is_due).limit(BATCH_ROWS).with_for_update(skip_locked=True)
        keys = list(await session.scalars(due))
        if keys:
            await session.execute(update(key.class_).where(key.in_(keys)).values(**columns))
        return len(keys)

    return await run_in_batches(runtime, update_batch)
