"""Sockets that send a hello and then only receive states. No commands.

Under our own server the application call returns after the hello. A Subscriber of a few hundred
bytes remains, instead of a task with its coroutines and a scope for each phone. Under another ASGI
server `serve_socket` serves the same handler like every other socket.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..core.errors import DatabaseAway
from ..core.json_types import JsonObject
from . import close_codes
from .close_codes import SocketClosed
from .connection import (
    SocketConnection,
    SocketHandler,
    UnknownMessageType,
    build_error_message,
    parse_message,
    receive_hello,
    receive_text_frame,
    serve_socket,
)
from .origin import refuse_foreign_origin
from .push_socket import StateSink, push_socket

PONG_MESSAGE = b'{"type":"pong"}'


class SubscriberSocketHandler(Protocol):
    """Hello of a feature's subscribers."""

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: JsonObject) -> Subscriber:
        """Subscribe the socket, and push states to `sink` from now on.

        Raise SocketClosed to refuse the hello.
        """
        ...


class Subscriber:
    """SocketListener of an accepted socket. Messages are answered, and have no other effect."""

    # A process keeps an object for each phone: therefore slots without a base class, which would add a dict.
    __slots__ = ("sink", "unknown_type_text")

    def __init__(self, sink: StateSink, unknown_type_text: str) -> None:
        self.sink = sink
        self.unknown_type_text = unknown_type_text  # answers an unknown type, in the phone's language

    def on_text(self, text: str | None) -> None:
        try:
            answer = self._answer(text)
        except SocketClosed as closed:
            self.sink.close(closed.code, closed.reason)
        else:
            if answer is not None:
                self.sink.push(answer)

    def on_close(self) -> None:
        """Do nothing; features override this to unsubscribe."""

    def _answer(self, text: str | None) -> bytes | None:
        if text is None:
            raise SocketClosed(close_codes.MALFORMED, "text frames only")
        message = parse_message(text)
        if message["type"] == "pong":
            return None
        if message["type"] == "ping":
            return PONG_MESSAGE
        error = build_error_message(message, UnknownMessageType(), self.unknown_type_text)
        return json.dumps(error, ensure_ascii=False, separators=(",", ":")).encode()


def unknown_type_text(websocket: WebSocket) -> str:
    """Return the sentence for an unknown message type in the language of this socket.

    A Subscriber keeps the sentence, because it outlives the WebSocket and its scope.
    """
    sentence: str = websocket.state.describe_error(websocket, UnknownMessageType())
    return sentence


async def serve_subscriber(websocket: WebSocket, handler: SubscriberSocketHandler) -> None:
    """Accept a socket and its hello, then detach it.

    Under a server without the push extension, serve the socket to its end.
    """
    socket = push_socket(websocket.scope)
    if socket is None:
        await serve_socket(websocket, _SubscriberOverConnection(handler))
        return
    if await refuse_foreign_origin(websocket):
        return
    await websocket.accept()
    try:
        hello = await receive_hello(partial(receive_text_frame, websocket))
        subscriber = await handler.on_hello(websocket, socket, hello)
    except SocketClosed as closed:
        socket.close(closed.code, closed.reason)
    except DatabaseAway:
        socket.close(close_codes.TRY_AGAIN_LATER, "unavailable")
    except WebSocketDisconnect:
        pass
    else:
        socket.detach(subscriber)


class _SubscriberOverConnection(SocketHandler):
    """Subscriber under a server without the push extension, with the connection as its sink."""

    def __init__(self, handler: SubscriberSocketHandler) -> None:
        self._handler = handler
        self._subscriber: Subscriber | None = None

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        self._subscriber = await self._handler.on_hello(connection.websocket, connection, message)

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        raise UnknownMessageType

    async def on_close(self, connection: SocketConnection) -> None:
        if self._subscriber is not None:
            self._subscriber.on_close()
