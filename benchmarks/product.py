"""The real product for a benchmark: a demo city with its own database and port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 15
COMMAND = [sys.executable, "-m", "office360.server.cli"]


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


@contextmanager
def run_demo(host: str = "127.0.0.1", **settings: str) -> Iterator[DemoProduct]:
    """Serve the demo on SQLite and the in-process bus.

    Limits by address are off, because all load comes from one address. `settings` are further settings, without
    their prefix.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "OFFICE360_ENV_FILE": "",
            "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/bench.db",
            "OFFICE360_SECRET_KEY": "a secret of this benchmark and of no other place",
            "OFFICE360_ENVIRONMENT": "development",
            "OFFICE360_TICKETS_PER_MINUTE": "100000",
            "OFFICE360_WRITES_PER_MINUTE": "100000",
            "OFFICE360_BOOKINGS_PER_HOUR": "100000",
            "OFFICE360_TURNS_PER_ADDRESS": "0",
            "OFFICE360_GETS_PER_MINUTE": "100000",
            **{f"OFFICE360_{name.upper()}": value for name, value in settings.items()},
        }
        port = _free_port(host)
        output = open(f"{folder}/output", "w+")  # noqa: SIM115 - closed with the folder
        server = subprocess.Popen(
            [*COMMAND, "demo", "--host", host, "--port", str(port)], env=environment, stdout=output
        )
        try:
            url = f"http://{host}:{port}"
            _wait_until_it_answers(url, server)
            logins = _parse_logins(f"{folder}/output")
            yield DemoProduct(url, _create_agent_key(environment), logins, environment, server.pid)
        finally:
            server.terminate()
            server.wait(STOP_TIMEOUT_S)
            output.close()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("the product did not start")


def _create_agent_key(environment: dict[str, str]) -> str:
    create = [*COMMAND, "api-key", "create", "--role", "agent"]
    return subprocess.run(create, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def _parse_logins(path: str) -> list[tuple[str, str, str]]:
    roles = {"agent", "host", "manager", "administrator"}
    with open(path) as output:
        rows = [line.split() for line in output]
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3 and row[0].lower() in roles]
