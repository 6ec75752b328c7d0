"""A page of a video call that chats over /ws/room, as static/rooms/text/chat.js does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import aiohttp
from office360.core.json_types import JsonObject

from ...support.http_client import open_client
from .reconnecting_clients import RECONNECT_DELAY_S


class ChatPage:
    """Keeps each own line until everyone has it, and shows each line of the others once."""

    def __init__(self, url: str, hello: JsonObject) -> None:
        self.participant = ""
        self.types: set[str] = set()  # of all messages so far
        self.shown: list[str] = []
        self.unconfirmed: dict[str, str] = {}  # own lines by id
        self.not_delivered: list[str] = []
        self._url = url
        self._hello = {**hello, "acks": True}
        self._session = ""
        self._seq = 0
        self._seen: set[tuple[str, str]] = set()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._keep_connected(), name=f"chat page {url}")

    async def say(self, text: str) -> None:
        """Send a line, whose id is its text."""
        self.unconfirmed[text] = text
        await self.send("chat", id=text, text=text)

    async def send(self, type_: str, **more: Any) -> None:
        """Send a message, or drop it without a socket."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionError):
                await self._socket.send_json({"type": type_, **more})

    async def wait_until(self, is_true: Callable[[ChatPage], bool]) -> None:
        """Wait for messages until a condition holds. The caller limits the time."""
        while not is_true(self):
            self._changed.clear()
            await self._changed.wait()

    async def _keep_connected(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with open_client(self._url) as client, client.ws_connect("/ws/room") as socket:
                    await socket.send_json({"type": "hello", **self._hello, **self._resume()})
                    async for frame in socket:
                        await self._on_message(socket, frame.json())
            self._socket = None
            await asyncio.sleep(RECONNECT_DELAY_S)

    def _resume(self) -> JsonObject:
        return {"resume": {"session": self._session, "seq": self._seq}} if self._session else {}

    async def _on_message(self, socket: aiohttp.ClientWebSocketResponse, message: JsonObject) -> None:
        self.types.add(message["type"])
        if message["type"] == "welcome":
            self._socket, self.participant = socket, message["participant"]
            self._session = message["session"]
            for id_, text in list(self.unconfirmed.items()):
                await self.send("chat", id=id_, text=text)
        elif message["type"] == "chat" and (message["from"], message["id"]) not in self._seen:
            self._seen.add((message["from"], message["id"]))
            self.shown.append(message["text"])
        elif message["type"] == "delivered":
            self.unconfirmed.pop(message["id"], None)
        elif message["type"] == "error" and message["in_reply_to"] == "chat":
            self.not_delivered.append(self.unconfirmed.pop(message["id"]))
        if message.get("seq"):
            self._seq = message["seq"]
            await self.send("ack", seq=self._seq)
        self._changed.set()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
