"""The product through PgBouncer in transaction mode."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from office360.core.db.engine import Database
from office360.core.db.postgres import PostgresOptions
from office360.server.migrations import migrate
from office360.server.settings import load_settings
from sqlalchemy.engine import make_url

from ..conftest import MORNING, TEST_SECRET, FakeClock, serve_app, skip_or_fail_tier
from ..support.office_fixture import build_office
from ..support.ports import free_port
from ..support.postgres import breakable_postgres, ram_folder
from ..support.timeouts import TEST_TIMEOUT_S
from .test_database import TAKE

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
IS_INSTALLED = Path(PGBOUNCER).exists()
TICKETS = 10
CONFIG = """
[databases]
postgres = host={host} port={server_port} dbname=postgres user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 2
unix_socket_dir =
"""


@contextmanager
def running_pgbouncer(folder: Path, server_url: str) -> Iterator[str]:
    """Run PgBouncer with two server connections, and return the URL through it."""
    server, port = make_url(server_url), free_port()
    config = folder / "pgbouncer.ini"
    host = str(server.query.get("host") or server.host)
    user = Path(host).owner() if host.startswith("/") else "nobody"  # the socket is in the server's own folder
    config.write_text(CONFIG.format(host=host, server_port=server.port or 5432, port=port))
    config.chmod(0o644)
    command = [PGBOUNCER, *(["-u", user] if os.geteuid() == 0 else []), str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as bouncer:
        try:
            yield f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
        finally:
            bouncer.terminate()


async def _wait_until_reachable(database: Database) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await database.ping()
            except Exception:  # it still starts
                await asyncio.sleep(0.1)


async def test_product_works_through_pgbouncer() -> None:
    if not IS_INSTALLED:
        skip_or_fail_tier("NO PGBOUNCER ON THIS MACHINE: it was not tried (apt-get install pgbouncer)")
    with (
        tempfile.TemporaryDirectory(dir=ram_folder()) as folder,
        breakable_postgres(Path(folder)) as server,
        running_pgbouncer(Path(folder), server.url) as url,
    ):
        database = Database(url, PostgresOptions(pgbouncer=True))
        await _wait_until_reachable(database)
        await migrate(database)
        await database.close()
        settings = load_settings(
            environment="development",
            secret_key=[TEST_SECRET],
            database_url=url,
            database_pgbouncer=True,
            public_url="http://127.0.0.1:1",
            turns_per_address=0,
        )
        async with serve_app(settings, FakeClock(MORNING)) as app, app.client() as client:
            await build_office(app.runtime)

            async def take_ticket() -> str:
                """Take a ticket; a busy machine may answer 503 meanwhile."""
                while True:
                    async with client.post(TAKE, json={"service": "documents"}) as answer:
                        if answer.status != 503:
                            return str((await answer.json())["code"])

            async with asyncio.timeout(TEST_TIMEOUT_S):
                codes = await asyncio.gather(*(take_ticket() for _ in range(TICKETS)))
    assert sorted(codes) == [f"A-{number:03d}" for number in range(1, TICKETS + 1)]
