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

from ...core.batching import BatchLoader
from ...core.bus.base import BusMessage
from ...core.runtime import Runtime
from ...offices.service import line_versions, office_by_id
from ...signaling import close_codes
from ...signaling.push_socket import StateSink
from ...signaling.subscriber_socket import Subscriber
from ...signaling.topic_hub import TopicHub
from ..domain.ticket import ENDED_STATES, Ticket
from ..domain.topics import line_topic
from ..queries import line_view, office_state
from ..storage import ticket_rows
from ..storage.line_cache import LineCache
from .arrivals import TicketLookup, TicketWithOffice
from .line_broadcast import LineBroadcast
from .ticket_frames import NO_POSITION, FrameParts, TicketFrames, has_ended, join_frame

logger = logging.getLogger(__name__)

RESYNC_EVERY_S = 3.0  # how late a phone may be when a message of the bus was lost
RELOAD_EVERY_S = 30.0  # what no version tells, such as a desk's new name, is seen within this
PHONES_PER_PASS = 500  # phones written to before the loop may do other things


class TicketSubscriber(Subscriber):
    """One phone: its ticket, and what it was shown last."""

    __slots__ = ("_subscribers", "broadcast", "language", "shown", "ticket_id", "version")

    def __init__(
        self,
        phones: TicketSubscribers,
        outlet: StateSink,
        ticket: Ticket,
        stage: LineBroadcast,
        greeting: ClientContext,
    ) -> None:
        super().__init__(outlet, greeting.refusal)
        self._subscribers = phones
        self.ticket_id = ticket.id
        self.broadcast = stage
        self.language = greeting.language
        self.version = 0
        self.shown: FrameParts | None = None

    def on_close(self) -> None:
        self._subscribers.remove(self)


@dataclass(frozen=True, slots=True)
class ClientContext:
    """What a socket has told of its reader by its handshake."""

    language: str
    refusal: str


class TicketSubscribers:
    """The phones of this process that follow a ticket."""

    def __init__(self, runtime: Runtime, hub: TopicHub) -> None:
        self._runtime = runtime
        self._hub = hub
        self._line_cache = runtime.db.process_cache.get(LineCache)
        self._ticket_lookup = TicketLookup(runtime)
        self._broadcasts: dict[str, LineBroadcast] = {}
        self._reload_batches = BatchLoader(self._reload_all)

    # Coming and going

    async def subscribe(self, token: str, outlet: StateSink, greeting: ClientContext) -> TicketSubscriber:
        """Whoever has a ticket's token follows it. Raises Closed."""
        found = await self._ticket_lookup.find(token)
        phone = TicketSubscriber(self, outlet, found.ticket, self._broadcast_for(found), greeting)
        if found.ticket.state in ENDED_STATES:
            await self._push_final_state(phone, found.ticket)
        else:
            await self._subscribe_to_line(phone, found)
        return phone

    def _broadcast_for(self, found: TicketWithOffice) -> LineBroadcast:
        line = found.office.line_by_id(found.ticket.line_id)
        topic = line_topic(found.office.slug, line.slug)
        return self._broadcasts.get(topic) or LineBroadcast(topic, found.office.id, line.id)

    async def _subscribe_to_line(self, phone: TicketSubscriber, found: TicketWithOffice) -> None:
        """Register first, then read: nothing that happens in between is missed."""
        stage = self._broadcasts.setdefault(phone.broadcast.topic, phone.broadcast)
        phone.broadcast = stage
        try:
            await self._hub.subscribe(
                stage.topic, phone.sink, phone, self.push_line, on_message=self._line_cache.apply_message
            )
            if not stage.can_show(phone.ticket_id, found.office.line_by_id(stage.line_id).version):
                await self._reload_batches.load(stage)
            await self._push_all(stage, [phone])
        except BaseException:
            self.remove(phone)
            raise

    def remove(self, phone: TicketSubscriber) -> None:
        """It is gone."""
        topic = phone.broadcast.topic
        self._hub.unsubscribe_nowait(topic, phone.sink)
        self._drop_if_unwatched(topic)

    def _drop_if_unwatched(self, topic: str) -> None:
        """A stage before which nobody sits is put away."""
        if not self._hub.members(topic):
            self._broadcasts.pop(topic, None)

    # Being told

    async def push_line(self, topic: str, message: BusMessage | None) -> None:
        """Tell every phone of a line what it should show now."""
        stage = self._broadcasts.get(topic)
        if stage is None:
            return
        latest = self._line_cache.latest_known(stage.line_id)
        is_behind = latest is None or message is None or latest.version < message["v"]
        if is_behind or not stage.is_caught_up or stage.is_small:
            await self._reload(stage)
        strangers = await self._push_all(stage, self._subscribers_on(topic))
        if strangers:
            await self._resolve_missing_tickets(strangers)

    def _subscribers_on(self, topic: str) -> list[TicketSubscriber]:
        return [one for one in self._hub.members(topic).values() if isinstance(one, TicketSubscriber)]

    async def _push_all(self, stage: LineBroadcast, phones: Sequence[TicketSubscriber]) -> list[TicketSubscriber]:
        """Show the newest that is known, whoever is at a desk first; those whose ticket is not of this line."""
        strangers: list[TicketSubscriber] = []
        self._apply_latest_snapshot(stage)
        self._push_changed_frames(stage, _urgent_first(phones, stage.urgent_ticket_ids))
        for start in range(0, len(phones), PHONES_PER_PASS):
            if start:
                await asyncio.sleep(0)
            if self._apply_latest_snapshot(stage):
                self._push_changed_frames(stage, _urgent_first(phones, stage.urgent_ticket_ids))
            strangers += self._push_changed_frames(stage, phones[start : start + PHONES_PER_PASS])
        return strangers

    def _apply_latest_snapshot(self, stage: LineBroadcast) -> bool:
        """Under overload states are skipped, and nobody falls behind."""
        latest = self._line_cache.latest_known(stage.line_id)
        return latest is not None and not stage.is_small and stage.apply_snapshot(latest, self._runtime.now())

    def _push_changed_frames(
        self, stage: LineBroadcast, phones: Iterable[TicketSubscriber]
    ) -> list[TicketSubscriber]:
        """The hot path: write to those who have news. Those whom the stage does not know."""
        version, now, strangers = stage.version, self._runtime.now(), []
        languages: dict[str, tuple[TicketFrames, bytes]] = {}
        for phone in phones:
            if phone.language not in languages:
                frames = stage.frames(phone.language)
                languages[phone.language] = frames, frames.frame_end(now)
            frames, end = languages[phone.language]
            shown = frames.frame_parts(phone.ticket_id)
            if shown is None:
                strangers.append(phone)
            elif version >= phone.version:
                phone.version = version
                if shown != phone.shown:
                    phone.shown = shown
                    phone.sink.push(join_frame(shown, end))
                    if shown[1] is NO_POSITION and has_ended(stage.view, phone.ticket_id):
                        phone.sink.close(close_codes.NORMAL, "over")
        return strangers

    # What is read

    async def _reload_all(self, stages: Iterable[LineBroadcast]) -> dict[LineBroadcast, None]:
        for stage in stages:
            await self._reload(stage)
        return {}

    async def _reload(self, stage: LineBroadcast) -> None:
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, stage.office_id)
            around = await office_state.load_office_state(
                session, office, self._runtime.now(), forecast_line_id=stage.line_id
            )
        snapshot = self._line_cache.latest_known(stage.line_id)
        assert snapshot is not None  # it was just read
        stage.reload(snapshot, around, time.monotonic())

    async def refresh_old_forecasts(self) -> None:
        """Estimates move with the clock: old ones of long lines are made anew, beside the calls.

        Those of short lines are made at each change, and at each repaint.
        """
        for topic, stage in tuple(self._broadcasts.items()):
            if not (stage.is_small or stage.are_ranges_fresh(time.monotonic())):
                await self._reload(stage)
                await self._push_all(stage, self._subscribers_on(topic))

    async def _resolve_missing_tickets(self, strangers: Sequence[TicketSubscriber]) -> None:
        """Their tickets went on to another line, or were over before we knew of them."""
        async with self._runtime.read_session() as session:
            tickets = {
                one.id: one
                for one in await ticket_rows.tickets_by_ids(session, {one.ticket_id for one in strangers})
            }
        for phone in strangers:
            ticket = tickets.get(phone.ticket_id)
            if ticket is not None and ticket.state in ENDED_STATES:
                await self._push_final_state(phone, ticket)
            elif ticket is not None and ticket.line_id != phone.broadcast.line_id:
                await self._move_to_line(phone, ticket)

    async def _push_final_state(self, phone: TicketSubscriber, ticket: Ticket) -> None:
        """The last state of a ticket that is over, and the end of its socket."""
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, phone.broadcast.office_id)
            only = frozenset({ticket.id})
            last = await line_view.load_line_view(session, office, ticket.line_id, self._runtime.now(), only)
        stage = LineBroadcast(phone.broadcast.topic, office.id, ticket.line_id)
        stage.render(last)
        self._push_changed_frames(stage, [phone])

    async def _move_to_line(self, phone: TicketSubscriber, ticket: Ticket) -> None:
        """Whoever was sent on to another line watches that one from now on."""
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, phone.broadcast.office_id)
        before, found = phone.broadcast, TicketWithOffice(ticket, office)
        phone.broadcast = self._broadcast_for(found)
        try:
            await self._subscribe_to_line(phone, found)
        except BaseException:  # still where it was, where the next look tries again
            phone.broadcast = before
            raise
        await self._hub.unsubscribe(before.topic, phone.sink)
        self._drop_if_unwatched(before.topic)
        if phone.sink.is_closing:  # it went while we moved it
            self.remove(phone)


def ticket_subscribers(runtime: Runtime, hub: TopicHub) -> TicketSubscribers:
    """The phones of this process; there is one hub in it."""
    kept = runtime.db.process_cache.get(_SubscribersHolder)
    if kept.subscribers is None or kept.hub is not hub:
        kept.subscribers, kept.hub = TicketSubscribers(runtime, hub), hub
    return kept.subscribers


class _SubscribersHolder:
    subscribers: TicketSubscribers | None = None
    hub: TopicHub | None = None


def _urgent_first(phones: Sequence[TicketSubscriber], urgent: frozenset[str]) -> list[TicketSubscriber]:
    return [phone for phone in phones if phone.ticket_id in urgent] if urgent else []


async def run_ticket_resync(runtime: Runtime, hub: TopicHub, stop: asyncio.Event | None = None) -> None:
    """Look for changes that this process was not told of, until `stop` is set or the task is cancelled."""
    stop = stop or asyncio.Event()
    since_repaint = 0.0
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), RESYNC_EVERY_S)
        except TimeoutError:
            since_repaint += RESYNC_EVERY_S
        try:
            await resync_stale_lines(runtime, hub, reload_all=since_repaint >= RELOAD_EVERY_S)
            await ticket_subscribers(runtime, hub).refresh_old_forecasts()
        except Exception:  # the database may be away for a moment; the next look tries again
            logger.exception("heal_failed")
        if since_repaint >= RELOAD_EVERY_S:
            since_repaint = 0.0


async def resync_stale_lines(runtime: Runtime, hub: TopicHub, *, reload_all: bool = False) -> None:
    """Refresh the lines whose version is above what some phone here has seen; or all of them."""
    watched = {topic: _subscribers_of_topic(hub, topic) for topic in hub.topics()}
    line_ids = {one.broadcast.line_id for phones in watched.values() for one in phones}
    if not line_ids:
        return
    async with runtime.read_session() as session:
        versions = await line_versions(session, line_ids)
    for topic, phones in watched.items():
        if any(reload_all or one.version < versions.get(one.broadcast.line_id, 0) for one in phones):
            hub.request_refresh(topic)


def _subscribers_of_topic(hub: TopicHub, topic: str) -> list[TicketSubscriber]:
    return [member for member in hub.members(topic).values() if isinstance(member, TicketSubscriber)]
