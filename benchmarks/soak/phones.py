"""Phones of a soak: each follows one ticket on /ws/ticket, as static/queue/ does."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import aiohttp

from .ledger import END_STATES, PhoneState

FIRST_DELAY_S, DELAY_S = 2.0, 4.0  # before a reconnection; a page waits up to 5 s and then 2, 4, 8 s
LAST_CODES = frozenset({1000, 4100, 4101, 4102, 4103, 4104, 4105, 4106})  # after which a phone does not reconnect
HANDSHAKE_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 60.0  # the server pings every 20 s


class Phone:
    """A phone. `frame` is the state that it shows."""

    def __init__(self, session: aiohttp.ClientSession, ticket: str, token: str, chance: random.Random) -> None:
        self.ticket = ticket
        self.token = token
        self.frame: dict[str, Any] | None = None
        self.close_codes: Counter[int | None] = Counter()
        self.stale_frames = 0  # with a smaller version than a frame before
        self._session = session
        self._chance = chance
        self._changed = asyncio.Event()
        self.task = asyncio.create_task(self._follow(), name="phone")

    @property
    def state(self) -> str:
        return str(self.frame["state"]) if self.frame else ""

    @property
    def is_over(self) -> bool:
        return self.state in END_STATES

    def shown(self) -> PhoneState | None:
        return to_phone_state(self.frame) if self.frame else None

    async def wait_for(self, is_expected: Callable[[Phone], bool], seconds: float) -> bool:
        """Wait until the phone shows an expected state. Returns False after the timeout."""
        try:
            async with asyncio.timeout(seconds):
                while not is_expected(self):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            code = await self._show_frames()
            self.close_codes[code] += 1
            if code in LAST_CODES:
                return
            await asyncio.sleep(self._chance.uniform(0, FIRST_DELAY_S if self.frame else DELAY_S))

    async def _show_frames(self) -> int | None:
        """Show frames of a connection, and return its close code; None without a connection."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                socket = await self._session.ws_connect("/ws/ticket", timeout=_WS_TIMEOUT)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        try:
            await socket.send_json({"type": "hello", "token": self.token})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._show(message.json())
        except (aiohttp.ClientError, OSError):
            return None
        finally:
            await socket.close()
        return socket.close_code

    def _show(self, frame: dict[str, Any]) -> None:
        if frame.get("type") != "ticket":
            return
        if self.frame is not None and frame["v"] < self.frame["v"]:
            self.stale_frames += 1
            return
        self.frame = frame
        self._changed.set()


_WS_TIMEOUT = aiohttp.ClientWSTimeout(ws_receive=SILENCE_TIMEOUT_S, ws_close=2.0)


def to_phone_state(ticket: dict[str, Any]) -> PhoneState:
    """Convert a ticket of the API or of a frame to the compared fields."""
    desk = ticket["desk"]["id"] if ticket["desk"] else None
    return PhoneState(ticket["state"], desk, ticket["ahead"], ticket["recalls"])


class Phones:
    """All phones of a run. `most`: how many were open at once."""

    def __init__(self, session: aiohttp.ClientSession, chance: random.Random) -> None:
        self._session = session
        self._chance = chance
        self.all: list[Phone] = []
        self.most = 0

    def open(self, ticket: str, token: str) -> Phone:
        phone = Phone(self._session, ticket, token, self._chance)
        self.all.append(phone)
        self.most = max(self.most, sum(not phone.task.done() for phone in self.all))
        return phone

    def waiting(self) -> list[Phone]:
        return [phone for phone in self.all if phone.state == "waiting"]

    def refused(self) -> Iterable[str]:
        """Describe phones that were told not to return although their ticket is not over."""
        for phone in self.all:
            if phone.task.done() and not phone.task.cancelled() and not phone.is_over:
                yield f"ticket {phone.ticket}: its phone was sent away with {dict(phone.close_codes)}"

    async def close(self) -> None:
        await asyncio.gather(*(phone.close() for phone in self.all))
