"""Leases: work that one process of an installation does at a time.

A row on both databases, not an advisory lock: a lock of PostgreSQL stays with a process that hangs, and does not
work through a pooler of transactions (docs/decisions/0028).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import String, delete, or_
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import DatabaseAway
from ..ids import new_id
from ..periodic import wait_for_stop
from ..runtime import Runtime
from .engine import Base, IdType, UtcDateTime, affects_one_row, dialect_insert

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # another process continues the work of a killed one after this
RENEWAL_INTERVAL_S = 15.0  # a lease survives three failed renewals


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

    `work` gets an event that is set when this process loses its lease or must stop. Raises what `work` raises.
    """
    holder = new_id()
    while not stop.is_set():
        if await _try_acquire_lease(runtime, name, holder):
            logger.info("elected", extra={"lease": name})
            await _work_and_renew(runtime, name, holder, work, stop)
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
    work: Callable[[asyncio.Event], Awaitable[None]],
    stop: asyncio.Event,
) -> None:
    lost = asyncio.Event()

    async def renew_until_lost() -> None:
        renewed_at = runtime.now()
        while runtime.now() - renewed_at < LEASE and not await wait_for_stop(stop, RENEWAL_INTERVAL_S):
            is_ours = await _try_acquire_lease(runtime, name, holder)
            if is_ours is False:
                break
            renewed_at = runtime.now() if is_ours else renewed_at
        lost.set()

    renewing = asyncio.create_task(renew_until_lost(), name=f"lease {name}")
    try:
        await work(lost)
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await release_lease(runtime, name, holder)
