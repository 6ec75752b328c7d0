"""Malformed input: odd bytes, cookies, sizes and keys cause no server error."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.server.app import ROUTES
from office360.server.settings import Settings
from office360.server.web.request_context import CLIENT_LEFT
from office360.staff.actions.accounts import create_api_key
from sqlalchemy.exc import OperationalError
from starlette.routing import Route
from yarl import URL

from ...conftest import AppServer, FakeClock, serve_app
from ...signaling.support.asgi_apps import open_raw_client
from ...support.http_client import open_client
from ...support.routes import all_routes
from ...support.timeouts import TEST_TIMEOUT_S


@pytest.mark.parametrize(
    "path",
    [
        "/o/%00",
        "/a/%00",
        "/t/%00",
        "/dev/outbox?before=%00",
        "/appointments/new?office=%00",
        "/api/v1/offices/%00/services",
        "/api/v1/offices/centro/slots?service=%00&mode=video&from=2026-11-25",
        "/static/x/%00",
        "/static/x/" + "a" * 300,
    ],
)
async def test_malformed_path_is_not_found(app_server: AppServer, path: str) -> None:
    async with app_server.client() as client, client.get(URL(app_server.url + path, encoded=True)) as answer:
        assert answer.status in (200, 404, 422)
        await answer.read()


async def test_language_link_of_each_error_page_has_a_get(app_server: AppServer) -> None:
    routes = [route for route in all_routes(ROUTES) if isinstance(route, Route)]
    reading = {route.path_regex for route in routes if "GET" in (route.methods or ())}
    writing = {route.path for route in routes if "POST" in (route.methods or ())}
    broken = []
    async with app_server.client() as client:
        for path in sorted(path for path in writing if not path.startswith("/api/")):
            address = re.sub(r"\{[^}]+\}", "x", path)
            async with client.post(address, data={"a": "b"}, headers={"Accept": "text/html"}) as answer:
                found = re.search(r'href="([^"?]+)\?[^"]*lang=en', await answer.text())
            if found and not any(pattern.match(found[1]) for pattern in reading):
                broken.append(path)
    assert broken == []


@pytest.mark.parametrize("text", ['{"service": "a\\u0000b"}', '{"service": "\\ud800"}', "[" * 200_000, "{", "[]"])
async def test_unstorable_json_is_malformed(app_server: AppServer, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    path = "/api/v1/offices/centro/tickets"
    async with app_server.client() as client, client.post(path, data=text, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json(content_type=None))["code"] == "malformed"


@pytest.mark.parametrize("path", ["/api/v1/offices/centro/tickets", "/staff/login"])
@pytest.mark.parametrize("headers", ["", "Idempotency-Key: a\r\n"])
async def test_client_leaving_in_its_body_is_logged_once(
    app_server: AppServer, path: str, headers: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}"
    async with open_raw_client(int(app_server.url.rsplit(":", 1)[1]), upgraded=False) as peer:
        peer.write(f"{head}Content-Length: 100\r\n\r\nname=".encode())
        while not app_server.server.server_state.tasks:
            await asyncio.sleep(0.01)
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while app_server.server.server_state.tasks:
            await asyncio.sleep(0.01)
    lines = [record for record in caplog.records if record.name.startswith(("office360.server", "uvicorn"))]
    assert [(line.getMessage(), vars(line)["status"]) for line in lines] == [("request", CLIENT_LEFT)]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_form_with_nul_is_refused(app_server: AppServer) -> None:
    async with app_server.client() as client:
        async with client.get("/appointments/find") as page:
            token = (await page.text()).split('name="csrf" value="')[1].split('"')[0]
        form = {"csrf": token, "locator": "7KQM\0", "contact": "amina@example.org"}
        async with client.post("/appointments/find", data=form) as answer:
            assert answer.status == 400


async def test_oversized_body_is_refused(app_server: AppServer) -> None:
    path = "/api/v1/offices/centro/tickets"
    async with app_server.client() as client, client.post(path, data=b" " * 300_000) as answer:
        assert answer.status == 413
        await answer.read()


@pytest.mark.parametrize("cookie", ["a/b=1", "{x}=1", "a@b=1", "office360_lang=en; =", ";;;"])
async def test_malformed_cookie_breaks_no_page(app_server: AppServer, cookie: str) -> None:
    async with open_client() as client, client.get(app_server.url, headers={"Cookie": cookie}) as page:
        assert page.status == 200
        await page.read()


async def test_language_link_stays_on_this_site(app_server: AppServer) -> None:
    address = URL(app_server.url + "//elsewhere.example.org/x", encoded=True)
    async with app_server.client() as client, client.get(address) as page:
        assert 'href="//' not in await page.text()


async def test_refused_method_lists_allowed_methods(app_server: AppServer) -> None:
    async with app_server.client() as client, client.delete("/api/v1/offices") as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
        assert (await answer.json(content_type=None))["code"] == "method_not_allowed"


async def test_internal_error_has_headers_and_no_detail(
    app_server: AppServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise ZeroDivisionError("a detail of ours")

    monkeypatch.setattr("office360.server.web.pages.load_office_statuses", fail)
    with caplog.at_level(logging.CRITICAL):
        async with app_server.client() as client, client.get("/") as page:
            assert page.status == 500
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert "a detail of ours" not in await page.text()


async def test_database_outage_is_answered_503(app_server: AppServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    monkeypatch.setattr("office360.server.web.pages.load_office_statuses", fail)
    async with app_server.client() as client:
        async with client.get("/") as page:
            assert page.status == 503
            await page.read()
        async with client.get("/api/v1/offices", headers={"Accept": "application/json"}) as answer:
            assert answer.status in (200, 503)


async def test_unknown_key_does_not_bypass_flood_limit(
    settings: Settings, clock: FakeClock, office: object
) -> None:
    limited = settings.model_copy(update={"gets_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        key = await create_api_key(server.runtime, name="city", role=StaffRole.INTEGRATION, offices=None)
        statuses = {}
        for name, bearer in (("made up", "x"), ("integration", key)):
            for _ in range(5):
                headers = {"Authorization": f"Bearer {bearer}"}
                async with client.get("/api/v1/offices", headers=headers) as answer:
                    statuses[name] = answer.status
                    await answer.read()
    assert statuses == {"made up": 429, "integration": 200}


async def test_client_address_distinguishes_ipv4_and_ipv6() -> None:
    from office360.core.web.requests import client_address
    from starlette.requests import Request

    def address(host: str) -> str:
        return client_address(Request({"type": "http", "client": (host, 1), "headers": []}))

    assert address("::ffff:192.0.2.1") == "192.0.2.1"
    assert address("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert address("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    "text", ['{"type": "hello", "token": "\\ud800"}', '{"type": "hello", "token": "\\u0000"}']
)
async def test_unstorable_text_closes_socket_as_malformed(app_server: AppServer, text: str) -> None:
    async with app_server.client() as client:
        socket = await client.ws_connect("/ws/ticket")
        await socket.send_str(text)
        await socket.receive()
        assert socket.close_code == 4100


async def test_malformed_origin_is_refused(app_server: AppServer) -> None:
    async with app_server.client() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect("/ws/ticket", headers={"Origin": "http://["})
    assert refused.value.status == 403


async def test_invalid_booking_does_not_count_against_limit(
    settings: Settings, clock: FakeClock, office: object
) -> None:
    limited = settings.model_copy(update={"bookings_per_hour": 1})
    wrong = {"office": "centro", "service": "certificate", "mode": "video"}
    right = {
        **wrong,
        "starts_at": "2026-11-25T11:00:00+01:00",
        "name": "Amina",
        "email": "amina@example.org",
        "privacy_accepted": True,
    }
    async with serve_app(limited, clock) as server, server.client() as client:
        statuses = []
        another = {**right, "email": "diego@example.org", "starts_at": "2026-11-25T11:15:00+01:00"}
        for body in (wrong, wrong, right, another):
            async with client.post("/api/v1/appointments", json=body) as answer:
                statuses.append(answer.status)
                await answer.read()
        assert statuses == [422, 422, 201, 429]
        assert int(answer.headers["Retry-After"]) == 3600
