"""A bus that loses, doubles, delays and reorders the messages that a process publishes."""

from __future__ import annotations

import asyncio
from random import Random

from office360.core.bus.base import Bus, BusHandler, BusMessage, BusUnavailable, ReconnectCallback, Subscription

LOST, DOUBLED, DELAYED = 0.2, 0.1, 0.2  # shares of the messages
LONGEST_DELAY_S = 0.05


class EveryMessageLost(Random):
    """A chance by which each message is lost."""

    def random(self) -> float:
        return 0.0


class FaultyBus:
    """`Bus` of a process on top of another bus.

    Calls the reconnect callbacks when it is mended.
    """

    def __init__(self, bus: Bus, chance: Random | None = None) -> None:
        self._bus = bus
        self._chance = chance  # None: faultless until it is cut
        self._callbacks: list[ReconnectCallback] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_cut = False
        self.lost = 0

    async def publish(self, topic: str, message: BusMessage) -> None:
        if self.is_cut:
            raise BusUnavailable("cut")
        roll = self._chance.random() if self._chance else 1.0
        if roll < LOST:
            self.lost += 1
        elif roll < LOST + DOUBLED:
            await self._bus.publish(topic, message)
            await self._bus.publish(topic, message)
        elif roll < LOST + DOUBLED + DELAYED:
            task = asyncio.create_task(self._publish_late(topic, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            await self._bus.publish(topic, message)

    async def _publish_late(self, topic: str, message: BusMessage) -> None:
        assert self._chance is not None
        await asyncio.sleep(self._chance.uniform(0, LONGEST_DELAY_S))
        await self._bus.publish(topic, message)

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        """Subscribe. While the bus is cut, messages are dropped."""

        async def handle(message: BusMessage) -> None:
            if not self.is_cut:
                await handler(message)

        return await self._bus.subscribe(topic, handle)

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        self._callbacks.append(callback)
        self._bus.on_reconnect(callback)

    async def mend(self) -> None:
        """Connect again after a cut."""
        self.is_cut = False
        for callback in self._callbacks:
            await callback()

    async def ping(self) -> None:
        await self._bus.ping()

    async def close(self) -> None:
        """Wait for delayed messages. The bus below is closed by its owner."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
