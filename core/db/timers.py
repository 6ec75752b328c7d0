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

from ..periodic import run_every
from ..runtime import Runtime, Transaction
from .timer_rows import TimerRow

logger = logging.getLogger(__name__)

RETRY_DELAY = timedelta(minutes=1)  # when a timer that failed is tried again
POLL_INTERVAL_S = 1.0  # how often a process looks for what is due; a recall at 60 s may come at 61
TimerHandler = Callable[[Transaction, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose moment has come."""

    kind: str
    subject: str
    due_at: datetime


async def fire_due_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> int:
    """Run all that is due now; the number of timers that did their work.

    One that fails is put off and does not hold up the others.
    """
    fired = 0
    while (due := await _oldest_due_timer(runtime, handlers)) is not None:
        try:
            await _fire_timer(runtime, handlers[due.kind], due)
            fired += 1
        except Exception:
            logger.exception("timer_failed", extra={"kind": due.kind, "subject": due.subject})
            await _postpone_timer(runtime, due)
    return fired


async def _oldest_due_timer(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> DueTimer | None:
    """Asked of a reader, so idling takes no lock."""
    async with runtime.read_session() as session:
        row = await session.execute(
            select(TimerRow.kind, TimerRow.subject, TimerRow.due_at)
            .where(TimerRow.due_at <= runtime.now(), TimerRow.kind.in_(handlers))
            .order_by(TimerRow.due_at)
            .limit(1)
        )
        found = row.one_or_none()
    return DueTimer(*found) if found else None


async def _fire_timer(runtime: Runtime, handler: TimerHandler, due: DueTimer) -> None:
    """Run the handler, then forget the timer, in one transaction.

    The timer itself is not locked first: a handler locks its subject, and whoever changes a subject sets its
    timers under the same lock. The other way round two transactions would wait for each other. So two processes
    may run one timer at once; the second finds the state changed, and does nothing.
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
    """Forget this timer, unless it has been set to another moment meanwhile."""
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
