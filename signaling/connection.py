"""One socket from its upgrade to its end: hello, limits, pings, close codes, a bounded way out.

What is said on it belongs to a Conversation of a feature. Nothing here may block on a peer: `send` and
`push` put down a frame and return, one task writes, and a peer that does not read is closed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..core.db.rate_limits import TokenBucket
from ..core.errors import Invalid, InvalidMessage, Office360Error
from ..core.ids import new_id
from ..core.json_types import JsonObject
from ..core.web.validation import parse_json
from . import close_codes
from .close_codes import SocketClosed
from .origin import refuse_foreign_origin

logger = logging.getLogger(__name__)

HELLO_TIMEOUT_S = 5  # a phone on a bad network says hello within two round trips; five seconds are plenty
MAX_FRAME_BYTES = 64 * 1024  # the largest frame we read
MAX_MESSAGES_PER_S = 30
MAX_MESSAGES_BURST = 60
MAX_QUEUED_MESSAGES = 256  # a room's burst of candidates is about 40
MAX_QUEUED_BYTES = 4 * MAX_FRAME_BYTES  # what may wait for a slow reader: a few descriptions
CLOSE_TIMEOUT_S = 2  # a peer that does not read never takes the close either

DescribeError = Callable[[WebSocket, Office360Error], str]


class SocketHandler(Protocol):
    """What a feature says on one socket."""

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        """The first message. Raise Closed to refuse it."""
        ...

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        """Every later one but ping. Raise Refused or Invalid to answer with an error message."""
        ...

    async def on_close(self, connection: SocketConnection) -> None:
        """The socket is over. Called once after a hello that was accepted."""
        ...


class SocketConnection:
    """The sending side of one socket, after its upgrade."""

    def __init__(self, websocket: WebSocket) -> None:
        self.id = new_id()
        self.websocket = websocket
        self.close_request: tuple[int, str] | None = None
        self._queued_frames: deque[str] = deque()
        self._pending_state: str | bytes | None = None
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._reading_task: asyncio.Task[Any] | None = None  # set only while it waits for the peer

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, in order after the earlier ones. A reader that leaves too many is closed with 4001."""
        if self.close_request:
            return
        frame = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self._queued_bytes += len(frame)
        if len(self._queued_frames) >= MAX_QUEUED_MESSAGES or self._queued_bytes > MAX_QUEUED_BYTES:
            self.close(close_codes.SLOW_READER, "too slow a reader")
            return
        self._queued_frames.append(frame)
        self._wake.set()

    @property
    def is_closing(self) -> bool:
        """Whether nothing will leave any more."""
        return self.close_request is not None

    def push(self, frame: str | bytes) -> None:
        """Send a whole state, JSON. One that has not left yet is replaced: only the newest matters."""
        if self.close_request:
            return
        self._pending_state = frame
        self._wake.set()

    def close(self, code: int, reason: str = "") -> None:
        """End the socket after what has been sent; the first call wins."""
        if self.close_request is not None:
            return
        self.close_request = (code, reason)
        self._wake.set()
        if self._reading_task is not None:
            self._reading_task.cancel()  # whoever waits for the peer need not wait for its goodbye

    async def receive_text(self) -> str | None:
        """The peer's next text frame; None once our side has closed the socket.

        Raises WebSocketDisconnect when the peer has, Closed for anything but text.
        """
        if self.close_request is not None:
            return None
        self._reading_task = asyncio.current_task()
        try:
            return await receive_text_frame(self.websocket)
        except asyncio.CancelledError:
            if self.close_request is None or self._reading_task is None:
                raise
            self._reading_task.uncancel()
            return None
        finally:
            self._reading_task = None

    async def write_until_closed(self) -> None:
        """The one task that writes. Ends when the socket was closed from our side."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self.close_request is None or self.close_request[0] != close_codes.SLOW_READER:
                await self._write_queued()
            if self.close_request is not None:
                return await self._close_socket(*self.close_request)

    async def _write_queued(self) -> None:
        while self._queued_frames or self._pending_state is not None:
            if self._queued_frames:
                frame = self._queued_frames.popleft()
                self._queued_bytes -= len(frame)
            else:
                state, self._pending_state = self._pending_state or "", None
                frame = state if isinstance(state, str) else state.decode()
            await self.websocket.send_text(frame)

    async def _close_socket(self, code: int, reason: str) -> None:
        if self.websocket.application_state is WebSocketState.CONNECTED:
            await self.websocket.close(code, reason)


async def serve_socket(websocket: WebSocket, handler: SocketHandler) -> None:
    """Serve one socket to its end. Errors of the conversation become messages or close codes, never a crash."""
    if await refuse_foreign_origin(websocket):
        return
    await websocket.accept()
    connection = SocketConnection(websocket)
    writer = asyncio.create_task(_run_writer(connection), name=f"socket {connection.id}")
    try:
        await _run_handler(connection, handler)
    except SocketClosed as reason:
        connection.close(reason.code, reason.reason)
    except WebSocketDisconnect:
        connection.close(close_codes.NORMAL)
    except Exception:
        logger.exception("socket_failed", extra={"connection": connection.id})
        connection.close(close_codes.INTERNAL_ERROR)
    finally:
        connection.close(close_codes.NORMAL)
        await _wait_for_writer(writer)


async def _run_writer(connection: SocketConnection) -> None:
    try:
        await connection.write_until_closed()
    except (WebSocketDisconnect, RuntimeError, OSError):
        connection.close(close_codes.NORMAL)  # the peer went away; whoever reads will notice by itself
    except Exception:  # a frame that cannot be written: a socket that stays mute is worse than one that ends
        logger.exception("socket_write_failed", extra={"connection": connection.id})
        connection.close(close_codes.INTERNAL_ERROR)


async def _wait_for_writer(writer: asyncio.Task[None]) -> None:
    """Let the last frames leave, but not for long: a peer that never reads would hold us for ever."""
    _, stuck = await asyncio.wait([writer], timeout=CLOSE_TIMEOUT_S)
    for task in stuck:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run_handler(connection: SocketConnection, handler: SocketHandler) -> None:
    await handler.on_hello(connection, await _receive_hello(connection))
    try:
        await _receive_messages(connection, handler)
    finally:
        await handler.on_close(connection)


async def _receive_hello(connection: SocketConnection) -> JsonObject:
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            text = await connection.receive_text()
    except TimeoutError:
        raise SocketClosed(close_codes.NO_HELLO, "no hello") from None
    return parse_hello(text or "")


def parse_hello(text: str) -> JsonObject:
    """The first message. Raises Closed unless it is hello."""
    message = parse_message(text)
    if message["type"] != "hello":
        raise SocketClosed(close_codes.NO_HELLO, "the first message is hello")
    return message


async def _receive_messages(connection: SocketConnection, handler: SocketHandler) -> None:
    allowance = TokenBucket(MAX_MESSAGES_PER_S, MAX_MESSAGES_BURST)
    loop = asyncio.get_running_loop()
    while (text := await connection.receive_text()) is not None:
        if not allowance.take_token(loop.time()):
            raise SocketClosed(close_codes.TOO_MANY, "too many messages")
        await _handle_message(connection, handler, parse_message(text))


async def _handle_message(connection: SocketConnection, handler: SocketHandler, message: JsonObject) -> None:
    if message["type"] == "ping":
        connection.send({"type": "pong"})
        return
    if message["type"] == "pong":
        return
    try:
        await handler.on_message(connection, message)
    except InvalidMessage as broken:
        raise SocketClosed(close_codes.MALFORMED, broken.code) from broken
    except Office360Error as error:
        connection.send(build_localized_error(connection.websocket, message, error))


def build_localized_error(websocket: WebSocket, message: JsonObject, error: Office360Error) -> JsonObject:
    """What a refused message is answered with, in the reader's language."""
    describe: DescribeError = websocket.state.describe_error
    return build_error_message(message, error, describe(websocket, error))


def build_error_message(message: JsonObject, error: Office360Error, sentence: str) -> JsonObject:
    """What a refused message is answered with (contract.md)."""
    answer = {
        "type": "error",
        "code": error.code,
        "message": sentence,
        "in_reply_to": message["type"],
    }
    if isinstance(error, Invalid):
        answer["errors"] = [{"field": one.field, "code": one.code} for one in error.fields]
    if isinstance(message.get("id"), str | int):
        answer["id"] = message["id"]
    return answer


async def receive_text_frame(websocket: WebSocket) -> str:
    """The next text frame. Raises WebSocketDisconnect when the peer is gone, Closed for anything but text."""
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code") or close_codes.NORMAL, event.get("reason"))
    text = event.get("text")
    if not isinstance(text, str):
        raise SocketClosed(close_codes.MALFORMED, "text frames only")
    return text


def parse_message(text: str) -> JsonObject:
    """One message of a peer. Raises Closed for what is no JSON object with a type."""
    try:
        message = parse_json(text)
    except ValueError:
        raise SocketClosed(close_codes.MALFORMED, "not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise SocketClosed(close_codes.MALFORMED, "an object with a type is expected")
    return message


CommandT = TypeVar("CommandT")


def find_command(commands: Mapping[str, CommandT], message: JsonObject) -> CommandT:
    """The command of this message's type. An unknown type is answered, not punished."""
    command = commands.get(message["type"])
    if command is None:
        raise Office360Error("unknown_type")
    return command
