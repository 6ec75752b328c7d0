"""A client of /ws/room for the tests: says what it is told to, and waits for a message by its type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from ...conftest import AppServer
from ...support.timeouts import PATIENCE_S

Message = dict[str, Any]


class Peer:
    """One socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.welcome: Message = {}
        self.heard: list[Message] = []

    @property
    def id(self) -> str:
        return str(self.welcome["participant"])

    async def say(self, type: str, **message: Any) -> None:
        await self.socket.send_json({"type": type, **message})

    async def next(self) -> Message:
        message: Message = await self.socket.receive_json(timeout=PATIENCE_S)
        self.heard.append(message)
        return message

    async def hear(self, type: str, **expected: Any) -> Message:
        """The next message of this type with these values; the others are kept in `heard`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.next()
                if message["type"] == type and expected.items() <= message.items():
                    return message

    async def refused(self, type: str, **message: Any) -> str:
        """Say something that is not allowed; the code of the answer."""
        await self.say(type, **message)
        error = await self.hear("error", in_reply_to=type)
        assert error["message"]
        return str(error["code"])

    async def quiet(self) -> list[str]:
        """The types of everything that was on its way: a ping's answer comes after it."""
        await self.say("ping")
        before = len(self.heard)
        await self.hear("pong")
        return [one["type"] for one in self.heard[before:-1]]

    async def closed(self) -> int | None:
        """Read to the end; the close code."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.heard.append(message.json())
                else:
                    return self.socket.close_code


@asynccontextmanager
async def connected(server: AppServer, hello: Message, **headers: str) -> AsyncIterator[Peer]:
    """A socket after this hello; whether it was welcomed is for the caller to hear."""
    async with server.client() as client, client.ws_connect("/ws/room", headers=headers) as socket:
        peer = Peer(socket)
        await peer.say("hello", **hello)
        yield peer


@asynccontextmanager
async def welcomed(server: AppServer, hello: Message, **headers: str) -> AsyncIterator[Peer]:
    """A socket whose hello was accepted."""
    async with connected(server, hello, **headers) as peer:
        peer.welcome = await peer.hear("welcome")
        yield peer
