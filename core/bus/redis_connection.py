"""Connections to Redis or Valkey: topics, subscriptions, heartbeats. No reconnection.

A RedisConnection is used until any part of it fails; then the bus discards it and opens another. So a moved
slot, a hanging server and a lost network are the same case.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from .redis_sentinel import Address, SentinelGroup, parse_sentinel_url

RESPONSE_TIMEOUT_S = 1.0  # a server on the same network answers within a millisecond
# a primary that was replaced while it was cut off must not be used for long
PRIMARY_CHECK_INTERVAL_S = 2.0
# a silent server gets a ping; after the same time without a response it counts as dead
PING_INTERVAL_S = 2.0

CONNECTION_ERRORS = (RedisError, OSError, TimeoutError)

OnBusMessage = Callable[[str, bytes], None]


class RedisNode:
    """A server with two connections: a subscriber and a publisher."""

    def __init__(self, options: Mapping[str, Any], on_message: OnBusMessage, *, sharded: bool) -> None:
        self._subscriber = _new_connection(options)
        self._publisher = _new_connection(options)
        self._on_message = on_message
        self._prefix = "S" if sharded else ""
        self._publisher_lock = asyncio.Lock()
        self._pending_subscriptions: dict[str, deque[asyncio.Future[None]]] = {}  # not yet confirmed
        self._pending_unsubscriptions: Counter[str] = Counter()

    async def open(self) -> None:
        for connection in (self._subscriber, self._publisher):
            async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                await connection.connect()  # type: ignore[no-untyped-call]

    async def execute_command(self, *command: Any) -> Any:
        """Send a command and return its response. Raises CONNECTION_ERRORS."""
        # in turn, because a response has no id: only its order tells which command it answers
        async with self._publisher_lock, asyncio.timeout(RESPONSE_TIMEOUT_S):
            _require_connected(self._publisher)
            await self._publisher.send_command(*command)
            return await self._publisher.read_response()

    async def publish(self, topic: str, data: bytes) -> None:
        await self.execute_command(f"{self._prefix}PUBLISH", topic, data)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Subscribe to topics and wait until the server has confirmed all."""
        confirmations = {topic: asyncio.get_running_loop().create_future() for topic in topics}
        # singly: on a cluster a command must stay in a slot
        for topic, confirmed in confirmations.items():
            self._pending_subscriptions.setdefault(topic, deque()).append(confirmed)
            await self._send_to_subscriber("SUBSCRIBE", topic)
        if confirmations:
            _, missing = await asyncio.wait(
                confirmations.values(), timeout=RESPONSE_TIMEOUT_S + len(confirmations) / 1_000
            )
            if missing:
                raise RedisConnectionError("a subscription was not confirmed")

    async def unsubscribe(self, topic: str) -> None:
        self._pending_unsubscriptions[topic] += 1
        await self._send_to_subscriber("UNSUBSCRIBE", topic)

    async def _send_to_subscriber(self, command: str, topic: str) -> None:
        async with asyncio.timeout(RESPONSE_TIMEOUT_S):
            _require_connected(self._subscriber)
            await self._subscriber.send_command(f"{self._prefix}{command}", topic)

    async def receive_messages(self) -> None:
        """Deliver incoming messages until the connection fails with any of CONNECTION_ERRORS."""
        is_ping_pending = False
        while True:
            response = await self._subscriber.read_response(timeout=PING_INTERVAL_S, disconnect_on_error=False)
            if response is None:
                if is_ping_pending:
                    raise RedisConnectionError("no answer to a ping")
                async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                    _require_connected(self._subscriber)
                    await self._subscriber.send_command("PING")
            else:
                self._handle_response(response)
            is_ping_pending = response is None

    def _handle_response(self, response: list[Any]) -> None:
        if response[0] in (b"message", b"smessage"):
            self._on_message(response[1].decode(), response[2])
        elif response[0] in (b"subscribe", b"ssubscribe"):
            self._confirm_subscription(response[1].decode())
        elif response[0] in (b"unsubscribe", b"sunsubscribe"):
            self._confirm_unsubscription(response[1].decode())

    def _confirm_subscription(self, topic: str) -> None:
        """Resolve the oldest request: a topic may be subscribed twice in quick succession."""
        waiting = self._pending_subscriptions.get(topic)
        if not waiting:
            return
        oldest = waiting.popleft()
        if not waiting:
            del self._pending_subscriptions[topic]
        if not oldest.done():
            oldest.set_result(None)

    def _confirm_unsubscription(self, topic: str) -> None:
        if not self._pending_unsubscriptions[topic]:
            # not requested here: a cluster ends subscriptions itself when it moves a slot
            raise RedisConnectionError("the topic has moved to another server")
        self._pending_unsubscriptions[topic] -= 1

    async def close(self) -> None:
        """Close without waiting for the server, so that a cancelled caller leaves nothing open."""
        for connection in (self._subscriber, self._publisher):
            with contextlib.suppress(*CONNECTION_ERRORS):
                await connection.disconnect(nowait=True)


class RedisConnection:
    """A server, the primary that sentinels name, or the primaries of a cluster."""

    def __init__(self, url: str, on_message: OnBusMessage) -> None:
        self._sentinels = parse_sentinel_url(url)
        self._options: dict[str, Any] = {**(self._sentinels.server_options if self._sentinels else parse_url(url))}
        self._on_message = on_message
        self._nodes: dict[tuple[str, int] | None, RedisNode] = {}
        self._slot_ranges: list[tuple[int, int, tuple[str, int]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._failure = asyncio.get_running_loop().create_future()

    async def open(self, topics: Iterable[str]) -> None:
        """Connect and subscribe. Raises CONNECTION_ERRORS; the caller must close then, too."""
        primary = await self._sentinels.find_primary(_new_connection) if self._sentinels else None
        if primary is not None:
            self._options |= {"host": primary[0], "port": primary[1]}
        first = self._nodes[None] = await self._open_node(self._options, sharded=False)
        if self._sentinels and primary:
            await self._keep_primary(first, self._sentinels, primary)
        if b"cluster_enabled:1" in await first.execute_command("INFO", "cluster"):
            await self._connect_to_primaries(first)
        # before the subscriptions, whose confirmations these tasks receive
        self._tasks += [
            asyncio.create_task(self._receive_from_node(node), name="bus") for node in self._nodes.values()
        ]
        topics_by_node: dict[RedisNode, list[str]] = {}
        for topic in topics:
            topics_by_node.setdefault(self._node_for_topic(topic), []).append(topic)
        for node, node_topics in topics_by_node.items():
            await node.subscribe(node_topics)

    async def _keep_primary(self, node: RedisNode, sentinels: SentinelGroup, primary: Address) -> None:
        """Check that the server is a primary, and fail as soon as the sentinels name another."""
        # sentinels name a lost primary until they have agreed on its end
        role, *_ = await node.execute_command("ROLE")
        if role != b"master":
            raise RedisConnectionError("the sentinels name a replica")
        self._tasks.append(asyncio.create_task(self._watch_primary(sentinels, primary), name="bus primary"))

    async def _watch_primary(self, sentinels: SentinelGroup, primary: Address) -> None:
        while True:
            await asyncio.sleep(PRIMARY_CHECK_INTERVAL_S)
            with contextlib.suppress(*CONNECTION_ERRORS):  # without sentinels the connection goes on
                if await sentinels.find_primary(_new_connection) != primary:
                    self.mark_failed(RedisConnectionError("the sentinels name another primary"))
                    return

    async def _connect_to_primaries(self, first: RedisNode) -> None:
        """Connect to every primary and store its slot ranges."""
        ranges = await first.execute_command("CLUSTER", "SLOTS")
        del self._nodes[None]
        await first.close()
        for start, end, (host, port, *_), *_ in ranges:
            address = (host.decode() if host else str(self._options.get("host", "localhost")), int(port))
            self._slot_ranges.append((start, end, address))
            if address not in self._nodes:
                options = {**self._options, "host": address[0], "port": address[1]}
                self._nodes[address] = await self._open_node(options, sharded=True)

    async def _open_node(self, options: Mapping[str, Any], *, sharded: bool) -> RedisNode:
        node = RedisNode(options, self._on_message, sharded=sharded)
        try:
            await node.open()
        except BaseException:
            await node.close()
            raise
        return node

    def _node_for_topic(self, topic: str) -> RedisNode:
        """Return the node of a topic. Raises RedisConnectionError when no server has its slot."""
        if None in self._nodes:
            return self._nodes[None]
        slot = key_slot(topic.encode())
        for start, end, address in self._slot_ranges:
            if start <= slot <= end:
                return self._nodes[address]
        raise RedisConnectionError("no server has this topic's slot")

    async def publish(self, topic: str, data: bytes) -> None:
        await self._node_for_topic(topic).publish(topic, data)

    async def subscribe(self, topic: str) -> None:
        await self._node_for_topic(topic).subscribe([topic])

    async def unsubscribe(self, topic: str) -> None:
        await self._node_for_topic(topic).unsubscribe(topic)

    async def ping(self) -> None:
        for node in self._nodes.values():
            await node.execute_command("PING")

    async def _receive_from_node(self, node: RedisNode) -> None:
        try:
            await node.receive_messages()
        except CONNECTION_ERRORS as error:
            self.mark_failed(error)

    def mark_failed(self, error: Exception) -> None:
        """Mark the connection as failed; the first reason is kept."""
        if not self._failure.done():
            self._failure.set_result(error)

    async def wait_until_failed(self) -> Exception:
        """Wait for the failure and return its reason."""
        error: Exception = await asyncio.shield(self._failure)
        return error

    async def close(self) -> None:
        for node in self._nodes.values():
            await node.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _new_connection(options: Mapping[str, Any]) -> Connection:
    """Build a connection without retries and without timeouts of the library's own.

    RedisNode applies timeouts itself, because the library's use `asyncio.wait_for`, which before Python 3.12 loses
    a cancellation that arrives together with the response. The receiving task then never ended, and closing the
    bus hung.
    """
    pool = BlockingConnectionPool(
        **{
            **options,
            "protocol": 2,  # all versions of both servers support it
            "socket_timeout": None,
            "socket_connect_timeout": RESPONSE_TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
        }
    )
    connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection


def _require_connected(connection: Connection) -> None:
    """Raise RedisConnectionError unless connected.

    A command would open a lost connection again, which would then be left open.
    """
    if not connection.is_connected:
        raise RedisConnectionError("the connection is closed")
