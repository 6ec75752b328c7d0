"""`office360 testroom` beside a web process: killed, restarted, ended."""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ...conftest import TEST_SECRET
from ...precheck.support.webrtc_client import connect_browser, wait_until
from ...precheck.web.test_api import WEAK, begin_refused_test, begin_test, request_status, send_offer
from ...support.processes import ServedProcess, fork_process

ROOM = ("-m", "office360.server.cli", "testroom")


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "office360.db").write_bytes(sqlite_template.read_bytes())
    return {
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": TEST_SECRET,
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'office360.db'}",
        "OFFICE360_TESTROOM_PORTS": "43000-43200",
        "OFFICE360_TESTS_PER_HOUR": "1000",
    }


@pytest.fixture
async def room(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[ServedProcess]:
    served = fork_process(tmp_path, environment, ROOM)
    await served.wait_until_ready()
    yield served
    served.ensure_ended()


@pytest.fixture
async def web(environment: dict[str, str], tmp_path: Path, room: ServedProcess) -> AsyncIterator[ServedProcess]:
    served = fork_process(tmp_path, {**environment, "OFFICE360_TESTROOM_URL": room.url})
    await served.wait_until_ready()
    yield served
    served.ensure_ended()


async def test_media_uses_ports_of_setting(web: ServedProcess) -> None:
    async with web.client() as client:
        test = await begin_test(client)
        async with connect_browser(functools.partial(send_offer, client, test["token"])) as browser:
            assert len(await browser.receive_frames("video", 3)) == 3
            remote = browser.pc.getSenders()[0].transport.transport.getRemoteCandidates()
            assert all(43_000 <= candidate.port <= 43_200 for candidate in remote)


async def test_killed_test_room_loses_media_but_no_report(
    web: ServedProcess, room: ServedProcess, environment: dict[str, str], tmp_path: Path
) -> None:
    async with web.client() as client:
        test = await begin_test(client)
        report = f"/api/v1/tests/{test['token']}/report"
        async with connect_browser(functools.partial(send_offer, client, test["token"]), video=False) as browser:
            assert (await browser.request(type="ping", n=1))["n"] == 1
            room.kill()
            assert await request_status(client, "POST", report, json=WEAK) == 503
            assert (await begin_refused_test(client))[0] == 503
            assert await request_status(client, "GET", "/") == 200
        again = fork_process(tmp_path, environment, ROOM, int(room.url.rpartition(":")[2]))
        try:
            await again.wait_until_ready()
            assert await request_status(client, "POST", report, json=WEAK) == 200
            async with connect_browser(
                functools.partial(send_offer, client, test["token"]), video=False
            ) as browser:
                assert (await browser.request(type="ping", n=2))["n"] == 2
        finally:
            again.ensure_ended()


async def test_stopped_test_room_closes_media(web: ServedProcess, room: ServedProcess) -> None:
    async with web.client() as client:
        test = await begin_test(client)
        async with connect_browser(functools.partial(send_offer, client, test["token"]), video=False) as browser:
            stopping = threading.Thread(target=room.stop)
            stopping.start()
            await wait_until(lambda: browser.pc.connectionState == "closed")
            stopping.join()
    assert room.process.returncode == -signal.SIGTERM  # uvicorn shuts down first, then ends by the signal
    assert "Traceback" not in room.log_tail()
