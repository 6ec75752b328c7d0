"""Two real processes with their own database and bus, for fault tests."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_api_key

from ..conftest import MORNING
from ..support.http_client import open_client
from ..support.installation import ProductInstallation, run_two_processes, to_environment
from ..support.postgres import BreakablePostgres, breakable_postgres, ram_folder
from ..support.processes import readiness
from ..support.valkey import RunningValkey
from .support.reconnecting_clients import RECOVERY_LIMIT_S, ReconnectingClient


@pytest.fixture
def server() -> Iterator[BreakablePostgres]:
    """A PostgreSQL server for this test only."""
    with tempfile.TemporaryDirectory(dir=ram_folder()) as folder, breakable_postgres(Path(folder)) as running:
        yield running


@pytest.fixture
def kill_switch(tmp_path: Path) -> Path:
    """Return a file: while it exists, the staff's process is killed before it publishes."""
    return tmp_path / "die"


@pytest.fixture
def kill_before_publish(kill_switch: Path) -> Callable[[], None]:
    """Make the staff's process commit its next change and die before publishing it."""
    return kill_switch.touch


@pytest.fixture
async def installed(
    settings: Settings, runtime: Runtime, office: Office, valkey: RunningValkey, tmp_path: Path, kill_switch: Path
) -> AsyncIterator[ProductInstallation]:
    """Two processes: citizens use the first, staff the second."""
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    async with run_two_processes(tmp_path, with_bus, runtime, MORNING, "--dies-when", str(kill_switch)) as made:
        yield made


@pytest.fixture
def installed_environment(settings: Settings, valkey: RunningValkey) -> dict[str, str]:
    """The environment of the processes, to restart a process."""
    return to_environment(settings.model_copy(update={"redis_url": valkey.url}))


class FaultScenario:
    """Actions of citizens and staff over HTTP, each at their process."""

    def __init__(self, installed: ProductInstallation, office: Office, key: str, stack: AsyncExitStack) -> None:
        self.installed = installed
        self.key = key
        self._desk = office.desks[0].id
        self._stack = stack

    async def take_ticket(self) -> str:
        """Take a ticket. Returns its token."""
        status, ticket = await self.post(self.installed.url, "/offices/centro/tickets", {"service": "documents"})
        assert status == 201, ticket
        return str(ticket["token"])

    async def open_desk(self) -> None:
        status, _ = await self.post(self.installed.staff_url, f"/desks/{self._desk}/open")
        assert status == 200

    async def call_next(self, url: str = "") -> str:
        """Call the next ticket at the desk of boris. Returns its id."""
        status, ticket = await self.post(url or self.installed.staff_url, f"/desks/{self._desk}/call-next")
        assert status == 200, ticket
        return str(ticket["id"])

    async def serve_ticket(self, ticket: str) -> None:
        """Start and finish the service of a ticket."""
        for action in ("start", "finish"):
            status, answer = await self.post(self.installed.staff_url, f"/staff/tickets/{ticket}/{action}")
            assert status == 200, answer

    async def post(self, url: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {} if path.startswith("/offices") else {"Authorization": f"Bearer {self.key}"}
        async with (
            open_client(url) as client,
            client.post(f"/api/v1{path}", json=body or {}, headers=headers) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    def open_phone(self, token: str, *addresses: str) -> ReconnectingClient:
        return self._register_client(ReconnectingClient("/ws/ticket", {"token": token}, *addresses))

    def open_board(self, *addresses: str) -> ReconnectingClient:
        return self._register_client(
            ReconnectingClient("/ws/staff", {"office": "centro", "key": self.key}, *addresses)
        )

    def _register_client(self, follower: ReconnectingClient) -> ReconnectingClient:
        self._stack.push_async_callback(follower.close)
        return follower


@pytest.fixture
async def scenario(installed: ProductInstallation, office: Office) -> AsyncIterator[FaultScenario]:
    key = await create_api_key(installed.runtime, role=StaffRole.AGENT)
    async with AsyncExitStack() as stack:
        made = FaultScenario(installed, office, key, stack)
        await made.open_desk()
        yield made


async def until_ready(installed: ProductInstallation, state: str = "ok") -> None:
    """Wait until both processes report this readiness: `ok`, `without bus` or `unavailable`."""
    async with asyncio.timeout(RECOVERY_LIMIT_S):
        for url in (installed.url, installed.staff_url):
            while await readiness(url) != state:
                await asyncio.sleep(0.05)
