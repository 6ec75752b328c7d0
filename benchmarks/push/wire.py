"""The bus as the product uses it: what was published and when, and messages of the product's own, put on it fast.

Redis itself says when each message was published (MONITOR), however late whoever listens is. What is injected is
what the product would say of a call that is taken back, again and again: by its own rules, sealed with its secret.
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

from ...core.bus.encryption import Seal
from ...core.clock import SystemClock
from ...core.events import Events
from ...offices.service import Office, hours, office_by_slug
from ...offices.tables import LineRow
from ...queue.actions.line_transaction import line_topic
from ...queue.domain import line as rules
from ...queue.domain import ticket
from ...queue.domain.line import Line
from ...queue.domain.line_delta import pack
from ...queue.storage import store
from ...server.lifespan import make_runtime
from .installation import SECRET, Installation

Published = tuple[int, int, bool]
"""A version, the nanoseconds at which it was published, and whether it changes what everybody who waits sees."""

CHUNK = 1 << 20


def _seal() -> Seal:
    return Seal([SECRET], "bus")


# Listening


class Monitor:
    """All that Redis was told while it was open."""

    def __init__(self) -> None:
        self._heard = bytearray()

    async def listen(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(CHUNK):
            self._heard += chunk

    def of(self, topic: str) -> list[Published]:
        """What was published on one topic, in order."""
        seal, offset_ns = _seal(), time.monotonic_ns() - time.time_ns()
        found = []
        for line in bytes(self._heard).split(b"\r\n"):
            parts = line.split(b'"')
            if len(parts) < 6 or parts[1].upper() != b"PUBLISH" or parts[3].decode() != topic:
                continue
            at_ns = int(float(line[1:].split(b" ", 1)[0]) * 1e9) + offset_ns
            message = seal.open(topic, parts[5])
            found.append((message["v"], at_ns, _moves_everybody(message)))
        return found


def _moves_everybody(message: Mapping[str, Any]) -> bool:
    """Who is called or comes back changes the place of all who wait behind; the rest changes one phone."""
    return any(differs.get("state") in ("called", "waiting") for differs, _ in message["changed"])


@asynccontextmanager
async def monitor(redis_url: str) -> AsyncIterator[Monitor]:
    host, port = redis_url.removeprefix("redis://").split("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=CHUNK)
    writer.write(b"MONITOR\r\n")
    await reader.readline()
    heard = Monitor()
    task = asyncio.create_task(heard.listen(reader))
    try:
        yield heard
    finally:
        task.cancel()
        writer.close()


# Injecting


class Injector:
    """Chained messages about one line: its first person is called, and put back, and called."""

    def __init__(self, redis: Redis, topic: str, first: int, pair: Sequence[Mapping[str, Any]]) -> None:
        self._redis = redis
        self._topic = topic
        self._pair = pair
        self._seal = _seal()
        self.v = first
        self.published: list[Published] = []

    def _next(self) -> tuple[int, bytes]:
        base, self.v = self.v, self.v + 1
        return self.v, self._seal.close(self._topic, {**self._pair[base % 2], "base": base, "v": self.v})

    async def publish(self) -> None:
        v, sealed = self._next()
        self.published.append((v, time.monotonic_ns(), True))
        await self._redis.publish(self._topic, sealed)

    async def at_rate(self, per_s: float, seconds: float) -> None:
        """An even stream, whatever becomes of it."""
        start = time.monotonic()
        for number in range(int(per_s * seconds)):
            ahead = start + number / per_s - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            await self.publish()

    async def for_each_byte(self, reading: int) -> None:
        """One message for each byte that comes through this pipe (`saturate` of client/phones.c)."""
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        os.set_blocking(reading, False)
        loop.add_reader(reading, asked.set)
        try:
            while True:
                await asked.wait()
                asked.clear()
                with contextlib.suppress(BlockingIOError):  # what was announced may have been read before
                    for _ in os.read(reading, CHUNK):
                        await self.publish()
        finally:
            loop.remove_reader(reading)


@asynccontextmanager
async def injector(on: Installation) -> AsyncIterator[Injector]:
    """For the first line of an installation whose people all wait. Afterwards SQL says the last version, too."""
    runtime = make_runtime(on.settings, SystemClock(), Events())
    line_id = on.filled.line_ids[0]
    try:
        async with runtime.reading() as session:
            office = await office_by_slug(session, on.filled.office)
            tickets = await store.active(session, [line_id])
            days = await store.line_days(session, [line_id], hours.local_day(office.hours, runtime.now()))
        named = office.line_by_id(line_id)
        line = Line(line_id, tuple(tickets[line_id]), days[line_id].last_calls)
        pair = _pair(on, office, line, runtime.now(), (days[line_id].issued, days[line_id].walk_ins))
        if named.version % 2:  # the first message is the call
            pair = (pair[1], pair[0])
        async with Redis.from_url(on.settings.redis_url) as redis:
            found = Injector(redis, line_topic(office.slug, named.slug), named.version, pair)
            yield found
            if (found.v - named.version) % 2:
                await found.publish()
        async with runtime.transaction() as tx:
            await tx.session.execute(update(LineRow).where(LineRow.id == line_id).values(version=found.v))
    finally:
        await runtime.bus.close()
        await runtime.db.close()


def _pair(
    on: Installation, office: Office, line: Line, now: Any, counted: tuple[int, int]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The message of a call, and of the call taken back."""
    day = hours.local_day(office.hours, now)
    (called,), choice = rules.call_next([line], on.filled.desks[0], "agent", now)
    assert choice is not None
    back = called.with_tickets(ticket.put_back(called.ticket(choice.ticket.id), now))
    call = pack(line, called, 0, 1, day, counted)
    return {**call, "reread": False}, {**pack(called, back, 1, 2, day, counted), "reread": False}
