"""Bus messages of the product: recording what was published, and injecting messages fast.

Redis reports when each message was published (MONITOR), even to a late reader. Injected messages are those of a
call that is repeatedly taken back, built by the product's rules and encrypted with its secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import update

from ...core.bus.redis_bus import BusCipher
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...offices.service import Office, hours, office_by_slug
from ...offices.storage.tables import LineRow
from ...queue.domain import line as rules
from ...queue.domain import ticket
from ...queue.domain.line import Line
from ...queue.domain.topics import display_topic, line_topic
from ...queue.storage import desk_rows, ticket_rows
from ...queue.storage.line_cache import encode_delta
from ...server.runtime import make_runtime
from ..installation import SECRET, Installation
from .office import FilledOffice

PublishedVersion = tuple[int, int, bool]
"""A version, the nanoseconds at which it was published, and whether it changes what everybody who waits sees."""

READ_CHUNK_BYTES = 1 << 20


def _bus_cipher() -> BusCipher:
    return BusCipher([SECRET], "bus")


# Recording


class BusMonitor:
    """Records all commands of Redis while it is open."""

    def __init__(self) -> None:
        self._heard = bytearray()

    async def record_messages(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(READ_CHUNK_BYTES):
            self._heard += chunk

    def versions_of_topic(self, topic: str) -> list[PublishedVersion]:
        """Return the versions published on one topic, in order."""
        seal, offset_ns = _bus_cipher(), time.monotonic_ns() - time.time_ns()
        found = []
        for line in bytes(self._heard).split(b"\r\n"):
            parts = line.split(b'"')
            if len(parts) < 6 or parts[1].upper() != b"PUBLISH" or parts[3].decode() != topic:
                continue
            at_ns = int(float(line[1:].split(b" ", 1)[0]) * 1e9) + offset_ns
            message = seal.decrypt(topic, parts[5])
            found.append((message["v"], at_ns, _changes_waiting_tickets(message)))
        return found


def _changes_waiting_tickets(message: Mapping[str, Any]) -> bool:
    """Tell whether a change moves all tickets behind it: a call or a return.

    Others change one phone.
    """
    return any(differs.get("state") in ("called", "waiting") for differs, _ in message["changed"])


@asynccontextmanager
async def run_monitor(redis_url: str) -> AsyncIterator[BusMonitor]:
    host, port = redis_url.removeprefix("redis://").split("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=READ_CHUNK_BYTES)
    writer.write(b"MONITOR\r\n")
    await reader.readline()
    heard = BusMonitor()
    task = asyncio.create_task(heard.record_messages(reader))
    try:
        yield heard
    finally:
        task.cancel()
        writer.close()


# Injecting


class BusInjector:
    """Chained messages of a line: its first ticket is called, put back, and called again.

    Each is followed by the message to the displays, as in production.
    """

    def __init__(
        self, redis: Redis, topics: tuple[str, str], first: int, pair: Sequence[Mapping[str, Any]]
    ) -> None:
        self._redis = redis
        self._line_topic, self._display_topic = topics
        self._pair = pair
        self._seal = _bus_cipher()
        self.v = first
        self.published: list[PublishedVersion] = []

    async def publish_next(self) -> None:
        base, self.v = self.v, self.v + 1
        message = {**self._pair[base % 2], "base": base, "v": self.v}
        announced = {"lines": {message["line"]: self.v}}
        change = self._seal.encrypt(self._line_topic, message)
        self.published.append((self.v, time.monotonic_ns(), True))
        await self._redis.publish(self._line_topic, change)
        await self._redis.publish(self._display_topic, self._seal.encrypt(self._display_topic, announced))

    async def publish_at_rate(self, per_s: float, seconds: float) -> None:
        """Publish an even stream of messages."""
        start = time.monotonic()
        for number in range(int(per_s * seconds)):
            ahead = start + number / per_s - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            await self.publish_next()

    async def publish_for_each_byte(self, reading: int) -> None:
        """Publish a message for each byte of this pipe (`saturate` of client/phones.c)."""
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        os.set_blocking(reading, False)
        loop.add_reader(reading, asked.set)
        try:
            while True:
                await asked.wait()
                asked.clear()
                with contextlib.suppress(BlockingIOError):  # the announced byte may have been read already
                    for _ in os.read(reading, READ_CHUNK_BYTES):
                        await self.publish_next()
        finally:
            loop.remove_reader(reading)


@asynccontextmanager
async def run_injector(on: Installation[FilledOffice]) -> AsyncIterator[BusInjector]:
    """Open an injector for the first line, whose tickets all wait.

    Stores the last version in SQL.
    """
    runtime = make_runtime(on.settings, SystemClock(), EventRegistry())
    line_id = on.filled.line_ids[0]
    try:
        async with runtime.read_session() as session:
            office = await office_by_slug(session, on.filled.office)
            tickets = await ticket_rows.active_tickets(session, [line_id])
            days = await desk_rows.line_days(session, [line_id], hours.to_local_day(office.hours, runtime.now()))
        named = office.line_by_id(line_id)
        line = Line(line_id, tuple(tickets[line_id]), days[line_id].last_calls)
        pair = _build_message_pair(on, office, line, runtime.now(), (days[line_id].issued, days[line_id].walk_ins))
        if named.version % 2:  # the first message is the call
            pair = (pair[1], pair[0])
        async with Redis.from_url(on.settings.redis_url) as redis:
            topics = line_topic(office.slug, named.slug), display_topic(office.slug)
            found = BusInjector(redis, topics, named.version, pair)
            yield found
            if (found.v - named.version) % 2:
                await found.publish_next()
        async with runtime.transaction() as tx:
            await tx.session.execute(update(LineRow).where(LineRow.id == line_id).values(version=found.v))
    finally:
        await runtime.bus.close()
        await runtime.db.close()


def _build_message_pair(
    on: Installation[FilledOffice], office: Office, line: Line, now: Any, counted: tuple[int, int]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Build the message of a call, and of its return."""
    day = hours.to_local_day(office.hours, now)
    (called,), choice = rules.choose_and_call_next([line], on.filled.desks[0], "agent", now)
    assert choice is not None
    back = called.with_tickets(ticket.take_back_call(called.ticket(choice.ticket.id), now))
    call = encode_delta(line, called, 0, 1, day, counted)
    return {**call, "reread": False}, {**encode_delta(called, back, 1, 2, day, counted), "reread": False}
