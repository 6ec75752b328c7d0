"""Subscriber sockets, under our server with the push extension and under another server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.signaling import close_codes
from office360.signaling.asgi_websocket import MAX_PENDING_EVENTS
from office360.signaling.close_codes import SocketClosed
from office360.signaling.keepalive import KeepaliveSweep
from office360.signaling.push_socket import StateSink, push_socket
from office360.signaling.subscriber_socket import Subscriber, serve_subscriber, unknown_type_text
from office360.signaling.websocket_protocol import UvicornWebSocketProtocol, WebSocketProtocolFactory
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from ..support.timeouts import TEST_TIMEOUT_S
from .support.asgi_apps import RunningServer, build_masked_frame, open_raw_client, run_server


class RecordingSubscriber(Subscriber):
    """Subscriber that records its end."""

    __slots__ = ("closed",)

    def __init__(self, sink: StateSink, unknown_type_text: str) -> None:
        super().__init__(sink, unknown_type_text)
        self.closed = asyncio.Event()

    def on_close(self) -> None:
        self.closed.set()


class SubscriberApp:
    """Accepts every token but `wrong`, and pushes a state at once. Closes the token `over`."""

    def __init__(self) -> None:
        self.subscribers: list[RecordingSubscriber] = []
        self.closed_connections: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: dict[str, Any]) -> Subscriber:
        if message.get("token") == "wrong":
            raise SocketClosed(close_codes.NOT_FOUND, "no such token")
        await self.may_answer.wait()
        subscriber = RecordingSubscriber(sink, unknown_type_text(websocket))
        sink.push(b'{"state":1}')
        if message.get("token") == "over":
            sink.close(close_codes.NORMAL, "over")
        self.subscribers.append(subscriber)
        return subscriber

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        websocket = WebSocket(scope, receive, send)
        websocket.state.describe_error = lambda _connection, error: f"the text of {error.code}"
        websocket.state.runtime = type("Site", (), {"public_url": "https://office.example.org"})()
        try:
            await serve_subscriber(websocket, self)
        finally:
            socket = push_socket(scope)
            if socket is not None:
                socket.call_when_closed(lambda: self.closed_connections.append("closed"))


@pytest.fixture
def subscriber_app() -> SubscriberApp:
    return SubscriberApp()


@pytest.fixture(params=["ours", "websockets-sansio"])
async def at(request: pytest.FixtureRequest, subscriber_app: SubscriberApp) -> AsyncIterator[RunningServer]:
    """A server with the push extension, and a server without it."""
    async with run_server(subscriber_app, None if request.param == "ours" else request.param) as running:
        yield running


@pytest.fixture
async def ours(subscriber_app: SubscriberApp) -> AsyncIterator[RunningServer]:
    async with run_server(subscriber_app) as running:
        yield running


async def _greet(peer: ClientConnection, token: str = "amina") -> None:
    await peer.send(json.dumps({"type": "hello", "token": token}))
    assert await peer.recv() == '{"state":1}'


async def _read_close_code(peer: ClientConnection) -> int | None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        with contextlib.suppress(ConnectionClosedError):  # raised for codes other than 1000 and 1001
            async for _ in peer:
                continue
    return peer.close_code


async def _wait_until_closed(subscriber: RecordingSubscriber) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await subscriber.closed.wait()


# Under both servers


async def test_accepted_subscriber_receives_states(at: RunningServer, subscriber_app: SubscriberApp) -> None:
    async with connect(at.url) as peer:
        await _greet(peer)
        subscriber_app.subscribers[0].sink.push('{"state":"ñ"}'.encode())
        assert await peer.recv() == '{"state":"ñ"}'


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type":"hello","token":"wrong"}', close_codes.NOT_FOUND),
        ('{"type":"ping"}', close_codes.NO_HELLO),
        ("nonsense", close_codes.MALFORMED),
        (b"bytes", close_codes.MALFORMED),
    ],
)
async def test_invalid_hello_closes_socket_with_matching_code(
    at: RunningServer, first: str | bytes, code: int
) -> None:
    async with connect(at.url) as peer:
        await peer.send(first)
        assert await _read_close_code(peer) == code


async def test_missing_hello_closes_socket_after_timeout(
    at: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("office360.signaling.connection.HELLO_TIMEOUT_S", 0.1)
    async with connect(at.url) as peer:
        assert await _read_close_code(peer) == close_codes.NO_HELLO


async def test_foreign_origin_is_refused_before_upgrade(at: RunningServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(at.url, origin="https://elsewhere.example.org").__aenter__()  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


async def test_subscriber_answers_ping_and_refuses_other_types(
    at: RunningServer, subscriber_app: SubscriberApp
) -> None:
    async with connect(at.url) as peer:
        await _greet(peer)
        await peer.send('{"type":"ping"}')
        assert await peer.recv() == '{"type":"pong"}'
        await peer.send('{"type":"pong"}')
        await peer.send('{"type":"dance","id":7}')
        assert json.loads(await peer.recv()) == {
            "type": "error",
            "code": "unknown_type",
            "message": "the text of unknown_type",
            "in_reply_to": "dance",
            "id": 7,
        }


@pytest.mark.parametrize("text", ["{", "[]", b"bytes"])
async def test_malformed_message_closes_only_its_own_socket(
    at: RunningServer, subscriber_app: SubscriberApp, text: str | bytes
) -> None:
    async with connect(at.url) as peer, connect(at.url) as other:
        await _greet(peer)
        await _greet(other)
        await peer.send(text)
        assert await _read_close_code(peer) == close_codes.MALFORMED
        await _wait_until_closed(subscriber_app.subscribers[0])
        subscriber_app.subscribers[1].sink.push(b'{"state":2}')
        assert await other.recv() == '{"state":2}'


async def test_closing_during_hello_sends_state_then_close(
    at: RunningServer, subscriber_app: SubscriberApp
) -> None:
    async with connect(at.url) as peer:
        await _greet(peer, "over")
        assert await _read_close_code(peer) == close_codes.NORMAL
    await _wait_until_closed(subscriber_app.subscribers[0])


async def test_client_close_calls_on_close(at: RunningServer, subscriber_app: SubscriberApp) -> None:
    async with connect(at.url) as peer:
        await _greet(peer)
    await _wait_until_closed(subscriber_app.subscribers[0])


async def test_server_shutdown_closes_subscribers_with_1012(
    at: RunningServer, subscriber_app: SubscriberApp
) -> None:
    peer = await connect(at.url).__aenter__()
    await _greet(peer)
    at.server.should_exit = True
    assert await _read_close_code(peer) == 1012
    await _wait_until_closed(subscriber_app.subscribers[0])


# Under our server: only the socket and its subscriber remain


async def _wait_for_tasks(at: RunningServer) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while at.server.server_state.tasks:
            await asyncio.sleep(0)


async def test_detached_subscriber_keeps_no_task_scope_or_parser(
    ours: RunningServer, subscriber_app: SubscriberApp
) -> None:
    async with connect(ours.url) as peer:
        await _greet(peer)
        await _wait_for_tasks(ours)
        socket = subscriber_app.subscribers[0].sink
        assert isinstance(socket, UvicornWebSocketProtocol)
        assert (socket._websocket, socket._parser) == (None, None)
        assert len(ours.server.server_state.connections) == 1
        await peer.send('{"type":"ping"}')
        assert await peer.recv() == '{"type":"pong"}'
        assert socket._parser is None
        kept = [
            referrer
            for referrer in gc.get_referrers(subscriber_app.subscribers[0])
            if isinstance(referrer, dict) and "headers" in referrer
        ]
        assert kept == []
    await _wait_until_closed(subscriber_app.subscribers[0])
    assert subscriber_app.closed_connections == ["closed"]


async def test_detached_subscriber_accepts_fragmented_messages(
    ours: RunningServer, subscriber_app: SubscriberApp
) -> None:
    async with open_raw_client(ours.port) as peer:
        peer.write(build_masked_frame(b'{"type":"hello"}'))
        assert await peer.read_frame() == (0x81, b'{"state":1}')
        await _wait_for_tasks(ours)
        for part in (b'{"type"', b':"pi', b'ng"}'):
            first = 0x01 if part.startswith(b"{") else 0x80 if part.endswith(b"}") else 0x00
            whole = build_masked_frame(part, first)
            for piece in (whole[:1], whole[1:5], whole[5:]):
                peer.write(piece)
                await peer.writer.drain()
                await asyncio.sleep(0.001)
        assert await peer.read_frame() == (0x81, b'{"type":"pong"}')
        peer.write(build_masked_frame(b"x" * 65_537))
        assert await peer.read_close_code() == 1009
    await _wait_until_closed(subscriber_app.subscribers[0])


async def test_messages_before_detach_are_delivered(ours: RunningServer, subscriber_app: SubscriberApp) -> None:
    subscriber_app.may_answer.clear()
    async with open_raw_client(ours.port) as peer:
        peer.write(
            build_masked_frame(b'{"type":"hello"}')
            + build_masked_frame(b'{"type":"ping"}')
            + build_masked_frame(b"", 0x89)
        )
        assert await peer.read_frame() == (0x8A, b"")
        subscriber_app.may_answer.set()
        assert await peer.read_frame() == (0x81, b'{"state":1}')
        assert await peer.read_frame() == (0x81, b'{"type":"pong"}')


async def test_reading_resumes_after_detach_with_full_inbox(
    ours: RunningServer, subscriber_app: SubscriberApp
) -> None:
    subscriber_app.may_answer.clear()
    ping = build_masked_frame(b'{"type":"ping"}')
    async with open_raw_client(ours.port) as peer:
        peer.write(
            build_masked_frame(b'{"type":"hello"}')
            + ping * (2 * MAX_PENDING_EVENTS)
            + build_masked_frame(b"", 0x89)
        )
        assert await peer.read_frame() == (0x8A, b"")
        subscriber_app.may_answer.set()
        assert await peer.read_frame() == (0x81, b'{"state":1}')
        peer.write(ping)
        for _ in range(2 * MAX_PENDING_EVENTS + 1):
            assert await peer.read_frame() == (0x81, b'{"type":"pong"}')
    await _wait_until_closed(subscriber_app.subscribers[0])


async def test_disconnect_during_hello_calls_on_close(ours: RunningServer, subscriber_app: SubscriberApp) -> None:
    subscriber_app.may_answer.clear()
    async with open_raw_client(ours.port) as peer:
        peer.write(build_masked_frame(b'{"type":"hello"}') + build_masked_frame(b"", 0x89))
        await peer.read_frame()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while ours.server.server_state.connections:
            await asyncio.sleep(0.001)
    subscriber_app.may_answer.set()
    await _wait_for_tasks(ours)
    await _wait_until_closed(subscriber_app.subscribers[0])
    assert subscriber_app.closed_connections == ["closed"]


async def test_subscriber_that_never_reads_is_aborted_within_limit(
    ours: RunningServer, subscriber_app: SubscriberApp
) -> None:
    async with open_raw_client(ours.port, limit=1_000) as peer, connect(ours.url) as other:
        peer.write(build_masked_frame(b'{"type":"hello"}'))
        await peer.read_frame()
        await _greet(other)
        socket = subscriber_app.subscribers[0].sink
        assert isinstance(socket, UvicornWebSocketProtocol)
        state, most = b'{"state":"' + b"x" * 10_000 + b'"}', 0
        while not socket.is_closing:
            socket.push(state)
            most = max(most, socket._transport.get_write_buffer_size())
            await asyncio.sleep(0)
        assert most < 64 * 1024 + 2 * len(state)
        await _wait_until_closed(subscriber_app.subscribers[0])
        subscriber_app.subscribers[1].sink.push(b'{"state":2}')
        assert await other.recv() == '{"state":2}'


async def test_silent_subscriber_times_out(subscriber_app: SubscriberApp) -> None:
    sockets = WebSocketProtocolFactory(KeepaliveSweep(interval_ticks=2, timeout_ticks=5, tick_s=0.05))
    async with (
        run_server(subscriber_app, sockets) as at,
        open_raw_client(at.port) as silent,
        connect(at.url) as answering,
    ):
        silent.write(build_masked_frame(b'{"type":"hello"}'))
        await _greet(answering)
        assert await silent.read_close_code() == 1011
        await answering.send('{"type":"ping"}')
        assert await answering.recv() == '{"type":"pong"}'
