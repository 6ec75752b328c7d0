"""A request can be traced by its id, and a failure is one log line."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from office360.core.errors import DatabaseAway
from office360.server.process.logging import configure_logging
from office360.server.settings import Settings
from office360.signaling import close_codes
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ...conftest import AppServer, FakeClock, serve_app
from ...support.timeouts import TEST_TIMEOUT_S

LogLines = Callable[[], list[dict[str, Any]]]
PROXIED = {"X-Forwarded-For": "203.0.113.9", "X-Request-Id": "of-the-proxy-1"}


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogLines]:
    """Log as in production, and return the lines so far, without those of background tasks."""
    root, stderr, written = logging.getLogger(), sys.stderr, io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(
        logging.getLogger("uvicorn"), "propagate", True
    )  # a server of another test may have ended it
    sys.stderr = written
    configure_logging("INFO", human=False)
    sys.stderr = stderr
    yield lambda: [line for line in map(json.loads, written.getvalue().splitlines()) if _is_of_request(line)]
    root.handlers[:] = handlers
    root.setLevel(level)


def _is_of_request(line: dict[str, Any]) -> bool:
    return "request_id" in line or "exception" in line


async def crash(request: Request) -> Response:
    raise ZeroDivisionError


async def lose_connection(request: Request) -> Response:
    raise InterfaceError("SELECT 1", None, ConnectionError("connection is closed"), connection_invalidated=True)


async def read_body(request: Request) -> Response:
    return Response(await request.body())


async def crash_after_start(request: Request) -> Any:
    async def respond(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    return respond


async def socket_without_database(websocket: WebSocket) -> None:
    await websocket.accept()
    raise DatabaseAway("no connection")


async def handshake_without_database(websocket: WebSocket) -> None:
    raise DatabaseAway("no connection")


@pytest.fixture
async def failing_server(app_server: AppServer, log_lines: LogLines) -> AppServer:
    """The product with some routes that fail."""
    app: Any = app_server.server.config.app
    app.router.routes[:0] = [
        Route("/api/v1/crash", crash, methods=["GET", "POST"]),
        Route("/crash", crash),
        Route("/crash-late", crash_after_start),
        Route("/api/v1/lose-connection", lose_connection, methods=["POST"]),
        Route("/api/v1/body", read_body, methods=["POST"]),
        WebSocketRoute("/ws/away", socket_without_database),
        WebSocketRoute("/ws/refused", handshake_without_database),
    ]
    return app_server


async def test_request_id_is_in_response_and_log(failing_server: AppServer, log_lines: LogLines) -> None:
    async with failing_server.client() as client, client.get("/o/centro") as answer:
        request_id = answer.headers["X-Request-Id"]
    [line] = [log_line for log_line in log_lines() if log_line["event"] == "request"]
    assert (line["request_id"], line["route"], line["status"]) == (request_id, "/o/{office}", 200)


async def test_request_id_of_stranger_is_replaced(failing_server: AppServer) -> None:
    async with failing_server.client() as client, client.get("/healthz", headers=PROXIED) as answer:
        assert answer.headers["X-Request-Id"] != PROXIED["X-Request-Id"]


@pytest.fixture
async def proxied_server(settings: Settings, clock: FakeClock) -> AsyncIterator[AppServer]:
    trusting = settings.model_copy(update={"trusted_proxies": ["127.0.0.1"]})
    async with serve_app(trusting, clock) as server:
        yield server


@pytest.mark.parametrize(
    ("sent", "is_kept"), [("of-the-proxy-1", True), ("x", False), ("<b>a b c d e</b>", False)]
)
async def test_request_id_of_trusted_proxy_is_kept(proxied_server: AppServer, sent: str, is_kept: bool) -> None:
    headers = {**PROXIED, "X-Request-Id": sent}
    async with proxied_server.client() as client, client.get("/healthz", headers=headers) as answer:
        assert (answer.headers["X-Request-Id"] == sent) is is_kept


async def test_crash_is_one_line_with_request_id(failing_server: AppServer, log_lines: LogLines) -> None:
    async with failing_server.client() as client, client.get("/api/v1/crash") as answer:
        problem = await answer.json()
    assert (answer.status, problem["code"]) == (500, "internal_error")
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    failed, request = log_lines()
    assert (failed["event"], request["event"], request["status"]) == ("request_failed", "request", 500)
    assert failed["request_id"] == request["request_id"] == problem["request_id"]
    assert "ZeroDivisionError" in failed["exception"]


async def test_error_page_shows_request_id(failing_server: AppServer) -> None:
    async with failing_server.client() as client, client.get("/crash") as answer:
        page = await answer.text()
    assert answer.headers["X-Request-Id"] in page
    assert "Content-Security-Policy" in answer.headers


async def test_crash_in_mid_response_is_one_line(failing_server: AppServer, log_lines: LogLines) -> None:
    async with failing_server.client() as client:
        with pytest.raises(aiohttp.ClientError):
            async with client.get("/crash-late") as answer:
                await answer.read()
    lines = await wait_for_lines(log_lines, 2)
    assert len([line for line in lines if "exception" in line]) == 1
    assert {line["request_id"] for line in lines} == {lines[0]["request_id"]}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one-tap"}])
async def test_outage_is_503_in_log_as_sent(
    failing_server: AppServer, log_lines: LogLines, headers: dict[str, str]
) -> None:
    async with (
        failing_server.client() as client,
        client.post("/api/v1/lose-connection", json={}, headers=headers) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    lines = log_lines()
    assert [line["status"] for line in lines if line["event"] == "request"] == [503]
    assert [line for line in lines if "exception" in line] == []


async def test_outage_outside_of_routes_is_503_in_log(
    failing_server: AppServer, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A middleware asks the database, too."""

    async def fail(*_: object) -> None:
        raise OperationalError("SELECT 1", None, ConnectionError("gone"), connection_invalidated=True)

    monkeypatch.setattr("office360.core.db.idempotency_keys.claim_request", fail)
    async with (
        failing_server.client() as client,
        client.post("/api/v1/body", json={}, headers={"Idempotency-Key": "one-tap"}) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert [log_line["status"] for log_line in log_lines() if log_line["event"] == "request"] == [503]


async def test_client_that_leaves_is_one_quiet_line(failing_server: AppServer, log_lines: LogLines) -> None:
    port = int(failing_server.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/body HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")  # the body is being read
    writer.write(b"half")
    writer.close()
    await wait_for_lines(log_lines, 1)
    async with failing_server.client() as client, client.get("/o/centro"):
        lines = await wait_for_lines(log_lines, 2)
    shown = [(line["event"], line["status"], line["level"]) for line in lines]
    assert shown == [("request", 499, "info"), ("request", 200, "info")]


async def wait_for_lines(log_lines: LogLines, count: int) -> list[dict[str, Any]]:
    """Wait until so many lines were logged."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while len(lines := log_lines()) < count:
            await asyncio.sleep(0.01)
    return lines


async def test_socket_without_database_is_closed_1013(failing_server: AppServer, log_lines: LogLines) -> None:
    async with failing_server.client() as client, client.ws_connect("/ws/away") as socket:
        assert socket._response.headers["X-Request-Id"]
        await socket.receive()
        assert socket.close_code == close_codes.TRY_AGAIN_LATER
    assert log_lines() == []


async def test_handshake_without_database_is_503(failing_server: AppServer, log_lines: LogLines) -> None:
    async with failing_server.client() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect("/ws/refused")
    assert refused.value.status == 503
    assert refused.value.headers is not None
    assert refused.value.headers["Retry-After"] == "5"
    assert log_lines() == []
