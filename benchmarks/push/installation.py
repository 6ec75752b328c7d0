"""The product under test: `office360 serve` processes with their own database and bus."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from ...server.settings import Settings, load_settings
from .machine import OTHER_CORE, SERVER_CORE, PinnedProcess, free_port, run_process
from .office import FilledOffice, fill_office
from .tools import BenchmarkTools

SECRET = "a secret of these benchmarks in one piece and of no other place"
UNLIMITED = 1_000_000
READY_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class ServeProcess:
    """A web process."""

    port: int
    process: PinnedProcess

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class BenchmarkInstallation:
    """A filled database and a bus, on which processes can be started by this Python."""

    settings: Settings
    filled: FilledOffice
    folder: Path
    python: Path = Path(sys.executable)

    def environment(self) -> dict[str, str]:
        """Build the environment. Limits by address are off: all load comes from one address."""
        limits = (
            "GETS_PER_MINUTE",
            "TICKETS_PER_MINUTE",
            "BOOKINGS_PER_HOUR",
            "SOCKETS_PER_ADDRESS",
            "CONNECTIONS_PER_ADDRESS",
            "WRITES_PER_MINUTE",
            "TURNS_PER_ADDRESS",
        )
        return {
            "OFFICE360_ENVIRONMENT": "development",
            "OFFICE360_LOG_LEVEL": "WARNING",
            "OFFICE360_SECRET_KEY": SECRET,
            "OFFICE360_DATABASE_URL": self.settings.database_url,
            "OFFICE360_REDIS_URL": self.settings.redis_url,
            **{f"OFFICE360_{name}": str(UNLIMITED) for name in limits},
        }

    @contextmanager
    def serve(self, core: int | None = SERVER_CORE) -> Iterator[ServeProcess]:
        """Run one `office360 serve` on a core."""
        port = free_port()
        environment = {**self.environment(), "OFFICE360_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        command = [str(self.python), "-m", "office360.server.cli", "serve", "--port", str(port)]
        with run_process(command, self.folder, core=core, port=port, environment=environment) as process:
            yield ServeProcess(port, process)

    @contextmanager
    def serve_two(self) -> Iterator[tuple[ServeProcess, ServeProcess]]:
        """Run the process under test on its core, and the agents' process on the other core."""
        with self.serve() as under_test, self.serve(OTHER_CORE) as other:
            yield under_test, other


@asynccontextmanager
async def create_installation(
    tools: BenchmarkTools,
    database: str,
    redis_url: str,
    *,
    tickets: int,
    lines: int = 1,
    desks: int = 8,
    python: Path | None = None,
) -> AsyncIterator[BenchmarkInstallation]:
    """Create a new database. `database`: "sqlite", or the administrator's URL of a PostgreSQL.

    `python` is that of an earlier installation of the product, whose servers run on the database.
    """
    folder = Path(tempfile.mkdtemp(dir=tools.folder, prefix="installation-"))
    try:
        async with _create_database(database, folder) as url:
            settings = load_settings(
                environment="development", secret_key=[SECRET], database_url=url, redis_url=redis_url
            )
            if python is not None:
                filled = _fill_with(python, url, {"tickets": tickets, "lines": lines, "desks": desks})
                yield BenchmarkInstallation(settings, filled, folder, python)
                return
            # the in-process bus: no process is running yet
            filled = await fill_office(
                settings.model_copy(update={"redis_url": ""}), tickets=tickets, lines=lines, desks=desks
            )
            yield BenchmarkInstallation(settings, filled, folder, python or Path(sys.executable))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_FILL = """
import asyncio, dataclasses, json, sys
from office360.benchmarks.push.office import fill_office
from office360.server.settings import load_settings
secret, url, sizes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
settings = load_settings(environment="development", secret_key=[secret], database_url=url)
print(json.dumps(dataclasses.asdict(asyncio.run(fill_office(settings, **sizes)))))
"""


def _fill_with(python: Path, url: str, sizes: Mapping[str, int]) -> FilledOffice:
    """Fill a database with the tables of another revision."""
    command = [str(python), "-c", _FILL, SECRET, url, json.dumps(sizes)]
    done = subprocess.run(command, cwd=python.parents[2], stdout=subprocess.PIPE, check=True)
    filled = json.loads(done.stdout.splitlines()[-1])
    values: dict[str, Any] = {
        name: tuple(found) if isinstance(found, list) else found for name, found in filled.items()
    }
    return FilledOffice(**values)


@asynccontextmanager
async def _create_database(kind: str, folder: Path) -> AsyncIterator[str]:
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder}/bench.db"
        return
    name = f"bench_{free_port()}"
    await _execute_sql(kind, f'CREATE DATABASE "{name}"')
    try:
        yield make_url(kind).set(database=name).render_as_string(hide_password=False)
    finally:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            await _execute_sql(kind, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _execute_sql(url: str, statement: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncio.wait_for(asyncpg.connect(plain), READY_TIMEOUT_S)
    await connection.execute(statement)
    await connection.close()


def without_bus(of: BenchmarkInstallation) -> BenchmarkInstallation:
    """Copy the installation with the in-process bus, the default."""
    return replace(of, settings=of.settings.model_copy(update={"redis_url": ""}))
