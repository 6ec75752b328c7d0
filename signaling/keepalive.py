"""Pings every socket of a process now and then and gives up the silent ones: one sweep, no timer a socket."""

from __future__ import annotations

import asyncio
from typing import Protocol

PING_EVERY_S = 20  # contract.md: protocol pings every 20 s, given up after 45
GIVEN_UP_AFTER_S = 45


class Pinged(Protocol):
    """A socket as the sweep sees it."""

    keepalive_slot: int
    """Which part of the sweep it belongs to; -1 while it belongs to none."""

    def ping(self, tick: int) -> None:
        """Ask whether the peer is there. `tick` is to be kept until it says anything."""
        ...

    def give_up_since(self, tick: int) -> None:
        """End the socket if its peer has said nothing since it was pinged in that tick."""
        ...


class Keepalive:
    """The sockets of one process, spread over the seconds of one interval. Ticks only while there are any."""

    def __init__(
        self, every: int = PING_EVERY_S, given_up_after: int = GIVEN_UP_AFTER_S, tick_s: float = 1.0
    ) -> None:
        self._every = every
        self._given_up_after = given_up_after
        self._tick_s = tick_s
        self._slots: list[set[Pinged]] = [set() for _ in range(every)]
        self._tick = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, socket: Pinged) -> None:
        """Ping this socket from now on, first in one interval."""
        socket.keepalive_slot = self._tick % self._every
        self._slots[socket.keepalive_slot].add(socket)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_s, self._sweep)

    def remove(self, socket: Pinged) -> None:
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
        pinged_then = self._tick - self._given_up_after
        if pinged_then > 0:
            for socket in tuple(self._slots[pinged_then % self._every]):
                socket.give_up_since(pinged_then)
        for socket in tuple(self._slots[self._tick % self._every]):
            socket.ping(self._tick)
