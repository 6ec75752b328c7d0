"""WebSocket protocol: ASGI for applications, RFC 6455 for peers, and uvicorn's interface."""

from __future__ import annotations

import asyncio
import inspect
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from office360.signaling import close_codes
from office360.signaling.keepalive import KeepaliveSweep
from office360.signaling.push_socket import push_socket
from office360.signaling.subscriber_socket import Subscriber
from office360.signaling.websocket_protocol import (
    MAX_BYTES_AFTER_CLOSE,
    MAX_FRAGMENTS,
    MAX_MESSAGES_BURST,
    PARSE_SLICE_BYTES,
    WebSocketProtocolFactory,
)
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol as ParserOfWebSockets

from ..support.http_client import open_client
from ..support.timeouts import TEST_TIMEOUT_S
from .support.asgi_apps import build_masked_frame, open_raw_client, run_server

WebSocketApp = Callable[[WebSocket], Any]


def build_app(talk: WebSocketApp) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await talk(WebSocket(scope, receive, send))

    return app


async def detach(websocket: WebSocket) -> None:
    """Hand the socket to a listener that ignores all messages."""
    await websocket.accept()
    socket = push_socket(websocket.scope)
    assert socket is not None
    socket.detach(Subscriber(socket, ""))


async def echo(websocket: WebSocket) -> None:
    """Echo texts and bytes until the peer disconnects."""
    await websocket.accept()
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        answer = {key: event[key] for key in ("text", "bytes") if event.get(key) is not None}
        await websocket.send({"type": "websocket.send", **answer})


# Complete ASGI for applications


async def test_app_accepts_with_headers_and_subprotocol() -> None:
    async def talk(websocket: WebSocket) -> None:
        assert websocket.scope["subprotocols"] == ["chat", "turns"]
        await websocket.accept("turns", headers=[(b"x-way", b"left"), (b"x-way", b"right")])
        await websocket.close()

    async with run_server(build_app(talk)) as at, connect(at.url, subprotocols=["chat", "turns"]) as peer:  # type: ignore[list-item]
        assert peer.subprotocol == "turns"
        assert peer.response is not None
        assert peer.response.headers.get_all("X-Way") == ["left", "right"]


async def test_asgi_scope_is_complete() -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        shown = {key: websocket.scope[key] for key in ("type", "http_version", "scheme", "path", "asgi")}
        shown["client"] = websocket.client and websocket.client.host
        await websocket.send_json(
            {**shown, "query": websocket.query_params["q"], "agent": websocket.headers["user-agent"]}
        )

    async with (
        run_server(build_app(talk)) as at,
        connect(f"{at.url}a%20b?q=%C3%B1", user_agent_header="amina") as peer,
    ):
        assert json.loads(await peer.recv()) == {
            "type": "websocket",
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/a b",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "client": "127.0.0.1",
            "query": "ñ",
            "agent": "amina",
        }


async def test_text_and_bytes_are_echoed() -> None:
    async with run_server(build_app(echo)) as at, connect(at.url) as peer:
        for sent_data in ("", "Ñandú", b"", b"\x00\xff", "x" * 65_536):
            await peer.send(sent_data)
            assert await peer.recv() == sent_data


async def test_fragmented_message_is_joined() -> None:
    async with run_server(build_app(echo)) as at, connect(at.url) as peer:
        await peer.send(["to", "get", "her"])
        assert await peer.recv() == "together"


async def test_frame_received_byte_by_byte_is_parsed() -> None:
    async with run_server(build_app(echo)) as at, open_raw_client(at.port) as peer:
        for byte in build_masked_frame(b"slowly"):
            peer.write(bytes([byte]))
            await peer.writer.drain()
            await asyncio.sleep(0)
        assert await peer.read_frame() == (0x81, b"slowly")


async def test_ping_is_answered_with_pong() -> None:
    async with run_server(build_app(echo)) as at, connect(at.url) as peer:
        await (await peer.ping(b"there?"))


async def test_app_receives_peer_close_code_and_reason() -> None:
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await events.put(await websocket.receive())

    async with run_server(build_app(talk)) as at:
        async with connect(at.url) as peer:
            await peer.close(4242, "home")
        assert await events.get() == {"type": "websocket.disconnect", "code": 4242, "reason": "home"}
        async with open_raw_client(at.port):
            pass
        assert (await events.get())["code"] == 1006


async def test_peer_receives_app_close_code_and_reason() -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4103, "another tab")
        assert (await websocket.receive())["code"] == 4103

    async with run_server(build_app(talk)) as at, connect(at.url) as peer:
        with pytest.raises(ConnectionClosed):
            await peer.recv()
        assert (peer.close_code, peer.close_reason) == (4103, "another tab")


@pytest.mark.parametrize(("fails", "code"), [(False, 1000), (True, 1011)])
async def test_app_that_returns_or_fails_closes_its_socket(fails: bool, code: int) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        if fails:
            raise ZeroDivisionError

    async with run_server(build_app(talk)) as at, connect(at.url) as peer:
        with pytest.raises(ConnectionClosed):
            await peer.recv()
        assert peer.close_code == code


async def _refused_handshake(talk: WebSocketApp) -> InvalidStatus:
    async with run_server(build_app(talk)) as at:
        with pytest.raises(InvalidStatus) as refused:
            await connect(at.url).__aenter__()
        return refused.value


async def test_close_before_accept_is_403() -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.close()

    assert (await _refused_handshake(talk)).response.status_code == 403


@pytest.mark.parametrize("fails", [False, True])
async def test_app_without_answer_is_500(fails: bool) -> None:
    async def talk(websocket: WebSocket) -> None:
        if fails:
            raise ZeroDivisionError

    assert (await _refused_handshake(talk)).response.status_code == 500


async def test_app_denies_handshake_with_own_response() -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.send_denial_response(Response("later", 429, {"Retry-After": "60"}))

    response = (await _refused_handshake(talk)).response
    assert (response.status_code, response.headers["Retry-After"], response.body) == (429, "60", b"later")


async def test_sending_after_disconnect_raises() -> None:
    send_failed = asyncio.Event()

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        assert (await websocket.receive())["type"] == "websocket.disconnect"
        with pytest.raises((WebSocketDisconnect, RuntimeError)):
            await websocket.send_text("hello?")
        send_failed.set()

    async with run_server(build_app(talk)) as at:
        async with open_raw_client(at.port):
            pass
        async with asyncio.timeout(TEST_TIMEOUT_S):
            await send_failed.wait()


async def test_busy_app_pauses_reading_from_its_peer() -> None:
    busy, read = asyncio.Event(), asyncio.Queue[int]()

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await busy.wait()
        for _ in range(300):
            read.put_nowait(len(await websocket.receive_text()))
        await websocket.close()

    sockets = WebSocketProtocolFactory(messages_burst=300)
    async with run_server(build_app(talk), sockets) as at, open_raw_client(at.port) as peer:
        writing = asyncio.create_task(_write_all(peer.writer, build_masked_frame(b"x" * 60_000), 300))
        _, waiting = await asyncio.wait([writing], timeout=0.3)
        assert waiting  # 18 MB are more than the kernel takes
        busy.set()
        await writing
        assert await peer.read_close_code() == 1000
        assert read.qsize() == 300


async def _write_all(writer: asyncio.StreamWriter, data: bytes, times: int) -> None:
    for _ in range(times):
        writer.write(data)
        await writer.drain()


async def test_app_send_waits_for_slow_peer() -> None:
    sent: list[int] = []

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        for number in range(400):
            await websocket.send_text("x" * 60_000)
            sent.append(number)

    async with run_server(build_app(talk)) as at, open_raw_client(at.port, limit=1_000) as peer:
        await asyncio.sleep(0.3)
        assert len(sent) < 400
        assert await peer.read_close_code() == 1000
        assert len(sent) == 400


async def test_close_between_fragments_is_echoed() -> None:
    async with run_server(build_app(echo)) as at, open_raw_client(at.port) as peer:
        peer.write(build_masked_frame(b"unfin", 0x01) + build_masked_frame(b"\x03\xe8", 0x88))
        assert await peer.read_close_code() == 1000
        await peer.wait_closed()


# Protocol violations


@pytest.mark.parametrize(
    ("sent_data", "code"),
    [
        (build_masked_frame(b"x" * 65_537), 1009),
        (build_masked_frame(b"x" * 40_000, 0x01) + build_masked_frame(b"x" * 40_000, 0x80), 1009),
        (build_masked_frame(b"\xff\xfe"), 1007),
        (build_masked_frame(b"a", 0x01) + build_masked_frame(b"", 0x00) * MAX_FRAGMENTS, 1008),
        (build_masked_frame(b"a", 0x80), 1002),  # a continuation without a start
        (build_masked_frame(b"a", 0xF1), 1002),  # reserved bits
        (b"\x81\x01a", 1002),  # not masked
        (build_masked_frame(b"x" * 126, 0x89), 1002),  # a control frame that is too long
    ],
)
async def test_protocol_violation_closes_with_matching_code(sent_data: bytes, code: int) -> None:
    async with run_server(build_app(echo)) as at, open_raw_client(at.port) as peer:
        peer.write(sent_data)
        assert await peer.read_close_code() == code
        await peer.wait_closed()


async def test_close_reason_arrives_despite_pending_input() -> None:
    async with run_server(build_app(echo)) as at, open_raw_client(at.port) as peer:
        peer.write(build_masked_frame(b"x" * 400_000))
        assert await peer.read_close_code() == 1009


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", b"400"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
            b"400",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            b"405",
        ),
    ],
)
async def test_invalid_handshake_is_refused(request_bytes: bytes, status: bytes) -> None:
    async with run_server(build_app(echo)) as at, open_raw_client(at.port, upgraded=False) as peer:
        peer.write(request_bytes)
        assert (await peer.reader.readline()).split()[1] == status
        await peer.wait_closed()


async def test_peer_pinging_without_reading_is_aborted() -> None:
    sockets = WebSocketProtocolFactory(messages_burst=100_000)
    async with run_server(build_app(echo), sockets) as at, open_raw_client(at.port, limit=1_000) as peer:
        with pytest.raises(ConnectionError):
            await peer.send_pings_without_reading()


# Floods


@pytest.mark.parametrize("first", [0x81, 0x82, 0x89, 0x8A])
async def test_messages_and_control_frames_are_limited(first: int) -> None:
    received: list[Any] = []

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        while (event := await websocket.receive())["type"] != "websocket.disconnect":
            received.append(event)
            await websocket.send_text("received")

    async with run_server(build_app(talk)) as at, open_raw_client(at.port) as peer:
        peer.write(build_masked_frame(b"", 0x8A) * (MAX_MESSAGES_BURST - 1) + build_masked_frame(b"open"))
        assert await peer.read_frame() == (0x81, b"received")
        peer.write(build_masked_frame(b"", first) * 10 * MAX_MESSAGES_BURST)
        assert await peer.read_close_code() == close_codes.TOO_MANY
    assert len(received) < 5 * MAX_MESSAGES_BURST


async def test_flooding_socket_stays_open_unread_until_close_timeout() -> None:
    sockets = WebSocketProtocolFactory(close_timeout_s=1.0)
    async with run_server(build_app(echo), sockets) as at, open_raw_client(at.port) as peer:
        peer.write(build_masked_frame(b"", 0x89) * 10 * MAX_MESSAGES_BURST)
        assert await peer.read_close_code() == close_codes.TOO_MANY
        peer.write(bytes(2 * MAX_BYTES_AFTER_CLOSE))  # would end it if it were read
        await asyncio.sleep(0.1)
        assert at.server.server_state.connections
        await peer.wait_closed()


async def test_unsolicited_pongs_of_detached_socket_are_counted() -> None:
    async with run_server(build_app(detach)) as at, open_raw_client(at.port) as peer:
        for _ in range(10 * MAX_MESSAGES_BURST):
            peer.write(build_masked_frame(b"", 0x8A))
            await asyncio.sleep(0)
        assert await peer.read_close_code() == close_codes.TOO_MANY


async def test_fragments_count_against_message_limit() -> None:
    fragments = build_masked_frame(b"a", 0x01) + build_masked_frame(b"", 0x00) * (MAX_FRAGMENTS - 3)
    message = fragments + build_masked_frame(b"", 0x80)
    async with run_server(build_app(echo)) as at, open_raw_client(at.port) as peer:
        peer.write(message)
        assert await peer.read_frame() == (0x81, b"a")
        peer.write(message * 4)
        assert await peer.read_close_code() == close_codes.TOO_MANY


async def test_flood_of_one_socket_is_parsed_in_many_turns() -> None:
    received: list[int] = []

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        while (await websocket.receive())["type"] != "websocket.disconnect":
            received[-1] += 1

    sockets = WebSocketProtocolFactory(messages_burst=100_000)
    async with run_server(build_app(talk), sockets) as at, open_raw_client(at.port) as peer:
        received.append(0)
        peer.write(build_masked_frame(b"") * 10_000)
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while sum(received) < 10_000:
                received.append(0)
                await asyncio.sleep(0)
    assert max(received) <= 2 * PARSE_SLICE_BYTES / len(build_masked_frame(b""))


@pytest.mark.parametrize("first", [0x81, 0x89])
async def test_flood_after_server_close_is_aborted(first: int) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    sockets = WebSocketProtocolFactory(close_timeout_s=1_000)
    async with run_server(build_app(talk), sockets) as at, open_raw_client(at.port) as peer:
        assert await peer.read_close_code() == 1000
        peer.write(build_masked_frame(b"", first) * 2 * MAX_MESSAGES_BURST)
        await peer.wait_closed()


async def test_flood_after_close_of_busy_app_is_aborted() -> None:
    released = asyncio.Event()

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await released.wait()

    sockets = WebSocketProtocolFactory(close_timeout_s=1_000)
    async with run_server(build_app(talk), sockets) as at, open_raw_client(at.port) as peer:
        peer.write(build_masked_frame(b"", 0x83))  # a reserved opcode
        assert await peer.read_close_code() == 1002
        peer.write(bytes(2 * MAX_BYTES_AFTER_CLOSE))
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while at.server.server_state.connections:
                await asyncio.sleep(0.01)
        released.set()


# Keepalive


async def test_silent_peer_times_out_and_answering_peer_stays() -> None:
    sockets = WebSocketProtocolFactory(KeepaliveSweep(interval_ticks=2, timeout_ticks=5, tick_s=0.05))
    async with (
        run_server(build_app(echo), sockets) as at,
        connect(at.url) as answering,
        open_raw_client(at.port) as silent,
    ):
        assert await silent.read_frame() == (0x89, b"")
        assert await silent.read_close_code() == 1011
        await answering.send("still here")
        assert await answering.recv() == "still here"


class FakePingableSocket:
    """Records the calls of the sweep by tick. Sets `enough` after four pings."""

    keepalive_slot = -1

    def __init__(self) -> None:
        self.pinged_ticks: list[int] = []
        self.checked_ticks: list[int] = []
        self.enough = asyncio.Event()

    def ping(self, tick: int) -> None:
        self.pinged_ticks.append(tick)
        if len(self.pinged_ticks) == 4:
            self.enough.set()

    def close_if_silent_since(self, tick: int) -> None:
        self.checked_ticks.append(tick)


async def test_sweep_pings_each_interval_and_checks_each_ping_once() -> None:
    sweep, socket = KeepaliveSweep(interval_ticks=4, timeout_ticks=9, tick_s=0.001), FakePingableSocket()
    sweep.add_socket(socket)
    await socket.enough.wait()
    sweep.remove_socket(socket)
    assert socket.pinged_ticks == [4, 8, 12, 16]
    assert socket.checked_ticks == [4]
    sweep.remove_socket(socket)
    assert sweep._timer is None


# Server shutdown


async def test_server_shutdown_closes_with_1012() -> None:
    async with run_server(build_app(echo)) as at:
        peer = await connect(at.url).__aenter__()
        at.server.should_exit = True
        with pytest.raises(ConnectionClosed):
            await peer.recv()
        assert peer.close_code == 1012


async def test_server_stops_despite_peer_that_never_reads() -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.send_text("x" * 60_000)

    async with (
        run_server(build_app(talk), WebSocketProtocolFactory(close_timeout_s=0.2)) as at,
        open_raw_client(at.port, limit=1_000),
    ):
        while not at.server.server_state.connections:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        at.server.should_exit = True
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while at.server.server_state.connections:
                await asyncio.sleep(0.02)


# Interface of uvicorn that the protocol relies on


def test_uvicorn_accepts_a_protocol_factory() -> None:
    sockets = WebSocketProtocolFactory()
    config = uvicorn.Config(build_app(echo), ws=sockets, lifespan="off")  # type: ignore[arg-type]
    config.load()
    assert config.ws_protocol_class is sockets  # type: ignore[comparison-overlap]


def test_uvicorn_hands_over_upgrade_as_to_its_own_protocol() -> None:
    ours = inspect.signature(WebSocketProtocolFactory.__call__).parameters
    theirs = inspect.signature(WebSocketsSansIOProtocol.__init__).parameters
    assert list(ours) == list(theirs) == ["self", "config", "server_state", "app_state", "_loop"]
    handed = inspect.getsource(HttpToolsProtocol.handle_websocket_upgrade)
    steps = [
        "self.connections.discard(self)",
        "connection_made(self.transport)",
        "data_received(",
        "set_protocol(",
    ]
    assert [handed.index(step) for step in steps] == sorted(handed.index(step) for step in steps)


def test_uvicorn_counts_connections_and_tasks_in_sets() -> None:
    state = ServerState()
    assert (state.connections, state.tasks) == (set(), set())
    assert "connection.shutdown()" in inspect.getsource(uvicorn.Server.shutdown)
    assert "self.server_state.connections" in inspect.getsource(uvicorn.Server._wait_tasks_to_complete)


def test_uvicorn_http_protocol_has_header_callbacks() -> None:
    callbacks = ("on_message_begin", "on_header", "on_headers_complete", "on_body", "on_message_complete")
    for callback in (*callbacks, "connection_made", "connection_lost"):
        assert callable(getattr(HttpToolsProtocol, callback))
    assert "self.recv_frame(frame)" in inspect.getsource(ParserOfWebSockets.parse)


def test_uvicorn_and_websockets_are_pinned_to_a_minor_version() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    pinned = [name for name in project["project"]["dependencies"] if name.startswith(("uvicorn", "websockets"))]
    assert pinned == ["uvicorn>=0.54,<0.55", "websockets>=17.4,<17.5"]


async def test_client_offering_compression_is_served() -> None:
    async with run_server(build_app(echo)) as at, open_client() as client:
        socket = await client.ws_connect(at.url.replace("ws:", "http:"), compress=15)
        await socket.send_str("compressed if it may be")
        assert await socket.receive_str() == "compressed if it may be"
        await socket.close(code=4000)
        assert socket.close_code == 4000


def test_masked_helper_frame_equals_library_frame() -> None:
    assert Frame(Opcode.TEXT, b"a").serialize(mask=True)[:2] == build_masked_frame(b"a")[:2]
