"""Retries of a use case that lost a race with another transaction. Knows no table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

ResultT = TypeVar("ResultT")

# the second attempt reads what the other transaction wrote; a third covers another race
MAX_ATTEMPTS = 3


class WriteConflict(Exception):
    """Another transaction wrote the same row or unique value first; this transaction is over."""


async def flush_inserts(session: AsyncSession) -> None:
    """Write the added rows. Raises WriteConflict when a row breaks a constraint."""
    try:
        await session.flush()
    except IntegrityError as error:
        raise WriteConflict from error


async def retry_on_conflict(
    attempt: Callable[[], Awaitable[ResultT]], max_attempts: int = MAX_ATTEMPTS
) -> ResultT:
    """Run a use case again while it raises WriteConflict. Raises the last WriteConflict.

    `attempt` opens its own transaction, because a transaction is unusable after a conflict.
    """
    for _ in range(max_attempts - 1):
        try:
            return await attempt()
        except WriteConflict:
            continue
    return await attempt()
