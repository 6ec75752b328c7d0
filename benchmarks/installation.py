"""The real product for every benchmark: `office360 serve` processes, or a demo city.

Limits by address are off, because all load comes from one address.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from ..server.settings import Settings, load_settings
from ..tests.support.installation import to_environment
from .machine import OTHER_CORE, SERVER_CORE, PinnedProcess, free_port, run_process

Filled = TypeVar("Filled")  # what a benchmark has put into the database

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 15
ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "office360.server.cli"]
SECRET = "a secret of these benchmarks in one piece and of no other place"
UNLIMITED = {f"OFFICE360_{name}": "1000000" for name in ("SOCKETS_PER_ADDRESS", "CONNECTIONS_PER_ADDRESS")}


def benchmark_settings(database_url: str, redis_url: str = "", **more: str) -> Settings:
    """Build settings for a benchmark's own runtime.

    `to_environment` converts them for processes.
    """
    return load_settings(
        environment="development", secret_key=[SECRET], database_url=database_url, redis_url=redis_url, **more
    )


@dataclass(frozen=True, slots=True)
class ServeProcess:
    """A web process."""

    port: int
    process: PinnedProcess

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Installation(Generic[Filled]):
    """A filled database and a bus, on which processes can be started by this Python."""

    settings: Settings
    filled: Filled
    folder: Path
    python: Path = Path(sys.executable)

    def environment(self) -> dict[str, str]:
        return to_environment(self.settings, OFFICE360_LOG_LEVEL="WARNING", **UNLIMITED)

    @contextmanager
    def serve(self, core: int | None = SERVER_CORE) -> Iterator[ServeProcess]:
        """Run an `office360 serve` process on a core."""
        port = free_port()
        environment = {**self.environment(), "OFFICE360_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        command = [str(self.python), *COMMAND[1:], "serve", "--port", str(port)]
        with run_process(command, self.folder, core=core, port=port, environment=environment) as process:
            yield ServeProcess(port, process)

    @contextmanager
    def serve_two(self) -> Iterator[tuple[ServeProcess, ServeProcess]]:
        """Run the process under test on its core, and the agents' process on the other core."""
        with self.serve() as under_test, self.serve(OTHER_CORE) as other:
            yield under_test, other

    def without_bus(self) -> Installation[Filled]:
        """Copy the installation with the in-process bus, the default."""
        return replace(self, settings=self.settings.model_copy(update={"redis_url": ""}))


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A running demo city.

    `logins` are (role, user, password); `agent_key` is an API key for all offices.
    """

    url: str
    agent_key: str
    logins: list[tuple[str, str, str]]
    environment: dict[str, str]  # its settings, for a script that uses the same database
    pid: int


@dataclass(frozen=True, slots=True)
class ProductVersion:
    """A version of the product: its command, and the folder and variables to start it with."""

    command: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


THIS_VERSION = ProductVersion(COMMAND)


@contextmanager
def open_earlier_version(before: str) -> Iterator[ProductVersion]:
    """Open a folder with a checkout and its `.venv`, or check out a revision.

    A revision runs with this interpreter and its libraries.
    """
    if Path(before).is_dir():
        folder = Path(before).resolve()
        yield ProductVersion([f"{folder}/.venv/bin/python", *COMMAND[1:]], folder, {"PYTHONPATH": ""})
        return
    worktree = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as made:
        tree = Path(made) / "office360"  # the name of the package
        subprocess.run([*worktree, "add", "--detach", str(tree), before], check=True)
        try:
            yield ProductVersion(COMMAND, tree, {"PYTHONPATH": made})
        finally:
            subprocess.run([*worktree, "remove", "--force", str(tree)], check=True)


@contextmanager
def run_demo(host: str = "127.0.0.1", **settings: str) -> Iterator[DemoProduct]:
    """Serve the demo on SQLite and the in-process bus.

    Limits by address are off, because all load comes from one address. `settings` are further settings, without
    their prefix.
    """
    with run_demo_version(THIS_VERSION, host, **settings) as product:
        yield product


@contextmanager
def run_demo_version(version: ProductVersion, host: str = "127.0.0.1", **settings: str) -> Iterator[DemoProduct]:
    """Serve the demo of a version, as `run_demo` serves this version."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **version.environment,
            "OFFICE360_ENV_FILE": "",
            "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/bench.db",
            "OFFICE360_SECRET_KEY": SECRET,
            "OFFICE360_ENVIRONMENT": "development",
            "OFFICE360_TICKETS_PER_MINUTE": "100000",
            "OFFICE360_WRITES_PER_MINUTE": "100000",
            "OFFICE360_BOOKINGS_PER_HOUR": "100000",
            "OFFICE360_TURNS_PER_ADDRESS": "0",
            "OFFICE360_GETS_PER_MINUTE": "100000",
            **{f"OFFICE360_{name.upper()}": value for name, value in settings.items()},
        }
        port = free_port(host)
        output = open(f"{folder}/output", "w+")  # noqa: SIM115 - closed with the folder
        server = subprocess.Popen(
            [*version.command, "demo", "--host", host, "--port", str(port)],
            env=environment,
            cwd=version.folder,
            stdout=output,
        )
        try:
            url = f"http://{host}:{port}"
            _wait_until_it_answers(url, server)
            logins = _parse_logins(f"{folder}/output")
            key = _create_agent_key(version, environment)
            yield DemoProduct(url, key, logins, environment, server.pid)
        finally:
            server.terminate()
            server.wait(STOP_TIMEOUT_S)
            output.close()


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("the product did not start")


def _create_agent_key(version: ProductVersion, environment: dict[str, str]) -> str:
    create = [*version.command, "api-key", "create", "--role", "agent"]
    made = subprocess.run(create, env=environment, cwd=version.folder, capture_output=True, text=True, check=True)
    return made.stdout.strip()


def _parse_logins(path: str) -> list[tuple[str, str, str]]:
    roles = {"agent", "host", "manager", "administrator"}
    with open(path) as output:
        rows = [line.split() for line in output]
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3 and row[0].lower() in roles]
