"""Floods against a real process: refused, bounded, and without effect on other clients."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.process.http_connection import HttpLimits
from office360.server.settings import Settings
from office360.signaling import close_codes
from office360.staff.actions.accounts import create_api_key
from websockets.frames import CloseCode

from ..conftest import MORNING
from ..signaling.support.asgi_apps import RawClient, build_masked_frame, open_raw_client
from ..support.http_client import open_client
from ..support.installation import ProductInstallation, start_with_clock, to_environment
from ..support.serve_at_time import FileClock
from .conftest import FaultScenario
from .support.reconnecting_clients import ReconnectingClient

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LIMITS = HttpLimits()
MAX_CALL_DELAY_S = 4.0  # attacker, server and other tests share two cores
MAX_GROWTH_BYTES = 64 << 20
HALF_OPEN_CLIENTS = 2_000
TICKET_SOCKET_PATH = "/ws/ticket"


@pytest.fixture(autouse=True)
def raised_file_limit() -> Iterator[None]:
    """Raise the limit of open files for the attacker's sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * HALF_OPEN_CLIENTS)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
async def scenario(
    settings: Settings, runtime: Runtime, office: Office, tmp_path: Path
) -> AsyncIterator[FaultScenario]:
    """A process with an agent at a desk."""
    clock = FileClock(tmp_path / "clock")
    clock.set(MORNING)
    served = start_with_clock(tmp_path, to_environment(settings))
    try:
        await served.wait_until_ready()
        key = await create_api_key(runtime, role=StaffRole.AGENT)
        async with AsyncExitStack() as stack:
            installed = ProductInstallation(served.url, served.url, runtime, clock, [served])
            made = FaultScenario(installed, office, key, stack)
            await made.open_desk()
            yield made
    finally:
        served.ensure_ended()


def server_port(city: FaultScenario) -> int:
    return int(city.installed.url.rsplit(":", 1)[1])


async def waiting_phone(city: FaultScenario) -> ReconnectingClient:
    """The phone of amina, whose ticket is waiting."""
    amina = city.open_phone(await city.take_ticket(), city.installed.url)
    await amina.wait_until_shown(lambda frame: frame["ahead"] == 0)
    return amina


async def assert_call_arrives(city: FaultScenario, amina: ReconnectingClient) -> None:
    """Assert that the agent's call reaches the phone on its first socket."""
    began = time.monotonic()
    await city.call_next()
    await amina.wait_until_shown(lambda frame: frame["state"] == "called")
    assert time.monotonic() - began < MAX_CALL_DELAY_S
    assert amina.connection_count == 1


@contextmanager
def assert_bounded_memory(city: FaultScenario) -> Iterator[None]:
    """Assert that the memory of the process stays bounded."""
    before = _resident_bytes(city)
    yield
    assert _resident_bytes(city) - before < MAX_GROWTH_BYTES


def _resident_bytes(city: FaultScenario) -> int:
    statm = Path(f"/proc/{city.installed.processes[0].pid}/statm").read_text()
    return int(statm.split()[1]) * resource.getpagesize()


async def test_message_bombs_are_closed_without_delaying_calls(scenario: FaultScenario) -> None:
    amina = await waiting_phone(scenario)
    tokens = [await scenario.take_ticket() for _ in range(3)]
    async with AsyncExitStack() as stack:
        bombs = [
            await stack.enter_async_context(open_raw_client(server_port(scenario), TICKET_SOCKET_PATH))
            for _ in range(30)
        ]
        with assert_bounded_memory(scenario):
            for number, bomb in enumerate(bombs):
                hello = json.dumps({"type": "hello", "token": tokens[number % 3]})
                bomb.write(build_masked_frame(hello.encode()) + build_masked_frame(b'{"type":"ping"}') * 20_000)
            await assert_call_arrives(scenario, amina)
            assert {await bomb.read_close_code() for bomb in bombs} == {close_codes.TOO_MANY}


async def test_megabyte_frames_are_refused(scenario: FaultScenario) -> None:
    amina = await waiting_phone(scenario)
    async with AsyncExitStack() as stack:
        greedy = [
            await stack.enter_async_context(open_raw_client(server_port(scenario), TICKET_SOCKET_PATH))
            for _ in range(50)
        ]
        with assert_bounded_memory(scenario):
            for client in greedy:
                client.write(build_masked_frame(b"x" * (1 << 20)))
            await assert_call_arrives(scenario, amina)
            assert {await client.read_close_code() for client in greedy} == {CloseCode.MESSAGE_TOO_BIG}


async def test_hello_flood_is_refused_within_bounded_memory(scenario: FaultScenario) -> None:
    amina = await waiting_phone(scenario)
    hello = build_masked_frame(json.dumps({"type": "hello", "token": "a guess"}).encode())
    with assert_bounded_memory(scenario):
        guessing = [asyncio.create_task(_send_guesses(server_port(scenario), hello)) for _ in range(300)]
        await assert_call_arrives(scenario, amina)
        assert set(await asyncio.gather(*guessing)) == {close_codes.NOT_FOUND}


async def _send_guesses(port: int, hello: bytes) -> int:
    async with open_raw_client(port, TICKET_SOCKET_PATH) as client:
        client.write(hello * 3)
        return await client.read_close_code()


async def test_half_open_handshakes_are_bounded(
    scenario: FaultScenario,
) -> None:
    amina = await waiting_phone(scenario)
    half = b"GET /ws/ticket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nX-Slow: "
    async with AsyncExitStack() as stack:
        with assert_bounded_memory(scenario):
            peers = [
                await stack.enter_async_context(open_raw_client(server_port(scenario), upgraded=False))
                for _ in range(HALF_OPEN_CLIENTS)
            ]
            for peer in peers:
                peer.write(half)
            opened = time.monotonic()
            await assert_call_arrives(scenario, amina)
            async with asyncio.timeout(LIMITS.busy_headers_timeout_s + LIMITS.sweep_interval_s + MAX_CALL_DELAY_S):
                while _open_files(scenario) >= LIMITS.half_open + 100:
                    await asyncio.sleep(0.05)
            async with open_client(scenario.installed.url) as client, client.get("/healthz") as answer:
                assert answer.status == 200
            await asyncio.gather(*(peer.wait_closed() for peer in peers))
            longest_s = LIMITS.headers_timeout_s + 2 * LIMITS.sweep_interval_s + MAX_CALL_DELAY_S
            assert time.monotonic() - opened < longest_s


def _open_files(city: FaultScenario) -> int:
    return len(os.listdir(f"/proc/{city.installed.processes[0].pid}/fd"))


async def test_phone_pinging_without_reading_is_aborted(scenario: FaultScenario) -> None:
    amina = await waiting_phone(scenario)
    token = await scenario.take_ticket()
    with assert_bounded_memory(scenario):
        async with open_raw_client(server_port(scenario), TICKET_SOCKET_PATH, limit=1_000) as deaf:
            deaf.write(build_masked_frame(json.dumps({"type": "hello", "token": token}).encode()))
            with pytest.raises(ConnectionError):
                async with asyncio.timeout(MAX_CALL_DELAY_S * 5):
                    await _send_pings_without_reading(deaf)
        await assert_call_arrives(scenario, amina)


async def _send_pings_without_reading(deaf: RawClient) -> None:
    asking = build_masked_frame(b"x" * 125, 0x89) * 500
    while True:
        deaf.write(asking)
        await deaf.writer.drain()
