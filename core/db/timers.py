"""Fires due timers. Knows no kind of timer: server/ registers the handlers.

Any process fires any timer. A process leases a batch of due timers and fires them side by side, those of the same
subject in order. A handler locks its subject and checks the state itself (compare-and-set), so a timer
that fires late, twice or in another order changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, delete, or_, select, tuple_, update

from ..bus.base import BusMessage
from ..errors import DatabaseAway
from ..failures import log_failure
from ..periodic import run_every
from ..runtime import Runtime, Transaction
from .engine import UtcDateTime
from .timer_rows import DUE_NOW_TOPIC, TimerRow

logger = logging.getLogger(__name__)

RETRY_DELAY = timedelta(minutes=1)  # after a failure; the timer stays leased meanwhile
POLL_INTERVAL_S = 1.0  # a recall that is due after 60 s may fire at 61 s
BATCH_SIZE = 100  # a few seconds of work on the slowest disk, well within the lease
LEASE = timedelta(seconds=30)  # timers of a killed process wait no longer than this
CONCURRENCY = 8  # more are not faster: they wait for the same disk
SPARE_CONNECTIONS = 2  # of the pool, for requests
TimerHandler = Callable[[Transaction, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose due time has passed."""

    kind: str
    subject: str
    due_at: datetime
    lease_until: datetime | None


async def fire_due_timers(
    runtime: Runtime, handlers: Mapping[str, TimerHandler], stop: asyncio.Event | None = None
) -> int:
    """Fire due timers until none is left or `stop` is set. Returns how many succeeded.

    A timer that fails is tried again after RETRY_DELAY; the others still fire.
    """
    stop, fired = stop or asyncio.Event(), 0
    free = asyncio.Semaphore(max(1, min(CONCURRENCY, runtime.db.write_connections - SPARE_CONNECTIONS)))
    while not stop.is_set() and (due := await _lease_due_timers(runtime, handlers)):
        fired += await _fire_batch(runtime, handlers, due, free, stop)
    return fired


async def _lease_due_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> list[DueTimer]:
    """Lease the oldest due timers for LEASE, so that no other process fires them meanwhile.

    This transaction locks timers only, for an instant, and waits for no lock (docs/decisions/0006).
    """
    now = runtime.now()
    if await runtime.db.first_value(_SELECT_DUE_TIMER, {"now": now, "kinds": list(handlers)}) is None:
        return []  # an idle process takes no lock
    is_due = _is_due(now, list(handlers))
    key = tuple_(TimerRow.kind, TimerRow.subject)
    # two processes take different timers instead of waiting for each other
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
            lease.returning(TimerRow.kind, TimerRow.subject, TimerRow.due_at, TimerRow.lease_until),
            execution_options={"synchronize_session": False},
        )
        return sorted((DueTimer(*row) for row in rows), key=lambda timer: timer.due_at)


def _is_due(
    now: datetime | BindParameter[datetime], kinds: Sequence[str] | BindParameter[Sequence[str]]
) -> ColumnElement[bool]:
    is_free = or_(TimerRow.lease_until.is_(None), TimerRow.lease_until <= now)
    return and_(TimerRow.due_at <= now, TimerRow.kind.in_(kinds), is_free)


# built once: each worker asks each second
_SELECT_DUE_TIMER = (
    select(TimerRow.due_at)
    .where(_is_due(bindparam("now", type_=UtcDateTime), bindparam("kinds", expanding=True)))
    .limit(1)
)


async def _fire_batch(
    runtime: Runtime,
    handlers: Mapping[str, TimerHandler],
    due: Sequence[DueTimer],
    free: asyncio.Semaphore,
    stop: asyncio.Event,
) -> int:
    """Fire leased timers and return how many succeeded.

    Those that are not tried because of `stop` or a cancellation are released.
    """
    untried, fired = set(due), 0

    async def fire_in_turn(timers: Sequence[DueTimer]) -> None:
        nonlocal fired
        async with free:
            for timer in timers:
                if stop.is_set():
                    return
                try:
                    await _fire_timer(runtime, handlers[timer.kind], timer)
                    fired += 1
                except Exception as error:
                    log_failure(logger, "timer_failed", error, kind=timer.kind, subject=timer.subject)
                    await _change_leases(runtime, [timer], runtime.now() + RETRY_DELAY)
                untried.discard(timer)

    # side by side, handlers of the same subject would wait for its lock, and run in no order
    by_subject: dict[str, list[DueTimer]] = {}
    for timer in due:
        by_subject.setdefault(timer.subject, []).append(timer)
    try:
        async with asyncio.TaskGroup() as group:
            for timers in by_subject.values():
                group.create_task(fire_in_turn(timers))
    finally:
        # other processes need not wait for the end of the lease
        if untried:
            await _change_leases(runtime, untried, None)
    return fired


async def _fire_timer(runtime: Runtime, handler: TimerHandler, due: DueTimer) -> None:
    """Run the handler, then delete the timer, in the same transaction.

    The timer row is not locked first: a handler locks its subject, and use cases set timers under that lock, so
    locking the timer first would deadlock (docs/decisions/0006). Two processes may fire a timer at the same
    time if a lease ended; the second handler finds the state changed and does nothing.
    """
    async with runtime.transaction() as tx:
        await handler(tx, due.subject)
        await tx.session.flush()
        await tx.session.execute(
            delete(TimerRow).where(_is_unmoved(due)), execution_options={"synchronize_session": False}
        )


async def _change_leases(runtime: Runtime, timers: Collection[DueTimer], until: datetime | None) -> None:
    """Extend or release leases of this process.

    `due_at` stays, so that `office360 check` sees a late timer.
    """
    leased = tuple_(TimerRow.kind, TimerRow.subject, TimerRow.due_at, TimerRow.lease_until)
    ours = [(timer.kind, timer.subject, timer.due_at, timer.lease_until) for timer in timers]
    # by the lease, too: after its end another process may have leased the same timer
    change = update(TimerRow).where(leased.in_(ours)).values(lease_until=until)
    with suppress(DatabaseAway):  # the leases end by themselves
        async with runtime.transaction() as tx:
            await tx.session.execute(change, execution_options={"synchronize_session": False})


def _is_unmoved(due: DueTimer) -> ColumnElement[bool]:
    """Match this timer, unless it was moved to another time meanwhile."""
    return and_(TimerRow.kind == due.kind, TimerRow.subject == due.subject, TimerRow.due_at == due.due_at)


async def run_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler], stop: asyncio.Event) -> None:
    """Fire due timers each second, and at once when scheduled for now, until `stop`."""

    async def fire_on_notice(_: BusMessage) -> None:
        await fire_due_timers(runtime, handlers, stop)

    notices = await runtime.bus.subscribe(DUE_NOW_TOPIC, fire_on_notice)
    try:
        await run_every(
            POLL_INTERVAL_S,
            stop,
            lambda: fire_due_timers(runtime, handlers, stop),
            logger=logger,
            failure_event="timers_failed",
        )
    finally:
        await notices.close()
