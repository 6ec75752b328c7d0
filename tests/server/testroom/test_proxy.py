"""Reverse proxy to test rooms: each call reaches its room; a room that is down is skipped."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from aiohttp import web
from aiohttp.test_utils import TestServer
from office360.core.auth import StaffRole
from office360.offices.service import Office
from office360.precheck.realtime.live_tests import LiveTests
from office360.server.process.http_connection import HttpLimits
from office360.server.process.uvicorn_server import testroom_config as config_of_testroom
from office360.server.settings import Settings
from office360.server.testroom import proxy as testroom_proxy
from office360.server.testroom.app import create_testroom_app
from office360.staff.actions.accounts import create_api_key
from yarl import URL

from ...conftest import AppServer, FakeClock, serve_app
from ...precheck.support.webrtc_client import connect_browser
from ...precheck.web.test_api import WEAK, begin_refused_test, begin_test, request_status, send_offer
from ...support.http_client import open_client
from ...support.ports import free_port
from ..support.access_rows import FORWARDED, parse_rows


@dataclass
class RunningTestRoom:
    """A test room under uvicorn on a free port of loopback."""

    url: str
    server: uvicorn.Server
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task

    async def said(self) -> dict[str, Any]:
        async with open_client() as client, client.get(f"{self.url}/healthz") as answer:
            found: dict[str, Any] = await answer.json()
            return found


@asynccontextmanager
async def room_server(settings: Settings, clock: FakeClock, port: int = 0) -> AsyncIterator[RunningTestRoom]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port or free_port()))
    config = config_of_testroom(settings, "127.0.0.1", 0)
    config.app = create_testroom_app(settings, clock)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    room = RunningTestRoom(f"http://127.0.0.1:{listener.getsockname()[1]}", server, task)
    try:
        yield room
    finally:
        await room.stop()
        listener.close()


@dataclass
class ProxiedRooms:
    """A web process and two test rooms with one place each."""

    web: AppServer
    rooms: list[RunningTestRoom]

    def expire_statuses(self) -> None:
        """Let the web process fetch the rooms' status for its next request."""
        rooms = self.web.lifespan_state["live_tests"]
        assert isinstance(rooms, testroom_proxy.TestRoomProxy)
        rooms._fetched_at_s = float("-inf")

    async def room_with_test(self, token: str) -> RunningTestRoom:
        names = {(await room.said())["room"]: room for room in self.rooms}
        return names[token.partition(".")[0]]


@pytest.fixture
async def proxied_rooms(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[ProxiedRooms]:
    small = settings.model_copy(update={"testroom_sessions": 1})
    async with AsyncExitStack() as stack:
        rooms = [await stack.enter_async_context(room_server(small, clock)) for _ in range(2)]
        passing = small.model_copy(
            update={"testroom_url": [room.url for room in rooms], "trusted_proxies": ["127.0.0.1"]}
        )
        yield ProxiedRooms(await stack.enter_async_context(serve_app(passing, clock)), rooms)


async def test_web_process_with_proxy_has_no_test_room(proxied_rooms: ProxiedRooms) -> None:
    assert not isinstance(proxied_rooms.web.lifespan_state["live_tests"], LiveTests)


async def test_media_and_report_reach_room_of_test(proxied_rooms: ProxiedRooms) -> None:
    async with proxied_rooms.web.client() as client:
        test = await begin_test(client)
        async with connect_browser(lambda sdp: send_offer(client, test["token"], sdp), video=False) as browser:
            assert (await browser.request(type="ping", n=1))["n"] == 1
            assert (await (await proxied_rooms.room_with_test(test["token"])).said())["sessions"] == 1
            where = f"/api/v1/tests/{test['token']}"
            assert await request_status(client, "POST", f"{where}/report", json=WEAK) == 200
            assert await request_status(client, "DELETE", where) == 204
        async with client.get(where, headers={"Accept-Language": "en"}) as answer:
            report = await answer.json()
    assert (report["verdict"], report["title"]) == ("amber", "You will be heard well. The picture may freeze.")


async def test_new_test_goes_to_room_with_capacity(proxied_rooms: ProxiedRooms) -> None:
    async with proxied_rooms.web.client() as client:
        tests = []
        for address in ("203.0.113.7", "203.0.113.8"):
            client.headers["X-Forwarded-For"] = address
            tests.append(await begin_test(client))
            proxied_rooms.expire_statuses()
        assert len({test["token"].partition(".")[0] for test in tests}) == 2
        client.headers["X-Forwarded-For"] = "203.0.113.9"
        for _ in range(3):  # both are full: the caller keeps the same room
            status, problem, retry_after = await begin_refused_test(client)
            assert (status, problem["code"], problem["position"], retry_after) == (503, "test_room_full", 1, "5")


async def test_other_room_takes_report_of_stopped_room(proxied_rooms: ProxiedRooms) -> None:
    async with proxied_rooms.web.client() as client:
        test = await begin_test(client)
        await (await proxied_rooms.room_with_test(test["token"])).stop()
        where = f"/api/v1/tests/{test['token']}"
        assert await request_status(client, "POST", f"{where}/report", json=WEAK) == 200
        assert await request_status(client, "GET", where) == 200
        async with connect_browser(lambda sdp: send_offer(client, test["token"], sdp), video=False) as browser:
            assert (await browser.request(type="ping", n=1))["n"] == 1


async def test_test_is_unavailable_without_rooms(proxied_rooms: ProxiedRooms) -> None:
    for room in proxied_rooms.rooms:
        await room.stop()
    async with proxied_rooms.web.client() as client:
        assert await request_status(client, "GET", "/") == 200
        status, problem, retry_after = await begin_refused_test(client)
        assert (status, problem["code"], retry_after) == (503, "unavailable", "5")


async def test_returning_room_is_used_again(
    proxied_rooms: ProxiedRooms, settings: Settings, clock: FakeClock
) -> None:
    ports = [int(room.url.rpartition(":")[2]) for room in proxied_rooms.rooms]
    for room in proxied_rooms.rooms:
        await room.stop()
    async with proxied_rooms.web.client() as client:
        assert (await begin_refused_test(client))[0] == 503
        async with room_server(settings, clock, ports[0]):
            proxied_rooms.expire_statuses()
            await begin_test(client)


async def test_test_limit_counts_by_citizen_address(settings: Settings, clock: FakeClock, office: Office) -> None:
    strict = settings.model_copy(update={"tests_per_hour": 1})
    async with room_server(strict, clock) as room:
        passing = strict.model_copy(update={"testroom_url": [room.url], "trusted_proxies": ["127.0.0.1"]})
        async with serve_app(passing, clock) as web, web.client() as client:
            for address in ("203.0.113.7", "203.0.113.8"):
                headers = {"X-Forwarded-For": address}
                assert await request_status(client, "POST", "/api/v1/tests", json={}, headers=headers) == 201
                assert await request_status(client, "POST", "/api/v1/tests", json={}, headers=headers) == 429


async def test_refusal_of_room_is_returned_unchanged(proxied_rooms: ProxiedRooms) -> None:
    async with proxied_rooms.web.client() as client:
        assert await request_status(client, "GET", "/api/v1/tests/nobody.knows") == 404
        assert await request_status(client, "GET", "/api/v1/tests") == 405
        async with client.post("/api/v1/tests", json={"appointment": 7}) as answer:
            assert (answer.status, answer.content_type) == (422, "application/problem+json")


async def test_test_room_serves_only_tests(proxied_rooms: ProxiedRooms) -> None:
    async with open_client(proxied_rooms.rooms[0].url) as client:
        assert await request_status(client, "GET", "/readyz") == 200
        assert await request_status(client, "GET", "/api/v1/offices") == 404


async def test_forwarded_calls_need_the_token_of_a_test(proxied_rooms: ProxiedRooms) -> None:
    async with proxied_rooms.web.client() as client:
        for row in (row for row, access in parse_rows(FORWARDED).items() if access == "t"):
            method, path = row.replace("/api:", "/api/v1").split(" ")
            for call in ("offer", "resume", "report"):
                target = path.replace("{token}", "of.another-thing").replace("{rest:path}", call)
                assert await request_status(client, method, target, json=WEAK) in (404, 405, 422), target


HOSTILE_PATHS = [
    "x/..%2f..%2f..%2f..%2fhealthz",
    "x%2f..%2f..%2f..%2f..%2fhealthz",
    "%2e%2e/%2e%2e/%2e%2e/healthz",
    "..%2f..%2f..%2f..%2freadyz",
    "x/%252e%252e%252f%252e%252e%252freadyz",
    "x/.%2e%5c..%5creadyz",
    "x/%2e%2e%3b/%2e%2e",
    "%2e%2e",
    "%2e/regions",
    "x/.%2e/x.y/offer",
    "x//offer",
    "x/offer%3flang=en",
    "x/offer%23",
    "x/offer%00",
    "http:%2f%2f127.0.0.1%2fhealthz",
]


@dataclass
class RecordedRoom:
    """A test room that notes what reaches it, and answers 200 or a redirect to itself."""

    url: str
    received: list[web.Request]


@pytest.fixture
async def recorded_room() -> AsyncIterator[RecordedRoom]:
    received: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/healthz":
            return web.json_response({"room": "x", "free": 1})
        received.append(request)
        return web.Response(status=307, headers={"Location": "/healthz"}, text="{}")

    room = web.Application()
    room.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(room) as server:
        yield RecordedRoom(str(server.make_url("")).rstrip("/"), received)


async def test_only_named_calls_reach_test_room(
    recorded_room: RecordedRoom, settings: Settings, clock: FakeClock, office: Office
) -> None:
    passing = settings.model_copy(update={"testroom_url": [recorded_room.url]})
    async with serve_app(passing, clock) as web_process, web_process.client() as client:
        for path in HOSTILE_PATHS:
            for method in ("GET", "POST", "DELETE"):
                target = URL(f"{web_process.url}/api/v1/tests/{path}", encoded=True)
                assert await request_status(client, method, target, json=WEAK) == 404, path
        assert recorded_room.received == []
        async with client.post("/api/v1/tests/x.y-_9/offer?lang=en", allow_redirects=False) as answer:
            assert answer.status == 307  # the room's own answer, whose target was not requested
    assert [request.raw_path for request in recorded_room.received] == ["/api/v1/tests/x.y-_9/offer?lang=en"]


async def test_no_session_of_staff_reaches_test_room(
    recorded_room: RecordedRoom, settings: Settings, clock: FakeClock, office: Office
) -> None:
    passing = settings.model_copy(update={"testroom_url": [recorded_room.url]})
    async with serve_app(passing, clock) as web_process, web_process.client() as client:
        key = await create_api_key(web_process.runtime, role=StaffRole.INTEGRATION)
        cookies = "other=1; office360_staff=secret; office360_device=dev; office360_lang=en; office360_login=x"
        for credential in (f"Bearer {key}", "Basic c3RhZ2luZw=="):
            headers = {"Cookie": cookies, "Authorization": credential, "X-Remote-User": "elena"}
            await request_status(client, "GET", "/api/v1/tests/x", headers=headers, allow_redirects=False)
    by_key, by_password = (request.headers for request in recorded_room.received)
    assert by_key["Cookie"] == by_password["Cookie"] == "office360_device=dev; office360_lang=en"
    assert by_key["Authorization"] == f"Bearer {key}"
    assert "Authorization" not in by_password
    assert not any("secret" in text or "elena" in text for text in by_key.values())


# Regions


@pytest.fixture
async def regions(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[ProxiedRooms]:
    """A web process and a test room with one place in each of two regions, near and far."""
    small = settings.model_copy(update={"testroom_sessions": 1})
    async with AsyncExitStack() as stack:
        rooms = [await stack.enter_async_context(room_server(small, clock)) for _ in range(2)]
        urls = [f"{name}={room.url}+stun:192.0.2.1:3478" for name, room in zip(REGIONS, rooms, strict=True)]
        passing = small.model_copy(update={"testroom_url": urls, "trusted_proxies": ["127.0.0.1"]})
        yield ProxiedRooms(await stack.enter_async_context(serve_app(passing, clock)), rooms)


REGIONS = ("lugo", "madrid")


async def begin_in_region(proxied: ProxiedRooms, caller: int, **round_trips: Any) -> str:
    """Begin a test from an address of its own. Returns the region that measures it."""
    headers = {"X-Forwarded-For": f"203.0.113.{caller}"}
    async with proxied.web.client(headers=headers) as client:
        test = await begin_test(client, regions=round_trips)
    proxied.expire_statuses()
    return REGIONS[proxied.rooms.index(await proxied.room_with_test(test["token"]))]


async def test_browsers_learn_where_regions_are(regions: ProxiedRooms, app_server: AppServer) -> None:
    for server, count in ((regions.web, 2), (app_server, 0)):
        async with server.client() as client, client.get("/api/v1/tests/regions") as answer:
            found = (await answer.json())["regions"]
        assert [region["name"] for region in found] == list(REGIONS)[:count]


@pytest.mark.parametrize("near", REGIONS)
async def test_new_test_goes_to_nearest_region_then_overflows(regions: ProxiedRooms, near: str) -> None:
    (far,) = set(REGIONS) - {near}
    measured = {near: 9.5, far: 48, "atlantis": 1}
    assert await begin_in_region(regions, 1, **measured) == near
    assert await begin_in_region(regions, 2, **measured) == far
    async with regions.web.client(headers={"X-Forwarded-For": "203.0.113.3"}) as client:
        for position in (1, 1):  # both are full: the caller waits for the nearest
            status, problem, _ = await begin_refused_test(client, regions=measured)
            assert (status, problem["position"]) == (503, position)
    waiting = {REGIONS[at]: (await room.said())["waiting"] for at, room in enumerate(regions.rooms)}
    assert waiting == {near: 1, far: 0}


@pytest.mark.parametrize("down", REGIONS)
async def test_test_goes_to_other_region_if_nearest_is_down(regions: ProxiedRooms, down: str) -> None:
    (other,) = set(REGIONS) - {down}
    await regions.rooms[REGIONS.index(down)].stop()
    async with regions.web.client() as client:
        token = (await begin_test(client, regions={down: 3, other: 90}))["token"]
    assert token.partition(".")[0] == (await regions.rooms[REGIONS.index(other)].said())["room"]


async def test_unmeasured_region_comes_after_measured_ones(regions: ProxiedRooms) -> None:
    assert await begin_in_region(regions, 1, madrid=59_000) == "madrid"
    assert await begin_in_region(regions, 2) == "lugo"


@pytest.mark.parametrize(
    "hostile",
    [
        {"madrid": -1},
        {"madrid": 1e300},
        {"madrid": "near"},
        {"madrid": None},
        {"Madrid'; --": 1},
        {f"r{number}": 1 for number in range(17)},
        ["madrid"],
        "madrid",
    ],
)
async def test_hostile_round_trips_are_refused(regions: ProxiedRooms, hostile: Any) -> None:
    async with regions.web.client() as client:
        status, problem, _ = await begin_refused_test(client, regions=hostile)
    assert (status, problem["code"]) == (422, "invalid")


async def test_proxy_closes_idle_connections_before_room() -> None:
    proxy = testroom_proxy.TestRoomProxy([])
    try:
        connector: Any = proxy._client.connector
        assert connector._keepalive_timeout < HttpLimits().idle_timeout_s
    finally:
        await proxy.close()
