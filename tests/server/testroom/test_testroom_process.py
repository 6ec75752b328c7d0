"""`office360 testroom` as a real process beside a real web process: killed in the middle, started again, ended."""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ...conftest import SECRET
from ...precheck.support.webrtc_client import browsing, until
from ...precheck.web.test_api import WEAK, begin, offer, refused, status_of
from ...support.processes import Served, start

ROOM = ("-m", "office360.server.cli", "testroom")


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "office360.db").write_bytes(sqlite_template.read_bytes())
    return {
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": SECRET,
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'office360.db'}",
        "OFFICE360_TESTROOM_PORTS": "43000-43200",
        "OFFICE360_TESTS_PER_HOUR": "1000",
    }


@pytest.fixture
async def room(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[Served]:
    served = start(tmp_path, environment, ROOM)
    await served.ready()
    yield served
    served.end()


@pytest.fixture
async def web(environment: dict[str, str], tmp_path: Path, room: Served) -> AsyncIterator[Served]:
    served = start(tmp_path, {**environment, "OFFICE360_TESTROOM_URL": room.url})
    await served.ready()
    yield served
    served.end()


async def test_media_goes_to_the_room_and_its_ports_are_those_of_the_setting(web: Served) -> None:
    async with web.client() as client:
        test = await begin(client)
        async with browsing(functools.partial(offer, client, test["token"])) as browser:
            assert len(await browser.frames("video", 3)) == 3
            remote = browser.pc.getSenders()[0].transport.transport.getRemoteCandidates()
            assert all(43_000 <= one.port <= 43_200 for one in remote)


async def test_a_room_killed_in_the_middle_loses_media_and_no_report(
    web: Served, room: Served, environment: dict[str, str], tmp_path: Path
) -> None:
    async with web.client() as client:
        test = await begin(client)
        report = f"/api/v1/tests/{test['token']}/report"
        async with browsing(functools.partial(offer, client, test["token"]), video=False) as browser:
            assert (await browser.ask(type="ping", n=1))["n"] == 1
            room.kill()
            assert await status_of(client, "POST", report, json=WEAK) == 503
            assert (await refused(client))[0] == 503
            assert await status_of(client, "GET", "/") == 200
        again = start(tmp_path, environment, ROOM, int(room.url.rpartition(":")[2]))
        try:
            await again.ready()
            assert await status_of(client, "POST", report, json=WEAK) == 200
            async with browsing(functools.partial(offer, client, test["token"]), video=False) as browser:
                assert (await browser.ask(type="ping", n=2))["n"] == 2
        finally:
            again.end()


async def test_a_room_ends_its_media_when_it_is_stopped(web: Served, room: Served) -> None:
    async with web.client() as client:
        test = await begin(client)
        async with browsing(functools.partial(offer, client, test["token"]), video=False) as browser:
            stopping = threading.Thread(target=room.stop)
            stopping.start()
            await until(lambda: browser.pc.connectionState == "closed")
            stopping.join()
    assert room.process.returncode == -signal.SIGTERM  # uvicorn says goodbye first, and then ends by the signal
    assert "Traceback" not in room.logged()
