"""Installations of the product: one process, or two with PostgreSQL and a real bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from office360.core.runtime import Runtime
from office360.server.settings import Settings

from .processes import ServedProcess, fork_process
from .serve_at_time import FileClock


class SettableClock(Protocol):
    """A clock of all processes of an installation."""

    def now(self) -> datetime: ...

    def set(self, at: datetime) -> None: ...


@dataclass
class ProductInstallation:
    """Addresses for citizens and staff, and the runtime below."""

    url: str
    staff_url: str
    runtime: Runtime  # for the test's preparations; each process has its own
    clock: SettableClock
    processes: list[ServedProcess] = field(default_factory=list)


def to_environment(settings: Settings, **more: str) -> dict[str, str]:
    """Convert settings to the environment of a process."""
    return {
        "OFFICE360_ENVIRONMENT": settings.environment,
        "OFFICE360_SECRET_KEY": ",".join(settings.secret_key),
        "OFFICE360_DATABASE_URL": settings.database_url,
        "OFFICE360_REDIS_URL": settings.redis_url,
        "OFFICE360_GETS_PER_MINUTE": "100000",
        "OFFICE360_CONNECTIONS_PER_ADDRESS": "100000",
        "OFFICE360_WRITES_PER_MINUTE": "100000",
        "OFFICE360_TICKETS_PER_MINUTE": "100000",
        "OFFICE360_BOOKINGS_PER_HOUR": "100000",
        "OFFICE360_HOLDS_PER_ADDRESS": "0",
        "OFFICE360_TURNS_PER_ADDRESS": "0",
        "OFFICE360_UNVERIFIED_PER_ADDRESS": "0",
        "OFFICE360_APPOINTMENTS_PER_MAILBOX": "0",
        "OFFICE360_PROOF_DIFFICULTY": "50",
        **more,
    }


def start_with_clock(
    folder: Path, environment: Mapping[str, str], port: int | None = None, *arguments: str
) -> ServedProcess:
    """Start a process of the product that reads the clock in this folder."""
    program = Path(__file__).parent / "serve_at_time.py"
    return fork_process(folder, environment, (str(program), "--clock", str(folder / "clock")), port, *arguments)


@asynccontextmanager
async def run_two_processes(
    folder: Path, settings: Settings, runtime: Runtime, now: datetime, *staff_arguments: str
) -> AsyncIterator[ProductInstallation]:
    """Run two processes: citizens use the first, whose address e-mails name, staff the second."""
    clock = FileClock(folder / "clock")
    clock.set(now)
    first = start_with_clock(folder, to_environment(settings))
    second = start_with_clock(
        folder, to_environment(settings, OFFICE360_PUBLIC_URL=first.url), None, *staff_arguments
    )
    try:
        await first.wait_until_ready()
        await second.wait_until_ready()
        yield ProductInstallation(first.url, second.url, runtime, clock, [first, second])
    finally:
        first.ensure_ended()
        second.ensure_ended()
