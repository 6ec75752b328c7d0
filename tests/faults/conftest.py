"""Two real processes with a database and a bus of their own, to be broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_api_key

from ..conftest import MORNING
from ..support.installation import Installation, environment_of, two_processes
from ..support.processes import readiness
from ..support.valkey import RunningValkey
from .support.reconnecting_clients import RIGHT_S, Follower


@pytest.fixture
def last_sign(tmp_path: Path) -> Path:
    """The staff's process is killed when it is about to publish while this file exists."""
    return tmp_path / "die"


@pytest.fixture
def die_at_publish(last_sign: Path) -> Callable[[], None]:
    """From then on the staff's process commits, and is killed before it tells anybody."""
    return last_sign.touch


@pytest.fixture
async def installed(
    settings: Settings, runtime: Runtime, office: Office, valkey: RunningValkey, tmp_path: Path, last_sign: Path
) -> AsyncIterator[Installation]:
    """Citizens at the first process, staff at the second."""
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    async with two_processes(tmp_path, with_bus, runtime, MORNING, "--dies-when", str(last_sign)) as made:
        yield made


@pytest.fixture
def installed_environment(settings: Settings, valkey: RunningValkey) -> dict[str, str]:
    """The environment of these processes, to start one again."""
    return environment_of(settings.model_copy(update={"redis_url": valkey.url}))


class City:
    """What people do in the office, over HTTP, each at the process of their kind."""

    def __init__(self, installed: Installation, office: Office, key: str, stack: AsyncExitStack) -> None:
        self.installed = installed
        self.key = key
        self._desk = office.desks[0].id
        self._stack = stack

    async def take(self) -> str:
        """Somebody takes a turn; its token."""
        status, ticket = await self.post(self.installed.url, "/offices/centro/tickets", {"service": "documents"})
        assert status == 201, ticket
        return str(ticket["token"])

    async def open_desk(self) -> None:
        status, _ = await self.post(self.installed.staff_url, f"/desks/{self._desk}/open")
        assert status == 200

    async def call_next(self, url: str = "") -> str:
        """boris calls at his desk; the id of the ticket."""
        status, ticket = await self.post(url or self.installed.staff_url, f"/desks/{self._desk}/call-next")
        assert status == 200, ticket
        return str(ticket["id"])

    async def serve(self, ticket: str) -> None:
        """boris attends whoever came, to the end."""
        for action in ("start", "finish"):
            status, answer = await self.post(self.installed.staff_url, f"/staff/tickets/{ticket}/{action}")
            assert status == 200, answer

    async def post(self, url: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {} if path.startswith("/offices") else {"Authorization": f"Bearer {self.key}"}
        async with (
            aiohttp.ClientSession(url) as client,
            client.post(f"/api/v1{path}", json=body or {}, headers=headers) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    def phone(self, token: str, *addresses: str) -> Follower:
        return self._following(Follower("/ws/ticket", {"token": token}, *addresses))

    def board(self, *addresses: str) -> Follower:
        return self._following(Follower("/ws/staff", {"office": "centro", "key": self.key}, *addresses))

    def _following(self, follower: Follower) -> Follower:
        self._stack.push_async_callback(follower.close)
        return follower


@pytest.fixture
async def city(installed: Installation, office: Office) -> AsyncIterator[City]:
    key = await create_api_key(installed.runtime, role=Role.AGENT)
    async with AsyncExitStack() as stack:
        made = City(installed, office, key, stack)
        await made.open_desk()
        yield made


async def until_ready(installed: Installation, status: int) -> None:
    """Both processes say that they can work (200), or that they cannot (503)."""
    async with asyncio.timeout(RIGHT_S):
        for url in (installed.url, installed.staff_url):
            while await readiness(url) != status:
                await asyncio.sleep(0.05)
