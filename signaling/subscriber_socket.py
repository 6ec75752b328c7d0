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
from . import close_codes
from .close_codes import Closed
from .connection import (
    HELLO_S,
    MESSAGES_BURST,
    MESSAGES_PER_S,
    Connection,
    Message,
    converse,
    error_answer,
    hello_of,
    parsed,
    receive_text,
)
from .origin import refuse_foreign_origin
from .push_socket import Outlet, push_socket

PONG = b'{"type":"pong"}'


class Following(Protocol):
    """What a feature does with such sockets."""

    async def hello(self, websocket: WebSocket, outlet: Outlet, message: Message) -> Follower:
        """Let it in, and have its state pushed to the outlet from now on. Raises Closed to refuse it."""
        ...


class Follower:
    """One socket that was let in. What it says is answered, and nothing is done for it."""

    __slots__ = ("_allowance", "outlet", "refusal")

    def __init__(self, outlet: Outlet, refusal: str) -> None:
        self.outlet = outlet
        self.refusal = refusal  # the sentence that answers a message of an unknown type, in its language
        self._allowance: TokenBucket | None = None  # made for whoever says anything at all

    def heard(self, text: str | None) -> None:
        try:
            answer = self._answer(text)
        except Closed as reason:
            self.outlet.close(reason.code, reason.reason)
        else:
            if answer is not None:
                self.outlet.push(answer)

    def gone(self) -> None:
        """The socket is over."""

    def _answer(self, text: str | None) -> bytes | None:
        self._allowance = self._allowance or TokenBucket(MESSAGES_PER_S, MESSAGES_BURST)
        if not self._allowance.take(asyncio.get_running_loop().time()):
            raise Closed(close_codes.TOO_MANY, "too many messages")
        if text is None:
            raise Closed(close_codes.MALFORMED, "text frames only")
        message = parsed(text)
        if message["type"] == "pong":
            return None
        if message["type"] == "ping":
            return PONG
        return json.dumps(_unknown(message, self.refusal), ensure_ascii=False, separators=(",", ":")).encode()


def _unknown(message: Message, sentence: str) -> Message:
    return error_answer(message, Office360Error("unknown_type"), sentence)


def refusal_of(websocket: WebSocket) -> str:
    """What a follower in this language is answered when it says what is not known here."""
    sentence: str = websocket.state.describe_error(websocket, Office360Error("unknown_type"))
    return sentence


async def follow(websocket: WebSocket, following: Following) -> None:
    """Let one socket in, and leave it to whoever follows."""
    socket = push_socket(websocket.scope)
    if socket is None:
        await converse(websocket, _Conversation(following))
        return
    if await refuse_foreign_origin(websocket):
        return
    await websocket.accept()
    try:
        follower = await following.hello(websocket, socket, await _first_message(websocket))
    except Closed as reason:
        socket.close(reason.code, reason.reason)
    except WebSocketDisconnect:
        pass
    else:
        socket.detach(follower)


async def _first_message(websocket: WebSocket) -> Message:
    try:
        async with asyncio.timeout(HELLO_S):
            return hello_of(await receive_text(websocket))
    except TimeoutError:
        raise Closed(close_codes.NO_HELLO, "no hello") from None


class _Conversation:
    """The same for a server that offers no push: a Connection is the outlet."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._follower: Follower | None = None

    async def hello(self, connection: Connection, message: Message) -> None:
        self._follower = await self._following.hello(connection.websocket, connection, message)

    async def receive(self, connection: Connection, message: Message) -> None:
        raise Office360Error("unknown_type")

    async def gone(self, connection: Connection) -> None:
        if self._follower is not None:
            self._follower.gone()
