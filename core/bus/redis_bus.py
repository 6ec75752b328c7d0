"""The bus of several processes, over the pub/sub of Redis or Valkey, plain or sharded on a cluster.

One task keeps the connection. While there is none, publishing fails at once and this process's own subscribers
are told all the same; when it is back, everything is subscribed again before anybody is asked to read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from .base import BusDown, BusHandler, MemoryBus, Message, Return, Subscription
from .encryption import NotOurs, Seal
from .redis_connection import ANSWER_S, BROKEN, Wire

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 0.1  # before the second attempt to connect; doubled each time
LONGEST_WAIT_S = 2.0  # people wait for their call: a server that is back is found within this
STAND_S = 5 * ANSWER_S  # to connect twice, ask once and subscribe; what takes longer is tried anew
FIRST_ATTEMPT_S = 2 * ANSWER_S  # what whoever comes first waits for the connection


class RedisBus:
    """See `Bus`. Connects at its first use, in the event loop of that use."""

    def __init__(self, url: str, seal: Seal) -> None:
        self._url = url
        self._seal = seal
        self._local = MemoryBus()
        self._topics: Counter[str] = Counter()
        self._standing: dict[str, asyncio.Future[None]] = {}  # what the server was asked for on this connection
        self._returns: list[Return] = []
        self._wire: Wire | None = None
        self._tried = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._attempt = 0
        self._missed = False  # whether somebody may have missed a message

    async def publish(self, topic: str, message: Message) -> None:
        """Raises BusDown when nobody beyond this process may have heard it; its own subscribers have."""
        wire = await self._connected()
        try:
            if wire is None:
                raise BusDown("no connection")
            await wire.publish(topic, self._seal.close(topic, message))
        except BROKEN as error:
            await self._local.publish(topic, message)
            raise self._down(wire, error) from None

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        """Never fails: a topic that cannot be subscribed to now will be when the server is back."""
        subscription = _Subscription(self, topic, await self._local.subscribe(topic, handler))
        self._topics[topic] += 1
        try:
            await self._stands(topic, await self._connected())
        except BaseException:
            await subscription.close()
            raise
        return subscription

    async def _stands(self, topic: str, wire: Wire | None) -> None:
        """Wait until the server sends us this topic; several subscribers wait for one answer."""
        if wire is None or wire is not self._wire:
            self._missed = True
            return
        if topic not in self._standing:
            self._standing[topic] = self._run(self._ask_for(topic, wire))
        await asyncio.shield(self._standing[topic])

    async def _ask_for(self, topic: str, wire: Wire) -> None:
        try:
            await wire.subscribe(topic)
        except BROKEN as error:
            self._down(wire, error)

    async def leave(self, topic: str) -> None:
        """One subscriber less; the last one ends the topic on the server."""
        self._topics[topic] -= 1
        if self._topics[topic] > 0:
            return
        del self._topics[topic]
        wire = self._wire
        if self._standing.pop(topic, None) is None or wire is None:
            return
        try:
            await wire.unsubscribe(topic)
        except BROKEN as error:
            self._down(wire, error)

    def on_return(self, callback: Return) -> None:
        """Have somebody told whenever messages may have been missed and no more will be."""
        self._returns.append(callback)

    async def ping(self) -> None:
        """Raises BusDown when the bus cannot carry a message now."""
        wire = await self._connected()
        try:
            if wire is None:
                raise BusDown("no connection")
            await wire.ping()
        except BROKEN as error:
            raise self._down(wire, error) from None

    async def close(self) -> None:
        """End the connection and all subscriptions."""
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._wire = None
        await self._local.close()

    # The connection

    async def _connected(self) -> Wire | None:
        """The connection, None when there is none. Only the very first attempt is waited for."""
        if self._closed:
            return None
        if not self._tasks:
            self._run(self._keep())
        if not self._tried.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_ATTEMPT_S):
                    await self._tried.wait()
        return self._wire

    def _down(self, wire: Wire | None, error: Exception) -> BusDown:
        """Nobody uses a connection that failed somebody; the keeper makes a new one."""
        if wire is not None and wire is self._wire:
            self._wire = None
            wire.give_up(error)
        return error if isinstance(error, BusDown) else BusDown(type(error).__name__)

    async def _keep(self) -> None:
        """Connect, and connect again, for as long as the bus lives."""
        while not self._closed:
            wire = Wire(self._url, self._heard)
            try:
                async with asyncio.timeout(STAND_S + len(self._topics) / 500):
                    await self._stand(wire)
                self._lost(await wire.failed())
            except BROKEN as error:
                self._lost(error)
            except Exception as error:  # whatever it is, the bus must come back
                logger.exception("bus_failed")
                self._lost(error)
            finally:
                await wire.close()
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._attempt, 10))
            self._attempt += 1
            await asyncio.sleep(random.uniform(wait_s / 2, wait_s))  # noqa: S311 - spreads, hides nothing

    async def _stand(self, wire: Wire) -> None:
        """Open a connection, with whatever is subscribed to by then; only then it is used."""
        topics = set(self._topics)
        await wire.open(topics)
        while new := set(self._topics) - topics:
            for topic in new:
                await wire.subscribe(topic)
            topics |= new
        self._standing = {topic: _done() for topic in self._topics}
        self._wire = wire
        self._attempt = 0
        self._tried.set()
        if self._missed:
            self._missed = False
            logger.warning("bus_back")
            self._run(self._tell_of_return())

    def _lost(self, error: Exception) -> None:
        self._wire = None
        if not self._missed or not self._tried.is_set():
            logger.warning("bus_down", extra={"reason": type(error).__name__})
        self._missed = True
        self._tried.set()

    async def _tell_of_return(self) -> None:
        for callback in self._returns:
            try:
                await callback()
            except Exception:  # the others are to hear of it all the same
                logger.exception("bus_return_failed")

    def _heard(self, topic: str, sealed: bytes) -> None:
        try:
            message = self._seal.open(topic, sealed)
        except NotOurs:  # another installation on the same server, or a secret that was rotated only here
            logger.warning("bus_not_ours", extra={"topic": topic})
            return
        self._local.offer(topic, message)

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="bus")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Subscription:
    def __init__(self, bus: RedisBus, topic: str, local: Subscription) -> None:
        self._bus = bus
        self._topic = topic
        self._local: Subscription | None = local

    async def close(self) -> None:
        local, self._local = self._local, None
        if local is not None:
            await self._bus.leave(self._topic)
            await local.close()


def _done() -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
