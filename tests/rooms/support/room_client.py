"""A client of /ws/room for the tests: says what it is told to, and waits for a message by its type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from office360.core.json_types import JsonObject

from ...conftest import AppServer
from ...support.timeouts import TEST_TIMEOUT_S


class RoomClient:
    """One socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.welcome: JsonObject = {}
        self.received: list[JsonObject] = []

    @property
    def id(self) -> str:
        return str(self.welcome["participant"])

    async def send(self, type: str, **message: Any) -> None:
        await self.socket.send_json({"type": type, **message})

    async def receive_next(self) -> JsonObject:
        message: JsonObject = await self.socket.receive_json(timeout=TEST_TIMEOUT_S)
        self.received.append(message)
        return message

    async def receive(self, type: str, **expected: Any) -> JsonObject:
        """The next message of this type with these values; the others are kept in `heard`."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                message = await self.receive_next()
                if message["type"] == type and expected.items() <= message.items():
                    return message

    async def send_refused(self, type: str, **message: Any) -> str:
        """Say something that is not allowed; the code of the answer."""
        await self.send(type, **message)
        error = await self.receive("error", in_reply_to=type)
        assert error["message"]
        return str(error["code"])

    async def drain_types(self) -> list[str]:
        """The types of everything that was on its way: a ping's answer comes after it."""
        await self.send("ping")
        before = len(self.received)
        await self.receive("pong")
        return [one["type"] for one in self.received[before:-1]]

    async def wait_closed(self) -> int | None:
        """Read to the end; the close code."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.received.append(message.json())
                else:
                    return self.socket.close_code


@asynccontextmanager
async def open_room_client(server: AppServer, hello: JsonObject, **headers: str) -> AsyncIterator[RoomClient]:
    """A socket after this hello; whether it was welcomed is for the caller to hear."""
    async with server.client() as client, client.ws_connect("/ws/room", headers=headers) as socket:
        peer = RoomClient(socket)
        await peer.send("hello", **hello)
        yield peer


@asynccontextmanager
async def enter_room_client(server: AppServer, hello: JsonObject, **headers: str) -> AsyncIterator[RoomClient]:
    """A socket whose hello was accepted."""
    async with open_room_client(server, hello, **headers) as peer:
        peer.welcome = await peer.receive("welcome")
        yield peer
