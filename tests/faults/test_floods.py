"""What strangers throw at the door of a real process: refused, bounded, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.process.slow_headers import HALF_OPEN, HEADERS_S, LOOK_S
from office360.server.settings import Settings
from office360.signaling import close_codes
from office360.staff.actions.accounts import create_api_key

from ..conftest import MORNING
from ..signaling.support.asgi_apps import Raw, masked, raw
from ..support.installation import Installation, environment_of, start_at
from ..support.serve_at_time import FileClock
from .conftest import City
from .support.reconnecting_clients import Follower

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

UNDISTURBED_S = 4.0  # two cores for the attacker, the server and whatever else is tested
GROWTH_BYTES = 64 << 20
MANY = 2_000
TICKET = "/ws/ticket"


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """The attacker needs as many sockets as it wants to open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * MANY)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
async def city(settings: Settings, runtime: Runtime, office: Office, tmp_path: Path) -> AsyncIterator[City]:
    """One process, with an agent at a desk."""
    clock = FileClock(tmp_path / "clock")
    clock.set(MORNING)
    served = start_at(tmp_path, environment_of(settings))
    try:
        await served.ready()
        key = await create_api_key(runtime, role=Role.AGENT)
        async with AsyncExitStack() as stack:
            installed = Installation(served.url, served.url, runtime, clock, [served])
            made = City(installed, office, key, stack)
            await made.open_desk()
            yield made
    finally:
        served.end()


def port_of(city: City) -> int:
    return int(city.installed.url.rsplit(":", 1)[1])


async def waiting_phone(city: City) -> Follower:
    """amina, who waits and wants to be called."""
    amina = city.phone(await city.take(), city.installed.url)
    await amina.shows(lambda frame: frame["ahead"] == 0)
    return amina


async def is_called_as_ever(city: City, amina: Follower) -> None:
    """The agent's call reaches her, and she has not lost her socket meanwhile."""
    began = time.monotonic()
    await city.call_next()
    await amina.shows(lambda frame: frame["state"] == "called")
    assert time.monotonic() - began < UNDISTURBED_S
    assert amina.comings == 1


@contextmanager
def bounded_memory(city: City) -> Iterator[None]:
    """The process has not grown by much at the end."""
    before = _resident_bytes(city)
    yield
    assert _resident_bytes(city) - before < GROWTH_BYTES


def _resident_bytes(city: City) -> int:
    statm = Path(f"/proc/{city.installed.processes[0].pid}/statm").read_text()
    return int(statm.split()[1]) * resource.getpagesize()


async def test_message_bombs_are_closed_and_nobody_waits_for_them(city: City) -> None:
    amina = await waiting_phone(city)
    tokens = [await city.take() for _ in range(3)]
    async with AsyncExitStack() as stack:
        bombs = [await stack.enter_async_context(raw(port_of(city), TICKET)) for _ in range(30)]
        with bounded_memory(city):
            for number, bomb in enumerate(bombs):
                hello = json.dumps({"type": "hello", "token": tokens[number % 3]})
                bomb.write(masked(hello.encode()) + masked(b'{"type":"ping"}') * 20_000)
            await is_called_as_ever(city, amina)
            assert {await bomb.close_code() for bomb in bombs} == {close_codes.TOO_MANY}


async def test_frames_of_a_megabyte_are_not_taken_in(city: City) -> None:
    amina = await waiting_phone(city)
    async with AsyncExitStack() as stack:
        greedy = [await stack.enter_async_context(raw(port_of(city), TICKET)) for _ in range(50)]
        with bounded_memory(city):
            for one in greedy:
                one.write(masked(b"x" * (1 << 20)))
            await is_called_as_ever(city, amina)
            assert {await one.close_code() for one in greedy} == {close_codes.MESSAGE_TOO_BIG}


async def test_a_flood_of_hellos_finds_no_ticket_and_no_room(city: City) -> None:
    amina = await waiting_phone(city)
    hello = masked(json.dumps({"type": "hello", "token": "a guess"}).encode())
    with bounded_memory(city):
        guessing = [asyncio.create_task(_guess(port_of(city), hello)) for _ in range(300)]
        await is_called_as_ever(city, amina)
        assert set(await asyncio.gather(*guessing)) == {close_codes.NOT_FOUND}


async def _guess(port: int, hello: bytes) -> int:
    async with raw(port, TICKET) as one:
        one.write(hello * 3)
        return await one.close_code()


async def test_thousands_of_half_open_handshakes_are_bounded_in_number_and_in_time(city: City) -> None:
    amina = await waiting_phone(city)
    half = b"GET /ws/ticket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nX-Slow: "
    async with AsyncExitStack() as stack:
        with bounded_memory(city):
            peers = [await stack.enter_async_context(raw(port_of(city), upgraded=False)) for _ in range(MANY)]
            for peer in peers:
                peer.write(half)
            opened = time.monotonic()
            await is_called_as_ever(city, amina)
            assert _open_files(city) < HALF_OPEN + 100
            async with aiohttp.ClientSession(city.installed.url) as client, client.get("/healthz") as answer:
                assert answer.status == 200
            await asyncio.gather(*(peer.end() for peer in peers))
            assert time.monotonic() - opened < HEADERS_S + 2 * LOOK_S + UNDISTURBED_S


def _open_files(city: City) -> int:
    return len(os.listdir(f"/proc/{city.installed.processes[0].pid}/fd"))


async def test_a_phone_that_asks_without_end_and_reads_nothing_is_let_go(city: City) -> None:
    amina = await waiting_phone(city)
    token = await city.take()
    with bounded_memory(city):
        async with raw(port_of(city), TICKET, limit=1_000) as deaf:
            deaf.write(masked(json.dumps({"type": "hello", "token": token}).encode()))
            with pytest.raises(ConnectionError):
                async with asyncio.timeout(UNDISTURBED_S * 5):
                    await _ask_for_ever(deaf)
        await is_called_as_ever(city, amina)


async def _ask_for_ever(deaf: Raw) -> None:
    asking = masked(b"x" * 125, 0x89) * 500
    while True:
        deaf.write(asking)
        await deaf.writer.drain()
