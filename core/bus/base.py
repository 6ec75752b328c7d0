"""Publish and subscribe between processes, best effort.

The bus is no store: after a missed message a subscriber reloads from SQL.
Topics begin with the office in braces (`{centro}:line:registry`), so that a Redis cluster keeps an office on
a single shard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from ..failures import log_failure, start_unbound_task

logger = logging.getLogger(__name__)

BusMessage = Mapping[str, Any]
BusHandler = Callable[[BusMessage], Awaitable[None]]
ReconnectCallback = Callable[[], Awaitable[None]]
MAX_BACKLOG_MESSAGES = 1_000  # a slower subscriber loses the oldest; it resyncs from SQL


class BusUnavailable(ConnectionError):
    """The bus could not deliver a message to the other processes."""


class Subscription(Protocol):
    """A running subscription. Closing is idempotent."""

    async def close(self) -> None: ...


class Bus(Protocol):
    """Publishes small JSON objects to topics. A topic's subscribers get each once, in order."""

    async def publish(self, topic: str, message: BusMessage) -> None:
        """Deliver a message. Raises BusUnavailable if only subscribers of this process got it."""
        ...

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription: ...

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        """Call `callback` after every interruption, when all topics are subscribed again."""
        ...

    async def ping(self) -> None:
        """Check the connection. Raises BusUnavailable when the bus cannot deliver messages."""
        ...

    async def close(self) -> None: ...


class MemoryBus:
    """The bus of a single process."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[_MemorySubscription]] = {}

    async def publish(self, topic: str, message: BusMessage) -> None:
        self.publish_nowait(topic, message)

    def publish_nowait(self, topic: str, message: BusMessage) -> None:
        """Publish from code that cannot await."""
        for subscription in tuple(self._subscriptions.get(topic, ())):
            subscription.enqueue(message)

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        subscription = _MemorySubscription(self, topic, handler)
        self._subscriptions.setdefault(topic, set()).add(subscription)
        return subscription

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        """Ignore the callback: a bus inside a process is never interrupted."""

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        for subscriptions in tuple(self._subscriptions.values()):
            for subscription in tuple(subscriptions):
                await subscription.close()

    def _remove_subscription(self, subscription: _MemorySubscription) -> None:
        subscriptions = self._subscriptions.get(subscription.topic, set())
        subscriptions.discard(subscription)
        if not subscriptions:
            self._subscriptions.pop(subscription.topic, None)


class _MemorySubscription:
    def __init__(self, bus: MemoryBus, topic: str, handler: BusHandler) -> None:
        self.topic = topic
        self._bus = bus
        self._handler = handler
        self._queue: asyncio.Queue[BusMessage] = asyncio.Queue(MAX_BACKLOG_MESSAGES)
        self._is_closed = False
        self._task = start_unbound_task(self._deliver_messages(), name=f"bus {topic}")

    def enqueue(self, message: BusMessage) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            logger.warning("bus_backlog_dropped", extra={"topic": self.topic})
        self._queue.put_nowait(message)

    async def _deliver_messages(self) -> None:
        # a handler may lose its cancellation, as asyncio.wait_for does before Python 3.12
        while not self._is_closed:
            message = await self._queue.get()
            try:
                await self._handler(message)
            except Exception as error:  # a bad message must not end the subscription
                log_failure(logger, "bus_handler_failed", error, topic=self.topic)

    async def close(self) -> None:
        self._is_closed = True
        self._bus._remove_subscription(self)
        if self._task is asyncio.current_task():  # a handler that closes its own subscription
            self._task.cancel()
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)  # a cancelled caller stays cancelled
