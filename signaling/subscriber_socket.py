"""A socket that says hello and then only follows a state: in, and off our hands.

Under our own server its app call returns once it is let in, and a Follower stays in its place: a few hundred bytes
instead of a task, its coroutines and a scope. Under another server `converse` serves it, as every other socket.
"""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..core.db.rate_limits import TokenBucket
from ..core.errors import Office360Error
from ..core.json_types import JsonObject
from . import close_codes
from .close_codes import SocketClosed
from .connection import (
    HELLO_TIMEOUT_S,
    MAX_MESSAGES_BURST,
    MAX_MESSAGES_PER_S,
    SocketConnection,
    build_error_message,
    parse_hello,
    parse_message,
    receive_text_frame,
    serve_socket,
)
from .origin import refuse_foreign_origin
from .push_socket import StateSink, push_socket

PONG_MESSAGE = b'{"type":"pong"}'


class SubscriberSocketHandler(Protocol):
    """What a feature does with such sockets."""

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: JsonObject) -> Subscriber:
        """Let it in, and have its state pushed to the outlet from now on. Raises Closed to refuse it."""
        ...


class Subscriber:
    """One socket that was let in. What it says is answered, and nothing is done for it."""

    __slots__ = ("_allowance", "sink", "unknown_type_text")

    def __init__(self, sink: StateSink, unknown_type_text: str) -> None:
        self.sink = sink
        self.unknown_type_text = (
            unknown_type_text  # the sentence that answers a message of an unknown type, in its language
        )
        self._allowance: TokenBucket | None = None  # made for whoever says anything at all

    def on_text(self, text: str | None) -> None:
        try:
            answer = self._reply_to(text)
        except SocketClosed as reason:
            self.sink.close(reason.code, reason.reason)
        else:
            if answer is not None:
                self.sink.push(answer)

    def on_close(self) -> None:
        """The socket is over."""

    def _reply_to(self, text: str | None) -> bytes | None:
        self._allowance = self._allowance or TokenBucket(MAX_MESSAGES_PER_S, MAX_MESSAGES_BURST)
        if not self._allowance.take_token(asyncio.get_running_loop().time()):
            raise SocketClosed(close_codes.TOO_MANY, "too many messages")
        if text is None:
            raise SocketClosed(close_codes.MALFORMED, "text frames only")
        message = parse_message(text)
        if message["type"] == "pong":
            return None
        if message["type"] == "ping":
            return PONG_MESSAGE
        return json.dumps(
            _unknown_type_error(message, self.unknown_type_text), ensure_ascii=False, separators=(",", ":")
        ).encode()


def _unknown_type_error(message: JsonObject, sentence: str) -> JsonObject:
    return build_error_message(message, Office360Error("unknown_type"), sentence)


def unknown_type_text(websocket: WebSocket) -> str:
    """What a follower in this language is answered when it says what is not known here."""
    sentence: str = websocket.state.describe_error(websocket, Office360Error("unknown_type"))
    return sentence


async def serve_subscriber(websocket: WebSocket, handler: SubscriberSocketHandler) -> None:
    """Let one socket in, and leave it to whoever follows."""
    socket = push_socket(websocket.scope)
    if socket is None:
        await serve_socket(websocket, _SubscriberOverConnection(handler))
        return
    if await refuse_foreign_origin(websocket):
        return
    await websocket.accept()
    try:
        follower = await handler.on_hello(websocket, socket, await _receive_hello(websocket))
    except SocketClosed as reason:
        socket.close(reason.code, reason.reason)
    except WebSocketDisconnect:
        pass
    else:
        socket.detach(follower)


async def _receive_hello(websocket: WebSocket) -> JsonObject:
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            return parse_hello(await receive_text_frame(websocket))
    except TimeoutError:
        raise SocketClosed(close_codes.NO_HELLO, "no hello") from None


class _SubscriberOverConnection:
    """The same for a server that offers no push: a Connection is the outlet."""

    def __init__(self, handler: SubscriberSocketHandler) -> None:
        self._handler = handler
        self._subscriber: Subscriber | None = None

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        self._subscriber = await self._handler.on_hello(connection.websocket, connection, message)

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        raise Office360Error("unknown_type")

    async def on_close(self, connection: SocketConnection) -> None:
        if self._subscriber is not None:
            self._subscriber.on_close()
