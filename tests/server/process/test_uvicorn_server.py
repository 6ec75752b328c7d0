"""`office360 serve`: one process or several, as a deployment starts, kills and ends them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from office360.server.process import uvicorn_server
from office360.server.process.supervisor import Child
from office360.server.settings import load_settings

from ...conftest import SECRET
from ...support.ports import LOOPBACK, free_port
from ...support.processes import END_S, READY_S, Served, children_of, readiness, start
from ...support.valkey import RunningValkey


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "office360.db").write_bytes(sqlite_template.read_bytes())
    return {
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": SECRET,
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'office360.db'}",
    }


@pytest.fixture
def several(environment: dict[str, str], redis_url: str, tmp_path: Path) -> Iterator[Served]:
    """`serve --workers 2`."""
    served = start(
        tmp_path,
        {**environment, "OFFICE360_REDIS_URL": redis_url},
        ("-m", "office360.server.cli", "serve", "--workers", "2"),
    )
    yield served
    served.end()


def port_of(served: Served) -> int:
    return int(served.url.rsplit(":", 1)[1])


async def until_all_listen(served: Served) -> list[int]:
    """The web processes, once each of the two listens."""
    await served.ready()
    async with asyncio.timeout(READY_S):
        while len(_sockets("-l", port_of(served)).splitlines()) < 2:
            await asyncio.sleep(0.05)
    return await web_processes(served)


async def web_processes(served: Served) -> list[int]:
    """Those of the children that listen on the port; the third is the test room."""
    children = await until_children(served, 3)
    listed = _sockets("-lp", port_of(served))
    return [pid for pid in children if f"pid={pid}," in listed]


async def until_children(served: Served, number: int, gone: frozenset[int] = frozenset()) -> list[int]:
    async with asyncio.timeout(READY_S):
        while True:
            alive = children_of(served.pid)
            if len(alive) == number and not gone & set(alive):
                return alive
            await asyncio.sleep(0.05)


async def test_several_without_a_bus_are_refused_by_name(environment: dict[str, str], tmp_path: Path) -> None:
    served = start(tmp_path, environment, ("-m", "office360.server.cli", "serve", "--workers", "2"))
    assert served.process.wait(END_S) == 1
    assert "OFFICE360_REDIS_URL" in served.logged()


async def test_a_web_process_that_is_killed_is_started_again_and_the_others_serve_meanwhile(
    several: Served,
) -> None:
    first, second = await until_all_listen(several)
    os.kill(first, signal.SIGKILL)
    while _runs(first):
        await asyncio.sleep(0.001)
    assert await readiness(several.url) == 200
    after = await until_children(several, 3, frozenset({first}))
    assert second in after
    assert "child_died" in several.logged()


async def test_they_share_a_test_room_that_runs_beside_them(several: Served) -> None:
    web = await until_all_listen(several)
    (room,) = set(await until_children(several, 3)) - set(web)
    async with several.client() as client, asyncio.timeout(READY_S):
        while (status := await _begin_test(client)) == 503:  # it is still being started
            await asyncio.sleep(0.05)
        assert status == 201
    os.kill(room, signal.SIGKILL)
    assert room not in await until_children(several, 3, frozenset({room}))


def test_nobody_gets_the_port_of_the_test_room_while_it_is_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    class Idle:
        def __init__(self, children: list[Child]) -> None:
            *_, (_, _, self._port) = (child.arguments for child in children)

        def run(self) -> None:
            with socket.socket() as other, pytest.raises(OSError):
                other.bind((LOOPBACK, self._port))
            tried.append(self._port)

    monkeypatch.setattr(uvicorn_server, "Supervisor", Idle)
    settings = load_settings(environment="development", secret_key=[SECRET], workers=2, redis_url="redis://nobody")
    uvicorn_server.serve(settings, LOOPBACK, 0)
    assert tried


async def _begin_test(client: aiohttp.ClientSession) -> int:
    async with client.post("/api/v1/tests", json={}) as answer:
        return answer.status


async def test_one_signal_ends_all(several: Served) -> None:
    children = await until_all_listen(several)
    assert several.stop() == 0
    assert not any(_runs(pid) for pid in children)
    assert "child_died" not in several.logged()


async def test_children_whose_parent_was_killed_end_by_themselves(several: Served) -> None:
    children = await until_all_listen(several)
    several.kill()
    async with asyncio.timeout(END_S):
        while any(_runs(pid) for pid in children):
            await asyncio.sleep(0.05)


async def test_connections_are_spread_over_the_processes(several: Served) -> None:
    children = await until_all_listen(several)
    port = port_of(several)
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    async with asyncio.timeout(READY_S):
        while sum(counts := [_connections(pid, port) for pid in children]) < 100:
            await asyncio.sleep(0.05)
    for one in held:
        one.close()
    assert min(counts) >= 20


async def test_a_port_that_is_taken_is_said_and_nothing_is_shared_with_its_owner(
    several: Served, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    await several.ready()
    port = port_of(several)
    second = start(
        tmp_path,
        {**environment, "OFFICE360_REDIS_URL": redis_url},
        ("-m", "office360.server.cli", "serve", "--workers", "2"),
        port,
    )
    assert second.process.wait(END_S) == 1
    assert f"port {port} is taken" in second.logged()


async def test_secrets_stand_in_no_argument_list(several: Served) -> None:
    for pid in [several.pid, *await until_all_listen(several)]:
        assert SECRET not in _arguments(pid)


async def test_readiness_is_red_while_the_bus_is_away_and_green_again_by_itself(
    environment: dict[str, str], valkey: RunningValkey, tmp_path: Path
) -> None:
    served = start(tmp_path, {**environment, "OFFICE360_REDIS_URL": valkey.url})
    try:
        await served.ready()
        valkey.stop()
        async with asyncio.timeout(READY_S), served.client() as client:
            while await readiness(served.url) == 200:
                await asyncio.sleep(0.05)
            async with client.get("/readyz") as answer:
                assert answer.status == 503
                assert list((await answer.json())["reasons"]) == ["bus"]
            async with client.get("/healthz") as answer:
                assert answer.status == 200
            valkey.start()
        async with asyncio.timeout(READY_S):
            while await readiness(served.url) != 200:
                await asyncio.sleep(0.05)
    finally:
        served.end()


async def test_a_bus_that_is_away_at_the_start_keeps_nobody_from_starting(
    environment: dict[str, str], tmp_path: Path
) -> None:
    served = start(tmp_path, {**environment, "OFFICE360_REDIS_URL": f"redis://127.0.0.1:{free_port()}"})
    try:
        async with asyncio.timeout(READY_S):
            while await readiness(served.url) is None:
                assert served.process.poll() is None, served.logged()
                await asyncio.sleep(0.05)
        assert await readiness(served.url) == 503
        async with served.client() as client, client.get("/") as answer:
            assert answer.status == 200
    finally:
        served.end()


def _runs(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _arguments(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def _connections(pid: int, port: int) -> int:
    """How many connections on our port a process holds."""
    return _sockets("-p", port).count(f"pid={pid},")


def _sockets(which: str, port: int) -> str:
    return subprocess.run(
        ["ss", "-Htn", which, f"sport = :{port}"], capture_output=True, text=True, check=True
    ).stdout
