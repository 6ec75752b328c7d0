"""Fires due timers. Knows no kind of timer: server/ registers the handlers.

Any process fires any timer. A process leases a batch of due timers and fires them side by side, those of one
subject in order. A handler locks its subject and checks the state itself (compare-and-set), so a timer that fires
late or twice changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_, update

from ..failures import log_failure
from ..periodic import run_every
from ..runtime import Runtime, Transaction
from .timer_rows import TimerRow

logger = logging.getLogger(__name__)

RETRY_DELAY = timedelta(minutes=1)  # after a failure
POLL_INTERVAL_S = 1.0  # a recall that is due after 60 s may fire at 61 s
BATCH_SIZE = 100  # a few seconds of work on the slowest disk, well within the lease
LEASE = timedelta(seconds=30)  # timers of a killed process wait no longer than this
CONCURRENCY = 8  # fewer than the connections of a pool, so that requests still get one
TimerHandler = Callable[[Transaction, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose due time has passed."""

    kind: str
    subject: str
    due_at: datetime


async def fire_due_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> int:
    """Fire all due timers and return how many succeeded.

    A timer that fails is postponed by RETRY_DELAY; the others still fire.
    """
    fired = 0
    free = asyncio.Semaphore(1 if runtime.db.is_sqlite else CONCURRENCY)  # SQLite has one writer
    while due := await _lease_due_timers(runtime, handlers):
        by_subject: dict[str, list[DueTimer]] = {}
        for timer in due:
            by_subject.setdefault(timer.subject, []).append(timer)
        fired += sum(
            await asyncio.gather(
                *(_fire_timers_of_subject(runtime, handlers, timers, free) for timers in by_subject.values())
            )
        )
    return fired


async def _lease_due_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> list[DueTimer]:
    """Lease the oldest due timers for LEASE, so that no other process fires them meanwhile.

    This transaction locks timers only, for an instant, and waits for no lock (docs/decisions/0006).
    """
    now = runtime.now()
    is_due = _is_due(now, handlers)
    async with runtime.read_session() as session:  # an idle process takes no lock
        if (await session.execute(select(TimerRow.due_at).where(is_due).limit(1))).first() is None:
            return []
    key = tuple_(TimerRow.kind, TimerRow.subject)
    oldest = (
        select(TimerRow.kind, TimerRow.subject)
        .where(is_due)
        .order_by(TimerRow.due_at)
        .limit(BATCH_SIZE)
        .with_for_update(skip_locked=True)
    )
    lease = update(TimerRow).where(key.in_(oldest)).values(lease_until=now + LEASE)
    async with runtime.transaction() as tx:
        rows = await tx.session.execute(
            lease.returning(TimerRow.kind, TimerRow.subject, TimerRow.due_at),
            execution_options={"synchronize_session": False},
        )
        return sorted((DueTimer(*row) for row in rows), key=lambda timer: timer.due_at)


def _is_due(now: datetime, handlers: Mapping[str, TimerHandler]) -> ColumnElement[bool]:
    is_free = or_(TimerRow.lease_until.is_(None), TimerRow.lease_until <= now)
    return and_(TimerRow.due_at <= now, TimerRow.kind.in_(handlers), is_free)


async def _fire_timers_of_subject(
    runtime: Runtime, handlers: Mapping[str, TimerHandler], timers: Sequence[DueTimer], free: asyncio.Semaphore
) -> int:
    """Fire the timers of one subject in order, and return how many succeeded."""
    fired = 0
    async with free:
        for due in timers:
            try:
                await _fire_timer(runtime, handlers[due.kind], due)
                fired += 1
            except Exception as error:
                log_failure(logger, "timer_failed", error, kind=due.kind, subject=due.subject)
                await _postpone_timer(runtime, due)
    return fired


async def _fire_timer(runtime: Runtime, handler: TimerHandler, due: DueTimer) -> None:
    """Run the handler, then delete the timer, in one transaction.

    The timer row is not locked first: a handler locks its subject, and use cases set timers under that lock, so
    locking the timer first would deadlock (docs/decisions/0006). Two processes may fire one timer at the same
    time if a lease ended; the second handler finds the state changed and does nothing.
    """
    async with runtime.transaction() as tx:
        await handler(tx, due.subject)
        await tx.session.flush()
        await tx.session.execute(
            delete(TimerRow).where(_is_unmoved(due)), execution_options={"synchronize_session": False}
        )


async def _postpone_timer(runtime: Runtime, due: DueTimer) -> None:
    async with runtime.transaction() as tx:
        later = {"due_at": tx.now + RETRY_DELAY, "lease_until": None}
        await tx.session.execute(update(TimerRow).where(_is_unmoved(due)).values(later))


def _is_unmoved(due: DueTimer) -> ColumnElement[bool]:
    """Match this timer, unless it was moved to another time meanwhile."""
    return and_(TimerRow.kind == due.kind, TimerRow.subject == due.subject, TimerRow.due_at == due.due_at)


async def run_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler], stop: asyncio.Event) -> None:
    """Fire due timers once a second until `stop` is set."""
    await run_every(
        POLL_INTERVAL_S,
        stop,
        lambda: fire_due_timers(runtime, handlers),
        logger=logger,
        failure_event="timers_failed",
    )
