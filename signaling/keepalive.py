"""Pings to all sockets of a process, and timeouts, with a single timer for all sockets."""

from __future__ import annotations

import asyncio
from typing import Protocol

PING_INTERVAL_S = 20  # docs/protocol.md#common-rules
PING_TIMEOUT_S = 45


class PingableSocket(Protocol):
    """Socket as the sweep sees it."""

    keepalive_slot: int
    """Slot of the sweep that contains the socket; -1 outside the sweep."""

    def ping(self, tick: int) -> None:
        """Send a ping, and keep `tick` until the peer sends any data."""
        ...

    def close_if_silent_since(self, tick: int) -> None:
        """Close the socket if the peer has sent nothing since the ping of that tick."""
        ...


class KeepaliveSweep:
    """Sockets of a process, spread over the ticks of an interval.

    Each tick pings a slot of sockets. The timer runs only while the sweep has sockets.
    """

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
        """Ping this socket once in each interval, first after a whole interval."""
        socket.keepalive_slot = self._tick % self._interval_ticks
        self._slots[socket.keepalive_slot].add(socket)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._sweep)

    def remove_socket(self, socket: PingableSocket) -> None:
        """Stop pinging this socket. Idempotent."""
        if socket.keepalive_slot < 0:
            return
        self._slots[socket.keepalive_slot].discard(socket)
        socket.keepalive_slot = -1
        if self._timer is not None and not any(self._slots):
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        """Close the sockets whose ping timed out in this tick, then ping the current slot."""
        self._tick += 1
        self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._sweep)
        timed_out_tick = self._tick - self._timeout_ticks
        if timed_out_tick > 0:
            for socket in tuple(self._slots[timed_out_tick % self._interval_ticks]):
                socket.close_if_silent_since(timed_out_tick)
        for socket in tuple(self._slots[self._tick % self._interval_ticks]):
            socket.ping(self._tick)
