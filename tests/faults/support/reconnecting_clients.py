"""Clients like phones and consoles: one socket each, reconnecting, newest state."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from ...support.http_client import open_client

RECOVERY_LIMIT_S = 10.0  # for any client after any fault
RECONNECT_DELAY_S = 0.3

StateFrame = dict[str, Any]


class ReconnectingClient:
    """A phone or console. It reconnects to the next address, as behind a load balancer."""

    def __init__(self, path: str, hello: StateFrame, *addresses: str) -> None:
        self._path = path
        self._hello = hello
        self._addresses = list(addresses)
        self._task = asyncio.create_task(self._keep_connected(), name=f"follower {path}")
        self._frame_arrived = asyncio.Event()
        self.frame: StateFrame = {}
        self.connection_count = 0

    async def wait_until_shown(self, is_expected: Callable[[StateFrame], object]) -> float:
        """Wait until the state is as expected. Returns the seconds it took; fails after ten."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(RECOVERY_LIMIT_S):
                while not self.frame or not is_expected(self.frame):
                    self._frame_arrived.clear()
                    await self._frame_arrived.wait()
        except TimeoutError:
            raise AssertionError(f"still shows {self.frame}") from None
        return time.monotonic() - began

    async def _keep_connected(self) -> None:
        while True:
            address = self._addresses[0]
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with open_client(address) as client, client.ws_connect(self._path) as socket:
                    await socket.send_json({"type": "hello", **self._hello})
                    self.connection_count += 1
                    async for message in socket:
                        self._on_frame(message.json())
            self._addresses.append(self._addresses.pop(0))
            await asyncio.sleep(RECONNECT_DELAY_S)

    def _on_frame(self, frame: StateFrame) -> None:
        self.frame = frame
        self._frame_arrived.set()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
