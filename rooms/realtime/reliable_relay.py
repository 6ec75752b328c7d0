"""What is relayed in one room: each letter reaches a process once, also when the bus was away meanwhile.

The bus may lose messages. So every letter is numbered and kept for a minute by the process that sent it; after
an interruption each process says its kept letters again, and asks the others for theirs. Who has had them drops
them. In memory only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.bus.base import Bus
from ...core.ids import new_id

KEPT_S = 60.0  # longer than a call's start waits before it begins anew by itself
KEPT_LETTERS = 128  # a call's start sends about 40
KNOWN_LETTERS = 1_024

Letter = Mapping[str, Any]


@dataclass(slots=True)
class _From:
    """What has come from one sender by one process."""

    had: set[int] = field(default_factory=set)
    order: deque[int] = field(default_factory=deque)
    described: int = 0


class Relayed:
    """The letters of one room that this process sends and receives."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self._bus = bus
        self._topic = topic
        self._by = new_id()  # numbers begin anew with every process, and with every time the room is opened in one
        self._n = 0
        self._kept: deque[tuple[float, Letter]] = deque(maxlen=KEPT_LETTERS)
        self._come: dict[tuple[str, str], _From] = {}

    async def send(self, sender: str, to: str | None, message: Mapping[str, Any]) -> None:
        """Give a letter to whichever process holds its addressee, now or when the bus is back."""
        self._n += 1
        letter = {"kind": "relay", "by": self._by, "n": self._n, "from": sender, "to": to, "message": message}
        self._kept.append((asyncio.get_running_loop().time(), letter))
        await self._say(letter)

    async def after_interruption(self) -> None:
        """Say again what others may have missed, and ask for what was missed here."""
        await self.say_again()
        await self._say({"kind": "missed", "by": self._by})

    async def say_again(self) -> None:
        """Everything that is still kept."""
        since = asyncio.get_running_loop().time() - KEPT_S
        for at, letter in tuple(self._kept):
            if at >= since:
                await self._say(letter)

    async def asked(self, message: Letter) -> None:
        """Another process has missed something."""
        if message["by"] != self._by:
            await self.say_again()

    async def _say(self, letter: Letter) -> None:
        try:
            await self._bus.publish(self._topic, letter)
        except OSError:  # our own process has heard it; the others will when the bus is back
            return

    def is_news(self, letter: Letter) -> bool:
        """Whether a letter came for the first time, and is not a description that a newer one has replaced."""
        known = self._come.setdefault((letter["from"], letter["by"]), _From())
        n: int = letter["n"]
        if n in known.had:
            return False
        known.had.add(n)
        known.order.append(n)
        if len(known.order) > KNOWN_LETTERS:
            known.had.discard(known.order.popleft())
        return not self._is_overtaken(known, n, letter["message"]["type"])

    def _is_overtaken(self, known: _From, n: int, kind: str) -> bool:
        if kind not in ("description", "renew"):
            return False
        overtaken = n < known.described
        known.described = max(known.described, n)
        return overtaken
