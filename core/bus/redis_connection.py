"""Connections to a Redis or Valkey: which server carries a topic, subscriptions and their answers, heartbeats.

A wire is used until anything about it fails; then it is thrown away whole and a new one is opened. So a slot
that moved, a server that hangs and a cable that was pulled are one case, and nothing is reconnected in parts.
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

RESPONSE_TIMEOUT_S = 1.0  # a server on the same network answers in under a millisecond
PING_INTERVAL_S = 2.0  # silence after which a server is asked whether it is there; as long again, and it is not

CONNECTION_ERRORS = (RedisError, OSError, TimeoutError)
"""Whatever a wire can fail with."""

OnBusMessage = Callable[[str, bytes], None]


class RedisNode:
    """Two connections to one server: one hears, the other speaks."""

    def __init__(self, options: Mapping[str, Any], on_message: OnBusMessage, *, sharded: bool) -> None:
        self._subscriber = _new_connection(options)
        self._publisher = _new_connection(options)
        self._on_message = on_message
        self._prefix = "S" if sharded else ""
        self._publisher_lock = asyncio.Lock()
        self._pending_subscriptions: dict[str, deque[asyncio.Future[None]]] = {}  # asked for and not yet confirmed
        self._pending_unsubscriptions: Counter[str] = Counter()

    async def open(self) -> None:
        for connection in (self._subscriber, self._publisher):
            async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                await connection.connect()  # type: ignore[no-untyped-call]

    async def execute_command(self, *command: Any) -> Any:
        """Send a command and wait for its answer. Raises one of BROKEN."""
        async with self._publisher_lock, asyncio.timeout(RESPONSE_TIMEOUT_S):
            await self._publisher.send_command(*command)
            return await self._publisher.read_response()

    async def publish(self, topic: str, data: bytes) -> None:
        await self.execute_command(f"{self._prefix}PUBLISH", topic, data)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Returns when the server has confirmed all of them."""
        standing = {topic: asyncio.get_running_loop().create_future() for topic in topics}
        for topic, confirmed in standing.items():  # one each: on a cluster a command may name one slot only
            self._pending_subscriptions.setdefault(topic, deque()).append(confirmed)
            await self._send_to_subscriber("SUBSCRIBE", topic)
        if standing:
            _, missing = await asyncio.wait(standing.values(), timeout=RESPONSE_TIMEOUT_S + len(standing) / 1_000)
            if missing:
                raise RedisConnectionError("a subscription was not confirmed")

    async def unsubscribe(self, topic: str) -> None:
        self._pending_unsubscriptions[topic] += 1
        await self._send_to_subscriber("UNSUBSCRIBE", topic)

    async def _send_to_subscriber(self, command: str, topic: str) -> None:
        async with asyncio.timeout(RESPONSE_TIMEOUT_S):
            await self._subscriber.send_command(f"{self._prefix}{command}", topic)

    async def receive_messages(self) -> None:
        """Hand on what comes, until the connection fails: raises one of BROKEN."""
        asked = False
        while True:
            answer = await self._subscriber.read_response(timeout=PING_INTERVAL_S, disconnect_on_error=False)
            if answer is None:
                if asked:
                    raise RedisConnectionError("no answer to a ping")
                async with asyncio.timeout(RESPONSE_TIMEOUT_S):
                    await self._subscriber.send_command("PING")
            else:
                self._handle_response(answer)
            asked = answer is None

    def _handle_response(self, answer: list[Any]) -> None:
        if answer[0] in (b"message", b"smessage"):
            self._on_message(answer[1].decode(), answer[2])
        elif answer[0] in (b"subscribe", b"ssubscribe"):
            self._confirm_subscription(answer[1].decode())
        elif answer[0] in (b"unsubscribe", b"sunsubscribe"):
            self._confirm_unsubscription(answer[1].decode())

    def _confirm_subscription(self, topic: str) -> None:
        """The oldest that asked; whoever came and went quickly may have asked twice."""
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
            raise RedisConnectionError("the topic has moved to another server")
        self._pending_unsubscriptions[topic] -= 1

    async def close(self) -> None:
        """Waits for nobody, so whoever is stopped while closing leaves nothing open."""
        for connection in (self._subscriber, self._publisher):
            with contextlib.suppress(*CONNECTION_ERRORS):
                await connection.disconnect(nowait=True)


class RedisConnection:
    """One server, or the primaries of a cluster."""

    def __init__(self, url: str, on_message: OnBusMessage) -> None:
        self._options: dict[str, Any] = {**parse_url(url)}
        self._on_message = on_message
        self._nodes: dict[tuple[str, int] | None, RedisNode] = {}
        self._slot_ranges: list[tuple[int, int, tuple[str, int]]] = []
        self._receive_tasks: list[asyncio.Task[None]] = []
        self._failure = asyncio.get_running_loop().create_future()

    async def open(self, topics: Iterable[str]) -> None:
        """Connect and subscribe. Raises one of BROKEN; then close it."""
        first = self._nodes[None] = await self._open_node(self._options, sharded=False)
        if b"cluster_enabled:1" in await first.execute_command("INFO", "cluster"):
            await self._connect_to_primaries(first)
        self._receive_tasks = [
            asyncio.create_task(self._receive_from_node(link), name="bus") for link in self._nodes.values()
        ]
        by_link: dict[RedisNode, list[str]] = {}
        for topic in topics:
            by_link.setdefault(self._node_for_topic(topic), []).append(topic)
        for link, its_topics in by_link.items():
            await link.subscribe(its_topics)

    async def _connect_to_primaries(self, first: RedisNode) -> None:
        """Connect to every primary, and remember which slots are its own."""
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
        link = RedisNode(options, self._on_message, sharded=sharded)
        try:
            await link.open()
        except BaseException:
            await link.close()
            raise
        return link

    def _node_for_topic(self, topic: str) -> RedisNode:
        """The link that carries a topic. Raises RedisConnectionError when no server has its slot."""
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
        for link in self._nodes.values():
            await link.execute_command("PING")

    async def _receive_from_node(self, node: RedisNode) -> None:
        try:
            await node.receive_messages()
        except CONNECTION_ERRORS as error:
            self.mark_failed(error)

    def mark_failed(self, error: Exception) -> None:
        """Somebody found it broken; the first reason counts."""
        if not self._failure.done():
            self._failure.set_result(error)

    async def wait_until_failed(self) -> Exception:
        """Wait until it is broken; why."""
        error: Exception = await asyncio.shield(self._failure)
        return error

    async def close(self) -> None:
        for link in self._nodes.values():
            await link.close()
        for task in self._receive_tasks:
            task.cancel()
        await asyncio.gather(*self._receive_tasks, return_exceptions=True)


def _new_connection(options: Mapping[str, Any]) -> Connection:
    """A connection that fails instead of trying again by itself: who uses it knows better what is to be done.

    Time limits are whoever's who uses it, too: the library keeps its own with `asyncio.wait_for`, which before
    Python 3.12 loses a cancellation that comes in the moment of the answer. The one who listens was then never
    stopped, whoever closed the wire waited for ever, and the bus stayed away.
    """
    pool = BlockingConnectionPool(
        **{
            **options,
            "protocol": 2,  # any version of either server speaks it
            "socket_timeout": None,
            "socket_connect_timeout": RESPONSE_TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
        }
    )
    connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection
