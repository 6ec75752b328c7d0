"""Fifty concurrent bookings of the last slots: `python -m office360.benchmarks.race`.

Runs the product's use cases on a real SQLite file and a real PostgreSQL, with two runtimes, services of
overlapping lengths, and holds mixed with direct bookings. In half of the races people cancel. Afterwards SQL tells
how many slots were booked, and whether one was booked twice.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.events import EventRegistry
from ..core.runtime import Runtime
from ..offices.service import office_by_slug
from ..server.migrations import migrate
from ..server.runtime import make_runtime
from ..server.settings import load_settings
from ..tests.appointments.support.race import BookingRace, RaceOutcome
from ..tests.support.databases.templates import fresh_postgres_database
from ..tests.support.office_fixture import build_office
from ..tests.support.postgres import running_postgres

SECRET = "a secret of these benchmarks in one piece and of no other place"
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
OPENS = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


class BenchmarkClock:
    """A fixed time: opening hours must not depend on when the benchmark runs."""

    def now(self) -> datetime:
        return NOW


@asynccontextmanager
async def open_runtimes(url: str, count: int) -> AsyncIterator[list[Runtime]]:
    """Open `count` runtimes on one database that has an office."""
    settings = load_settings(environment="development", secret_key=[SECRET], database_url=url)
    made = [make_runtime(settings, BenchmarkClock(), EventRegistry()) for _ in range(count)]
    try:
        await migrate(made[0].db)
        await build_office(made[0])
        yield made
    finally:
        for one in made:
            await one.bus.close()
            await one.db.close()


async def run_race(url: str, clients: int, minutes: int, gives_back: int, seed: int) -> tuple[RaceOutcome, float]:
    """Run one race in a new database. Returns its outcome and its seconds."""
    async with open_runtimes(url, 2) as runtimes:
        async with runtimes[0].read_session() as session:
            office = await office_by_slug(session, "centro")
        one = BookingRace(runtimes, office, OPENS, timedelta(minutes=minutes), clients, gives_back)
        begun = time.perf_counter()
        outcome = await one.run(seed)
        return outcome, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5, help="races of each kind and database")
    arguments = parser.parse_args()
    print(f"{'database':12}{'cancels':>8}{'clients':>8}{'places':>8}{'given':>7}{'double':>7}{'seconds':>9}")
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as home,
        running_postgres(Path(home)) as server,
    ):
        for gives_back in (0, 40):
            for number in range(arguments.rounds):
                path = Path(folder) / f"{gives_back}-{number}.db"
                run_and_print("sqlite", f"sqlite+aiosqlite:///{path}", arguments.clients, gives_back, number)
                with fresh_postgres_database(server, f"race_{gives_back}_{number}", "template1") as url:
                    run_and_print("postgresql", url, arguments.clients, gives_back, number)


def run_and_print(kind: str, url: str, clients: int, gives_back: int, seed: int) -> None:
    """Run one race and print its line."""
    minutes = 60 if gives_back else 20
    outcome, seconds = asyncio.run(run_race(url, clients, minutes, gives_back, seed * 1000))
    did = ", ".join(f"{count} {what}" for what, count in sorted(Counter(outcome.did).items()))
    print(
        f"{kind:12}{gives_back:>7}%{outcome.clients:>8}{outcome.places:>8}{outcome.given:>7}{outcome.double:>7}"
        f"{seconds:>9.2f}  {did}",
        flush=True,
    )


if __name__ == "__main__":
    main()
