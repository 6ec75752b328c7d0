"""The wire between processes. A wire, never a store: whoever misses a message reads SQL again.

Topics begin with the office in braces (`{centro}:line:registry`), so that a Redis cluster keeps one
office on one shard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

logger = logging.getLogger(__name__)

BusMessage = Mapping[str, Any]
BusHandler = Callable[[BusMessage], Awaitable[None]]
ReconnectCallback = Callable[[], Awaitable[None]]
MAX_BACKLOG_MESSAGES = (
    1_000  # messages a subscriber may be behind before the oldest are dropped; state heals, SQL is the truth
)


class BusUnavailable(ConnectionError):
    """The bus could not carry a message to the other processes."""


class Subscription(Protocol):
    """A running subscription; closing it twice does nothing."""

    async def close(self) -> None: ...


class Bus(Protocol):
    """Publish small JSON objects to a topic; every subscriber of the topic gets each once, in order."""

    async def publish(self, topic: str, message: BusMessage) -> None:
        """Raises BusDown, at once, while only the subscribers of this process can be told; they are."""
        ...

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription: ...

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        """Have `callback` called after every interruption, once all topics are subscribed to again."""
        ...

    async def ping(self) -> None:
        """Raises BusDown when the bus cannot carry a message now."""
        ...

    async def close(self) -> None: ...


class MemoryBus:
    """The bus of a single process."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[_MemorySubscription]] = {}

    async def publish(self, topic: str, message: BusMessage) -> None:
        self.publish_nowait(topic, message)

    def publish_nowait(self, topic: str, message: BusMessage) -> None:
        """Publish from where nothing can be awaited."""
        for subscription in tuple(self._subscriptions.get(topic, ())):
            subscription.enqueue(message)

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        subscription = _MemorySubscription(self, topic, handler)
        self._subscriptions.setdefault(topic, set()).add(subscription)
        return subscription

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        """Nothing ever comes between a process and itself."""

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        for subscriptions in tuple(self._subscriptions.values()):
            for subscription in tuple(subscriptions):
                await subscription.close()

    def _remove_subscription(self, subscription: _MemorySubscription) -> None:
        of_topic = self._subscriptions.get(subscription.topic, set())
        of_topic.discard(subscription)
        if not of_topic:
            self._subscriptions.pop(subscription.topic, None)


class _MemorySubscription:
    def __init__(self, bus: MemoryBus, topic: str, handler: BusHandler) -> None:
        self.topic = topic
        self._bus = bus
        self._handler = handler
        self._queue: asyncio.Queue[BusMessage] = asyncio.Queue(MAX_BACKLOG_MESSAGES)
        self._is_closed = False
        self._task = asyncio.create_task(self._deliver_messages(), name=f"bus {topic}")

    def enqueue(self, message: BusMessage) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            logger.warning("bus_backlog_dropped", extra={"topic": self.topic})
        self._queue.put_nowait(message)

    async def _deliver_messages(self) -> None:
        while (
            not self._is_closed
        ):  # a handler may lose its cancellation, as asyncio.wait_for does before Python 3.12
            message = await self._queue.get()
            try:
                await self._handler(message)
            except Exception:  # one bad message must not silence the topic
                logger.exception("bus_handler_failed", extra={"topic": self.topic})

    async def close(self) -> None:
        self._is_closed = True
        self._bus._remove_subscription(self)
        if self._task is asyncio.current_task():  # a handler that closes its own subscription
            self._task.cancel()
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)  # and whoever is stopped while closing is stopped
