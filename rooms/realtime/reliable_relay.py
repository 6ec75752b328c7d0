"""Relay of one room's signals over the bus, without loss or duplicates. No storage.

The bus may lose messages. Each process therefore numbers its signals and keeps them for a minute.
After an interruption it sends the kept signals again and asks the other processes for theirs;
receivers drop duplicates.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.bus.base import Bus
from ...core.ids import new_id

SIGNAL_RETENTION_S = 60.0  # clients restart a call that does not start before this time is over
MAX_KEPT_SIGNALS = 128  # the start of a call sends about 40
MAX_KNOWN_SIGNALS = 1_024  # numbers per sender and process, by which duplicates are found

Signal = Mapping[str, Any]


@dataclass(slots=True)
class _SenderHistory:
    """Numbers of the signals received from one sender through one process."""

    seen_numbers: set[int] = field(default_factory=set)
    seen_order: deque[int] = field(default_factory=deque)
    latest_description: int = 0


class ReliableRelay:
    """Signals of one room that this process sends and receives."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self._bus = bus
        self._topic = topic
        # Numbers start again with each process, and each time a process opens the room.
        self._source_id = new_id()
        self._last_number = 0
        self._sent_signals: deque[tuple[float, Signal]] = deque(maxlen=MAX_KEPT_SIGNALS)
        self._history_by_sender: dict[tuple[str, str], _SenderHistory] = {}

    async def send_signal(self, sender: str, to: str | None, message: Mapping[str, Any]) -> None:
        """Send a signal to one participant, or to all others if `to` is None.

        While the bus is down the signal reaches sockets of this process only; the other processes
        get it after the reconnect.
        """
        self._last_number += 1
        signal = {
            "kind": "relay",
            "by": self._source_id,
            "n": self._last_number,
            "from": sender,
            "to": to,
            "message": message,
        }
        self._sent_signals.append((asyncio.get_running_loop().time(), signal))
        await self._publish(signal)

    async def recover_after_interruption(self) -> None:
        """Send the kept signals again, and ask the other processes for theirs."""
        await self.resend_signals()
        await self._publish({"kind": "missed", "by": self._source_id})

    async def resend_signals(self) -> None:
        since = asyncio.get_running_loop().time() - SIGNAL_RETENTION_S
        for sent_at, signal in tuple(self._sent_signals):
            if sent_at >= since:
                await self._publish(signal)

    async def answer_resend_request(self, request: Mapping[str, Any]) -> None:
        """Send the kept signals again if another process asks for them."""
        if request["by"] != self._source_id:
            await self.resend_signals()

    async def _publish(self, signal: Signal) -> None:
        try:
            await self._bus.publish(self._topic, signal)
        except OSError:  # this process has received the signal; the others get it after the reconnect
            return

    def is_new_signal(self, signal: Signal) -> bool:
        """Check whether a received signal is neither a duplicate nor a superseded description."""
        history = self._history_by_sender.setdefault((signal["from"], signal["by"]), _SenderHistory())
        number: int = signal["n"]
        if number in history.seen_numbers:
            return False
        history.seen_numbers.add(number)
        history.seen_order.append(number)
        if len(history.seen_order) > MAX_KNOWN_SIGNALS:
            history.seen_numbers.discard(history.seen_order.popleft())
        return not self._is_superseded(history, number, signal["message"]["type"])

    def _is_superseded(self, history: _SenderHistory, number: int, message_type: str) -> bool:
        """Check whether a later description or renewal of the same sender has arrived before."""
        if message_type not in ("description", "renew"):
            return False
        is_superseded = number < history.latest_description
        history.latest_description = max(history.latest_description, number)
        return is_superseded
