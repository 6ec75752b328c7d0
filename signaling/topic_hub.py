"""Subscriptions of this process's sockets to bus topics, a refresh task for each.

A refresh gets only the newest message, because each message replaces those before. Under
overload, subscribers therefore skip states and never fall behind. A refresh computes what each
member should see and passes it to a StateBatch (fanout.py) or to `StateSink.push`. No SQL, no
knowledge of states.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from ..core.bus.base import Bus, BusMessage, Subscription
from ..core.failures import log_failure, start_unbound_task
from .push_socket import StateSink

logger = logging.getLogger(__name__)

RefreshTopic = Callable[[str, BusMessage | None], Awaitable[None]]
"""Refreshes the members of a topic. The message is None if the state must be read again."""
OnTopicMessage = Callable[[BusMessage], object]
"""Records a message of a topic. It is called in the bus's task and must not wait."""

MAX_COOLDOWN_S = 1.0  # a slow query must not make a board stale for longer


class TopicHub:
    """Topics with subscribers in this process."""

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
        debounce_s: float = 0.0,
        cooldown_factor: float = 0.0,
    ) -> None:
        """Add a sink to a topic. The first sink subscribes this process to the topic on the bus.

        `member` is what the feature keeps for the sink. `on_message` gets every message, in order
        and before any refresh; `refresh` gets only the newest. `extra_topics` are subscribed as
        long as `topic`, without a refresh. A refresh waits `debounce_s` for further messages. After
        a refresh the next waits `cooldown_factor` times as long as the refresh took. Only the
        first sink's callbacks count.
        """
        subscribers = self._topics.get(topic)
        if subscribers is None:
            listeners = {**(extra_topics or {}), topic: on_message}
            subscribers = _TopicSubscribers(topic, refresh, listeners, debounce_s, cooldown_factor)
            self._topics[topic] = subscribers
        subscribers.members[sink] = member
        await subscribers.ensure_subscribed(self._bus)

    async def add_listeners(self, topic: str, extra_topics: Mapping[str, OnTopicMessage]) -> None:
        """Subscribe more topics as long as `topic`, such as those of new lines."""
        subscribers = self._topics.get(topic)
        if subscribers is not None and subscribers.add_listeners(extra_topics):
            await subscribers.ensure_subscribed(self._bus)

    async def unsubscribe(self, topic: str, sink: StateSink) -> None:
        """Remove a sink from a topic. The last sink unsubscribes this process."""
        unused = self._remove_member(topic, sink)
        if unused is not None:
            await unused.close()

    def unsubscribe_nowait(self, topic: str, sink: StateSink) -> None:
        """Remove a sink from a topic, and unsubscribe this process in a task if needed."""
        unused = self._remove_member(topic, sink)
        if unused is not None:
            task = asyncio.create_task(unused.close(), name=f"unsubscribe {topic}")
            # the event loop keeps only a weak reference to a task
            self._closing_tasks.add(task)
            task.add_done_callback(self._closing_tasks.discard)

    def _remove_member(self, topic: str, sink: StateSink) -> _TopicSubscribers | None:
        """Remove a sink. Return the topic's subscribers if no sink is left."""
        subscribers = self._topics.get(topic)
        if subscribers is None:
            return None
        subscribers.members.pop(sink, None)
        return None if subscribers.members else self._topics.pop(topic)

    def members(self, topic: str) -> Mapping[Any, Any]:
        """Return the sinks of a topic, each with its member."""
        subscribers = self._topics.get(topic)
        return subscribers.members if subscribers else {}

    def topics(self) -> list[str]:
        return list(self._topics)

    def request_refresh(self, topic: str) -> None:
        """Have a topic refreshed soon from a fresh read, without a message of the bus."""
        subscribers = self._topics.get(topic)
        if subscribers is not None:
            subscribers.schedule_refresh(None)

    async def _refresh_all_topics(self) -> None:
        """Refresh every topic from a fresh read, because messages may have been lost."""
        for subscribers in self._topics.values():
            subscribers.schedule_refresh(None)

    def sinks(self) -> set[StateSink]:
        """Return the sinks of all topics."""
        return {sink for subscribers in self._topics.values() for sink in subscribers.members}

    async def close(self) -> None:
        """End all tasks and subscriptions."""
        all_subscribers = list(self._topics.values())
        self._topics.clear()
        for subscribers in all_subscribers:
            await subscribers.close()
        await asyncio.gather(*self._closing_tasks, return_exceptions=True)


class _TopicSubscribers:
    """Members of a topic, its bus subscriptions and its refresh task."""

    def __init__(
        self,
        topic: str,
        refresh: RefreshTopic,
        listeners: Mapping[str, OnTopicMessage | None],
        debounce_s: float,
        cooldown_factor: float,
    ) -> None:
        self.topic = topic
        # Extra topics come first, so that a refresh by `topic` finds their messages recorded.
        self._listeners = dict(listeners)
        self._debounce_s = debounce_s
        self._cooldown_factor = cooldown_factor
        self.members: dict[Any, Any] = {}
        self._refresh = refresh
        self._newest: BusMessage | None = None
        self._wake = asyncio.Event()
        self._is_closed = False
        self._subscriptions: list[Subscription] = []
        self._subscribing = asyncio.Lock()
        self._task = start_unbound_task(self._run_refreshes(), name=f"topic {topic}")

    def add_listeners(self, listeners: Mapping[str, OnTopicMessage]) -> bool:
        """Add the listeners of topics that have none. Return whether there were any."""
        added = {topic: listener for topic, listener in listeners.items() if topic not in self._listeners}
        self._listeners |= added
        return bool(added)

    async def ensure_subscribed(self, bus: Bus) -> None:
        """Wait until all subscriptions exist, so that a read after it misses no message."""
        # members that join at once wait for the same subscriptions
        async with self._subscribing:
            for topic in list(self._listeners)[len(self._subscriptions) :]:
                self._subscriptions.append(await bus.subscribe(topic, partial(self._on_bus_message, topic)))
        if self._is_closed:  # all members left during the subscribe
            await self._unsubscribe()

    async def _on_bus_message(self, topic: str, message: BusMessage) -> None:
        listener = self._listeners[topic]
        if listener is not None:
            listener(message)
        if topic == self.topic and not self._is_stale(message):
            self.schedule_refresh(message)

    def _is_stale(self, message: BusMessage) -> bool:
        """Check whether a newer version waits for its refresh.

        The messages of two processes that publish shortly after each other may arrive in reverse order.
        """
        waiting = self._newest if self._wake.is_set() else None
        return waiting is not None and message.get("v", 0) < waiting.get("v", 0)

    def schedule_refresh(self, message: BusMessage | None) -> None:
        """Wake the refresh task. A pending fresh read is kept, because it covers the message."""
        needs_fresh_read = self._wake.is_set() and self._newest is None
        self._newest = None if needs_fresh_read else message
        self._wake.set()

    async def _run_refreshes(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_closed:  # a refresh may remove the last member, which closes this object
            await self._wake.wait()
            if self._debounce_s:
                await asyncio.sleep(self._debounce_s)
            # after the pause, so that this refresh covers the messages that came during it
            self._wake.clear()
            started = loop.time()
            try:
                await self._refresh(self.topic, self._newest)
            except Exception as error:  # a failure must not end the task; the next message refreshes again
                log_failure(logger, "refresh_failed", error, topic=self.topic)
            if self._cooldown_factor:
                await asyncio.sleep(min(MAX_COOLDOWN_S, self._cooldown_factor * (loop.time() - started)))

    async def close(self) -> None:
        self._is_closed = True
        await self._unsubscribe()
        # a refresh that removes the last member must not cancel itself
        if self._task is asyncio.current_task():
            return
        self._task.cancel()
        # With return_exceptions gather() ignores that self._task was cancelled, and still raises if the
        # calling task is cancelled.
        await asyncio.gather(self._task, return_exceptions=True)

    async def _unsubscribe(self) -> None:
        for subscription in self._subscriptions:
            await subscription.close()
