"""Who in this process watches which topic, and one task per topic that tells them.

A refresh gets the newest message only: what came meanwhile has been replaced by it. So under overload
people skip states and never fall behind. A refresh computes what each member should see and hands it to
`Outlet.push`; with our own server that is one write to the transport (push.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from ..core.bus.base import Bus, Message, Subscription
from .push_socket import Outlet

logger = logging.getLogger(__name__)

Refresh = Callable[[str, Message | None], Awaitable[None]]
"""refresh(topic, newest message, or None when anybody has asked since to have the state read again)."""
Hear = Callable[[Message], object]
"""hear(message): what a feature remembers of every message. It must not wait."""

LONGEST_REST_S = 1.0  # a database that was slow once must not make a board old


class Hub:
    """The audiences of this process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._audiences: dict[str, _Audience] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        bus.on_return(self._read_again)

    async def join(
        self,
        topic: str,
        outlet: Outlet,
        member: Any,
        refresh: Refresh,
        *,
        hear: Hear | None = None,
        beside: Mapping[str, Hear] | None = None,
        rest: float = 0.0,
    ) -> None:
        """Let somebody watch a topic. The first one subscribes this process to it on the bus.

        `hear` gets every message, in order and before any refresh; `refresh` only the newest.
        `beside`: other topics, each heard as long as anybody watches this one, without a refresh.
        `rest`: after a refresh the next one waits this many times as long as it took.
        """
        audience = self._audiences.get(topic)
        if audience is None:
            heard = {**(beside or {}), topic: hear}
            audience = self._audiences[topic] = _Audience(topic, refresh, heard, rest)
        audience.members[outlet] = member
        await audience.subscribed(self._bus)

    async def leave(self, topic: str, outlet: Outlet) -> None:
        """Stop watching; the last one unsubscribes this process."""
        audience = self._without(topic, outlet)
        if audience is not None:
            await audience.close()

    def drop(self, topic: str, outlet: Outlet) -> None:
        """The same from where nothing can be awaited."""
        audience = self._without(topic, outlet)
        if audience is not None:
            task = asyncio.create_task(audience.close(), name=f"leave {topic}")
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _without(self, topic: str, outlet: Outlet) -> _Audience | None:
        """Take somebody away; the audience, if it was the last one of it."""
        audience = self._audiences.get(topic)
        if audience is None:
            return None
        audience.members.pop(outlet, None)
        return None if audience.members else self._audiences.pop(topic)

    def members(self, topic: str) -> Mapping[Any, Any]:
        """Who watches a topic now, each with what the feature keeps of it."""
        audience = self._audiences.get(topic)
        return audience.members if audience else {}

    def topics(self) -> list[str]:
        """All topics that somebody watches in this process."""
        return list(self._audiences)

    def refresh(self, topic: str) -> None:
        """Have the state of a topic read again soon, without a message from the bus."""
        audience = self._audiences.get(topic)
        if audience is not None:
            audience.wake(None)

    async def _read_again(self) -> None:
        """Messages may have been lost: everything is read again, once."""
        for audience in self._audiences.values():
            audience.wake(None)

    def outlets(self) -> set[Outlet]:
        """Everybody who watches anything."""
        return {outlet for audience in self._audiences.values() for outlet in audience.members}

    async def close(self) -> None:
        """End all tasks and subscriptions."""
        audiences = list(self._audiences.values())
        self._audiences.clear()
        for audience in audiences:
            await audience.close()
        await asyncio.gather(*self._leaving, return_exceptions=True)


class _Audience:
    def __init__(self, topic: str, refresh: Refresh, heard: Mapping[str, Hear | None], rest: float) -> None:
        self.topic = topic
        self._hears = heard  # in this order: who is woken has heard what was said beside before
        self._rest = rest
        self.members: dict[Any, Any] = {}
        self._refresh = refresh
        self._newest: Message | None = None
        self._wake = asyncio.Event()
        self._over = False
        self._subscriptions: list[Subscription] = []
        self._subscribing = asyncio.Lock()
        self._task = asyncio.create_task(self._tell(), name=f"audience {topic}")

    async def subscribed(self, bus: Bus) -> None:
        """Whoever joins waits until all subscriptions stand: then nothing can be missed after its read."""
        async with self._subscribing:
            for topic in list(self._hears)[len(self._subscriptions) :]:
                self._subscriptions.append(await bus.subscribe(topic, partial(self._heard, topic)))
        if self._over:  # everybody left meanwhile
            await self._unsubscribe()

    async def _heard(self, topic: str, message: Message) -> None:
        hear = self._hears[topic]
        if hear is not None:
            hear(message)
        if topic == self.topic and not self._is_overtaken(message):
            self.wake(message)

    def _is_overtaken(self, message: Message) -> bool:
        """Two processes that publish one after the other may be heard the other way round."""
        waiting = self._newest if self._wake.is_set() else None
        return waiting is not None and message.get("v", 0) < waiting.get("v", 0)

    def wake(self, message: Message | None) -> None:
        is_to_be_read = self._wake.is_set() and self._newest is None
        self._newest = None if is_to_be_read else message
        self._wake.set()

    async def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._over:  # a refresh may send the last member away, and so end its own audience
            await self._wake.wait()
            self._wake.clear()
            began = loop.time()
            try:
                await self._refresh(self.topic, self._newest)
            except Exception:  # the next change tries again; the audience must outlive one failure
                logger.exception("refresh_failed", extra={"topic": self.topic})
            if self._rest:
                await asyncio.sleep(min(LONGEST_REST_S, self._rest * (loop.time() - began)))

    async def close(self) -> None:
        self._over = True
        await self._unsubscribe()
        if self._task is asyncio.current_task():
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)  # and whoever is stopped while closing is stopped

    async def _unsubscribe(self) -> None:
        for subscription in self._subscriptions:
            await subscription.close()
