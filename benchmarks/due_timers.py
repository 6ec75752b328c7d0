"""Timers that are due at once: `python -m office360.benchmarks.due_timers`.

Each handler locks the row of its subject and writes an outbox row, as a reminder does. The load is on a new SQLite
file and a new PostgreSQL, with one worker and with two. Afterwards SQL tells whether a timer was lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, update

from ..core.db.outbox import OutboxRow
from ..core.db.rate_limits import GuessRow
from ..core.db.timer_rows import TimerRow, schedule_timers
from ..core.db.timers import fire_due_timers
from ..core.events import EventRegistry
from ..core.ids import new_id
from ..core.runtime import Runtime, Transaction
from ..server.migrations import migrate
from ..server.runtime import make_runtime
from ..tests.conftest import FakeClock
from ..tests.support.databases.templates import fresh_postgres_database
from ..tests.support.office_fixture import build_office
from ..tests.support.postgres import running_postgres
from .installation import benchmark_settings

KIND = "bench"
CHUNK = 1_000  # rows in one INSERT
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # fixed: opening hours must not depend on the day of the run


@asynccontextmanager
async def open_runtimes(url: str, count: int) -> AsyncIterator[list[Runtime]]:
    """Open `count` runtimes on a single database that has an office."""
    settings = benchmark_settings(url)
    runtimes = [make_runtime(settings, FakeClock(NOW), EventRegistry()) for _ in range(count)]
    try:
        await migrate(runtimes[0].db)
        await build_office(runtimes[0])
        yield runtimes
    finally:
        for runtime in runtimes:
            await runtime.bus.close()
            await runtime.db.close()


async def remind(tx: Transaction, subject: str) -> None:
    """Lock the subject and enqueue a message, as most timers do.

    A timer that fires twice enqueues two.
    """
    await tx.session.execute(update(GuessRow).where(GuessRow.id == subject).values(at=tx.now))
    tx.enqueue_message(
        "appointment_reminder_day", subject=subject, recipient="", payload={}, key=new_id(), language="es"
    )


async def schedule_due_timers(runtime: Runtime, timers: int) -> None:
    for start in range(0, timers, CHUNK):
        subjects = [f"s{number:06d}" for number in range(start, min(start + CHUNK, timers))]
        async with runtime.transaction() as tx:
            due_at = tx.now - timedelta(seconds=1)
            await tx.session.execute(
                insert(GuessRow), [{"id": subject, "subject": subject, "at": due_at} for subject in subjects]
            )
            await schedule_timers(tx.session, [(KIND, subject, due_at) for subject in subjects])


async def measure(url: str, name: str, timers: int, workers: int) -> None:
    """Fire all timers with several workers at once, and print the figure."""
    async with open_runtimes(url, workers) as runtimes:
        await schedule_due_timers(runtimes[0], timers)
        started, cpu_before_s = time.perf_counter(), time.process_time()
        await asyncio.gather(*(fire_due_timers(runtime, {KIND: remind}) for runtime in runtimes))
        elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_before_s
        async with runtimes[0].read_session() as session:
            left = await session.scalar(select(func.count()).select_from(TimerRow).where(TimerRow.kind == KIND))
            subjects = (await session.execute(select(OutboxRow.subject))).scalars().all()
    print(
        f"{name}, {workers} worker{'s' if workers > 1 else ''}: {timers} due timers in {elapsed_s:.1f} s, "
        f"{timers / elapsed_s:.0f} a second, {1_000 * cpu_s / timers:.1f} ms of CPU each; left {left}, "
        f"lost {timers - len(set(subjects))}, doubled {len(subjects) - len(set(subjects))}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timers", type=int, default=10_000)
    timers = parser.parse_args(argv).timers
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as data,
        running_postgres(Path(data)) as server,
    ):
        for workers in (1, 2):
            file = Path(folder, f"{workers}.db")
            asyncio.run(measure(f"sqlite+aiosqlite:///{file}", "SQLite", timers, workers))
            with fresh_postgres_database(server, f"due_timers_{workers}", "template1") as url:
                asyncio.run(measure(url, "PostgreSQL", timers, workers))


if __name__ == "__main__":
    main()
