"""Who in this process watches which topic, and one task per topic that tells them.

A refresh gets the newest message only: what came meanwhile has been replaced by it. So under overload
people skip states and never fall behind. A refresh computes what each member should see and hands it to
`StateSink.push`; with our own server that is one write to the transport (push.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from ..core.bus.base import Bus, BusMessage, Subscription
from .push_socket import StateSink

logger = logging.getLogger(__name__)

RefreshTopic = Callable[[str, BusMessage | None], Awaitable[None]]
"""refresh(topic, newest message, or None when anybody has asked since to have the state read again)."""
OnTopicMessage = Callable[[BusMessage], object]
"""hear(message): what a feature remembers of every message. It must not wait."""

MAX_COOLDOWN_S = 1.0  # a database that was slow once must not make a board old


class TopicHub:
    """The audiences of this process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._topics: dict[str, _TopicSubscribers] = {}
        self._closing_tasks: set[asyncio.Task[None]] = set()
        bus.on_reconnect(self._refresh_all_topics)

    async def subscribe(
        self,
        topic: str,
        sink: StateSink,
        member: Any,
        refresh: RefreshTopic,
        *,
        on_message: OnTopicMessage | None = None,
        extra_topics: Mapping[str, OnTopicMessage] | None = None,
        cooldown_factor: float = 0.0,
    ) -> None:
        """Let somebody watch a topic. The first one subscribes this process to it on the bus.

        `hear` gets every message, in order and before any refresh; `refresh` only the newest.
        `beside`: other topics, each heard as long as anybody watches this one, without a refresh.
        `rest`: after a refresh the next one waits this many times as long as it took.
        """
        audience = self._topics.get(topic)
        if audience is None:
            heard = {**(extra_topics or {}), topic: on_message}
            audience = self._topics[topic] = _TopicSubscribers(topic, refresh, heard, cooldown_factor)
        audience.members[sink] = member
        await audience.ensure_subscribed(self._bus)

    async def unsubscribe(self, topic: str, sink: StateSink) -> None:
        """Stop watching; the last one unsubscribes this process."""
        audience = self._remove_member(topic, sink)
        if audience is not None:
            await audience.close()

    def unsubscribe_nowait(self, topic: str, sink: StateSink) -> None:
        """The same from where nothing can be awaited."""
        audience = self._remove_member(topic, sink)
        if audience is not None:
            task = asyncio.create_task(audience.close(), name=f"leave {topic}")
            self._closing_tasks.add(task)
            task.add_done_callback(self._closing_tasks.discard)

    def _remove_member(self, topic: str, sink: StateSink) -> _TopicSubscribers | None:
        """Take somebody away; the audience, if it was the last one of it."""
        audience = self._topics.get(topic)
        if audience is None:
            return None
        audience.members.pop(sink, None)
        return None if audience.members else self._topics.pop(topic)

    def members(self, topic: str) -> Mapping[Any, Any]:
        """Who watches a topic now, each with what the feature keeps of it."""
        audience = self._topics.get(topic)
        return audience.members if audience else {}

    def topics(self) -> list[str]:
        """All topics that somebody watches in this process."""
        return list(self._topics)

    def request_refresh(self, topic: str) -> None:
        """Have the state of a topic read again soon, without a message from the bus."""
        audience = self._topics.get(topic)
        if audience is not None:
            audience.schedule_refresh(None)

    async def _refresh_all_topics(self) -> None:
        """Messages may have been lost: everything is read again, once."""
        for audience in self._topics.values():
            audience.schedule_refresh(None)

    def sinks(self) -> set[StateSink]:
        """Everybody who watches anything."""
        return {outlet for audience in self._topics.values() for outlet in audience.members}

    async def close(self) -> None:
        """End all tasks and subscriptions."""
        audiences = list(self._topics.values())
        self._topics.clear()
        for audience in audiences:
            await audience.close()
        await asyncio.gather(*self._closing_tasks, return_exceptions=True)


class _TopicSubscribers:
    def __init__(
        self,
        topic: str,
        refresh: RefreshTopic,
        listeners: Mapping[str, OnTopicMessage | None],
        cooldown_factor: float,
    ) -> None:
        self.topic = topic
        self._listeners = listeners  # in this order: who is woken has heard what was said beside before
        self._cooldown_factor = cooldown_factor
        self.members: dict[Any, Any] = {}
        self._refresh = refresh
        self._newest: BusMessage | None = None
        self._wake = asyncio.Event()
        self._is_closed = False
        self._subscriptions: list[Subscription] = []
        self._subscribing = asyncio.Lock()
        self._task = asyncio.create_task(self._run_refreshes(), name=f"audience {topic}")

    async def ensure_subscribed(self, bus: Bus) -> None:
        """Whoever joins waits until all subscriptions stand: then nothing can be missed after its read."""
        async with self._subscribing:
            for topic in list(self._listeners)[len(self._subscriptions) :]:
                self._subscriptions.append(await bus.subscribe(topic, partial(self._on_bus_message, topic)))
        if self._is_closed:  # everybody left meanwhile
            await self._unsubscribe()

    async def _on_bus_message(self, topic: str, message: BusMessage) -> None:
        hear = self._listeners[topic]
        if hear is not None:
            hear(message)
        if topic == self.topic and not self._is_stale(message):
            self.schedule_refresh(message)

    def _is_stale(self, message: BusMessage) -> bool:
        """Two processes that publish one after the other may be heard the other way round."""
        waiting = self._newest if self._wake.is_set() else None
        return waiting is not None and message.get("v", 0) < waiting.get("v", 0)

    def schedule_refresh(self, message: BusMessage | None) -> None:
        is_to_be_read = self._wake.is_set() and self._newest is None
        self._newest = None if is_to_be_read else message
        self._wake.set()

    async def _run_refreshes(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_closed:  # a refresh may send the last member away, and so end its own audience
            await self._wake.wait()
            self._wake.clear()
            began = loop.time()
            try:
                await self._refresh(self.topic, self._newest)
            except Exception:  # the next change tries again; the audience must outlive one failure
                logger.exception("refresh_failed", extra={"topic": self.topic})
            if self._cooldown_factor:
                await asyncio.sleep(min(MAX_COOLDOWN_S, self._cooldown_factor * (loop.time() - began)))

    async def close(self) -> None:
        self._is_closed = True
        await self._unsubscribe()
        if self._task is asyncio.current_task():
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)  # and whoever is stopped while closing is stopped

    async def _unsubscribe(self) -> None:
        for subscription in self._subscriptions:
            await subscription.close()
