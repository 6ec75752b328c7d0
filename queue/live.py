"""Keeps the phones of this process true: from the state of a line to the frame that each phone should show.

A phone is written to only when what it shows has changed, the called ones first. Whoever missed a message
of the bus is healed by a look at the lines' versions every few seconds.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..core.bus import Message
from ..core.dates import rfc3339
from ..core.runtime import Runtime
from ..offices.service import Office, line_versions, office_by_id
from ..signaling import close
from ..signaling.following import Follower
from ..signaling.hub import Hub
from ..signaling.push import Outlet
from . import reading, store
from .changes import line_topic
from .replica import Replicas
from .ticket import OVER, Ticket
from .view import LineState, ticket_object

logger = logging.getLogger(__name__)

HEAL_S = 3.0  # how late a phone may be when a message of the bus was lost
REPAINT_S = 30.0  # estimates move with the clock, though nobody is called
PASS = 500  # phones written to before the loop may do other things

_FIRST = {"called": 0, "serving": 1}


class Phone(Follower):
    """One phone: its ticket, and what it was shown last."""

    __slots__ = ("language", "line_id", "office_id", "phones", "shown", "ticket_id", "topic", "v")

    def __init__(self, phones: Phones, outlet: Outlet, ticket: Ticket, office: Office, greeting: Greeting) -> None:
        super().__init__(outlet, greeting.refusal)
        self.phones = phones
        self.ticket_id = ticket.id
        self.line_id = ticket.line_id
        self.office_id = office.id
        self.topic = topic_of(office, ticket.line_id)
        self.language = greeting.language
        self.v = 0
        self.shown = ""

    def gone(self) -> None:
        self.phones.forget(self)


def topic_of(office: Office, line_id: str) -> str:
    """Where the changes of this line are told."""
    return line_topic(office.slug, office.line_by_id(line_id).slug)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a socket has told of its reader by its handshake."""

    language: str
    refusal: str


class Phones:
    """The phones of this process that follow a ticket."""

    def __init__(self, runtime: Runtime, hub: Hub) -> None:
        self._runtime = runtime
        self._hub = hub
        self._replicas = runtime.db.memory.of(Replicas)

    async def watch(self, office: Office, outlet: Outlet, ticket: Ticket, greeting: Greeting) -> Phone:
        """Register first, then read: nothing that happens in between is missed."""
        phone = Phone(self, outlet, ticket, office, greeting)
        await self._join(phone)
        return phone

    async def _join(self, phone: Phone) -> None:
        await self._hub.join(phone.topic, phone.outlet, phone, self.refresh, hear=self._replicas.hear)
        try:
            state = await self._read(phone, frozenset({phone.ticket_id}))
        except BaseException:
            self._hub.drop(phone.topic, phone.outlet)
            raise
        self.show(phone, state, self._sent_at(state))

    def forget(self, phone: Phone) -> None:
        """It is gone."""
        self._hub.drop(phone.topic, phone.outlet)

    async def refresh(self, topic: str, _message: Message | None) -> None:
        """Tell every phone of a line what it should show now."""
        phones = [phone for phone in _phones(self._hub, topic) if not phone.outlet.is_over]
        if phones and not self._knows(phones):
            phones = await self._follow(phones)
        if not phones:
            return
        state = await self._read(phones[0], frozenset(phone.ticket_id for phone in phones))
        await self._show_all(phones, state, self._sent_at(state))

    def _knows(self, phones: Sequence[Phone]) -> bool:
        """Whether the tickets of all are in this line, or were when they ended."""
        known = self._replicas.latest(phones[0].line_id)
        if known is None:
            return False
        present = {one.id for one in known.line.tickets} | known.ended.keys()
        return all(phone.ticket_id in present for phone in phones)

    async def _follow(self, phones: Sequence[Phone]) -> list[Phone]:
        """Whoever was sent on to another line watches that one from now on; those who stay."""
        async with self._runtime.reading() as session:
            lines = await store.lines_of(session, {phone.ticket_id for phone in phones})
        stay = []
        for phone in phones:
            line_id = lines.get(phone.ticket_id, phone.line_id)
            if line_id == phone.line_id:
                stay.append(phone)
            else:
                await self._move(phone, line_id)
        return stay

    async def _move(self, phone: Phone, line_id: str) -> None:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, phone.office_id)
        before = phone.line_id, phone.topic
        phone.line_id, phone.topic = line_id, topic_of(office, line_id)
        try:
            await self._join(phone)
        except BaseException:  # still where it was, where the next look tries again
            phone.line_id, phone.topic = before
            raise
        await self._hub.leave(before[1], phone.outlet)
        if phone.outlet.is_over:  # it went while we moved it
            self.forget(phone)

    async def _show_all(self, phones: Sequence[Phone], state: LineState, sent_at: str) -> None:
        def urgency(phone: Phone) -> int:
            ticket = state["tickets"].get(phone.ticket_id)
            return _FIRST.get(ticket["state"], 2) if ticket else 3

        for count, phone in enumerate(sorted(phones, key=urgency), 1):
            self.show(phone, state, sent_at)
            if count % PASS == 0:
                await asyncio.sleep(0)

    def show(self, phone: Phone, state: LineState, sent_at: str) -> None:
        """Write the frame of one phone, if it is news. After a terminal state the socket ends."""
        ticket = ticket_object(state, phone.ticket_id, phone.language)
        if ticket is None or ticket["v"] < phone.v:
            return
        phone.v = ticket["v"]
        content = json.dumps({**ticket, "v": None}, sort_keys=True)
        if content != phone.shown:
            phone.shown = content
            phone.outlet.push(frame(ticket, sent_at))
        if ticket["state"] in OVER:
            phone.outlet.close(close.NORMAL, "over")

    async def _read(self, phone: Phone, tickets: frozenset[str]) -> LineState:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, phone.office_id)
            return await reading.read_line(session, office, phone.line_id, self._runtime.now(), tickets)

    def _sent_at(self, state: LineState) -> str:
        return rfc3339(self._runtime.now(), ZoneInfo(state["timezone"]))


def frame(ticket: Mapping[str, Any], sent_at: str) -> bytes:
    """The contract's message: the ticket's whole state, and when it left."""
    message = {"type": "ticket", **ticket, "sent_at": sent_at}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


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
    watched = {topic: _phones(hub, topic) for topic in hub.topics()}
    line_ids = {one.line_id for phones in watched.values() for one in phones}
    if not line_ids:
        return
    async with runtime.reading() as session:
        versions = await line_versions(session, line_ids)
    for topic, phones in watched.items():
        if any(everything or one.v < versions.get(one.line_id, 0) for one in phones):
            hub.refresh(topic)


def _phones(hub: Hub, topic: str) -> list[Phone]:
    return [member for member in hub.members(topic).values() if isinstance(member, Phone)]
