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

SIGNAL_RETENTION_S = 60.0  # longer than a call's start waits before it begins anew by itself
MAX_KEPT_SIGNALS = 128  # a call's start sends about 40
MAX_KNOWN_SIGNALS = 1_024

Signal = Mapping[str, Any]


@dataclass(slots=True)
class _SenderHistory:
    """What has come from one sender by one process."""

    seen_numbers: set[int] = field(default_factory=set)
    seen_order: deque[int] = field(default_factory=deque)
    latest_description: int = 0


class ReliableRelay:
    """The letters of one room that this process sends and receives."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self._bus = bus
        self._topic = topic
        self._source_id = (
            new_id()
        )  # numbers begin anew with every process, and with every time the room is opened in one
        self._last_number = 0
        self._sent_signals: deque[tuple[float, Signal]] = deque(maxlen=MAX_KEPT_SIGNALS)
        self._history_by_sender: dict[tuple[str, str], _SenderHistory] = {}

    async def send_signal(self, sender: str, to: str | None, message: Mapping[str, Any]) -> None:
        """Give a letter to whichever process holds its addressee, now or when the bus is back."""
        self._last_number += 1
        letter = {
            "kind": "relay",
            "by": self._source_id,
            "n": self._last_number,
            "from": sender,
            "to": to,
            "message": message,
        }
        self._sent_signals.append((asyncio.get_running_loop().time(), letter))
        await self._publish(letter)

    async def recover_after_interruption(self) -> None:
        """Say again what others may have missed, and ask for what was missed here."""
        await self.resend_signals()
        await self._publish({"kind": "missed", "by": self._source_id})

    async def resend_signals(self) -> None:
        """Everything that is still kept."""
        since = asyncio.get_running_loop().time() - SIGNAL_RETENTION_S
        for at, letter in tuple(self._sent_signals):
            if at >= since:
                await self._publish(letter)

    async def answer_resend_request(self, message: Signal) -> None:
        """Another process has missed something."""
        if message["by"] != self._source_id:
            await self.resend_signals()

    async def _publish(self, signal: Signal) -> None:
        try:
            await self._bus.publish(self._topic, signal)
        except OSError:  # our own process has heard it; the others will when the bus is back
            return

    def is_new_signal(self, signal: Signal) -> bool:
        """Whether a letter came for the first time, and is not a description that a newer one has replaced."""
        known = self._history_by_sender.setdefault((signal["from"], signal["by"]), _SenderHistory())
        n: int = signal["n"]
        if n in known.seen_numbers:
            return False
        known.seen_numbers.add(n)
        known.seen_order.append(n)
        if len(known.seen_order) > MAX_KNOWN_SIGNALS:
            known.seen_numbers.discard(known.seen_order.popleft())
        return not self._is_superseded(known, n, signal["message"]["type"])

    def _is_superseded(self, history: _SenderHistory, n: int, kind: str) -> bool:
        if kind not in ("description", "renew"):
            return False
        overtaken = n < history.latest_description
        history.latest_description = max(history.latest_description, n)
        return overtaken
