"""The client end of a socket that receives whole states: a phone or a display."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from ...support.timeouts import TEST_TIMEOUT_S

SocketFrame = dict[str, Any]


class SocketClient:
    """The socket of an open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next_frame(self) -> SocketFrame:
        frame: SocketFrame = await self.socket.receive_json(timeout=TEST_TIMEOUT_S)
        return frame

    async def wait_for_frame(self, **expected: Any) -> SocketFrame:
        """Wait for a frame with these values."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                frame = await self.next_frame()
                if expected.items() <= frame.items():
                    return frame

    async def pending_frames(self) -> list[SocketFrame]:
        """Return all frames that were sent before the answer to a ping."""
        await self.socket.send_json({"type": "ping"})
        frames = []
        while (frame := await self.next_frame())["type"] != "pong":
            frames.append(frame)
        return frames

    async def close_code(self) -> int | None:
        """Wait for the end of the socket and return its close code."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while (await self.socket.receive()).type not in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.CLOSING,
            ):
                continue
        return self.socket.close_code
