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

ANSWER_S = 1.0  # a server on the same network answers in under a millisecond
BEAT_S = 2.0  # silence after which a server is asked whether it is there; as long again, and it is not

BROKEN = (RedisError, OSError, TimeoutError)
"""Whatever a wire can fail with."""

Heard = Callable[[str, bytes], None]


class Link:
    """Two connections to one server: one hears, the other speaks."""

    def __init__(self, options: Mapping[str, Any], heard: Heard, *, sharded: bool) -> None:
        self._hearing = _connection(options)
        self._speaking = _connection(options)
        self._heard = heard
        self._prefix = "S" if sharded else ""
        self._speaks = asyncio.Lock()
        self._standing: dict[str, deque[asyncio.Future[None]]] = {}  # asked for and not yet confirmed
        self._leaving: Counter[str] = Counter()

    async def open(self) -> None:
        for connection in (self._hearing, self._speaking):
            async with asyncio.timeout(ANSWER_S):
                await connection.connect()  # type: ignore[no-untyped-call]

    async def ask(self, *command: Any) -> Any:
        """Send a command and wait for its answer. Raises one of BROKEN."""
        async with self._speaks, asyncio.timeout(ANSWER_S):
            await self._speaking.send_command(*command)
            return await self._speaking.read_response()

    async def publish(self, topic: str, data: bytes) -> None:
        await self.ask(f"{self._prefix}PUBLISH", topic, data)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Returns when the server has confirmed all of them."""
        standing = {topic: asyncio.get_running_loop().create_future() for topic in topics}
        for topic, confirmed in standing.items():  # one each: on a cluster a command may name one slot only
            self._standing.setdefault(topic, deque()).append(confirmed)
            await self._tell("SUBSCRIBE", topic)
        if standing:
            _, missing = await asyncio.wait(standing.values(), timeout=ANSWER_S + len(standing) / 1_000)
            if missing:
                raise RedisConnectionError("a subscription was not confirmed")

    async def unsubscribe(self, topic: str) -> None:
        self._leaving[topic] += 1
        await self._tell("UNSUBSCRIBE", topic)

    async def _tell(self, command: str, topic: str) -> None:
        async with asyncio.timeout(ANSWER_S):
            await self._hearing.send_command(f"{self._prefix}{command}", topic)

    async def hear(self) -> None:
        """Hand on what comes, until the connection fails: raises one of BROKEN."""
        asked = False
        while True:
            answer = await self._hearing.read_response(timeout=BEAT_S, disconnect_on_error=False)
            if answer is None:
                if asked:
                    raise RedisConnectionError("no answer to a ping")
                async with asyncio.timeout(ANSWER_S):
                    await self._hearing.send_command("PING")
            else:
                self._take(answer)
            asked = answer is None

    def _take(self, answer: list[Any]) -> None:
        if answer[0] in (b"message", b"smessage"):
            self._heard(answer[1].decode(), answer[2])
        elif answer[0] in (b"subscribe", b"ssubscribe"):
            self._confirmed(answer[1].decode())
        elif answer[0] in (b"unsubscribe", b"sunsubscribe"):
            self._left(answer[1].decode())

    def _confirmed(self, topic: str) -> None:
        """The oldest that asked; whoever came and went quickly may have asked twice."""
        waiting = self._standing.get(topic)
        if not waiting:
            return
        oldest = waiting.popleft()
        if not waiting:
            del self._standing[topic]
        if not oldest.done():
            oldest.set_result(None)

    def _left(self, topic: str) -> None:
        if not self._leaving[topic]:
            raise RedisConnectionError("the topic has moved to another server")
        self._leaving[topic] -= 1

    async def close(self) -> None:
        """Waits for nobody, so whoever is stopped while closing leaves nothing open."""
        for connection in (self._hearing, self._speaking):
            with contextlib.suppress(*BROKEN):
                await connection.disconnect(nowait=True)


class Wire:
    """One server, or the primaries of a cluster."""

    def __init__(self, url: str, heard: Heard) -> None:
        self._options: dict[str, Any] = {**parse_url(url)}
        self._heard = heard
        self._links: dict[tuple[str, int] | None, Link] = {}
        self._slots: list[tuple[int, int, tuple[str, int]]] = []
        self._hearing: list[asyncio.Task[None]] = []
        self._failed = asyncio.get_running_loop().create_future()

    async def open(self, topics: Iterable[str]) -> None:
        """Connect and subscribe. Raises one of BROKEN; then close it."""
        first = self._links[None] = await self._link(self._options, sharded=False)
        if b"cluster_enabled:1" in await first.ask("INFO", "cluster"):
            await self._spread(first)
        self._hearing = [asyncio.create_task(self._hear(link), name="bus") for link in self._links.values()]
        by_link: dict[Link, list[str]] = {}
        for topic in topics:
            by_link.setdefault(self._of(topic), []).append(topic)
        for link, its_topics in by_link.items():
            await link.subscribe(its_topics)

    async def _spread(self, first: Link) -> None:
        """Connect to every primary, and remember which slots are its own."""
        ranges = await first.ask("CLUSTER", "SLOTS")
        del self._links[None]
        await first.close()
        for start, end, (host, port, *_), *_ in ranges:
            address = (host.decode() if host else str(self._options.get("host", "localhost")), int(port))
            self._slots.append((start, end, address))
            if address not in self._links:
                options = {**self._options, "host": address[0], "port": address[1]}
                self._links[address] = await self._link(options, sharded=True)

    async def _link(self, options: Mapping[str, Any], *, sharded: bool) -> Link:
        link = Link(options, self._heard, sharded=sharded)
        try:
            await link.open()
        except BaseException:
            await link.close()
            raise
        return link

    def _of(self, topic: str) -> Link:
        """The link that carries a topic. Raises RedisConnectionError when no server has its slot."""
        if None in self._links:
            return self._links[None]
        slot = key_slot(topic.encode())
        for start, end, address in self._slots:
            if start <= slot <= end:
                return self._links[address]
        raise RedisConnectionError("no server has this topic's slot")

    async def publish(self, topic: str, data: bytes) -> None:
        await self._of(topic).publish(topic, data)

    async def subscribe(self, topic: str) -> None:
        await self._of(topic).subscribe([topic])

    async def unsubscribe(self, topic: str) -> None:
        await self._of(topic).unsubscribe(topic)

    async def ping(self) -> None:
        for link in self._links.values():
            await link.ask("PING")

    async def _hear(self, link: Link) -> None:
        try:
            await link.hear()
        except BROKEN as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        """Somebody found it broken; the first reason counts."""
        if not self._failed.done():
            self._failed.set_result(error)

    async def failed(self) -> Exception:
        """Wait until it is broken; why."""
        error: Exception = await asyncio.shield(self._failed)
        return error

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()
        for task in self._hearing:
            task.cancel()
        await asyncio.gather(*self._hearing, return_exceptions=True)


def _connection(options: Mapping[str, Any]) -> Connection:
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
            "socket_connect_timeout": ANSWER_S,
            "retry": Retry(NoBackoff(), 0),
        }
    )
    connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection
