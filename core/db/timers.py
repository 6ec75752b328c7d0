"""Fires due timers. Knows no kind of timer: server/ registers the handlers.

Any process fires any timer. A handler locks its subject and checks the state itself (compare-and-set), so a
timer that fires late or twice changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Delete, delete, select

from ..failures import log_failure
from ..periodic import run_every
from ..runtime import Runtime, Transaction
from .timer_rows import TimerRow

logger = logging.getLogger(__name__)

RETRY_DELAY = timedelta(minutes=1)  # after a failure
POLL_INTERVAL_S = 1.0  # a recall that is due after 60 s may fire at 61 s
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
    while (due := await _oldest_due_timer(runtime, handlers)) is not None:
        try:
            await _fire_timer(runtime, handlers[due.kind], due)
            fired += 1
        except Exception as error:
            log_failure(logger, "timer_failed", error, kind=due.kind, subject=due.subject)
            await _postpone_timer(runtime, due)
    return fired


async def _oldest_due_timer(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> DueTimer | None:
    """Read with a reader session, so that an idle process takes no lock."""
    async with runtime.read_session() as session:
        rows = await session.execute(
            select(TimerRow.kind, TimerRow.subject, TimerRow.due_at)
            .where(TimerRow.due_at <= runtime.now(), TimerRow.kind.in_(handlers))
            .order_by(TimerRow.due_at)
            .limit(1)
        )
        row = rows.one_or_none()
    return DueTimer(*row) if row else None


async def _fire_timer(runtime: Runtime, handler: TimerHandler, due: DueTimer) -> None:
    """Run the handler, then delete the timer, in one transaction.

    The timer row is not locked first: a handler locks its subject, and use cases set timers under that lock, so
    locking the timer first would deadlock (docs/decisions/0006). Two processes may fire one timer at the same
    time; the second handler finds the state changed and does nothing.
    """
    async with runtime.transaction() as tx:
        await handler(tx, due.subject)
        await tx.session.flush()
        await tx.session.execute(_delete_timer_statement(due), execution_options={"synchronize_session": False})


async def _postpone_timer(runtime: Runtime, due: DueTimer) -> None:
    async with runtime.transaction() as tx:
        later = TimerRow(kind=due.kind, subject=due.subject, due_at=tx.now + RETRY_DELAY)
        if (await tx.session.execute(_delete_timer_statement(due))).rowcount:  # type: ignore[attr-defined]
            tx.session.add(later)


def _delete_timer_statement(due: DueTimer) -> Delete:
    """Build the deletion of this timer, unless it was moved to another time meanwhile."""
    return delete(TimerRow).where(
        TimerRow.kind == due.kind, TimerRow.subject == due.subject, TimerRow.due_at == due.due_at
    )


async def run_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler], stop: asyncio.Event) -> None:
    """Fire due timers once a second until `stop` is set."""
    await run_every(
        POLL_INTERVAL_S,
        stop,
        lambda: fire_due_timers(runtime, handlers),
        logger=logger,
        failure_event="timers_failed",
    )
