"""Readings of the database's clock for a DatabaseClock.

SQLite has no clock of its own: all its processes share a machine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from ..clock import Clock, DatabaseClock
from ..errors import DatabaseAway
from ..failures import start_unbound_task
from ..periodic import wait_for_stop
from .engine import Database

logger = logging.getLogger(__name__)

READ_INTERVAL_S = 30.0  # a quartz that is wrong by 50 ppm is off by 2 ms then
READINGS = 3  # the fastest is the most exact
MAX_SKEW_S = 2.0  # people notice more, in tokens that expire and in the times of the log

_READ_CLOCK = text("SELECT clock_timestamp()")


async def read_database_clock(db: Database, clock: DatabaseClock) -> None:
    """Correct the clock by the fastest of some readings. Raises DatabaseAway."""
    readings = []
    async with db.read_session() as session:
        for _ in range(READINGS):
            asked_at_s = clock.steady_s()
            read_at = (await session.execute(_READ_CLOCK)).scalar_one()
            answered_at_s = clock.steady_s()
            readings.append((answered_at_s - asked_at_s, read_at, asked_at_s, answered_at_s))
    _, read_at, asked_at_s, answered_at_s = min(readings)
    clock.correct(read_at, asked_at_s, answered_at_s)


@asynccontextmanager
async def keep_clock_corrected(db: Database, clock: Clock) -> AsyncIterator[None]:
    """Read the database's clock before the block and regularly during it.

    A clock of another class is left alone.
    """
    if db.is_sqlite or not isinstance(clock, DatabaseClock):
        yield
        return
    log = SkewLog()
    await _correct_clock(db, clock, log)
    stop = asyncio.Event()
    task = start_unbound_task(_correct_until(stop, db, clock, log), name="clock readings")
    try:
        yield
    finally:
        stop.set()
        await task


async def _correct_until(stop: asyncio.Event, db: Database, clock: DatabaseClock, log: SkewLog) -> None:
    while not await wait_for_stop(stop, READ_INTERVAL_S):
        await _correct_clock(db, clock, log)


async def _correct_clock(db: Database, clock: DatabaseClock, log: SkewLog) -> None:
    try:
        await read_database_clock(db, clock)
    except DatabaseAway:
        return  # the steady clock goes on
    except Exception as error:  # such as a wrong password; the next reading may succeed
        logger.warning("clock_unread", extra={"reason": type(getattr(error, "orig", error)).__name__})
        return
    log.record(clock.skew_s())


class SkewLog:
    """Logs once that the machine's own clock is wrong, until it is right again."""

    def __init__(self) -> None:
        self._is_wrong = False

    def record(self, skew_s: float) -> None:
        was_wrong, self._is_wrong = self._is_wrong, abs(skew_s) > MAX_SKEW_S
        if self._is_wrong and not was_wrong:
            logger.warning("clock_wrong", extra={"fast_by_s": round(skew_s, 1)})
