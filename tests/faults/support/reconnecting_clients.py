"""Phones and boards as they behave: they keep one socket, come back when it ends, and know the newest state."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import aiohttp

RIGHT_S = 10.0  # how late anybody may be right again after anything
AGAIN_S = 0.3

Frame = dict[str, Any]


class Follower:
    """One phone or board. Of several addresses the next is tried when one ends, as behind a balancer."""

    def __init__(self, path: str, hello: Frame, *addresses: str) -> None:
        self._path = path
        self._hello = hello
        self._addresses = list(addresses)
        self._task = asyncio.create_task(self._follow(), name=f"follower {path}")
        self._news = asyncio.Event()
        self.frame: Frame = {}
        self.comings = 0

    async def shows(self, true: Callable[[Frame], object]) -> float:
        """Wait until it shows what it should; how many seconds that took. Fails after ten."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(RIGHT_S):
                while not self.frame or not true(self.frame):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"still shows {self.frame}") from None
        return time.monotonic() - began

    async def _follow(self) -> None:
        while True:
            address = self._addresses[0]
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with aiohttp.ClientSession(address) as client, client.ws_connect(self._path) as socket:
                    await socket.send_json({"type": "hello", **self._hello})
                    self.comings += 1
                    async for message in socket:
                        self._take(message.json())
            self._addresses.append(self._addresses.pop(0))
            await asyncio.sleep(AGAIN_S)

    def _take(self, frame: Frame) -> None:
        self.frame = frame
        self._news.set()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
