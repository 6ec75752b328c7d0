"""Leases: work that a single process of an installation does at a time.

A row on both databases, not an advisory lock: a lock of PostgreSQL stays with a process that hangs, and does not
work through a pooler of transactions (docs/decisions/0028).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import String, delete, or_
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import DatabaseAway
from ..ids import new_id
from ..periodic import wait_for_stop
from ..runtime import Runtime
from .engine import Base, IdType, UtcDateTime, affects_one_row, dialect_insert

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # another process continues the work of a killed process after this
RENEWAL_INTERVAL_S = 15.0  # the work survives two failed renewals
# before the end of a lease that was not renewed, the work must end
END_MARGIN = timedelta(seconds=20)
END_TIMEOUT_S = 15.0  # for a step of the work to finish; then it is cancelled


class LeaseRow(Base):
    """The process that does this work until `lease_until`."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(IdType)
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)


async def acquire_lease(runtime: Runtime, name: str, holder: str) -> bool:
    """Acquire or renew a lease. False if another process holds it."""
    async with runtime.transaction() as tx:
        values = {"name": name, "holder": holder, "lease_until": tx.now + LEASE}
        insert = dialect_insert(tx.session, LeaseRow).values(values)
        is_free = or_(LeaseRow.holder == holder, LeaseRow.lease_until <= tx.now)
        statement = insert.on_conflict_do_update(index_elements=["name"], set_=values, where=is_free)
        return await affects_one_row(tx.session, statement)


async def release_lease(runtime: Runtime, name: str, holder: str) -> None:
    """Release a lease, so that another process need not wait until it ends."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.holder == holder))


async def run_while_elected(
    runtime: Runtime, name: str, work: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event
) -> None:
    """Run `work` in at most one process of the installation, until `stop` is set.

    `work` gets an event that is set when it must end, because this process stops or could not renew its lease. It
    is cancelled before the lease ends. Raises what `work` raises.
    """
    holder = new_id()
    while not stop.is_set():
        # before the query: its answer may be slow, and the lease counts from the query on
        asked_at = runtime.now()
        if await _try_acquire_lease(runtime, name, holder):
            logger.info("elected", extra={"lease": name})
            await _work_and_renew(runtime, name, holder, asked_at, work, stop)
        else:
            await wait_for_stop(stop, RENEWAL_INTERVAL_S)


async def _try_acquire_lease(runtime: Runtime, name: str, holder: str) -> bool | None:
    """Acquire a lease as acquire_lease does; None if the database does not answer."""
    try:
        return await acquire_lease(runtime, name, holder)
    except DatabaseAway:
        return None


async def _work_and_renew(
    runtime: Runtime,
    name: str,
    holder: str,
    acquired_at: datetime,
    work: Callable[[asyncio.Event], Awaitable[None]],
    stop: asyncio.Event,
) -> None:
    must_end = asyncio.Event()
    working = asyncio.ensure_future(work(must_end))
    renewing = asyncio.create_task(
        _renew_until_lost(runtime, name, holder, acquired_at, stop), name=f"lease {name}"
    )
    try:
        await asyncio.wait([working, renewing], return_when=asyncio.FIRST_COMPLETED)
        # first by request, so that the work can finish its step; then by cancellation
        must_end.set()
        await asyncio.wait([working], timeout=END_TIMEOUT_S)
    finally:
        for task in (working, renewing):
            task.cancel()
        # released only after the work has ended, or two processes would do it at once
        results = await asyncio.gather(working, renewing, return_exceptions=True)
        with suppress(DatabaseAway):
            await release_lease(runtime, name, holder)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _renew_until_lost(
    runtime: Runtime, name: str, holder: str, acquired_at: datetime, stop: asyncio.Event
) -> None:
    """Renew a lease until `stop` is set, another process has it, or END_MARGIN before it ends."""
    ends_at = acquired_at + LEASE - END_MARGIN
    while (left_s := (ends_at - runtime.now()).total_seconds()) > 0:
        if await wait_for_stop(stop, min(RENEWAL_INTERVAL_S, left_s)):
            return
        asked_at, is_ours = runtime.now(), None
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, (ends_at - asked_at).total_seconds())):
                is_ours = await _try_acquire_lease(runtime, name, holder)
        # None is no answer: the lease may still be ours, so the work goes on until its margin
        if is_ours is False:
            return
        if is_ours:
            ends_at = asked_at + LEASE - END_MARGIN
