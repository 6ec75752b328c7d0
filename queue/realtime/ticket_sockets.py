"""Keeps the phones of this process true: from the state of a line to the frame that each phone should show.

A phone is written to only when what it shows has changed, the called ones first. What the bus tells is enough; SQL
is read when a phone comes first, when something was missed, and now and then.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core.batching import Together
from ...core.bus.base import Message
from ...core.runtime import Runtime
from ...offices.service import line_versions, office_by_id
from ...signaling import close_codes
from ...signaling.push_socket import Outlet
from ...signaling.subscriber_socket import Follower
from ...signaling.topic_hub import Hub
from ..actions.line_transaction import line_topic
from ..domain.ticket import OVER, Ticket
from ..queries import office_state
from ..storage import store
from ..storage.line_cache import Replicas
from .arrivals import Arrival, Arrivals
from .line_broadcast import Stage
from .ticket_frames import NOBODY, Frames, Shown, frame_of, is_over

logger = logging.getLogger(__name__)

HEAL_S = 3.0  # how late a phone may be when a message of the bus was lost
REPAINT_S = 30.0  # what no version tells, such as a desk's new name, is seen within this
PASS = 500  # phones written to before the loop may do other things


class Phone(Follower):
    """One phone: its ticket, and what it was shown last."""

    __slots__ = ("_phones", "language", "shown", "stage", "ticket_id", "v")

    def __init__(self, phones: Phones, outlet: Outlet, ticket: Ticket, stage: Stage, greeting: Greeting) -> None:
        super().__init__(outlet, greeting.refusal)
        self._phones = phones
        self.ticket_id = ticket.id
        self.stage = stage
        self.language = greeting.language
        self.v = 0
        self.shown: Shown | None = None

    def gone(self) -> None:
        self._phones.forget(self)


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
        self._arrivals = Arrivals(runtime)
        self._stages: dict[str, Stage] = {}
        self._reads = Together(self._read_all)

    # Coming and going

    async def let_in(self, token: str, outlet: Outlet, greeting: Greeting) -> Phone:
        """Whoever has a ticket's token follows it. Raises Closed."""
        found = await self._arrivals.find(token)
        phone = Phone(self, outlet, found.ticket, self._stage_of(found), greeting)
        if found.ticket.state in OVER:
            await self._show_end(phone, found.ticket)
        else:
            await self._join(phone, found)
        return phone

    def _stage_of(self, found: Arrival) -> Stage:
        line = found.office.line_by_id(found.ticket.line_id)
        topic = line_topic(found.office.slug, line.slug)
        return self._stages.get(topic) or Stage(topic, found.office.id, line.id)

    async def _join(self, phone: Phone, found: Arrival) -> None:
        """Register first, then read: nothing that happens in between is missed."""
        stage = self._stages.setdefault(phone.stage.topic, phone.stage)
        phone.stage = stage
        try:
            await self._hub.join(stage.topic, phone.outlet, phone, self.refresh, hear=self._replicas.hear)
            if not stage.knows(phone.ticket_id, found.office.line_by_id(stage.line_id).version):
                await self._reads.ask(stage)
            await self._show_all(stage, [phone])
        except BaseException:
            self.forget(phone)
            raise

    def forget(self, phone: Phone) -> None:
        """It is gone."""
        topic = phone.stage.topic
        self._hub.drop(topic, phone.outlet)
        self._strike(topic)

    def _strike(self, topic: str) -> None:
        """A stage before which nobody sits is put away."""
        if not self._hub.members(topic):
            self._stages.pop(topic, None)

    # Being told

    async def refresh(self, topic: str, message: Message | None) -> None:
        """Tell every phone of a line what it should show now."""
        stage = self._stages.get(topic)
        if stage is None:
            return
        latest = self._replicas.latest(stage.line_id)
        is_behind = latest is None or message is None or latest.version < message["v"]
        if is_behind or not stage.caught_up or stage.is_short:
            await self._read(stage)
        strangers = await self._show_all(stage, self._on(topic))
        if strangers:
            await self._look_for(strangers)

    def _on(self, topic: str) -> list[Phone]:
        return [one for one in self._hub.members(topic).values() if isinstance(one, Phone)]

    async def _show_all(self, stage: Stage, phones: Sequence[Phone]) -> list[Phone]:
        """Show the newest that is known, whoever is at a desk first; those whose ticket is not of this line."""
        strangers: list[Phone] = []
        self._put_on_newest(stage)
        self._show(stage, _first(phones, stage.at_desks))
        for start in range(0, len(phones), PASS):
            if start:
                await asyncio.sleep(0)
            if self._put_on_newest(stage):
                self._show(stage, _first(phones, stage.at_desks))
            strangers += self._show(stage, phones[start : start + PASS])
        return strangers

    def _put_on_newest(self, stage: Stage) -> bool:
        """Under overload states are skipped, and nobody falls behind."""
        latest = self._replicas.latest(stage.line_id)
        return latest is not None and not stage.is_short and stage.go_on(latest, self._runtime.now())

    def _show(self, stage: Stage, phones: Iterable[Phone]) -> list[Phone]:
        """The hot path: write to those who have news. Those whom the stage does not know."""
        version, now, strangers = stage.version, self._runtime.now(), []
        languages: dict[str, tuple[Frames, bytes]] = {}
        for phone in phones:
            if phone.language not in languages:
                frames = stage.frames(phone.language)
                languages[phone.language] = frames, frames.end(now)
            frames, end = languages[phone.language]
            shown = frames.shown(phone.ticket_id)
            if shown is None:
                strangers.append(phone)
            elif version >= phone.v:
                phone.v = version
                if shown != phone.shown:
                    phone.shown = shown
                    phone.outlet.push(frame_of(shown, end))
                    if shown[1] is NOBODY and is_over(stage.scene, phone.ticket_id):
                        phone.outlet.close(close_codes.NORMAL, "over")
        return strangers

    # What is read

    async def _read_all(self, stages: Iterable[Stage]) -> dict[Stage, None]:
        for stage in stages:
            await self._read(stage)
        return {}

    async def _read(self, stage: Stage) -> None:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, stage.office_id)
            around = await office_state.floor(session, office, self._runtime.now(), only=stage.line_id)
        snapshot = self._replicas.latest(stage.line_id)
        assert snapshot is not None  # it was just read
        stage.read(snapshot, around, time.monotonic())

    async def look_ahead(self) -> None:
        """Estimates move with the clock: old ones of long lines are made anew, beside the calls.

        Those of short lines are made at each change, and at each repaint.
        """
        for topic, stage in tuple(self._stages.items()):
            if not (stage.is_short or stage.is_fresh(time.monotonic())):
                await self._read(stage)
                await self._show_all(stage, self._on(topic))

    async def _look_for(self, strangers: Sequence[Phone]) -> None:
        """Their tickets went on to another line, or were over before we knew of them."""
        async with self._runtime.reading() as session:
            tickets = {one.id: one for one in await store.by_ids(session, {one.ticket_id for one in strangers})}
        for phone in strangers:
            ticket = tickets.get(phone.ticket_id)
            if ticket is not None and ticket.state in OVER:
                await self._show_end(phone, ticket)
            elif ticket is not None and ticket.line_id != phone.stage.line_id:
                await self._move(phone, ticket)

    async def _show_end(self, phone: Phone, ticket: Ticket) -> None:
        """The last state of a ticket that is over, and the end of its socket."""
        async with self._runtime.reading() as session:
            office = await office_by_id(session, phone.stage.office_id)
            only = frozenset({ticket.id})
            last = await office_state.read_line(session, office, ticket.line_id, self._runtime.now(), only)
        stage = Stage(phone.stage.topic, office.id, ticket.line_id)
        stage.show(last)
        self._show(stage, [phone])

    async def _move(self, phone: Phone, ticket: Ticket) -> None:
        """Whoever was sent on to another line watches that one from now on."""
        async with self._runtime.reading() as session:
            office = await office_by_id(session, phone.stage.office_id)
        before, found = phone.stage, Arrival(ticket, office)
        phone.stage = self._stage_of(found)
        try:
            await self._join(phone, found)
        except BaseException:  # still where it was, where the next look tries again
            phone.stage = before
            raise
        await self._hub.leave(before.topic, phone.outlet)
        self._strike(before.topic)
        if phone.outlet.is_over:  # it went while we moved it
            self.forget(phone)


def phones_of(runtime: Runtime, hub: Hub) -> Phones:
    """The phones of this process; there is one hub in it."""
    kept = runtime.db.memory.of(_Kept)
    if kept.phones is None or kept.hub is not hub:
        kept.phones, kept.hub = Phones(runtime, hub), hub
    return kept.phones


class _Kept:
    phones: Phones | None = None
    hub: Hub | None = None


def _first(phones: Sequence[Phone], urgent: frozenset[str]) -> list[Phone]:
    return [phone for phone in phones if phone.ticket_id in urgent] if urgent else []


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
            await phones_of(runtime, hub).look_ahead()
        except Exception:  # the database may be away for a moment; the next look tries again
            logger.exception("heal_failed")
        if since_repaint >= REPAINT_S:
            since_repaint = 0.0


async def heal_once(runtime: Runtime, hub: Hub, *, everything: bool = False) -> None:
    """Refresh the lines whose version is above what some phone here has seen; or all of them."""
    watched = {topic: _phones(hub, topic) for topic in hub.topics()}
    line_ids = {one.stage.line_id for phones in watched.values() for one in phones}
    if not line_ids:
        return
    async with runtime.reading() as session:
        versions = await line_versions(session, line_ids)
    for topic, phones in watched.items():
        if any(everything or one.v < versions.get(one.stage.line_id, 0) for one in phones):
            hub.refresh(topic)


def _phones(hub: Hub, topic: str) -> list[Phone]:
    return [member for member in hub.members(topic).values() if isinstance(member, Phone)]
