"""`office360 serve` with one process or several: start, crash, shutdown."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from office360.server.process import uvicorn_server
from office360.server.process.http_connection import HttpConnectionFactory, HttpLimits
from office360.server.process.supervisor import ChildProcess, Pulse, Supervisor, listening_socket
from office360.server.process.systemd import Watchdog
from office360.server.process.uvicorn_server import CLOSING_PERIOD_S, FEW_SOCKETS, WebServer
from office360.server.settings import load_settings
from office360.signaling import close_codes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...conftest import TEST_SECRET
from ...signaling.support.asgi_apps import RawClient, open_raw_client
from ...support.ports import LOOPBACK
from ...support.processes import (
    EXIT_TIMEOUT_S,
    READY_TIMEOUT_S,
    SERVE,
    ServedProcess,
    child_pids,
    fork_process,
    readiness,
    start_process,
)
from ...support.valkey import RunningValkey

TWO_WORKERS = (*SERVE, "--workers", "2")
SMALL_POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    shutil.copy(sqlite_template, tmp_path / "office360.db")
    return {
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": TEST_SECRET,
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'office360.db'}",
    }


@pytest.fixture(scope="module")
def started_workers() -> Iterator[list[ServedProcess]]:
    """Keep what `two_workers` has started: a start imports the product in four processes."""
    started: list[ServedProcess] = []
    yield started
    for served in started:
        served.ensure_ended()


@pytest.fixture
def two_workers(
    started_workers: list[ServedProcess], environment: dict[str, str], redis_url: str, tmp_path: Path
) -> ServedProcess:
    """Return the `serve --workers 2` of an earlier test; start it if there is none."""
    if not started_workers or started_workers[-1].process.poll() is not None:
        started_workers.append(_start_two_workers(tmp_path, environment, redis_url))
    return started_workers[-1]


def _start_two_workers(folder: Path, environment: dict[str, str], redis_url: str) -> ServedProcess:
    return start_process(folder, {**environment, "OFFICE360_REDIS_URL": redis_url}, TWO_WORKERS)


def server_port(served: ServedProcess) -> int:
    return int(served.url.rsplit(":", 1)[1])


async def wait_until_all_listen(served: ServedProcess) -> list[int]:
    """Wait until both web processes listen, and return their ids."""
    await served.wait_until_ready()
    async with asyncio.timeout(READY_TIMEOUT_S):
        while len(_open_sockets("-l", server_port(served)).splitlines()) < 2:
            await asyncio.sleep(0.05)
    return await web_processes(served)


async def web_processes(served: ServedProcess) -> list[int]:
    """Return the children that listen on the port; the third is the test room."""
    children = await wait_for_children(served, 3)
    listed = _open_sockets("-lp", server_port(served))
    return [pid for pid in children if f"pid={pid}," in listed]


async def wait_for_children(served: ServedProcess, number: int, gone: frozenset[int] = frozenset()) -> list[int]:
    async with asyncio.timeout(READY_TIMEOUT_S):
        while True:
            alive = child_pids(served.pid)
            if len(alive) == number and not gone & set(alive):
                return alive
            await asyncio.sleep(0.05)


async def test_several_workers_without_bus_are_refused(environment: dict[str, str], tmp_path: Path) -> None:
    served = fork_process(tmp_path, environment, TWO_WORKERS)
    assert served.process.wait(EXIT_TIMEOUT_S) == 1
    assert "OFFICE360_REDIS_URL" in served.log_tail()


async def test_killed_web_process_restarts_while_others_serve(two_workers: ServedProcess) -> None:
    first, second = await wait_until_all_listen(two_workers)
    logged_bytes = two_workers.log.stat().st_size
    os.kill(first, signal.SIGKILL)
    while _is_running(first):
        await asyncio.sleep(0.001)
    assert await readiness(two_workers.url) == "ok"
    after = await wait_for_children(two_workers, 3, frozenset({first}))
    assert second in after
    assert b"child_died" in two_workers.log.read_bytes()[logged_bytes:]


async def test_shutdown_closes_sockets_little_by_little(environment: dict[str, str], tmp_path: Path) -> None:
    served = fork_process(tmp_path, environment)
    try:
        await served.wait_until_ready()
        async with served.client() as client:
            # at once, because a socket without a hello is closed after five seconds
            sockets = await asyncio.gather(*(client.ws_connect("/ws/ticket") for _ in range(FEW_SOCKETS + 10)))
            served.process.send_signal(signal.SIGTERM)

            async def close_time(open_socket: aiohttp.ClientWebSocketResponse) -> float:
                await open_socket.receive(timeout=EXIT_TIMEOUT_S)
                assert open_socket.close_code == close_codes.SERVICE_RESTART
                return asyncio.get_running_loop().time()

            times = await asyncio.gather(*(close_time(open_socket) for open_socket in sockets))
        assert max(times) - min(times) > CLOSING_PERIOD_S / 2
    finally:
        served.ensure_ended()


async def test_web_processes_share_restarted_test_room(two_workers: ServedProcess) -> None:
    web = await wait_until_all_listen(two_workers)
    (room,) = set(await wait_for_children(two_workers, 3)) - set(web)
    async with two_workers.client() as client, asyncio.timeout(READY_TIMEOUT_S):
        while (status := await _begin_test(client)) == 503:  # the test room is starting
            await asyncio.sleep(0.05)
        assert status == 201
    os.kill(room, signal.SIGKILL)
    assert room not in await wait_for_children(two_workers, 3, frozenset({room}))


def test_test_room_port_is_reserved_before_start(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    class Idle:
        def __init__(self, children: list[ChildProcess], **options: bool) -> None:
            *_, (_, self._port) = (child.address for child in children)

        def run(self) -> None:
            with socket.socket() as other, pytest.raises(OSError):
                other.bind((LOOPBACK, self._port))
            tried.append(self._port)

    monkeypatch.setattr(uvicorn_server, "Supervisor", Idle)
    settings = load_settings(
        environment="development", secret_key=[TEST_SECRET], workers=2, redis_url="redis://nobody"
    )
    uvicorn_server.serve(settings, LOOPBACK, 0)
    assert tried


async def _begin_test(client: aiohttp.ClientSession) -> int:
    async with client.post("/api/v1/tests", json={}) as answer:
        return answer.status


async def test_connections_are_spread_over_processes(two_workers: ServedProcess) -> None:
    children = await wait_until_all_listen(two_workers)
    port = server_port(two_workers)
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    async with asyncio.timeout(READY_TIMEOUT_S):
        while sum(counts := [_count_connections(pid, port) for pid in children]) < 100:
            await asyncio.sleep(0.05)
    for connection in held:
        connection.close()
    assert min(counts) >= 20


async def test_taken_port_is_reported_and_not_shared(
    two_workers: ServedProcess, environment: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    await two_workers.wait_until_ready()
    port = server_port(two_workers)
    second = fork_process(tmp_path, {**environment, "OFFICE360_REDIS_URL": redis_url}, TWO_WORKERS, port)
    try:
        assert second.process.wait(EXIT_TIMEOUT_S) == 1
    finally:
        second.ensure_ended()
    assert f"port {port} is taken" in second.log_tail()


async def test_secrets_are_not_in_process_arguments(two_workers: ServedProcess) -> None:
    for pid in [two_workers.pid, *await wait_until_all_listen(two_workers)]:
        assert TEST_SECRET not in _process_arguments(pid)


async def test_signal_ends_all_processes(two_workers: ServedProcess) -> None:
    children = await wait_until_all_listen(two_workers)
    logged_bytes = two_workers.log.stat().st_size
    assert two_workers.stop() == 0
    assert not any(_is_running(pid) for pid in children)
    assert b"child_died" not in two_workers.log.read_bytes()[logged_bytes:]


async def test_children_end_after_parent_is_killed(two_workers: ServedProcess) -> None:
    children = await wait_until_all_listen(two_workers)
    two_workers.kill()
    async with asyncio.timeout(EXIT_TIMEOUT_S):
        while any(_is_running(pid) for pid in children):
            await asyncio.sleep(0.05)


async def test_bus_absent_at_start_then_lost_is_no_outage(
    environment: dict[str, str], valkey: RunningValkey, tmp_path: Path
) -> None:
    valkey.stop()
    served = fork_process(tmp_path, {**environment, "OFFICE360_REDIS_URL": valkey.url})
    try:
        await served.wait_until_ready(state="without bus")
        valkey.start()
        await served.wait_until_ready()
        valkey.stop()
        await served.wait_until_ready(state="without bus")
        async with served.client() as client:
            async with client.get("/readyz") as answer:
                assert answer.status == 200
                body = await answer.json()
                assert (body["status"], list(body["reasons"])) == ("degraded", ["bus"])
            for path in ("/healthz", "/"):
                async with client.get(path) as answer:
                    assert answer.status == 200, path
    finally:
        served.ensure_ended()


def _is_running(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _process_arguments(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def _count_connections(pid: int, port: int) -> int:
    """Count the connections of a process on the port."""
    return _open_sockets("-p", port).count(f"pid={pid},")


def _open_sockets(which: str, port: int) -> str:
    return subprocess.run(
        ["ss", "-Htn", which, f"sport = :{port}"], capture_output=True, text=True, check=True
    ).stdout


@asynccontextmanager
async def ending_server(
    monkeypatch: pytest.MonkeyPatch, *, is_replaced: bool, pulse: Pulse | Watchdog | None = None
) -> AsyncIterator[RawClient]:
    """Ask a server to end, while a trusted proxy has an idle connection, which is yielded."""
    monkeypatch.setattr(uvicorn_server, "PROXY_GRACE_S", 0.0)
    monkeypatch.setattr(uvicorn_server, "PROXY_DRAIN_S", 3_600.0)

    async def answer(request: Request) -> Response:
        return Response(await request.body())

    app = Starlette(routes=[Route("/", answer, methods=["POST"])])
    http: Any = HttpConnectionFactory(HttpLimits(proxy_idle_timeout_s=3_600.0), [LOOPBACK])
    pulse = pulse or Pulse()
    server = WebServer(uvicorn.Config(app, host=LOOPBACK, http=http, log_config=None, lifespan="off"), pulse)
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0)
        async with open_raw_client(port, upgraded=False) as proxy:
            proxy.write(SMALL_POST)
            await proxy.reader.readuntil(b"\r\n\r\nhello")
            pulse.is_replaced = is_replaced
            server.should_exit = True
            async with asyncio.timeout(EXIT_TIMEOUT_S):
                while any(each.is_serving() for each in server.servers):
                    await asyncio.sleep(0)
                yield proxy
                await running


@pytest.mark.parametrize("kind", [Pulse, Watchdog])  # of several processes, and of a single process
async def test_replaced_process_answers_post_of_idle_proxy(
    monkeypatch: pytest.MonkeyPatch, kind: type[Pulse | Watchdog]
) -> None:
    async with ending_server(monkeypatch, is_replaced=True, pulse=kind()) as proxy:
        proxy.write(SMALL_POST)
        head = await proxy.reader.readuntil(b"\r\n\r\nhello")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close\r\n" in head
        assert await proxy.reader.read() == b""


async def test_replaced_process_ends_after_proxy_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ending_server(monkeypatch, is_replaced=True) as proxy:
        proxy.writer.close()


async def test_stopped_process_waits_for_no_idle_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ending_server(monkeypatch, is_replaced=False) as proxy:
        # no other process serves: a quick stop loses less than a slow stop
        assert await proxy.reader.read() == b""


@pytest.mark.parametrize("others_serve", [True, False])
def test_stopped_processes_drain_while_others_serve(others_serve: bool) -> None:
    child = ChildProcess("web 1", print, (), (LOOPBACK, 0), listener=listening_socket(LOOPBACK, 0))
    Supervisor([child], others_serve=others_serve)._stop()
    assert child.pulse.is_replaced == others_serve
    assert child.listener is None  # or connections would wait in it until the supervisor has ended
    settings = load_settings(environment="development", secret_key=[TEST_SECRET], others_serve=others_serve)
    assert Watchdog(is_replaced=settings.others_serve).is_replaced == others_serve


async def test_worker_tells_its_health_and_serves_no_page(environment: dict[str, str], tmp_path: Path) -> None:
    environment["OFFICE360_EMBEDDED_WORKER"] = "false"
    worker = fork_process(tmp_path, environment, ("-m", "office360.server.cli", "worker"))
    try:
        await worker.wait_until_ready()
        async with worker.client() as client, client.get("/healthz") as health, client.get("/") as page:
            assert (health.status, page.status) == (200, 404)
        assert worker.stop() == -signal.SIGTERM  # uvicorn raises it again after the shutdown
    finally:
        worker.ensure_ended()


async def test_exit_request_wakes_main_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvicorn polls ten times a second for it, which keeps an idle process awake."""
    monkeypatch.setattr(uvicorn_server, "PULSE_INTERVAL_S", 3_600.0)
    pulse = Pulse()
    server = WebServer(uvicorn.Config(Starlette(), log_config=None), pulse)
    running = asyncio.create_task(server.main_loop())
    while not pulse.has_begun:
        await asyncio.sleep(0)
    await asyncio.to_thread(setattr, server, "should_exit", True)  # as a signal handler or the parent's pipe
    await asyncio.wait_for(running, EXIT_TIMEOUT_S)
    assert server.should_exit
