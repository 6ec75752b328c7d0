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
from ..core.web.validation import read_json
from . import close_codes
from .close_codes import Closed
from .origin import refuse_foreign_origin

logger = logging.getLogger(__name__)

HELLO_S = 5  # a phone on a bad network says hello within two round trips; five seconds are plenty
FRAME_BYTES = 64 * 1024  # the largest frame we read
MESSAGES_PER_S = 30
MESSAGES_BURST = 60
QUEUED_MESSAGES = 256  # a room's burst of candidates is about 40
QUEUED_BYTES = 4 * FRAME_BYTES  # what may wait for a slow reader: a few descriptions
CLOSE_S = 2  # a peer that does not read never takes the close either

Message = dict[str, Any]
Describe = Callable[[WebSocket, Office360Error], str]


class Conversation(Protocol):
    """What a feature says on one socket."""

    async def hello(self, connection: Connection, message: Message) -> None:
        """The first message. Raise Closed to refuse it."""
        ...

    async def receive(self, connection: Connection, message: Message) -> None:
        """Every later one but ping. Raise Refused or Invalid to answer with an error message."""
        ...

    async def gone(self, connection: Connection) -> None:
        """The socket is over. Called once after a hello that was accepted."""
        ...


class Connection:
    """The sending side of one socket, after its upgrade."""

    def __init__(self, websocket: WebSocket) -> None:
        self.id = new_id()
        self.websocket = websocket
        self.closed: tuple[int, str] | None = None
        self._frames: deque[str] = deque()
        self._state_frame: str | bytes | None = None
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._listener: asyncio.Task[Any] | None = None  # set only while it waits for the peer

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, in order after the earlier ones. A reader that leaves too many is closed with 4001."""
        if self.closed:
            return
        frame = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self._waiting_bytes += len(frame)
        if len(self._frames) >= QUEUED_MESSAGES or self._waiting_bytes > QUEUED_BYTES:
            self.close(close_codes.SLOW_READER, "too slow a reader")
            return
        self._frames.append(frame)
        self._wake.set()

    @property
    def is_over(self) -> bool:
        """Whether nothing will leave any more."""
        return self.closed is not None

    def push(self, frame: str | bytes) -> None:
        """Send a whole state, JSON. One that has not left yet is replaced: only the newest matters."""
        if self.closed:
            return
        self._state_frame = frame
        self._wake.set()

    def close(self, code: int, reason: str = "") -> None:
        """End the socket after what has been sent; the first call wins."""
        if self.closed is not None:
            return
        self.closed = (code, reason)
        self._wake.set()
        if self._listener is not None:
            self._listener.cancel()  # whoever waits for the peer need not wait for its goodbye

    async def receive_text(self) -> str | None:
        """The peer's next text frame; None once our side has closed the socket.

        Raises WebSocketDisconnect when the peer has, Closed for anything but text.
        """
        if self.closed is not None:
            return None
        self._listener = asyncio.current_task()
        try:
            return await receive_text(self.websocket)
        except asyncio.CancelledError:
            if self.closed is None or self._listener is None:
                raise
            self._listener.uncancel()
            return None
        finally:
            self._listener = None

    async def write_until_closed(self) -> None:
        """The one task that writes. Ends when the socket was closed from our side."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self.closed is None or self.closed[0] != close_codes.SLOW_READER:
                await self._drain()
            if self.closed is not None:
                return await self._close_socket(*self.closed)

    async def _drain(self) -> None:
        while self._frames or self._state_frame is not None:
            if self._frames:
                frame = self._frames.popleft()
                self._waiting_bytes -= len(frame)
            else:
                state, self._state_frame = self._state_frame or "", None
                frame = state if isinstance(state, str) else state.decode()
            await self.websocket.send_text(frame)

    async def _close_socket(self, code: int, reason: str) -> None:
        if self.websocket.application_state is WebSocketState.CONNECTED:
            await self.websocket.close(code, reason)


async def converse(websocket: WebSocket, conversation: Conversation) -> None:
    """Serve one socket to its end. Errors of the conversation become messages or close codes, never a crash."""
    if await refuse_foreign_origin(websocket):
        return
    await websocket.accept()
    connection = Connection(websocket)
    writer = asyncio.create_task(_write(connection), name=f"socket {connection.id}")
    try:
        await _until_closed(connection, conversation)
    except Closed as reason:
        connection.close(reason.code, reason.reason)
    except WebSocketDisconnect:
        connection.close(close_codes.NORMAL)
    except Exception:
        logger.exception("socket_failed", extra={"connection": connection.id})
        connection.close(close_codes.INTERNAL_ERROR)
    finally:
        connection.close(close_codes.NORMAL)
        await _finished(writer)


async def _write(connection: Connection) -> None:
    try:
        await connection.write_until_closed()
    except (WebSocketDisconnect, RuntimeError, OSError):
        connection.close(close_codes.NORMAL)  # the peer went away; whoever reads will notice by itself
    except Exception:  # a frame that cannot be written: a socket that stays mute is worse than one that ends
        logger.exception("socket_write_failed", extra={"connection": connection.id})
        connection.close(close_codes.INTERNAL_ERROR)


async def _finished(writer: asyncio.Task[None]) -> None:
    """Let the last frames leave, but not for long: a peer that never reads would hold us for ever."""
    _, stuck = await asyncio.wait([writer], timeout=CLOSE_S)
    for task in stuck:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _until_closed(connection: Connection, conversation: Conversation) -> None:
    await conversation.hello(connection, await _first_message(connection))
    try:
        await _read_all(connection, conversation)
    finally:
        await conversation.gone(connection)


async def _first_message(connection: Connection) -> Message:
    try:
        async with asyncio.timeout(HELLO_S):
            text = await connection.receive_text()
    except TimeoutError:
        raise Closed(close_codes.NO_HELLO, "no hello") from None
    return hello_of(text or "")


def hello_of(text: str) -> Message:
    """The first message. Raises Closed unless it is hello."""
    message = parsed(text)
    if message["type"] != "hello":
        raise Closed(close_codes.NO_HELLO, "the first message is hello")
    return message


async def _read_all(connection: Connection, conversation: Conversation) -> None:
    allowance = TokenBucket(MESSAGES_PER_S, MESSAGES_BURST)
    loop = asyncio.get_running_loop()
    while (text := await connection.receive_text()) is not None:
        if not allowance.take(loop.time()):
            raise Closed(close_codes.TOO_MANY, "too many messages")
        await _answer(connection, conversation, parsed(text))


async def _answer(connection: Connection, conversation: Conversation, message: Message) -> None:
    if message["type"] == "ping":
        connection.send({"type": "pong"})
        return
    if message["type"] == "pong":
        return
    try:
        await conversation.receive(connection, message)
    except InvalidMessage as broken:
        raise Closed(close_codes.MALFORMED, broken.code) from broken
    except Office360Error as error:
        connection.send(error_message(connection.websocket, message, error))


def error_message(websocket: WebSocket, message: Message, error: Office360Error) -> Message:
    """What a refused message is answered with, in the reader's language."""
    describe: Describe = websocket.state.describe_error
    return error_answer(message, error, describe(websocket, error))


def error_answer(message: Message, error: Office360Error, sentence: str) -> Message:
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


async def receive_text(websocket: WebSocket) -> str:
    """The next text frame. Raises WebSocketDisconnect when the peer is gone, Closed for anything but text."""
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code") or close_codes.NORMAL, event.get("reason"))
    text = event.get("text")
    if not isinstance(text, str):
        raise Closed(close_codes.MALFORMED, "text frames only")
    return text


def parsed(text: str) -> Message:
    """One message of a peer. Raises Closed for what is no JSON object with a type."""
    try:
        message = read_json(text)
    except ValueError:
        raise Closed(close_codes.MALFORMED, "not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closed(close_codes.MALFORMED, "an object with a type is expected")
    return message


C = TypeVar("C")


def command_of(commands: Mapping[str, C], message: Message) -> C:
    """The command of this message's type. An unknown type is answered, not punished."""
    command = commands.get(message["type"])
    if command is None:
        raise Office360Error("unknown_type")
    return command
