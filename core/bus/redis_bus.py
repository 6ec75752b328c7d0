"""Bus of several processes over the pub/sub of Redis or Valkey, sharded on a cluster.

A task keeps the connection. Without a connection, publishing fails at once, but the subscribers of this process
get the message. After a reconnection all topics are subscribed again before the callbacks ask for a resync.
Messages are encrypted: only this installation can read, forge or re-address them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from hashlib import sha256
from hmac import digest
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ..failures import log_failure, start_unbound_task
from .base import BusHandler, BusMessage, BusUnavailable, MemoryBus, ReconnectCallback, Subscription
from .redis_connection import CONNECTION_ERRORS, RESPONSE_TIMEOUT_S, RedisConnection

logger = logging.getLogger(__name__)

FIRST_RETRY_DELAY_S = 0.1  # before the second attempt to connect; doubled each time
MAX_RETRY_DELAY_S = 2.0  # people wait for their call: a server that is back must be found quickly
# two connections, a command and the first subscriptions
CONNECT_TIMEOUT_S = 5 * RESPONSE_TIMEOUT_S
FIRST_ATTEMPT_TIMEOUT_S = 2 * RESPONSE_TIMEOUT_S  # the first caller waits so long for a connection


class ForeignMessage(Exception):
    """A message was encrypted with none of our secrets, or for another topic."""


class BusCipher:
    """Encrypts JSON objects with the installation's secrets: the first encrypts, all decrypt."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        digests = [digest(secret.encode(), f"seal\0{purpose}".encode(), sha256) for secret in secret_keys]
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in digests])

    def encrypt(self, topic: str, message: Mapping[str, Any]) -> bytes:
        """Encrypt a message, bound to its topic."""
        # a reader of Redis sees topics, and could send a message again under another (docs/decisions/0008)
        text = json.dumps([topic, message], ensure_ascii=False, separators=(",", ":"))
        return self._fernet.encrypt(text.encode())

    def decrypt(self, topic: str, encrypted: bytes) -> Mapping[str, Any]:
        """Decrypt a message of this topic. Raises ForeignMessage."""
        try:
            bound_topic, message = json.loads(self._fernet.decrypt(encrypted))
        except InvalidToken:
            raise ForeignMessage from None
        if bound_topic != topic:
            raise ForeignMessage
        decrypted: Mapping[str, Any] = message
        return decrypted


class RedisBus:
    """A `Bus` that connects at its first use, in the event loop of that use."""

    def __init__(self, url: str, cipher: BusCipher) -> None:
        self._url = url
        self._cipher = cipher
        self._local = MemoryBus()
        self._subscriber_counts: Counter[str] = Counter()
        # topics requested from the server on this connection
        self._server_subscriptions: dict[str, asyncio.Future[None]] = {}
        self._reconnect_callbacks: list[ReconnectCallback] = []
        self._connection: RedisConnection | None = None
        self._first_attempt_done = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._attempt = 0
        self._may_have_missed = False  # a subscriber may have missed a message

    async def publish(self, topic: str, message: BusMessage) -> None:
        """Publish. Raises BusUnavailable when only subscribers of this process are sure to get it."""
        connection = await self._wait_for_connection()
        try:
            if connection is None:
                raise BusUnavailable("no connection")
            await connection.publish(topic, self._cipher.encrypt(topic, message))
        except CONNECTION_ERRORS as error:
            # the server does not return the message to the subscribers of this process
            await self._local.publish(topic, message)
            raise self._discard_connection(connection, error) from None

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        """Subscribe; without a server the topic is subscribed when the server is back."""
        subscription = _RedisSubscription(self, topic, await self._local.subscribe(topic, handler))
        self._subscriber_counts[topic] += 1
        try:
            await self._wait_until_subscribed(topic, await self._wait_for_connection())
        except BaseException:
            await subscription.close()
            raise
        return subscription

    async def _wait_until_subscribed(self, topic: str, connection: RedisConnection | None) -> None:
        """Wait until the server has confirmed the topic; concurrent subscribers share a request."""
        if connection is None or connection is not self._connection:
            # _connect subscribes the topic later; messages before that are lost
            self._may_have_missed = True
            return
        if topic not in self._server_subscriptions:
            self._server_subscriptions[topic] = self._start_task(self._subscribe_on_server(topic, connection))
        # shielded: a caller that is cancelled must not cancel the request of the others
        await asyncio.shield(self._server_subscriptions[topic])

    async def _subscribe_on_server(self, topic: str, connection: RedisConnection) -> None:
        try:
            await connection.subscribe(topic)
        except CONNECTION_ERRORS as error:
            self._discard_connection(connection, error)

    async def release_topic(self, topic: str) -> None:
        """Uncount a subscriber, and unsubscribe on the server after the last."""
        self._subscriber_counts[topic] -= 1
        if self._subscriber_counts[topic] > 0:
            return
        del self._subscriber_counts[topic]
        connection = self._connection
        if self._server_subscriptions.pop(topic, None) is None or connection is None:
            return
        try:
            await connection.unsubscribe(topic)
        except CONNECTION_ERRORS as error:
            self._discard_connection(connection, error)

    def on_reconnect(self, callback: ReconnectCallback) -> None:
        """Call `callback` after each reconnection, when messages may have been missed."""
        self._reconnect_callbacks.append(callback)

    async def ping(self) -> None:
        """Check the connection. Raises BusUnavailable when there is none."""
        connection = await self._wait_for_connection()
        try:
            if connection is None:
                raise BusUnavailable("no connection")
            await connection.ping()
        except CONNECTION_ERRORS as error:
            raise self._discard_connection(connection, error) from None

    async def close(self) -> None:
        """Close the connection and all subscriptions."""
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._connection = None
        await self._local.close()

    # The connection

    async def _wait_for_connection(self) -> RedisConnection | None:
        """Return the connection, or None. Only the very first attempt to connect is awaited."""
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
        """Stop using a failed connection; the connecting task opens another."""
        if connection is not None and connection is self._connection:
            self._connection = None
            connection.mark_failed(error)
        return error if isinstance(error, BusUnavailable) else BusUnavailable(type(error).__name__)

    async def _keep_connected(self) -> None:
        """Connect and reconnect until the bus is closed."""
        while not self._closed:
            connection = RedisConnection(self._url, self._deliver_locally)
            try:
                # longer for many topics: each is a command of its own
                async with asyncio.timeout(CONNECT_TIMEOUT_S + len(self._subscriber_counts) / 500):
                    await self._connect(connection)
                self._mark_disconnected(await connection.wait_until_failed())
            except CONNECTION_ERRORS as error:
                self._mark_disconnected(error)
            except Exception as error:  # after any error the bus must reconnect
                logger.exception("bus_failed")
                self._mark_disconnected(error)
            finally:
                await connection.close()
            wait_s = min(MAX_RETRY_DELAY_S, FIRST_RETRY_DELAY_S * 2 ** min(self._attempt, 10))
            self._attempt += 1
            await asyncio.sleep(random.uniform(wait_s / 2, wait_s))  # noqa: S311 - spreads load, protects no secret

    async def _connect(self, connection: RedisConnection) -> None:
        """Open a connection and subscribe all topics; only then publish on it."""
        topics = set(self._subscriber_counts)
        await connection.open(topics)
        # topics that were added while the server confirmed the first
        while new := set(self._subscriber_counts) - topics:
            for topic in new:
                await connection.subscribe(topic)
            topics |= new
        # from here on nothing is missed, so that the callbacks may reload from SQL
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
            except Exception as error:  # the other callbacks must still run
                log_failure(logger, "bus_return_failed", error)

    def _deliver_locally(self, topic: str, encrypted: bytes) -> None:
        try:
            message = self._cipher.decrypt(topic, encrypted)
        except ForeignMessage:
            # another installation on this server, or a secret rotated in this process only
            logger.warning("bus_not_ours", extra={"topic": topic})
            return
        self._local.publish_nowait(topic, message)

    def _start_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = start_unbound_task(work, name="bus")
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
