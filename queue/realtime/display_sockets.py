"""Keeps the waiting-room screens of this process true: whole frames, pushed when what is shown has changed.

One task a topic tells, so no older board follows a newer one. A change that was heard is shown from memory, at
once and without SQL (remembered.py). Whoever missed a message of the bus is healed by a look at the lines'
versions; the clock, opening hours and what was changed in the office by reading anew now and then.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.bus.base import BusMessage
from ...core.i18n.catalogues import Catalogues
from ...core.runtime import Runtime
from ...offices.service import Office, line_versions, office_by_id
from ...signaling.push_socket import StateSink
from ...signaling.subscriber_socket import Subscriber
from ...signaling.topic_hub import TopicHub
from ..domain.topics import display_topic
from ..queries import office_state
from ..queries.cached_office_state import (
    OfficeStateCache,
    is_office_state_fresh,
    line_listeners,
    office_state_from_cache,
)
from ..queries.office_state import OfficeState
from ..storage.line_cache import LineCache
from .display_board import DisplayBoard, localize_board, make_display_board
from .display_texts import display_texts

logger = logging.getLogger(__name__)

DISPLAYS_PER_PASS = 500  # screens written to before the loop may do other things
COOLDOWN_FACTOR = 1.0  # after each board as long again for the others: what is made from memory takes milliseconds
RESYNC_EVERY_S = 3.0  # how late a screen may be when a message of the bus was lost
RESYNCS_PER_RELOAD = 5  # every 15 s everything is read anew: waits grow and offices open though nobody is called


class DisplaySubscriber(Subscriber):
    """One screen: its office, the language of its page, and what it was shown last."""

    __slots__ = ("_subscribers", "language", "line_ids", "office_id", "shown", "topic", "version")

    def __init__(
        self, screens: DisplaySubscribers, office: Office, outlet: StateSink, language: str, refusal: str
    ) -> None:
        super().__init__(outlet, refusal)
        self._subscribers = screens
        self.topic = display_topic(office.slug)
        self.office_id = office.id
        self.line_ids = frozenset(line.id for line in office.lines)
        self.language = language
        self.version = 0
        self.shown = ""

    def on_close(self) -> None:
        self._subscribers.remove(self)


@dataclass(frozen=True, slots=True)
class RenderedBoard:
    """A board in one language, made once for all screens: its frame, and what of it is news when it differs."""

    version: int
    content: str
    frame: bytes


class DisplaySubscribers:
    """The waiting-room screens of this process."""

    def __init__(self, runtime: Runtime, hub: TopicHub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues
        self._process_cache = runtime.db.process_cache

    async def subscribe(self, office: Office, outlet: StateSink, language: str, refusal: str) -> DisplaySubscriber:
        """Join, then have the board read: nothing that happens in between is missed."""
        screen = DisplaySubscriber(self, office, outlet, language, refusal)
        await self._hub.subscribe(
            screen.topic,
            outlet,
            screen,
            self.push_board,
            on_message=self._note_versions,
            extra_topics=line_listeners(self._process_cache, office),
            cooldown_factor=COOLDOWN_FACTOR,
        )
        self._hub.request_refresh(screen.topic)
        return screen

    def _note_versions(self, message: BusMessage) -> None:
        """Which versions there are now. Their lines' own topics have said before what differs in them."""
        self._process_cache.get(LineCache).note_versions(message.get("lines", {}))

    def remove(self, screen: DisplaySubscriber) -> None:
        """It is gone."""
        self._hub.unsubscribe_nowait(screen.topic, screen.sink)

    async def push_board(self, topic: str, message: BusMessage | None) -> None:
        """Something may have changed: tell those whose screen shows something else."""
        screen: DisplaySubscriber | None = next(iter(self._hub.members(topic).values()), None)
        if screen is None:
            return
        office_id, now = screen.office_id, self._runtime.now()
        around = office_state_from_cache(self._process_cache, office_id, now) if message is not None else None
        if around is not None:
            await self._push_to_all(topic, around)
        if around is None or not is_office_state_fresh(self._process_cache, office_id, now):
            await self._push_to_all(topic, await self._load_state(office_id))

    async def _load_state(self, office_id: str) -> OfficeState:
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, office_id)
            around = await office_state.load_office_state(session, office, self._runtime.now())
        self._process_cache.get(OfficeStateCache).put(around)
        return around

    async def _push_to_all(self, topic: str, state: OfficeState) -> None:
        """What is the same in every language is made once; each language when its first screen comes."""
        board, made = make_display_board(state), dict[str, RenderedBoard]()
        for number, screen in enumerate(tuple(self._hub.members(topic).values()), 1):
            if screen.language not in made:
                made[screen.language] = self._render(board, state.office, screen.language)
            push_if_changed(screen, made[screen.language])
            if number % DISPLAYS_PER_PASS == 0:
                await asyncio.sleep(0)

    def _render(self, board: DisplayBoard, office: Office, language: str) -> RenderedBoard:
        return render_board(
            board_with_texts(localize_board(board, office, language), office, language, self._catalogues)
        )


def board_with_texts(board: DisplayBoard, office: Office, language: str, catalogues: Catalogues) -> DisplayBoard:
    """The board with the words of its page: what a frame holds, and what the page is first painted with."""
    return {**board, "page": display_texts(board, office, language, catalogues.translations(language))}


def render_board(board: DisplayBoard) -> RenderedBoard:
    """What leaves of a board. Its version and hour are no news by themselves; a new offset of the clock is."""
    content = json.dumps({**board, "v": None, "at": board["at"][-6:]}, sort_keys=True)
    frame = json.dumps({"type": "board", **board}, ensure_ascii=False, separators=(",", ":"))
    return RenderedBoard(board["v"], content, frame.encode())


def push_if_changed(screen: DisplaySubscriber, board: RenderedBoard) -> None:
    """Write the frame, if it is news."""
    screen.version = board.version
    if board.content != screen.shown:
        screen.shown = board.content
        screen.sink.push(board.frame)


async def run_display_resync(runtime: Runtime, hub: TopicHub, stop: asyncio.Event) -> None:
    """Look for changes that this process was not told of, until `stop` is set."""
    look = 0
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), RESYNC_EVERY_S)
        except TimeoutError:
            look += 1
        try:
            await resync_stale_displays(runtime, hub, reload_all=look % RESYNCS_PER_RELOAD == 0)
        except Exception:  # the database may be away for a moment; the next look tries again
            logger.exception("display_heal_failed")


async def resync_stale_displays(runtime: Runtime, hub: TopicHub, *, reload_all: bool = False) -> None:
    """Refresh the screens of offices whose lines have moved on; or all of them."""
    watched = {topic: screens for topic in hub.topics() if (screens := _subscribers_of_topic(hub, topic))}
    line_ids = {line_id for screens in watched.values() for one in screens for line_id in one.line_ids}
    if not line_ids:
        return
    async with runtime.read_session() as session:
        versions = await line_versions(session, line_ids)
    for topic, screens in watched.items():
        if any(reload_all or one.version != _board_version(one, versions) for one in screens):
            hub.request_refresh(topic)


def _board_version(screen: DisplaySubscriber, versions: Mapping[str, int]) -> int:
    return sum(versions.get(line_id, 0) for line_id in screen.line_ids)


def _subscribers_of_topic(hub: TopicHub, topic: str) -> list[DisplaySubscriber]:
    return [
        one
        for one in hub.members(topic).values()
        if isinstance(one, DisplaySubscriber) and not one.sink.is_closing
    ]
