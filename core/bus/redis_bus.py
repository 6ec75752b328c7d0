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

from .base import BusHandler, BusMessage, BusUnavailable, MemoryBus, ReconnectCallback, Subscription
from .encryption import BusCipher, ForeignMessage
from .redis_connection import CONNECTION_ERRORS, RESPONSE_TIMEOUT_S, RedisConnection

logger = logging.getLogger(__name__)

FIRST_RETRY_DELAY_S = 0.1  # before the second attempt to connect; doubled each time
MAX_RETRY_DELAY_S = 2.0  # people wait for their call: a server that is back is found within this
CONNECT_TIMEOUT_S = (
    5 * RESPONSE_TIMEOUT_S
)  # to connect twice, ask once and subscribe; what takes longer is tried anew
FIRST_ATTEMPT_TIMEOUT_S = 2 * RESPONSE_TIMEOUT_S  # what whoever comes first waits for the connection


class RedisBus:
    """See `Bus`. Connects at its first use, in the event loop of that use."""

    def __init__(self, url: str, cipher: BusCipher) -> None:
        self._url = url
        self._cipher = cipher
        self._local = MemoryBus()
        self._subscriber_counts: Counter[str] = Counter()
        self._server_subscriptions: dict[
            str, asyncio.Future[None]
        ] = {}  # what the server was asked for on this connection
        self._reconnect_callbacks: list[ReconnectCallback] = []
        self._connection: RedisConnection | None = None
        self._first_attempt_done = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._attempt = 0
        self._may_have_missed = False  # whether somebody may have missed a message

    async def publish(self, topic: str, message: BusMessage) -> None:
        """Raises BusDown when nobody beyond this process may have heard it; its own subscribers have."""
        wire = await self._wait_for_connection()
        try:
            if wire is None:
                raise BusUnavailable("no connection")
            await wire.publish(topic, self._cipher.encrypt(topic, message))
        except CONNECTION_ERRORS as error:
            await self._local.publish(topic, message)
            raise self._discard_connection(wire, error) from None

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        """Never fails: a topic that cannot be subscribed to now will be when the server is back."""
        subscription = _RedisSubscription(self, topic, await self._local.subscribe(topic, handler))
        self._subscriber_counts[topic] += 1
        try:
            await self._wait_until_subscribed(topic, await self._wait_for_connection())
        except BaseException:
            await subscription.close()
            raise
        return subscription

    async def _wait_until_subscribed(self, topic: str, connection: RedisConnection | None) -> None:
        """Wait until the server sends us this topic; several subscribers wait for one answer."""
        if connection is None or connection is not self._connection:
            self._may_have_missed = True
            return
        if topic not in self._server_subscriptions:
            self._server_subscriptions[topic] = self._start_task(self._subscribe_on_server(topic, connection))
        await asyncio.shield(self._server_subscriptions[topic])

    async def _subscribe_on_server(self, topic: str, connection: RedisConnection) -> None:
        try:
            await connection.subscribe(topic)
        except CONNECTION_ERRORS as error:
            self._discard_connection(connection, error)

    async def release_topic(self, topic: str) -> None:
        """One subscriber less; the last one ends the topic on the server."""
        self._subscriber_counts[topic] -= 1
        if self._subscriber_counts[topic] > 0:
            return
        del self._subscriber_counts[topic]
        wire = self._connection
        if self._server_subscriptions.pop(topic, None) is None or wire is None:
            return
        try:
            await wire.unsubscribe(topic)
        except CONNECTION_ERRORS as error:
            self._discard_connection(wire, error)

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        """Have somebody told whenever messages may have been missed and no more will be."""
        self._reconnect_callbacks.append(callback)

    async def ping(self) -> None:
        """Raises BusDown when the bus cannot carry a message now."""
        wire = await self._wait_for_connection()
        try:
            if wire is None:
                raise BusUnavailable("no connection")
            await wire.ping()
        except CONNECTION_ERRORS as error:
            raise self._discard_connection(wire, error) from None

    async def close(self) -> None:
        """End the connection and all subscriptions."""
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._connection = None
        await self._local.close()

    # The connection

    async def _wait_for_connection(self) -> RedisConnection | None:
        """The connection, None when there is none. Only the very first attempt is waited for."""
        if self._closed:
            return None
        if not self._tasks:
            self._start_task(self._keep_connected())
        if not self._first_attempt_done.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_ATTEMPT_TIMEOUT_S):
                    await self._first_attempt_done.wait()
        return self._connection

    def _discard_connection(self, connection: RedisConnection | None, error: Exception) -> BusUnavailable:
        """Nobody uses a connection that failed somebody; the keeper makes a new one."""
        if connection is not None and connection is self._connection:
            self._connection = None
            connection.mark_failed(error)
        return error if isinstance(error, BusUnavailable) else BusUnavailable(type(error).__name__)

    async def _keep_connected(self) -> None:
        """Connect, and connect again, for as long as the bus lives."""
        while not self._closed:
            wire = RedisConnection(self._url, self._deliver_locally)
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S + len(self._subscriber_counts) / 500):
                    await self._connect(wire)
                self._mark_disconnected(await wire.wait_until_failed())
            except CONNECTION_ERRORS as error:
                self._mark_disconnected(error)
            except Exception as error:  # whatever it is, the bus must come back
                logger.exception("bus_failed")
                self._mark_disconnected(error)
            finally:
                await wire.close()
            wait_s = min(MAX_RETRY_DELAY_S, FIRST_RETRY_DELAY_S * 2 ** min(self._attempt, 10))
            self._attempt += 1
            await asyncio.sleep(random.uniform(wait_s / 2, wait_s))  # noqa: S311 - spreads, hides nothing

    async def _connect(self, connection: RedisConnection) -> None:
        """Open a connection, with whatever is subscribed to by then; only then it is used."""
        topics = set(self._subscriber_counts)
        await connection.open(topics)
        while new := set(self._subscriber_counts) - topics:
            for topic in new:
                await connection.subscribe(topic)
            topics |= new
        self._server_subscriptions = {topic: _completed_future() for topic in self._subscriber_counts}
        self._connection = connection
        self._attempt = 0
        self._first_attempt_done.set()
        if self._may_have_missed:
            self._may_have_missed = False
            logger.warning("bus_back")
            self._start_task(self._call_reconnect_callbacks())

    def _mark_disconnected(self, error: Exception) -> None:
        self._connection = None
        if not self._may_have_missed or not self._first_attempt_done.is_set():
            logger.warning("bus_down", extra={"reason": type(error).__name__})
        self._may_have_missed = True
        self._first_attempt_done.set()

    async def _call_reconnect_callbacks(self) -> None:
        for callback in self._reconnect_callbacks:
            try:
                await callback()
            except Exception:  # the others are to hear of it all the same
                logger.exception("bus_return_failed")

    def _deliver_locally(self, topic: str, sealed: bytes) -> None:
        try:
            message = self._cipher.decrypt(topic, sealed)
        except ForeignMessage:  # another installation on the same server, or a secret that was rotated only here
            logger.warning("bus_not_ours", extra={"topic": topic})
            return
        self._local.publish_nowait(topic, message)

    def _start_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="bus")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _RedisSubscription:
    def __init__(self, bus: RedisBus, topic: str, local: Subscription) -> None:
        self._bus = bus
        self._topic = topic
        self._local: Subscription | None = local

    async def close(self) -> None:
        local, self._local = self._local, None
        if local is not None:
            await self._bus.release_topic(self._topic)
            await local.close()


def _completed_future() -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
