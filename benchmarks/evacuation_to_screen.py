"""Time from the press of an evacuation to each kind of screen.

`python -m office360.benchmarks.evacuation_to_screen`. The real server (`office360 demo`) and real sockets: a
waiting and a called phone, the waiting-room screen, the consoles of a desk and of a host. Three installations:
SQLite in one process; PostgreSQL and Redis, with the screens at a second process; the same while a transaction
holds all lines. The lower bound is a round trip to `/healthz` in the same run.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from sqlalchemy.engine import make_url

from ..tests.support.ports import free_port
from ..tests.support.postgres import running_postgres
from ..tests.support.valkey import configured_or_new_redis
from .installation import COMMAND, DemoProduct, run_demo
from .office_api import find_open_office, round_trip

PRESSES = 20
TIMEOUT_S = 20


class WatchedScreen:
    """A socket, and when it last showed each state."""

    def __init__(self, kind: str, path: str, hello: Mapping[str, Any]) -> None:
        self.kind, self._path, self._hello = kind, path, hello
        self._changed = asyncio.Condition()
        self._state: bool | None = None
        self._since = 0.0

    async def watch(self, client: aiohttp.ClientSession) -> None:
        """Send hello, and note each change of the state."""
        async with client.ws_connect(self._path) as socket:
            await socket.send_json({"type": "hello", **self._hello})
            async for message in socket:
                at, frame = time.perf_counter(), message.json()
                if frame.get("evacuation") in (None, self._state):
                    continue
                async with self._changed:
                    self._state, self._since = frame["evacuation"], at
                    self._changed.notify_all()

    async def wait_until(self, evacuated: bool) -> float:
        """Wait for the state, and return when it came."""
        async with asyncio.timeout(TIMEOUT_S), self._changed:
            await self._changed.wait_for(lambda: self._state is evacuated)
            return self._since


async def measure(product: DemoProduct, screens_at: str, locks: str | None) -> dict[str, list[float]]:
    """Measure the milliseconds of each press by kind of screen.

    `locks`: a database whose lines are held.
    """
    host_key = _create_key(product, "host")
    async with (
        aiohttp.ClientSession(product.url) as client,
        aiohttp.ClientSession(screens_at) as other,
        asyncio.TaskGroup() as watching,
    ):
        agent, host = await find_open_office(client, product.agent_key), await find_open_office(client, host_key)
        await agent.open_desk()
        tickets = [await agent.post(f"/offices/{agent.slug}/tickets", {"service": "documents"}) for _ in range(2)]
        await agent.post(f"/desks/{agent.desk}/call-next")
        office = {"office": agent.slug}
        screens = [
            WatchedScreen("phone", "/ws/ticket", {"token": tickets[0]["token"]}),
            WatchedScreen("second phone", "/ws/ticket", {"token": tickets[1]["token"]}),
            WatchedScreen("display", "/ws/display", office),
            WatchedScreen("desk", "/ws/staff", {**office, "key": product.agent_key, "console": "desk"}),
            WatchedScreen("host", "/ws/staff", {**office, "key": host_key, "console": "host"}),
        ]
        tasks = [watching.create_task(screen.watch(other)) for screen in screens]
        await asyncio.gather(*(screen.wait_until(False) for screen in screens))
        found: dict[str, list[float]] = {screen.kind: [] for screen in screens}
        found["answer"], found["healthz"] = [], []
        for _ in range(PRESSES):
            found["healthz"].append(await round_trip(client))
            held: AbstractAsyncContextManager[None] = _hold_lines(locks) if locks else nullcontext()
            async with held:
                pressed = time.perf_counter()
                await host.post(f"/staff/offices/{host.slug}/pause", {"reason": "evacuation"})
                found["answer"].append(1000 * (time.perf_counter() - pressed))
                for screen in screens:
                    found[screen.kind].append(1000 * (await screen.wait_until(True) - pressed))
            await host.post(f"/staff/offices/{host.slug}/resume")
            await asyncio.gather(*(screen.wait_until(False) for screen in screens))
            await asyncio.sleep(0.5)  # the frames of the end have left: single presses are measured
        for task in tasks:
            task.cancel()
    return found


@asynccontextmanager
async def _hold_lines(url: str) -> AsyncIterator[None]:
    """Hold the lock of every line, as a hanging transaction does."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.fetch("SELECT id FROM lines FOR UPDATE")
            yield
    finally:
        await connection.close()


def _create_key(product: DemoProduct, role: str) -> str:
    create = [*COMMAND, "api-key", "create", "--role", role]
    return subprocess.run(
        create, env=product.environment, capture_output=True, text=True, check=True
    ).stdout.strip()


@contextmanager
def _second_process(product: DemoProduct) -> Iterator[str]:
    """Serve the same installation in a second process, for the screens."""
    port = free_port()
    server = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=product.environment)
    try:
        url = f"http://127.0.0.1:{port}"
        asyncio.run(_wait_until_it_answers(url))
        yield url
    finally:
        server.terminate()
        server.wait(TIMEOUT_S)


async def _wait_until_it_answers(url: str) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession(url) as client:
        while True:
            try:
                await round_trip(client)
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
            else:
                return


async def _create_database(server: str) -> tuple[str, str]:
    """Create a database; return its URL for the product, and for asyncpg."""
    address = make_url(server).set(drivername="postgresql")
    connection = await asyncpg.connect(address.render_as_string(hide_password=False))
    await connection.execute("CREATE DATABASE evacuation")
    await connection.close()
    own = address.set(database="evacuation")
    async_url = own.set(drivername="postgresql+asyncpg")
    return async_url.render_as_string(hide_password=False), own.render_as_string(hide_password=False)


def _print(name: str, found: Mapping[str, list[float]]) -> None:
    print(f"{name}, {PRESSES} presses: milliseconds from the press, p50 / max")
    for kind, values in found.items():
        print(f"  {kind:13} {statistics.median(values):7.1f} / {max(values):7.1f}")


def main() -> None:
    with run_demo() as product:
        _print("SQLite, one process", asyncio.run(measure(product, product.url, None)))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_postgres(folder))
        redis = stack.enter_context(configured_or_new_redis(folder))
        database, direct = asyncio.run(_create_database(server))
        product = stack.enter_context(run_demo(database_url=database, redis_url=redis))
        screens_at = stack.enter_context(_second_process(product))
        _print(
            "PostgreSQL and Redis, screens at another process",
            asyncio.run(measure(product, screens_at, None)),
        )
        _print("the same, all lines locked", asyncio.run(measure(product, screens_at, direct)))


if __name__ == "__main__":
    main()
