"""Keeps the phones of this process true: from the state of a line to the frame that each phone should show.

A phone is written to only when what it shows has changed, the called ones first. Whoever missed a message
of the bus is healed by a look at the lines' versions every few seconds.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..core.bus import Message
from ..core.dates import rfc3339
from ..core.runtime import Runtime
from ..offices.service import Office, line_versions, office_by_id
from ..signaling import close
from ..signaling.connection import Connection
from ..signaling.hub import Hub
from . import reading, store
from .changes import line_topic
from .ticket import OVER
from .view import LineState, ticket_object

logger = logging.getLogger(__name__)

HEAL_S = 3.0  # how late a phone may be when a message of the bus was lost
REPAINT_S = 30.0  # estimates move with the clock, though nobody is called
PASS = 500  # phones written to before the loop may do other things

_FIRST = {"called": 0, "serving": 1}


@dataclass(slots=True)
class Watcher:
    """One phone: its ticket, and what it was shown last."""

    ticket_id: str
    line_id: str
    office_id: str
    language: str
    topic: str = ""
    v: int = 0
    shown: str = ""


class Phones:
    """The phones of this process that follow a ticket."""

    def __init__(self, runtime: Runtime, hub: Hub) -> None:
        self._runtime = runtime
        self._hub = hub

    async def watch(self, office: Office, connection: Connection, watcher: Watcher) -> None:
        """Register first, then read: nothing that happens in between is missed."""
        topic = watcher.topic = line_topic(office.slug, office.line_by_id(watcher.line_id).slug)
        await self._hub.join(topic, connection, watcher, self.refresh)
        try:
            state = await self._read(watcher, frozenset({watcher.ticket_id}))
        except BaseException:
            await self._hub.leave(topic, connection)
            raise
        self.show(connection, watcher, state, self._sent_at(state))

    async def leave(self, connection: Connection, watcher: Watcher) -> None:
        await self._hub.leave(watcher.topic, connection)

    async def refresh(self, topic: str, message: Message | None) -> None:
        """Tell every phone of a line what it should show now. Without a message the state is read from SQL."""
        watchers = {
            connection: watcher
            for connection, watcher in self._hub.members(topic).items()
            if isinstance(watcher, Watcher) and connection.closed is None
        }
        if not watchers:
            return
        tickets = frozenset(watcher.ticket_id for watcher in watchers.values())
        state = message
        if state is None or not tickets <= state["tickets"].keys():
            watchers = await self._follow(watchers)
            if not watchers:
                return
            tickets = frozenset(watcher.ticket_id for watcher in watchers.values())
            state = await self._read(next(iter(watchers.values())), tickets)
        await self._show_all(watchers, state, self._sent_at(state))

    async def _follow(self, watchers: Mapping[Connection, Watcher]) -> dict[Connection, Watcher]:
        """Whoever was sent on to another line watches that one from now on; those who stay."""
        async with self._runtime.reading() as session:
            lines = await store.lines_of(session, {watcher.ticket_id for watcher in watchers.values()})
        stay = {}
        for connection, watcher in watchers.items():
            line_id = lines.get(watcher.ticket_id, watcher.line_id)
            if line_id == watcher.line_id:
                stay[connection] = watcher
            else:
                await self._move(connection, watcher, line_id)
        return stay

    async def _move(self, connection: Connection, watcher: Watcher, line_id: str) -> None:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, watcher.office_id)
        before = watcher.line_id, watcher.topic
        watcher.line_id = line_id
        try:
            await self.watch(office, connection, watcher)
        except BaseException:  # still where it was, where the next look tries again
            watcher.line_id, watcher.topic = before
            raise
        await self._hub.leave(before[1], connection)

    async def _show_all(self, watchers: Mapping[Connection, Watcher], state: LineState, sent_at: str) -> None:
        def urgency(pair: tuple[Connection, Watcher]) -> int:
            ticket = state["tickets"].get(pair[1].ticket_id)
            return _FIRST.get(ticket["state"], 2) if ticket else 3

        for count, (connection, watcher) in enumerate(sorted(watchers.items(), key=urgency), 1):
            self.show(connection, watcher, state, sent_at)
            if count % PASS == 0:
                await asyncio.sleep(0)

    def show(self, connection: Connection, watcher: Watcher, state: LineState, sent_at: str) -> None:
        """Write the frame of one phone, if it is news. After a terminal state the socket ends."""
        ticket = ticket_object(state, watcher.ticket_id, watcher.language)
        if ticket is None or ticket["v"] < watcher.v:
            return
        watcher.v = ticket["v"]
        content = json.dumps({**ticket, "v": None}, sort_keys=True)
        if content != watcher.shown:
            watcher.shown = content
            connection.push(frame(ticket, sent_at))
        if ticket["state"] in OVER:
            connection.close(close.NORMAL, "over")

    async def _read(self, watcher: Watcher, tickets: frozenset[str]) -> LineState:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, watcher.office_id)
            return await reading.read_line(session, office, watcher.line_id, self._runtime.now(), tickets)

    def _sent_at(self, state: LineState) -> str:
        return rfc3339(self._runtime.now(), ZoneInfo(state["timezone"]))


def frame(ticket: Mapping[str, Any], sent_at: str) -> str:
    """The contract's message: the ticket's whole state, and when it left."""
    message = {"type": "ticket", **ticket, "sent_at": sent_at}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


async def heal(runtime: Runtime, hub: Hub, stop: asyncio.Event | None = None) -> None:
    """Look for changes that this process was not told of, until `stop` is set or the task is cancelled."""
    stop = stop or asyncio.Event()
    since_repaint = 0.0
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), HEAL_S)
        except TimeoutError:
            since_repaint += HEAL_S
        try:
            await heal_once(runtime, hub, everything=since_repaint >= REPAINT_S)
        except Exception:  # the database may be away for a moment; the next look tries again
            logger.exception("heal_failed")
        if since_repaint >= REPAINT_S:
            since_repaint = 0.0


async def heal_once(runtime: Runtime, hub: Hub, *, everything: bool = False) -> None:
    """Refresh the lines whose version is above what some phone here has seen; or all of them."""
    watched = {topic: _watchers(hub, topic) for topic in hub.topics()}
    line_ids = {one.line_id for watchers in watched.values() for one in watchers}
    if not line_ids:
        return
    async with runtime.reading() as session:
        versions = await line_versions(session, line_ids)
    for topic, watchers in watched.items():
        if any(everything or one.v < versions.get(one.line_id, 0) for one in watchers):
            hub.refresh(topic)


def _watchers(hub: Hub, topic: str) -> list[Watcher]:
    return [member for member in hub.members(topic).values() if isinstance(member, Watcher)]
