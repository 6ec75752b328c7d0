"""Deletes what is over, so many rows a transaction: whoever writes meanwhile waits for a moment, not for long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from ..runtime import Runtime

BATCH_ROWS = 500  # rows a transaction; deleting them takes some milliseconds


async def run_in_batches(runtime: Runtime, run_batch: Callable[[AsyncSession], Awaitable[int]]) -> int:
    """Let `batch` work off up to AT_ONCE rows a transaction until it finds fewer; how many in all."""
    count = 0
    while True:
        async with runtime.transaction() as tx:
            done = await run_batch(tx.session)
        count += done
        if done < BATCH_ROWS:
            return count


async def delete_batch(
    session: AsyncSession,
    key: InstrumentedAttribute[str],
    is_over: ColumnElement[bool],
    order_by: InstrumentedAttribute[Any],
) -> list[str]:
    """Delete up to AT_ONCE rows that are over, in the order of `by`; the primary keys of those that are gone.

    What somebody is changing at this moment is left for another night.
    """
    found = select(key).where(is_over).order_by(order_by).limit(BATCH_ROWS).with_for_update(skip_locked=True)
    keys = list((await session.execute(found)).scalars())
    if keys:
        gone = delete(key.class_).where(key.in_(keys))
        await session.execute(gone, execution_options={"synchronize_session": False})
    return keys
