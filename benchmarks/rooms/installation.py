"""The product under test: an office with open rooms, and `office360 serve` on core 0."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ...appointments import service as appointments
from ...appointments.actions.book import create_appointment
from ...appointments.service import BookingRequest
from ...core.auth import StaffRole
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...offices.service import office_by_slug
from ...server.migrations import migrate
from ...server.runtime import make_runtime
from ...server.settings import load_settings
from ...staff.actions.accounts import create_api_key
from ...tests.support.office_fixture import build_office
from ..push.installation import SECRET, UNLIMITED, ServeProcess
from ..push.machine import SERVER_CORE, free_port, run_process
from .people import BookedRoom

UNLIMITED_SETTINGS = (
    "GETS_PER_MINUTE",
    "SOCKETS_PER_ADDRESS",
    "CONNECTIONS_PER_ADDRESS",
    "WRITES_PER_MINUTE",
    "TURNS_PER_ADDRESS",
)


@dataclass(frozen=True, slots=True)
class RoomsInstallation:
    """A filled SQLite database on which processes can be started."""

    folder: Path
    database_url: str
    redis_url: str
    rooms: tuple[BookedRoom, ...]
    agent_key: str

    @contextmanager
    def serve(self, core: int | None = SERVER_CORE) -> Iterator[ServeProcess]:
        """Run one `office360 serve` on a core."""
        port = free_port()
        environment = {
            "OFFICE360_ENVIRONMENT": "development",
            "OFFICE360_LOG_LEVEL": "WARNING",
            "OFFICE360_SECRET_KEY": SECRET,
            "OFFICE360_DATABASE_URL": self.database_url,
            "OFFICE360_REDIS_URL": self.redis_url,
            "OFFICE360_PUBLIC_URL": f"http://127.0.0.1:{port}",
            **{f"OFFICE360_{name}": str(UNLIMITED) for name in UNLIMITED_SETTINGS},
        }
        command = [sys.executable, "-m", "office360.server.cli", "serve", "--port", str(port)]
        with run_process(command, self.folder, core=core, port=port, environment=environment) as process:
            yield ServeProcess(port, process)


@asynccontextmanager
async def open_installation(folder: Path, rooms: int, redis_url: str = "") -> AsyncIterator[RoomsInstallation]:
    """Create an office with this many video appointments that begin in five minutes."""
    database_url = f"sqlite+aiosqlite:///{folder}/rooms-{rooms}-{free_port()}.db"
    settings = load_settings(environment="development", secret_key=[SECRET], database_url=database_url)
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        await migrate(runtime.db)
        await build_office(runtime)
        async with runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
        booked = []
        async with runtime.transaction() as tx:
            at = tx.now.replace(microsecond=0) + timedelta(minutes=5)
            for number in range(rooms):
                asked = BookingRequest("certificate", "video", at, f"Person {number}", f"p{number}@example.org")
                made = await create_appointment(tx, office, asked)
                booked.append(BookedRoom(made.id, appointments.appointment_token(runtime, made)))
        key = await create_api_key(runtime, role=StaffRole.AGENT)
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    yield RoomsInstallation(folder, database_url, redis_url, tuple(booked), key)
