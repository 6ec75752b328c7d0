"""Pings every socket of a process now and then and gives up the silent ones: one sweep, no timer a socket."""

from __future__ import annotations

import asyncio
from typing import Protocol

PING_INTERVAL_S = 20  # contract.md: protocol pings every 20 s, given up after 45
PING_TIMEOUT_S = 45


class PingableSocket(Protocol):
    """A socket as the sweep sees it."""

    keepalive_slot: int
    """Which part of the sweep it belongs to; -1 while it belongs to none."""

    def ping(self, tick: int) -> None:
        """Ask whether the peer is there. `tick` is to be kept until it says anything."""
        ...

    def close_if_silent_since(self, tick: int) -> None:
        """End the socket if its peer has said nothing since it was pinged in that tick."""
        ...


class KeepaliveSweep:
    """The sockets of one process, spread over the seconds of one interval. Ticks only while there are any."""

    def __init__(
        self, interval_ticks: int = PING_INTERVAL_S, timeout_ticks: int = PING_TIMEOUT_S, tick_s: float = 1.0
    ) -> None:
        self._interval_ticks = interval_ticks
        self._timeout_ticks = timeout_ticks
        self._tick_s = tick_s
        self._slots: list[set[PingableSocket]] = [set() for _ in range(interval_ticks)]
        self._tick = 0
        self._timer: asyncio.TimerHandle | None = None

    def add_socket(self, socket: PingableSocket) -> None:
        """Ping this socket from now on, first in one interval."""
        socket.keepalive_slot = self._tick % self._interval_ticks
        self._slots[socket.keepalive_slot].add(socket)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._sweep)

    def remove_socket(self, socket: PingableSocket) -> None:
        """Leave it alone; harmless for one that was never added."""
        if socket.keepalive_slot < 0:
            return
        self._slots[socket.keepalive_slot].discard(socket)
        socket.keepalive_slot = -1
        if self._timer is not None and not any(self._slots):
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        self._tick += 1
        self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._sweep)
        pinged_then = self._tick - self._timeout_ticks
        if pinged_then > 0:
            for socket in tuple(self._slots[pinged_then % self._interval_ticks]):
                socket.close_if_silent_since(pinged_then)
        for socket in tuple(self._slots[self._tick % self._interval_ticks]):
            socket.ping(self._tick)
