"""Hello, limits and sending of a SocketConnection, with real sockets and servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import aiohttp
import pytest
from office360.core.errors import FieldError, Invalid, InvalidMessage, Refused
from office360.signaling import close_codes, connection
from office360.signaling.close_codes import SocketClosed
from office360.signaling.connection import SocketConnection, find_command, serve_socket
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import CloseCode

from ..support.http_client import open_client
from ..support.timeouts import TEST_TIMEOUT_S
from .support.asgi_apps import build_masked_frame, run_server


class EchoHandler:
    """Echoes `say` messages. Other commands fail in each way in which a feature can fail."""

    def __init__(self, closed: asyncio.Event) -> None:
        self._closed = closed

    async def on_hello(self, connection: SocketConnection, message: dict[str, Any]) -> None:
        if message.get("token") == "wrong":
            raise SocketClosed(close_codes.NOT_FOUND, "no such token")
        connection.send({"type": "welcome"})

    async def on_message(self, connection: SocketConnection, message: dict[str, Any]) -> None:
        commands = {
            "say": self._say,
            "refuse": _refuse,
            "break": _break,
            "crash": _crash,
            "leave": _close_by_command,
        }
        await find_command(commands, message)(connection, message)

    async def _say(self, connection: SocketConnection, message: dict[str, Any]) -> None:
        for _ in range(message.get("times", 1)):
            connection.send({"type": "echo", "text": message["text"]})

    async def on_close(self, connection: SocketConnection) -> None:
        self._closed.set()


async def _refuse(connection: SocketConnection, message: dict[str, Any]) -> None:
    if "field" in message:
        raise Invalid(FieldError(message["field"], "required"))
    raise Refused("not_now")


async def _break(connection: SocketConnection, message: dict[str, Any]) -> None:
    raise InvalidMessage("nonsense")


async def _close_by_command(connection: SocketConnection, message: dict[str, Any]) -> None:
    connection.close(close_codes.REPLACED, "another tab")


async def _crash(connection: SocketConnection, message: dict[str, Any]) -> None:
    raise ZeroDivisionError


@pytest.fixture
def handler_closed() -> asyncio.Event:
    """Set when the handler's `on_close` was called."""
    return asyncio.Event()


@pytest.fixture(params=["ours", "websockets-sansio"])
async def url(request: pytest.FixtureRequest, handler_closed: asyncio.Event) -> AsyncIterator[str]:
    async def endpoint(websocket: WebSocket) -> None:
        websocket.state.describe_error = lambda _connection, error: f"the text of {error.code}"
        websocket.state.runtime = type("Site", (), {"public_url": "https://office.example.org"})()
        await serve_socket(websocket, EchoHandler(handler_closed))

    app = Starlette(routes=[WebSocketRoute("/ws", endpoint)])
    async with run_server(app, None if request.param == "ours" else request.param) as at:
        yield f"http://127.0.0.1:{at.port}/ws"


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_client() as session:
        yield session


async def _open_greeted_socket(client: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    socket = await client.ws_connect(url)
    await socket.send_json({"type": "hello"})
    assert await socket.receive_json() == {"type": "welcome"}
    return socket


async def _read_close_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    message = await socket.receive(timeout=TEST_TIMEOUT_S)
    while message.type is aiohttp.WSMsgType.TEXT:
        message = await socket.receive(timeout=TEST_TIMEOUT_S)
    return socket.close_code


async def test_ping_is_answered_with_pong(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "ping"})
    assert await socket.receive_json() == {"type": "pong"}
    await socket.close()


async def test_first_message_other_than_hello_closes_socket(client: aiohttp.ClientSession, url: str) -> None:
    socket = await client.ws_connect(url)
    await socket.send_json({"type": "say", "text": "good morning"})
    assert await _read_close_code(socket) == close_codes.NO_HELLO


async def test_missing_hello_closes_socket_after_timeout(
    client: aiohttp.ClientSession, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HELLO_TIMEOUT_S", 0.05)
    socket = await client.ws_connect(url)
    assert await _read_close_code(socket) == close_codes.NO_HELLO


async def test_refused_hello_closes_socket_with_its_code(client: aiohttp.ClientSession, url: str) -> None:
    socket = await client.ws_connect(url)
    await socket.send_json({"type": "hello", "token": "wrong"})
    assert await _read_close_code(socket) == close_codes.NOT_FOUND


@pytest.mark.parametrize("text", ["{", "[]", '"text"', "{}", '{"type": 7}', "\ud83d nonsense"])
async def test_non_message_closes_socket_as_malformed(client: aiohttp.ClientSession, url: str, text: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_str(text.encode("utf-8", "replace").decode())
    assert await _read_close_code(socket) == close_codes.MALFORMED


async def test_binary_frame_closes_socket_as_malformed(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_bytes(b"{}")
    assert await _read_close_code(socket) == close_codes.MALFORMED


async def test_frame_over_the_limit_is_too_big(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "say", "text": "x" * (connection.MAX_FRAME_BYTES + 1)})
    assert await _read_close_code(socket) == CloseCode.MESSAGE_TOO_BIG


async def test_refused_message_is_an_error_and_socket_stays_open(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "refuse", "id": 7})
    answer = await socket.receive_json()
    assert answer == {
        "type": "error",
        "code": "not_now",
        "message": "the text of not_now",
        "in_reply_to": "refuse",
        "id": 7,
    }
    await socket.send_json({"type": "say", "text": "still here"})
    assert (await socket.receive_json())["text"] == "still here"
    await socket.close()


async def test_error_message_names_the_fields(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "refuse", "field": "text"})
    assert (await socket.receive_json())["errors"] == [{"field": "text", "code": "required"}]
    await socket.close()


async def test_unknown_type_is_answered_with_error(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "sing"})
    assert (await socket.receive_json())["code"] == "unknown_type"
    await socket.close()


async def test_protocol_violation_closes_socket_as_malformed(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "break"})
    assert await _read_close_code(socket) == close_codes.MALFORMED


async def test_handler_crash_closes_only_its_own_socket(client: aiohttp.ClientSession, url: str) -> None:
    other = await _open_greeted_socket(client, url)
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "crash"})
    assert await _read_close_code(socket) == close_codes.INTERNAL_ERROR
    await other.send_json({"type": "ping"})
    assert await other.receive_json() == {"type": "pong"}
    await other.close()


async def test_client_close_calls_on_close(
    client: aiohttp.ClientSession, url: str, handler_closed: asyncio.Event
) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.close()
    await asyncio.wait_for(handler_closed.wait(), TEST_TIMEOUT_S)


async def test_foreign_origin_gets_403_before_upgrade(client: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(url, origin="https://elsewhere.example.org")
    assert refused.value.status == 403


@pytest.mark.parametrize("same_host", [True, False])
async def test_own_origin_is_accepted(client: aiohttp.ClientSession, url: str, same_host: bool) -> None:
    ours = url.removesuffix("/ws") if same_host else "https://office.example.org"
    socket = await client.ws_connect(url, origin=ours)
    await socket.send_json({"type": "hello"})
    assert await socket.receive_json() == {"type": "welcome"}
    await socket.close()


async def test_only_the_newest_state_is_pushed() -> None:
    sent: list[str] = []

    class Slow:
        scope: ClassVar[dict[str, Any]] = {}
        application_state = None

        async def send_text(self, text: str) -> None:
            sent.append(text)

    phone = SocketConnection(Slow())  # type: ignore[arg-type]
    for version in range(5):
        phone.push(json.dumps({"v": version}))
    writer = asyncio.create_task(phone.write_until_closed())
    phone.close(close_codes.NORMAL)
    await writer
    assert sent == ['{"v": 4}']


async def test_slow_reader_is_closed() -> None:
    class Silent:
        scope: ClassVar[dict[str, Any]] = {}
        application_state = None

        async def send_text(self, text: str) -> None:
            await asyncio.Event().wait()

    phone = SocketConnection(Silent())  # type: ignore[arg-type]
    for _ in range(connection.MAX_QUEUED_MESSAGES + 1):
        phone.send({"type": "echo"})
    assert phone.close_request == (close_codes.SLOW_READER, "too slow a reader")


async def test_server_close_ends_socket_at_once(client: aiohttp.ClientSession, url: str) -> None:
    socket = await _open_greeted_socket(client, url)
    await socket.send_json({"type": "leave"})
    assert await _read_close_code(socket) == close_codes.REPLACED


async def test_client_that_never_reads_is_disconnected(url: str, handler_closed: asyncio.Event) -> None:
    host, port = url.removeprefix("http://").removesuffix("/ws").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1)
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.read(1)  # the handshake was answered; the client reads nothing after this byte
    say = {"type": "say", "text": "x" * 60_000, "times": 40}
    for message in ({"type": "hello"}, *[say] * 8):
        writer.write(build_masked_frame(json.dumps(message).encode()))
    await asyncio.wait_for(handler_closed.wait(), TEST_TIMEOUT_S)
    writer.transport.abort()
