"""deploy/server as a whole: the processes behind nginx, with PostgreSQL, Redis, coturn."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from office360.core.db.audit_entries import COMMAND_LINE
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.offices.service import save_site_profile, site_profile_from_dict
from office360.server.demo.offices import load_demo_file
from office360.server.runtime import make_runtime
from office360.server.settings import load_settings

from ..conftest import TEST_SECRET, FakeClock, skip_or_fail_tier
from ..support.coturn import CoturnServer
from ..support.http_client import open_client
from ..support.office_fixture import build_office
from ..support.ports import free_ports
from ..support.processes import (
    EXIT_TIMEOUT_S,
    READY_TIMEOUT_S,
    ServedProcess,
    child_pids,
    environment_without_settings,
)
from ..support.valkey import RunningValkey
from .files import NGINX, is_program_installed, read_with_replacements, running_nginx, socket_close_code

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

HOST = "citas.example.org"
OFFICE360 = Path(sys.executable).with_name("office360")
LOG = "processes.log"


TEXT = {"es": "Un texto de prueba", "en": "A text of the tests"}
STATEMENT = {
    "conformance": "full",
    "accessibility_law": TEXT,
    "assessment": "self",
    "prepared_on": "2026-11-01",
    "feedback": TEXT,
    "enforcement": TEXT,
}


PROCESSES = ("serve", "testroom", "worker")


@dataclass
class DeployedInstallation:
    """A running installation and the ports of its nginx."""

    processes: list[subprocess.Popen[bytes]]
    environment: dict[str, str]
    folder: Path
    plain_port: int
    tls_port: int

    def client(self) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        """Open an HTTP session that accepts the certificate and the host name."""
        address = f"https://127.0.0.1:{self.tls_port}"
        return open_client(address, headers={"Host": HOST}, connector=aiohttp.TCPConnector(ssl=False))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `office360 …` with the installation's file of settings, as docs/install.md says."""
        return subprocess.run(
            [str(OFFICE360), *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=EXIT_TIMEOUT_S,
        )


@pytest.fixture
async def installation(
    database_url: str, valkey: RunningValkey, coturn: CoturnServer, tmp_path: Path
) -> AsyncIterator[DeployedInstallation]:
    """Run `office360 serve`, `testroom` and `worker` with the file of settings."""
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: the deployment was not tried (apt-get install nginx)")
    port, room_port = free_ports(2)
    authorities, env_file = tmp_path / "authorities.pem", tmp_path / "office360.env"
    environment = {
        **environment_without_settings(),
        "OFFICE360_ENV_FILE": str(env_file),
        "SSL_CERT_FILE": str(authorities),
    }
    with running_nginx(tmp_path, port) as (plain, tls):
        authorities.write_text(coturn.authority.read_text() + (tmp_path / "cert.pem").read_text())
        _write_environment(env_file, database_url, valkey, coturn, port, room_port, tls)
        with running_processes(tmp_path, environment) as processes:
            for each, process in zip((port, room_port), processes, strict=False):
                await ServedProcess(f"http://127.0.0.1:{each}", process, tmp_path / LOG).wait_until_ready()
            yield DeployedInstallation(processes, environment, tmp_path, plain, tls)


@contextmanager
def running_processes(folder: Path, environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run the processes of an installation without systemd. Ends them."""
    with (folder / LOG).open("wb") as log, ExitStack() as stack:
        processes = []
        for command in PROCESSES:
            process = subprocess.Popen([OFFICE360, command], env=environment, cwd=folder, stdout=log, stderr=log)
            stack.callback(process.wait, EXIT_TIMEOUT_S)
            stack.callback(process.terminate)
            processes.append(process)
        yield processes


def _write_environment(
    env_file: Path,
    database_url: str,
    valkey: RunningValkey,
    coturn: CoturnServer,
    port: int,
    room_port: int,
    tls_port: int,
) -> None:
    changes = {
        "PUBLIC_URL=https://citas.example.org": f"PUBLIC_URL=https://127.0.0.1:{tls_port}",
        "SECRET_KEY=\n": f'SECRET_KEY="{TEST_SECRET}"\n',
        "TURN_SECRET=\n": f'TURN_SECRET="{coturn.secret}"\n',
        "turn:turn.example.org:3478": f"turn:127.0.0.1:{coturn.port}",
        "turns:turn.example.org:5349": f"turns:127.0.0.1:{coturn.tls_port}",
        "postgresql+asyncpg://office360@/office360?host=/var/run/postgresql": database_url,
        "redis://127.0.0.1:6379/0": valkey.url,
        "http://127.0.0.1:8361": f"http://127.0.0.1:{room_port}",
        "OFFICE360_SMTP_URL=smtp://USER:PASSWORD@mail.example.org:587\n": "",
        "LISTEN_PORT=8360": f"LISTEN_PORT={port}\nOFFICE360_TESTROOM_LISTEN_PORT={room_port}",
    }
    env_file.write_text(read_with_replacements("office360.env", changes))
    env_file.chmod(0o640)


@pytest.fixture
async def office_row(database_url: str, clock: FakeClock) -> AsyncIterator[Runtime]:
    """Insert the offices of a new installation."""
    settings = load_settings(environment="development", secret_key=["k" * 32], database_url=database_url)
    runtime = make_runtime(settings, clock, EventRegistry())
    await build_office(runtime)
    async with runtime.transaction() as tx:  # without legal texts `office360 check` reports problems
        profile = site_profile_from_dict({**(load_demo_file().site or {}), **STATEMENT})
        await save_site_profile(tx.session, tx.now, COMMAND_LINE, profile)
    yield runtime
    await runtime.bus.close()
    await runtime.db.close()


async def test_documented_deployment_works_and_ends(
    office_row: Runtime, installation: DeployedInstallation
) -> None:
    async with asyncio.timeout(READY_TIMEOUT_S):
        checked = await asyncio.to_thread(installation.run, "check")
        while "worker: works" not in checked.stdout:  # it starts beside the web processes
            checked = await asyncio.to_thread(installation.run, "check")
    assert (checked.stderr, checked.returncode) == ("", 0), checked.stdout
    # database, bus, three relays, test room, route to it, site and socket through nginx, nine uses of the rows
    assert checked.stdout.count(": works") == 18
    assert "connections: works (4 processes may open " in checked.stdout
    assert "processes: works (4 processes: 2 web, 1 worker, 1 test room)" in checked.stdout

    async with installation.client() as citizen:
        async with citizen.get("/") as page:
            assert page.status == 200
            assert "Oficina Centro" in await page.text()
            assert "max-age" in page.headers["Strict-Transport-Security"]
        async with citizen.post("/api/v1/tests", json={}) as test:
            assert test.status == 201
            token = (await test.json())["token"]
        async with citizen.get(f"/api/v1/tests/{token}") as known:
            assert known.status == 200
        for origin, answer in ((f"https://{HOST}", 4104), ("https://elsewhere.example", 403)):
            assert await socket_close_code(citizen, origin) == answer

    plain = f"http://127.0.0.1:{installation.plain_port}/o/centro"
    async with open_client() as old, old.get(plain, allow_redirects=False, headers={"Host": HOST}) as to:
        assert (to.status, to.headers["Location"]) == (308, f"https://{HOST}/o/centro")

    log = (installation.folder / "office360.log").read_text()
    assert token not in log
    assert "/api/v1/tests/- 200" in log
    assert token not in (installation.folder / "office360-error.log").read_text()
    await _assert_signal_ends_all_processes(installation)


async def _assert_signal_ends_all_processes(installation: DeployedInstallation) -> None:
    web_processes = child_pids(installation.processes[0].pid)
    assert len(web_processes) == 2
    for process in installation.processes:
        process.terminate()
    for process in installation.processes:
        code = await asyncio.to_thread(process.wait, EXIT_TIMEOUT_S)
        assert code in (0, -signal.SIGTERM)  # uvicorn raises the signal again after its shutdown
    for pid in web_processes:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert (installation.folder / LOG).read_text().count('"stopped"') >= 2
