"""Limits of HTTP connections: headers, bodies, pipelining, number, upgrades."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from unittest.mock import Mock

import pytest
from office360.core.i18n.languages import LanguageChoice
from office360.server.process.http_connection import (
    MAX_HEAD_BYTES,
    MAX_HEADER_LINES,
    MAX_PIPELINED,
    HttpConnectionFactory,
    HttpLimits,
)
from office360.server.web.request_context import RequestContextMiddleware
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ...signaling.support.asgi_apps import HANDSHAKE, RawClient, RunningServer, open_raw_client, run_server
from ...support.timeouts import TEST_TIMEOUT_S

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
SHORT_LIMITS = HttpLimits(body_silence_s=0.3, body_timeout_s=1.0, sweep_interval_s=0.05)


class RecordingApp:
    """Answers with the size of the body, and records requests; GET waits until it is released."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.disconnected = asyncio.Event()
        self.released = asyncio.Event()
        self.opened_sockets = 0
        self.asgi = Starlette(
            routes=[
                Route("/", self._respond, methods=["GET", "POST"]),
                Route("/early", self._respond_early, methods=["POST"]),
                Route("/now", self._respond_early),
                WebSocketRoute("/ws", self._open),
            ]
        )

    async def _respond(self, request: Request) -> Response:
        self.requests.append(request)
        if request.method == "GET":
            await self.released.wait()
        try:
            return PlainTextResponse(str(len(await request.body())))
        except ClientDisconnect:
            self.disconnected.set()
            return Response()

    async def _respond_early(self, request: Request) -> Response:
        """Respond without reading the body."""
        return PlainTextResponse("early")

    async def _open(self, websocket: WebSocket) -> None:
        self.opened_sockets += 1
        await websocket.accept()
        await websocket.receive()


@pytest.fixture
def app() -> RecordingApp:
    return RecordingApp()


@asynccontextmanager
async def serve(
    app: RecordingApp, limits: HttpLimits | None = None, *proxies: str
) -> AsyncIterator[RunningServer]:
    async with run_server(app.asgi, http=HttpConnectionFactory(limits, proxies)) as at:
        yield at


@asynccontextmanager
async def open_client(at: RunningServer, source: str = "127.0.0.1") -> AsyncIterator[RawClient]:
    async with open_raw_client(at.port, upgraded=False, source=source) as peer:
        yield peer


async def read_response(peer: RawClient) -> tuple[int, bytes]:
    """Read a response. Returns its status and body."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        head = await peer.reader.readuntil(b"\r\n\r\n")
        sizes = [int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line]
        return int(head[9:12]), await peer.reader.readexactly(sum(sizes))


# Idle connections


async def test_idle_connection_of_proxy_outlives_others(app: RecordingApp) -> None:
    limits = HttpLimits(idle_timeout_s=0.05, proxy_idle_timeout_s=3_600.0)
    empty_post = POST + b"Content-Length: 0\r\n\r\n"
    async with serve(app, limits, "127.0.0.1") as at, open_client(at) as proxy:
        proxy.write(empty_post)
        assert await read_response(proxy) == (200, b"0")
        async with open_client(at, source="127.0.0.2") as other:  # idle later than the proxy
            other.write(empty_post)
            assert await read_response(other) == (200, b"0")
            await other.wait_closed()
        proxy.write(empty_post)
        assert await read_response(proxy) == (200, b"0")


# Headers


@pytest.mark.parametrize("path", [b"/", b"/ws"])
@pytest.mark.parametrize(
    "header_lines",
    [
        b"".join(b"X-%d: a\r\n" % number for number in range(MAX_HEADER_LINES + 1)),
        b"X-Long: " + b"a" * MAX_HEAD_BYTES,  # also without an end of the line
        b"X-Long: " + b"a" * 20 * MAX_HEAD_BYTES + b"\r\n",
    ],
    ids=["lines", "endless line", "megabyte"],
)
async def test_large_headers_are_refused_with_431(app: RecordingApp, path: bytes, header_lines: bytes) -> None:
    async with serve(app) as at, open_client(at) as peer:
        peer.write(b"GET %b HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" % path + header_lines)
        assert (await read_response(peer))[0] == 431
        await peer.wait_closed()
    assert not app.requests
    assert not app.opened_sockets


async def test_long_handshake_line_is_refused_with_431(app: RecordingApp) -> None:
    async with serve(app) as at, open_client(at) as peer:
        peer.write(b"GET /ws HTTP/1.1\r\nX-Long: " + b"a" * 9_000 + f"\r\n{HANDSHAKE}".encode())
        assert (await read_response(peer))[0] == 431
        await peer.wait_closed()
    assert not app.opened_sockets


async def test_large_chunk_extensions_and_trailers_are_refused(app: RecordingApp) -> None:
    async with serve(app) as at:
        for excess in (b"1;" + b"a" * 2 * MAX_HEAD_BYTES, b"0\r\n" + b"A: a\r\n" * MAX_HEAD_BYTES):
            async with open_client(at) as peer:
                peer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n" + excess)
                assert (await read_response(peer))[0] == 431


async def test_trailers_do_not_reach_headers(app: RecordingApp) -> None:
    async with serve(app) as at, open_client(at) as peer:
        peer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Forged: yes\r\n\r\n")
        assert await read_response(peer) == (200, b"1")
    assert "x-forged" not in app.requests[0].headers


@pytest.mark.parametrize(("half_open", "expected"), [(2, 2), (9, 3)], ids=["crowded", "calm"])
async def test_half_open_connections_end_early_when_crowded(
    app: RecordingApp, half_open: int, expected: int
) -> None:
    limits = HttpLimits(60.0, 1.0, half_open=half_open, sweep_interval_s=0.05)
    async with serve(app, limits) as at, AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(open_client(at)) for _ in range(3)]
        ends = {asyncio.create_task(peer.reader.read()) for peer in peers}
        assert not (await asyncio.wait(ends, timeout=0.1))[0]
        _, open_still = await asyncio.wait(ends, timeout=2.0)
        assert len(open_still) == expected
        for end in open_still:
            end.cancel()


async def test_empty_lines_do_not_hold_a_connection(app: RecordingApp) -> None:
    limits = HttpLimits(headers_timeout_s=0.2, sweep_interval_s=0.05)
    async with serve(app, limits) as at, open_client(at) as peer:
        peer.write(POST + b"Content-Length: 0\r\n\r\n")
        assert await read_response(peer) == (200, b"0")
        peer.write(b"\r\n")
        await peer.wait_closed()


async def test_headers_time_out_only_while_we_read(app: RecordingApp) -> None:
    limits = HttpLimits(headers_timeout_s=0.2, sweep_interval_s=0.05)
    async with serve(app, limits) as at, open_client(at) as peer:
        peer.write(GET * 2 + GET[:10])
        while not app.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)  # more than the limit, during the first request
        app.released.set()
        peer.write(GET[10:])
        for _ in range(3):
            assert (await read_response(peer))[0] == 200


# Bodies


async def test_large_body_is_received_whole(app: RecordingApp) -> None:
    async with serve(app) as at, open_client(at) as peer:
        peer.write(POST + b"Content-Length: 1000000\r\n\r\n" + b"a" * 1_000_000)
        assert await read_response(peer) == (200, b"1000000")


async def test_silent_body_ends_with_408(app: RecordingApp) -> None:
    async with serve(app, SHORT_LIMITS) as at, open_client(at) as peer:
        peer.write(POST + b"Content-Length: 10\r\n\r\nabc")
        assert (await read_response(peer))[0] == 408
        await peer.wait_closed()
        await app.disconnected.wait()


async def test_sent_408_is_in_the_line_of_its_request(app: RecordingApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    logging_app: Any = RequestContextMiddleware(app.asgi, https=False, languages=LanguageChoice())
    async with run_server(logging_app, http=HttpConnectionFactory(SHORT_LIMITS)) as at, open_client(at) as peer:
        peer.write(POST + b"Content-Length: 10\r\n\r\nabc")
        assert (await read_response(peer))[0] == 408
        await app.disconnected.wait()
    (line,) = (record for record in caplog.records if record.getMessage() in ("request", "request_refused"))
    assert (line.getMessage(), vars(line)["status"]) == ("request", 408)


async def test_dripping_body_ends_with_408(app: RecordingApp) -> None:
    async with serve(app, SHORT_LIMITS) as at, open_client(at) as peer:
        peer.write(POST + b"Content-Length: 1000\r\n\r\n")
        answer = asyncio.create_task(read_response(peer))
        while not answer.done():
            peer.write(b"a")
            await asyncio.wait([answer], timeout=0.05)
        assert (await answer)[0] == 408


async def test_unread_body_after_response_is_ended(app: RecordingApp) -> None:
    async with serve(app, SHORT_LIMITS) as at, open_client(at) as peer:
        peer.write(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        assert await read_response(peer) == (200, b"early")
        closed = asyncio.create_task(peer.wait_closed())
        while not closed.done():
            peer.write(b"a")
            await asyncio.wait([closed], timeout=0.05)
        await closed


# Pipelining


async def test_pipelined_requests_are_served_in_order(app: RecordingApp) -> None:
    app.released.set()
    async with serve(app) as at, open_client(at) as peer:
        for size in range(MAX_PIPELINED + 1):
            peer.write(POST + b"Content-Length: %d\r\n\r\n" % size + b"a" * size)
        answers = [await read_response(peer) for _ in range(MAX_PIPELINED + 1)]
    assert answers == [(200, b"%d" % size) for size in range(MAX_PIPELINED + 1)]


async def test_too_many_pipelined_requests_end_the_connection(app: RecordingApp) -> None:
    async with serve(app) as at, open_client(at) as peer:
        peer.write(GET * 10_000)
        await peer.wait_closed()
        app.released.set()
    assert len(app.requests) <= 1


async def test_reading_pauses_while_requests_wait(app: RecordingApp) -> None:
    async with serve(app) as at, open_client(at) as peer:
        peer.write(GET * MAX_PIPELINED)
        while not app.requests:
            await asyncio.sleep(0.01)
        connection: Any = next(iter(at.server.server_state.connections))
        assert connection.flow.read_paused
        app.released.set()
        for _ in range(MAX_PIPELINED):
            assert (await read_response(peer))[0] == 200
            assert connection.flow.read_paused or not connection.pipeline


@pytest.mark.parametrize("pipelined", [1, MAX_PIPELINED, MAX_PIPELINED * 100])
async def test_closed_connection_is_freed_without_collector(app: RecordingApp, pipelined: int) -> None:
    async with serve(app) as at:
        gc.collect()
        gc.disable()
        try:
            async with open_client(at) as peer:
                await _wait_for_connections(at, 1)
                freed = weakref.ref(next(iter(at.server.server_state.connections)))
                peer.write(GET * pipelined)
                while not app.requests and at.server.server_state.connections:
                    await asyncio.sleep(0.01)
            app.released.set()
            await _wait_for_connections(at, 0)
            app.requests.clear()
            async with asyncio.timeout(TEST_TIMEOUT_S):
                while freed() is not None:
                    await asyncio.sleep(0.01)
        finally:
            gc.enable()


# Connections of an address


async def test_connections_of_one_address_are_bounded(app: RecordingApp) -> None:
    async with serve(app, HttpLimits(per_address=3)) as at, AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(open_client(at)) for _ in range(3)]
        async with open_client(at) as excess:
            assert (await read_response(excess))[0] == 429
        peers[0].writer.transport.abort()
        await _wait_for_connections(at, 2)
        async with open_client(at) as next_peer:
            next_peer.write(b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await read_response(next_peer) == (200, b"early")


async def test_trusted_proxy_has_no_limit_of_connections(app: RecordingApp) -> None:
    async with serve(app, HttpLimits(per_address=1), "127.0.0.1") as at, AsyncExitStack() as stack:
        for _ in range(4):
            peer = await stack.enter_async_context(open_client(at))
            peer.write(b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await read_response(peer) == (200, b"early")


async def _wait_for_connections(at: RunningServer, number: int) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while len(at.server.server_state.connections) != number:
            await asyncio.sleep(0.01)


# Upgrades


async def test_upgrades_yield_to_other_connections(app: RecordingApp, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    async with serve(app) as at:
        factory: Any = at.server.config.http_protocol_class
        queued = [_QueuedUpgrade(turns) for _ in range(20)]
        for upgrade in queued:
            factory.queue_upgrade(upgrade)
        while sum(turns) < len(queued):
            turns.append(0)
            await asyncio.sleep(0)
    assert set(turns[1:-1]) == {1}


async def test_failed_upgrade_does_not_stop_the_next(app: RecordingApp, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(app) as at:
        with monkeypatch.context() as patch:
            patch.setattr(HttpToolsProtocol, "handle_websocket_upgrade", Mock(side_effect=RuntimeError("a bug")))
            async with open_client(at) as peer:
                peer.write(f"GET /ws HTTP/1.1\r\n{HANDSHAKE}".encode())
                await peer.wait_closed()
        async with asyncio.timeout(TEST_TIMEOUT_S), open_raw_client(at.port, "/ws"):
            pass


class _QueuedUpgrade:
    """Counts its upgrade in the current turn."""

    def __init__(self, turns: list[int]) -> None:
        self._turns = turns

    def upgrade(self) -> None:
        self._turns[-1] += 1


async def test_upgraded_sockets_leave_the_limit_of_connections(app: RecordingApp) -> None:
    async with serve(app, HttpLimits(per_address=1)) as at, AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(open_raw_client(at.port, "/ws"))
    assert app.opened_sockets == 4


async def test_client_leaving_the_upgrade_queue_opens_no_socket(app: RecordingApp) -> None:
    async with serve(app) as at:
        factory: Any = at.server.config.http_protocol_class
        async with open_client(at) as peer:
            peer.write(f"GET /ws HTTP/1.1\r\n{HANDSHAKE}".encode())
            factory._upgrades.append(_QueuedUpgrade([0]))  # so that nothing is upgraded yet
            while len(factory._upgrades) < 2:
                await asyncio.sleep(0)
            (connection,) = at.server.server_state.connections
            connection.transport.abort()
            await _wait_for_connections(at, 0)
        factory._upgrade_next()
        factory._upgrade_next()
    assert app.opened_sockets == 0
