"""Flood limits of reads, changes and sockets, by address."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.web.late_routes import LateRoutes
from office360.core.web.limited_route import WriteLimit
from office360.offices.service import Office
from office360.server import app
from office360.server.app import ROUTES, create_app
from office360.server.settings import Settings
from office360.server.testroom import proxy
from office360.server.web import flood_limits
from office360.server.web.flood_limits import FloodLimitMiddleware, write_limit
from office360.signaling import close_codes
from office360.signaling.websocket_protocol import MAX_MESSAGES_BURST
from office360.staff.actions.accounts import create_api_key
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ...conftest import FakeClock, serve_app
from ...support.office_fixture import build_office
from ...support.routes import all_routes
from ...support.statements import recorded_statements
from ...support.timeouts import TEST_TIMEOUT_S

DEFAULT_WRITES_PER_MINUTE = Settings.model_fields["writes_per_minute"].default


@pytest.fixture(autouse=True)
def frozen_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the time of the limits, so that no token comes back during a test."""
    monkeypatch.setattr(flood_limits, "time", SimpleNamespace(monotonic=lambda: 0.0))


def writing_routes(settings: Settings) -> Iterator[tuple[str, Route]]:
    """List method and route of every writing route, those of test rooms elsewhere too."""
    for route in all_routes([*create_app(settings).routes, *proxy.routes]):
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"GET", "HEAD"}):
                yield method, route


async def post_many(client: aiohttp.ClientSession, path: str, count: int, **headers: str) -> Counter[int]:
    statuses: Counter[int] = Counter()
    for _ in range(count):
        async with client.post(path, json={}, headers=headers) as answer:
            statuses[answer.status] += 1
    return statuses


def test_every_writing_route_has_a_limit(settings: Settings) -> None:
    table = {f"{method} {route.path}": write_limit(route) for method, route in writing_routes(settings)}
    limits = FloodLimitMiddleware(create_app(settings), settings=settings)
    assert set(table.values()) | {WriteLimit.UNKNOWN} == limits.write_limits.keys() == set(WriteLimit)
    by_default = [name for name, limit in table.items() if limit is WriteLimit.WRITES]
    assert len(by_default) > 70
    assert not [
        name for name in by_default if re.search("/login|/chat|/standby|v1/offices/{office}/tickets|/tests", name)
    ]


async def test_limit_of_a_write_loads_late_routes_in_a_thread(
    settings: Settings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("done")

    def load() -> list[BaseRoute]:
        threads.append(threading.current_thread())
        return [Route("/late/form", endpoint, methods=["POST"])]

    monkeypatch.setattr(app, "ROUTES", [*ROUTES, LateRoutes("/late", load)])
    async with (
        serve_app(settings, clock) as server,
        server.client() as client,
        client.post("/late/form") as answer,
    ):
        assert await answer.text() == "done"
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_new_writing_route_has_the_default_limit(
    settings: Settings, clock: FakeClock, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("done")

    monkeypatch.setattr(app, "ROUTES", [*ROUTES, Route("/brand-new", endpoint, methods=["POST", "PUT"])])
    limited = settings.model_copy(update={"writes_per_minute": DEFAULT_WRITES_PER_MINUTE})
    async with serve_app(limited, clock) as server, server.client() as client:
        statuses = await post_many(client, "/brand-new", DEFAULT_WRITES_PER_MINUTE + 10)
    assert statuses == {200: DEFAULT_WRITES_PER_MINUTE, 429: 10}


async def test_changes_at_unknown_address_are_refused(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    async with serve_app(settings, clock) as server, server.client() as client:
        statuses = await post_many(client, "/api/v1/nothing", 200, **{"Idempotency-Key": "k"})
    assert statuses == {404: flood_limits.UNKNOWN_PER_MINUTE, 429: 200 - flood_limits.UNKNOWN_PER_MINUTE}


@pytest.mark.parametrize("path", ["/api/v1/offices/centro/standby", "/o/centro/standby"])
async def test_standby_has_the_limit_of_tickets(
    settings: Settings, clock: FakeClock, office: Office, path: str
) -> None:
    limited = settings.model_copy(update={"tickets_per_minute": 5})
    async with serve_app(limited, clock) as server, server.client() as client:
        statuses = await post_many(client, path, 8)
    assert statuses[429] == 3


async def test_colleagues_behind_one_address_do_not_share_a_limit(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    limited = settings.model_copy(update={"writes_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        path = "/api/v1/staff/offices/centro/pause"
        made_up = await post_many(client, path, 4, Authorization="Bearer x")
        assert made_up == {401: 3, 429: 1}
        for name in ("first", "second"):
            key = await create_api_key(server.runtime, name=name, role=StaffRole.HOST, offices=["centro"])
            assert await post_many(client, path, 4, Authorization=f"Bearer {key}") == {200: 3, 429: 1}


async def test_invented_keys_cost_few_queries(settings: Settings, clock: FakeClock, office: Office) -> None:
    limited = settings.model_copy(update={"writes_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        path = "/api/v1/staff/offices/centro/pause"
        key = await create_api_key(server.runtime, role=StaffRole.HOST, offices=["centro"])
        with recorded_statements(server.runtime.db) as statements:
            for number in range(200):
                await post_many(client, path, 1, Authorization=f"Bearer {number}")
        keys_read = [statement for statement in statements if "api_keys" in statement.sql]
        assert len(keys_read) == 3 + flood_limits.UNKNOWN_CALLERS_PER_MINUTE
        assert await post_many(client, path, 1, Authorization=f"Bearer {key}") == {429: 1}


async def test_known_callers_are_looked_up_without_limit(
    settings: Settings, clock: FakeClock, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood_limits, "UNKNOWN_CALLERS_PER_MINUTE", 2)
    limited = settings.model_copy(update={"tickets_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        key = await create_api_key(server.runtime, name="kiosk", role=StaffRole.INTEGRATION, offices=["centro"])
        path, bearer = "/api/v1/offices/centro/tickets", {"Authorization": f"Bearer {key}"}
        assert (await post_many(client, path, 12, **bearer))[429] == 0


async def test_integration_is_exempt_in_its_office_only(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    limited = settings.model_copy(update={"tickets_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        await build_office(server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
        key = await create_api_key(server.runtime, name="kiosk", role=StaffRole.INTEGRATION, offices=["norte"])
        bearer = {"Authorization": f"Bearer {key}"}
        assert (await post_many(client, "/api/v1/offices/centro/tickets", 5, **bearer))[429] == 2
        assert (await post_many(client, "/api/v1/offices/norte/tickets", 5, **bearer))[429] == 0


@pytest.mark.parametrize("path", ["/readyz", "/healthzzz", "/readyz/x", "/metricsx", "/static"])
async def test_path_that_begins_like_an_exempt_one_is_limited(
    settings: Settings, clock: FakeClock, office: Office, path: str
) -> None:
    limited = settings.model_copy(update={"gets_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        statuses = Counter[int]()
        for _ in range(5):
            async with client.get(path) as answer:
                statuses[answer.status] += 1
        async with client.get("/healthz") as alive:
            assert alive.status == 200
    assert statuses[429] == 2


async def open_display(client: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse | None:
    """Open a socket; None if the address has too many."""
    try:
        return await client.ws_connect("/ws/display")
    except aiohttp.WSServerHandshakeError as refused:
        if refused.status != 429:
            raise
        return None


async def test_sockets_of_address_count_until_their_connection_ends(
    settings: Settings, clock: FakeClock, office: Office
) -> None:
    limited = settings.model_copy(update={"sockets_per_address": 2})
    async with serve_app(limited, clock) as server, server.client() as client:
        first, flooding = await open_display(client), await open_display(client)
        assert first is not None
        assert flooding is not None
        assert await open_display(client) is None
        for _ in range(10 * MAX_MESSAGES_BURST):
            await flooding.ping()
        assert (await flooding.receive()).data == close_codes.TOO_MANY
        assert await open_display(client) is None  # the server keeps it open
        await first.close()
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while await open_display(client) is None:
                await asyncio.sleep(0.01)
