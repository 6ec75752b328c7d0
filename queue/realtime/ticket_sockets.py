"""Pushes to the phones of this process. No rules.

Each phone gets a frame when the state that it shows changes. In an office with many tickets the messages of the
bus suffice: SQL is read for a first phone of a line, after lost messages, and for a periodic reload. In a small
office each message reloads the line with its call ranges.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ...appointments.service import appointment_by_token
from ...core.batching import BatchLoader
from ...core.bus.base import BusMessage
from ...core.errors import NotFound
from ...core.failures import log_failure
from ...core.periodic import run_every
from ...core.runtime import Runtime
from ...offices.service import NO_VERSIONS, LineVersions, Office, hours, line_versions, office_by_id
from ...signaling import close_codes
from ...signaling.close_codes import SocketClosed
from ...signaling.fanout import StateBatch
from ...signaling.push_socket import StateSink
from ...signaling.subscriber_socket import Subscriber
from ...signaling.topic_hub import TopicHub
from ..domain.incremental_order import LineOrder, update_line_order
from ..domain.people_ahead import count_people_ahead
from ..domain.ticket import AT_DESK_STATES, ENDED_STATES, OtherLineCalls, Ticket, TicketState
from ..domain.topics import line_topic
from ..domain.wait_estimate import ForecastRange, range_from_now
from ..queries import office_state
from ..queries.forecasts import FORECAST_FRESH_S
from ..queries.line_view import LineView, load_line_view, load_other_calls
from ..queries.office_state import CallSchedule, OfficeState
from ..queries.ticket_json import FrameParts, TicketFrames
from ..queries.ticket_lookup import TicketLookup, TicketWithOffice
from ..storage import ticket_rows
from ..storage.line_cache import CachedLine, LineCache

logger = logging.getLogger(__name__)

RESYNC_EVERY_S = 3.0  # the delay of a phone whose process lost a message of the bus
RESYNCS_PER_RELOAD = 10  # every 30 s also what has no version is read again, such as a new name of a desk
PHONES_PER_PASS = 500  # phones written to before other tasks of the event loop may run


class LineBroadcast:
    """The view that the phones of a line show, and its frames in each language.

    Empty at first. `reload` takes the state from SQL, `apply_snapshot` the newer versions from the bus.
    """

    def __init__(self, topic: str, office_id: str, line_id: str) -> None:
        self.topic = topic
        self.office_id = office_id
        self.line_id = line_id
        self.needs_reload = True  # once at first, and after each message that says so
        self.reloads_on_every_message = True  # in a small office, where fresh ranges cost little
        self.urgent_ticket_ids: frozenset[str] = frozenset()  # called or served: their phones come first
        self.ended_ticket_ids: frozenset[str] = frozenset()
        self._read_at_s = 0.0
        self._office: Office | None = None
        self._ranges: dict[str, ForecastRange] = {}
        self._new_ticket_range: ForecastRange | None = None  # for tickets issued before the next reload
        self._other_calls: OtherLineCalls | None = None
        self._order: LineOrder | None = None
        self._schedule: CallSchedule | None = None
        self._moves: list[Mapping[str, Any]] = []  # of other lines, newer than the last reload
        self._others: set[str] = set()  # the tickets of other lines that wait now
        self._has_new_moves = False
        self._view: LineView | None = None
        self._frames: dict[str, TicketFrames] = {}

    @property
    def version(self) -> int:
        """The version of the view; 0 before the first."""
        return self._view.version if self._view is not None else 0

    @property
    def office_version(self) -> int:
        """The version of the office in the view; 0 before the first reload."""
        return self._office.version if self._office is not None else 0

    @property
    def view(self) -> LineView:
        """The newest view. Only after the first reload."""
        assert self._view is not None
        return self._view

    def can_show(self, ticket_id: str, version: int) -> bool:
        """Whether the ticket, loaded at this version of its line, can be shown without a reload."""
        if self.needs_reload or self._view is None or self._view.version < version:
            return False
        ticket = self._view.tickets.get(ticket_id)
        if ticket is None:
            return False
        return ticket.state is not TicketState.WAITING or ticket_id in self._ranges or not self._ranges

    def are_ranges_fresh(self, now_s: float) -> bool:
        """Whether the call ranges are recent. `now_s` is a monotonic time."""
        return now_s - self._read_at_s < FORECAST_FRESH_S

    def reload(
        self, cached_line: CachedLine, state: OfficeState, other_calls: OtherLineCalls | None, now_s: float
    ) -> None:
        """Show a line as read from SQL, with the call ranges of its office."""
        self._other_calls = other_calls
        self._order = update_line_order(cached_line.line, state.now, self._order)
        self._schedule = state.call_schedule(self.line_id, self._order.ids)
        self._others = set(self._schedule.others)
        versions = {line.id: line.version for line in state.office.lines}
        newer = [moves for moves in self._moves if moves["v"] > versions.get(moves["line"], moves["v"])]
        self._moves = []
        for moves in newer:
            self.note_moves(moves)
        self._ranges = dict(self._schedule.ranges)
        forecast = state.forecasts.get(self.line_id)
        new_ticket = forecast.new_ticket if forecast is not None else None
        self._new_ticket_range = range_from_now(new_ticket.call_range, state.now) if new_ticket else None
        self._office, self.reloads_on_every_message = state.office, not state.is_large()
        self._read_at_s = now_s
        self._apply(cached_line, state.office, state.now)

    def apply_snapshot(self, cached_line: CachedLine, now: datetime) -> bool:
        """Show a newer version of a reloaded line, or new moves. Return whether there is any."""
        if self._office is None or (cached_line.version <= self.version and not self._has_new_moves):
            return False
        self._apply(cached_line, self._office, now)
        return True

    def note_moves(self, moves: Mapping[str, Any]) -> None:
        """Count from now on with the people of another line that a bus message says have moved.

        The order of the others is that of the last forecast.
        """
        self._moves.append(moves)
        self._others.difference_update(moves["left"])
        self._others.update(moves["returned"])
        self._has_new_moves = True

    def set_view(self, view: LineView, ended_ticket_ids: frozenset[str]) -> None:
        """Build frames from this view from now on."""
        self._view = view
        self.ended_ticket_ids = ended_ticket_ids
        self.urgent_ticket_ids = frozenset(
            ticket_id for ticket_id, ticket in view.tickets.items() if ticket.state in AT_DESK_STATES
        )
        for frames in self._frames.values():
            frames.set_view(view)

    def _apply(self, cached_line: CachedLine, office: Office, now: datetime) -> None:
        assert self._schedule is not None  # only after a reload
        self._has_new_moves = False
        self._order = update_line_order(cached_line.line, now, self._order)
        if self._new_ticket_range is not None:
            self._ranges |= dict.fromkeys(self._order.waiting.keys() - self._ranges.keys(), self._new_ticket_range)
        tickets = {**cached_line.ended, **{ticket.id: ticket for ticket in cached_line.line.tickets}}
        view = LineView(
            office=office,
            office_line=office.line_by_id(self.line_id),
            version=cached_line.version,
            settings=cached_line.line.settings,
            tickets=tickets,
            ahead=count_people_ahead(self._order.ids, self._schedule.shared_order, self._others),
            ranges=self._ranges,
            desks_open=len(cached_line.sessions),
            other_calls=self._current_other_calls(tickets.values()),
            now=now,
        )
        self.set_view(view, frozenset(cached_line.ended))

    def _current_other_calls(self, tickets: Iterable[Ticket]) -> OtherLineCalls | None:
        if self._other_calls is None:  # no other line shares the desks
            return None
        calls = [datetime.fromisoformat(called_at) for moves in self._moves for called_at in moves["calls"]]
        return self._other_calls.advance(tickets, calls)

    def frames(self, language: str) -> TicketFrames:
        """Return the frames of the view in this language."""
        found = self._frames.get(language)
        if found is None:
            found = self._frames[language] = TicketFrames(language)
            found.set_view(self.view)
        return found


@dataclass(frozen=True, slots=True)
class ClientContext:
    """Facts of a handshake: the language, and the answer to a message of an unknown type."""

    language: str
    refusal: str


class TicketSubscriber(Subscriber):
    """A phone: its ticket, and what it was shown last."""

    __slots__ = ("_subscribers", "broadcast", "language", "shown", "ticket_id", "version")

    def __init__(
        self,
        subscribers: TicketSubscribers,
        sink: StateSink,
        ticket: Ticket,
        broadcast: LineBroadcast,
        context: ClientContext,
    ) -> None:
        super().__init__(sink, context.refusal)
        self._subscribers = subscribers
        self.ticket_id = ticket.id
        self.broadcast = broadcast
        self.language = context.language
        self.version = 0
        self.shown: FrameParts | None = None

    def on_close(self) -> None:
        self._subscribers.remove(self)


class TicketSubscribers:
    """The phones of this process. An object per process, made with the hub."""

    def __init__(self, runtime: Runtime, hub: TopicHub) -> None:
        self._runtime = runtime
        self._hub = hub
        self._line_cache = runtime.db.process_cache.get(LineCache)
        self._ticket_lookup = TicketLookup(runtime)
        self._broadcasts: dict[str, LineBroadcast] = {}
        self._reload_batches = BatchLoader(self._reload_all)
        self._resyncs = 0

    # Subscribing

    async def subscribe(self, token: str, sink: StateSink, context: ClientContext) -> TicketSubscriber:
        """Subscribe a phone to the ticket behind this token.

        Raises SocketClosed: 4104 for an unknown token, 4101 for the token of an appointment.
        """
        found = await self._find_ticket(token)
        phone = TicketSubscriber(self, sink, found.ticket, self._broadcast_for(found), context)
        if found.ticket.state in ENDED_STATES:
            await self._push_final_state(phone, found.ticket)
        else:
            await self._subscribe_to_line(phone, found)
        return phone

    async def _find_ticket(self, token: str) -> TicketWithOffice:
        found = await self._ticket_lookup.find(token)
        if found is not None:
            return found
        async with self._runtime.read_session() as session:
            try:
                await appointment_by_token(session, token)
            except NotFound:
                raise SocketClosed(close_codes.NOT_FOUND, "no such ticket") from None
        raise SocketClosed(close_codes.NOT_ALLOWED, "the token of an appointment, not of a ticket")

    def _broadcast_for(self, found: TicketWithOffice) -> LineBroadcast:
        line = found.office.line_by_id(found.ticket.line_id)
        topic = line_topic(found.office.slug, line.slug)
        return self._broadcasts.get(topic) or LineBroadcast(topic, found.office.id, line.id)

    async def _subscribe_to_line(self, phone: TicketSubscriber, found: TicketWithOffice) -> None:
        """Subscribe first, then read: so no change in between is lost."""
        broadcast = self._broadcasts.setdefault(phone.broadcast.topic, phone.broadcast)
        phone.broadcast = broadcast
        try:
            await self._hub.subscribe(
                broadcast.topic,
                phone.sink,
                phone,
                self.push_line,
                on_message=partial(self._note_message, broadcast),
            )
            if not broadcast.can_show(phone.ticket_id, found.office.line_by_id(broadcast.line_id).version):
                await self._reload_batches.load(broadcast)
            await self._push_all(broadcast, [phone])
        except BaseException:
            self.remove(phone)
            raise

    def _note_message(self, broadcast: LineBroadcast, message: BusMessage) -> None:
        """Apply a message of a line to the cache, and note what the cache does not hold."""
        if "beside" in message:
            broadcast.note_moves(message["beside"])
        elif message.get("reread"):
            # also if another reader has cached the version since: the office around the line has changed
            broadcast.needs_reload = True
        self._line_cache.apply_message(message)

    def remove(self, phone: TicketSubscriber) -> None:
        """Remove a disconnected phone from its topic."""
        topic = phone.broadcast.topic
        self._hub.unsubscribe_nowait(topic, phone.sink)
        self._drop_if_unwatched(topic)

    def _drop_if_unwatched(self, topic: str) -> None:
        """Drop the view of a line when no phone watches it."""
        if not self._hub.members(topic):
            self._broadcasts.pop(topic, None)

    # Pushing

    async def push_line(self, topic: str, message: BusMessage | None) -> None:
        """Push the newest state of a line to its phones; the refresh callback of the hub."""
        broadcast = self._broadcasts.get(topic)
        if broadcast is None:
            return
        latest = self._line_cache.latest_known(broadcast.line_id)
        is_behind = latest is None or message is None or latest.version < message["v"]
        phones = self._phones_of_topic(topic)
        if latest is not None and not is_behind and broadcast.apply_snapshot(latest, self._runtime.now()):
            # a called citizen does not wait for the call ranges of the others
            self._push_changed_frames(broadcast, _urgent_first(phones, broadcast.urgent_ticket_ids))
        if is_behind or broadcast.needs_reload or broadcast.reloads_on_every_message:
            await self._reload(broadcast)
            phones = self._phones_of_topic(topic)
        missing = await self._push_all(broadcast, phones)
        if missing:
            await self._resolve_missing_tickets(missing)

    def _phones_of_topic(self, topic: str) -> list[TicketSubscriber]:
        return [member for member in self._hub.members(topic).values() if isinstance(member, TicketSubscriber)]

    async def _push_all(
        self, broadcast: LineBroadcast, phones: Sequence[TicketSubscriber]
    ) -> list[TicketSubscriber]:
        """Push the newest state, to phones of tickets at a desk first.

        Return the phones whose ticket is not in the line. If a newer version arrives meanwhile, the remaining
        phones get that one.
        """
        missing: list[TicketSubscriber] = []
        self._apply_latest_snapshot(broadcast)
        self._push_changed_frames(broadcast, _urgent_first(phones, broadcast.urgent_ticket_ids))
        for start in range(0, len(phones), PHONES_PER_PASS):
            if start:
                await asyncio.sleep(0)
            if self._apply_latest_snapshot(broadcast):
                self._push_changed_frames(broadcast, _urgent_first(phones, broadcast.urgent_ticket_ids))
            missing += self._push_changed_frames(broadcast, phones[start : start + PHONES_PER_PASS])
        return missing

    def _apply_latest_snapshot(self, broadcast: LineBroadcast) -> bool:
        """Apply the newest cached version. Under overload, versions in between are skipped."""
        latest = self._line_cache.latest_known(broadcast.line_id)
        return (
            latest is not None
            and not broadcast.reloads_on_every_message
            and broadcast.apply_snapshot(latest, self._runtime.now())
        )

    def _push_changed_frames(
        self, broadcast: LineBroadcast, phones: Iterable[TicketSubscriber]
    ) -> list[TicketSubscriber]:
        """Push to each phone whose frame changed. Hot path.

        Return the phones whose ticket is not in the line.
        """
        version, now, missing = broadcast.version, self._runtime.now(), []
        ended, ended_ticket_ids = list[StateSink](), broadcast.ended_ticket_ids
        languages: dict[str, tuple[TicketFrames, StateBatch]] = {}
        for phone in phones:
            prepared = languages.get(phone.language)
            if prepared is None:
                frames = broadcast.frames(phone.language)
                prepared = languages[phone.language] = frames, StateBatch(frames.frame_end(now))
            frames, batch = prepared
            ticket_id = phone.ticket_id
            try:
                shown = frames.frame_parts(ticket_id)
            except Exception as error:
                # The phones before count as shown already, so their frames must leave in spite of this phone.
                log_failure(logger, "frame_failed", error, ticket=ticket_id)
                continue
            if shown is None:
                missing.append(phone)
            elif version >= phone.version:
                phone.version = version
                if shown != phone.shown:
                    phone.shown = shown
                    batch.add(phone.sink, shown)
                    if ticket_id in ended_ticket_ids:
                        ended.append(phone.sink)
        for _, batch in languages.values():
            batch.push()
        for sink in ended:
            sink.close(close_codes.NORMAL, "over")
        return missing

    # Reading from SQL

    async def _reload_all(self, broadcasts: Iterable[LineBroadcast]) -> dict[LineBroadcast, None]:
        for broadcast in broadcasts:
            await self._reload(broadcast)
        return {}

    async def _reload(self, broadcast: LineBroadcast) -> None:
        # before the read, so that a message which arrives during it has the line read once more
        broadcast.needs_reload = False
        try:
            async with self._runtime.read_session() as session:
                office = await office_by_id(session, broadcast.office_id)
                state = await office_state.load_office_state(
                    session, office, self._runtime.now(), forecast_line_id=broadcast.line_id
                )
                day = hours.to_local_day(office.hours, self._runtime.now())
                other_calls = await load_other_calls(session, office, broadcast.line_id, day)
        except BaseException:
            broadcast.needs_reload = True
            raise
        cached_line = self._line_cache.latest_known(broadcast.line_id)
        assert cached_line is not None  # load_office_state has cached it
        broadcast.reload(cached_line, state, other_calls, time.monotonic())

    async def refresh_old_forecasts(self) -> None:
        """Reload the call ranges of large offices, which change with the clock.

        Those of small offices are computed at each message and at each reload.
        """
        for topic, broadcast in tuple(self._broadcasts.items()):
            if not (broadcast.reloads_on_every_message or broadcast.are_ranges_fresh(time.monotonic())):
                try:
                    await self._reload(broadcast)
                    await self._push_all(broadcast, self._phones_of_topic(topic))
                except Exception as error:  # one line that cannot be shown does not stop the others
                    log_failure(logger, "forecast_refresh_failed", error, topic=topic)

    async def _resolve_missing_tickets(self, missing: Sequence[TicketSubscriber]) -> None:
        """Load tickets that are not in the line of their phone: transferred, or ended long ago."""
        ticket_ids = {phone.ticket_id for phone in missing}
        async with self._runtime.read_session() as session:
            loaded = await ticket_rows.tickets_by_ids(session, ticket_ids)
        tickets = {ticket.id: ticket for ticket in loaded}
        for phone in missing:
            ticket = tickets.get(phone.ticket_id)
            if ticket is not None and ticket.state in ENDED_STATES:
                await self._push_final_state(phone, ticket)
            elif ticket is not None and ticket.line_id != phone.broadcast.line_id:
                await self._move_to_line(phone, ticket)

    async def _push_final_state(self, phone: TicketSubscriber, ticket: Ticket) -> None:
        """Push the last state of an ended ticket, and close the socket."""
        only = frozenset({ticket.id})
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, phone.broadcast.office_id)
            view = await load_line_view(session, office, ticket.line_id, self._runtime.now(), only)
        broadcast = LineBroadcast(phone.broadcast.topic, office.id, ticket.line_id)
        broadcast.set_view(view, only)
        self._push_changed_frames(broadcast, [phone])

    async def _move_to_line(self, phone: TicketSubscriber, ticket: Ticket) -> None:
        """Subscribe the phone of a transferred ticket to its new line."""
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, phone.broadcast.office_id)
        before, found = phone.broadcast, TicketWithOffice(ticket, office)
        phone.broadcast = self._broadcast_for(found)
        try:
            await self._subscribe_to_line(phone, found)
        except BaseException:  # keep the old line; the next resync tries again
            phone.broadcast = before
            raise
        await self._hub.unsubscribe(before.topic, phone.sink)
        self._drop_if_unwatched(before.topic)
        if phone.sink.is_closing:  # the phone disconnected meanwhile
            self.remove(phone)

    # Resync after lost messages

    async def run_resync(self, stop: asyncio.Event) -> None:
        """Find changes that this process got no message of, until `stop` is set."""
        await run_every(RESYNC_EVERY_S, stop, self._resync, logger=logger, failure_event="ticket_resync_failed")

    async def _resync(self) -> None:
        self._resyncs += 1
        await self.resync_stale_lines(reload_all=self._resyncs % RESYNCS_PER_RELOAD == 0)
        await self.refresh_old_forecasts()

    async def resync_stale_lines(self, *, reload_all: bool = False) -> None:
        """Refresh lines whose version in SQL is newer than on a phone here, or all lines.

        The version of the office counts too: an evacuation raises only that at first.
        """
        watched = {topic: self._phones_of_topic(topic) for topic in self._hub.topics()}
        line_ids = {phone.broadcast.line_id for phones in watched.values() for phone in phones}
        if not line_ids:
            return
        async with self._runtime.read_session() as session:
            versions = await line_versions(session, line_ids)
        for topic, phones in watched.items():
            if any(reload_all or _is_outdated(phone, versions) for phone in phones):
                self._hub.request_refresh(topic)


def _is_outdated(phone: TicketSubscriber, versions: Mapping[str, LineVersions]) -> bool:
    newest = versions.get(phone.broadcast.line_id, NO_VERSIONS)
    return phone.version < newest.line or phone.broadcast.office_version < newest.office


def _urgent_first(phones: Sequence[TicketSubscriber], urgent: frozenset[str]) -> list[TicketSubscriber]:
    return [phone for phone in phones if phone.ticket_id in urgent] if urgent else []
