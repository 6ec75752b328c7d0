"""Client of /ws/room that sends commands and waits for messages by type."""

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
    """A socket with its received messages."""

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
        """Wait for the next message of this type with these values. `received` keeps the others."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                message = await self.receive_next()
                if message["type"] == type and expected.items() <= message.items():
                    return message

    async def send_refused(self, type: str, **message: Any) -> str:
        """Send a command that is refused, and return the error code."""
        await self.send(type, **message)
        error = await self.receive("error", in_reply_to=type)
        assert error["message"]
        return str(error["code"])

    async def drain_types(self) -> list[str]:
        """Return the types of all messages already sent by the server, by waiting for a pong."""
        await self.send("ping")
        before = len(self.received)
        await self.receive("pong")
        return [message["type"] for message in self.received[before:-1]]

    async def wait_closed(self) -> int | None:
        """Read until the socket is closed, and return the close code."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.received.append(message.json())
                else:
                    return self.socket.close_code


@asynccontextmanager
async def open_room_client(server: AppServer, hello: JsonObject, **headers: str) -> AsyncIterator[RoomClient]:
    """Open a socket and send a hello, which may be refused."""
    async with server.client() as client, client.ws_connect("/ws/room", headers=headers) as socket:
        room_client = RoomClient(socket)
        await room_client.send("hello", **hello)
        yield room_client


@asynccontextmanager
async def enter_room_client(server: AppServer, hello: JsonObject, **headers: str) -> AsyncIterator[RoomClient]:
    """Open a socket, send a hello, and wait for its welcome."""
    async with open_room_client(server, hello, **headers) as room_client:
        room_client.welcome = await room_client.receive("welcome")
        yield room_client


def resume_hello(peer: RoomClient, seq: int) -> JsonObject:
    return {"resume": {"session": peer.welcome["session"], "seq": seq}}


def last_seq(peer: RoomClient) -> int:
    return int(max(message["seq"] for message in peer.received if "seq" in message))
