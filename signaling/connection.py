"""A WebSocket from its upgrade to its end: hello, pings, bounded sending.

The messages belong to the SocketHandler of a feature. No call here waits for a peer: `send` and
`push` queue a frame and return, a task writes, and a peer that does not read is disconnected.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..core.errors import DatabaseAway, Invalid, InvalidMessage, Office360Error
from ..core.ids import new_id
from ..core.json_types import JsonObject
from ..core.web.validation import parse_json
from . import close_codes
from .close_codes import SocketClosed
from .origin import refuse_foreign_origin
from .push_socket import PushSocket, push_socket

logger = logging.getLogger(__name__)

HELLO_TIMEOUT_S = 5  # a phone on a bad network needs two round trips before its hello
MAX_FRAME_BYTES = 64 * 1024  # of a received frame
MAX_QUEUED_MESSAGES = 256  # the start of a call sends a burst of about 40 candidates
MAX_QUEUED_BYTES = 4 * MAX_FRAME_BYTES  # for a slow reader: a few descriptions
CLOSE_TIMEOUT_S = 2  # a peer that does not read never receives the close frame either

DescribeError = Callable[[WebSocket, Office360Error], str]


class UnknownMessageType(Office360Error):
    """The socket has no command for the type of a message. The socket stays open."""

    def __init__(self) -> None:
        super().__init__("unknown_type")


class SocketHandler(Protocol):
    """Messages of a feature on a socket."""

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        """Handle the first message. Raise SocketClosed to refuse it."""
        ...

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        """Handle a later message other than ping and pong.

        Raise an Office360Error, such as Refused or Invalid, to answer with an error message, or
        InvalidMessage to close the socket.
        """
        ...

    async def on_close(self, connection: SocketConnection) -> None:
        """Handle the end of the socket. Called once, if the hello was accepted."""
        ...


class SocketConnection:
    """Sending side of a socket after its upgrade."""

    def __init__(self, websocket: WebSocket) -> None:
        self.id = new_id()
        self.websocket = websocket
        self.close_request: tuple[int, str] | None = None
        self._queued_frames: deque[str] = deque()
        self._pending_state: str | bytes | None = None
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._is_writing = False
        self._socket: PushSocket | None = push_socket(websocket.scope)
        self._reading_task: asyncio.Task[Any] | None = None  # set only during a receive

    def send(self, message: Mapping[str, Any]) -> None:
        """Queue a message behind the earlier messages.

        A reader that leaves too many messages in the queue is closed with 4001.
        """
        self.send_frame(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def send_frame(self, frame: str) -> None:
        """Queue a message that is JSON text already.

        Under our own server it is written at once if the peer has read all earlier messages.
        """
        if self.close_request:
            return
        # a frame that is being written has left the queue, and must not be overtaken
        is_queue_empty = not self._is_writing and not self._queued_frames
        if is_queue_empty and self._socket is not None and self._socket.write_if_idle(frame.encode()):
            return
        self._queued_bytes += len(frame)
        if len(self._queued_frames) >= MAX_QUEUED_MESSAGES or self._queued_bytes > MAX_QUEUED_BYTES:
            self.close(close_codes.SLOW_READER, "too slow a reader")
            return
        self._queued_frames.append(frame)
        self._wake.set()

    def describe_error(self, error: Office360Error) -> str:
        """Return the sentence for an error in the reader's language."""
        describe: DescribeError = self.websocket.state.describe_error
        return describe(self.websocket, error)

    def return_message_token(self) -> None:
        """Do not count the message that is handled now: its handler has a limit of its own."""
        socket = push_socket(self.websocket.scope)
        if socket is not None:
            socket.return_message_token()

    @property
    def is_closing(self) -> bool:
        return self.close_request is not None

    def push(self, state: str | bytes) -> None:
        """Queue a whole state in JSON. It replaces an earlier state that was not sent yet."""
        if self.close_request:
            return
        self._pending_state = state
        self._wake.set()

    def idle_descriptor(self) -> int:
        return -1  # states wait in the socket's queue

    def close(self, code: int, reason: str = "") -> None:
        """Close the socket after the queued frames. Only the first call has an effect."""
        if self.close_request is not None:
            return
        self.close_request = (code, reason)
        self._wake.set()
        if self._reading_task is not None:
            self._reading_task.cancel()  # the reading task need not wait for the peer's close frame

    async def receive_text(self) -> str | None:
        """Return the peer's next text frame, or None once our side has closed the socket.

        Raises WebSocketDisconnect if the peer has closed it, SocketClosed for a binary frame.
        """
        if self.close_request is not None:
            return None
        self._reading_task = asyncio.current_task()
        try:
            return await receive_text_frame(self.websocket)
        except asyncio.CancelledError:
            if self.close_request is None or self._reading_task is None:
                raise
            # close() cancelled this task only to end the receive. Without uncancel() an enclosing
            # timeout or task group would take the cancellation for its own.
            self._reading_task.uncancel()
            return None
        finally:
            self._reading_task = None

    async def write_until_closed(self) -> None:
        """Write queued frames until our side closes the socket. Runs as the only writing task."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            # a slow reader would not read the queued frames either
            if self.close_request is None or self.close_request[0] != close_codes.SLOW_READER:
                await self._write_queued()
            if self.close_request is not None:
                return await self._close_socket(*self.close_request)

    async def _write_queued(self) -> None:
        self._is_writing = True
        try:
            await self._write_queued_frames()
        finally:
            self._is_writing = False

    async def _write_queued_frames(self) -> None:
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
    """Serve a socket to its end. Errors become error messages or close codes."""
    if await refuse_foreign_origin(websocket):
        return
    await websocket.accept()
    connection = SocketConnection(websocket)
    writer = asyncio.create_task(_run_writer(connection), name=f"socket {connection.id}")
    try:
        await _run_handler(connection, handler)
    except SocketClosed as closed:
        connection.close(closed.code, closed.reason)
    except WebSocketDisconnect:
        connection.close(close_codes.NORMAL)
    except DatabaseAway:
        connection.close(close_codes.TRY_AGAIN_LATER, "unavailable")
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
        connection.close(close_codes.NORMAL)  # the peer disconnected, which also ends the reading task
    except Exception:  # a socket that is closed reconnects; a socket that only stops sending does not
        logger.exception("socket_write_failed", extra={"connection": connection.id})
        connection.close(close_codes.INTERNAL_ERROR)


async def _wait_for_writer(writer: asyncio.Task[None]) -> None:
    """Wait until the last frames are sent, with a timeout for a peer that does not read."""
    _, stuck = await asyncio.wait([writer], timeout=CLOSE_TIMEOUT_S)
    for task in stuck:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run_handler(connection: SocketConnection, handler: SocketHandler) -> None:
    await handler.on_hello(connection, await receive_hello(connection.receive_text))
    try:
        await _receive_messages(connection, handler)
    finally:
        await handler.on_close(connection)


async def receive_hello(receive_text: Callable[[], Awaitable[str | None]]) -> JsonObject:
    """Wait for the first message. Raises SocketClosed unless `hello` arrives in time."""
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            text = await receive_text()
    except TimeoutError:
        raise SocketClosed(close_codes.NO_HELLO, "no hello") from None
    message = parse_message(text or "")
    if message["type"] != "hello":
        raise SocketClosed(close_codes.NO_HELLO, "the first message is hello")
    return message


async def _receive_messages(connection: SocketConnection, handler: SocketHandler) -> None:
    while (text := await connection.receive_text()) is not None:
        await _handle_message(connection, handler, parse_message(text))


async def _handle_message(connection: SocketConnection, handler: SocketHandler, message: JsonObject) -> None:
    if message["type"] == "ping":
        connection.send({"type": "pong"})
        return
    if message["type"] == "pong":
        return
    try:
        await handler.on_message(connection, message)
    except InvalidMessage as error:
        raise SocketClosed(close_codes.MALFORMED, error.code) from error
    except Office360Error as error:
        connection.send(build_localized_error(connection.websocket, message, error))


def build_localized_error(websocket: WebSocket, message: JsonObject, error: Office360Error) -> JsonObject:
    """Build the error message to a refused message, in the reader's language."""
    describe: DescribeError = websocket.state.describe_error
    return build_error_message(message, error, describe(websocket, error))


def build_error_message(message: JsonObject, error: Office360Error, sentence: str) -> JsonObject:
    """Build the error message to a refused message (docs/protocol.md#common-rules)."""
    answer = {
        "type": "error",
        "code": error.code,
        "message": sentence,
        "in_reply_to": message["type"],
    }
    if isinstance(error, Invalid):
        answer["errors"] = [{"field": field.field, "code": field.code} for field in error.fields]
    if isinstance(message.get("id"), str | int):
        answer["id"] = message["id"]
    return answer


async def receive_text_frame(websocket: WebSocket) -> str:
    """Return the next text frame.

    Raises WebSocketDisconnect if the peer has disconnected, SocketClosed for a binary frame.
    """
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code") or close_codes.NORMAL, event.get("reason"))
    text = event.get("text")
    if not isinstance(text, str):
        raise SocketClosed(close_codes.MALFORMED, "text frames only")
    return text


def parse_message(text: str) -> JsonObject:
    """Parse a message. Raises SocketClosed unless it is a JSON object with a `type`."""
    try:
        message = parse_json(text)
    except ValueError:
        raise SocketClosed(close_codes.MALFORMED, "not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise SocketClosed(close_codes.MALFORMED, "an object with a type is expected")
    return message


CommandT = TypeVar("CommandT")


def find_command(commands: Mapping[str, CommandT], message: JsonObject) -> CommandT:
    """Return the command for the message's type. Raises UnknownMessageType."""
    command = commands.get(message["type"])
    if command is None:
        raise UnknownMessageType
    return command
