"""Pushes to the waiting-room displays of this process. No rules.

A display gets a whole frame when its board changes. The hub runs one task per topic, so an older board never
follows a newer one. A change that came over the bus is shown from the cache, without SQL
(queries/cached_office_state.py). A comparison of line versions finds lost messages; a periodic reload finds what
has no version: the clock, opening hours, changes of the office.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from ...core.bus.base import BusMessage
from ...core.i18n.catalogues import Catalogues
from ...core.periodic import run_every
from ...core.runtime import Runtime
from ...offices.service import NO_VERSIONS, LineVersions, Office, line_versions, office_by_id
from ...signaling.fanout import StateBatch
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

DISPLAYS_PER_PASS = 500  # displays written to before other tasks of the event loop may run
COOLDOWN_FACTOR = 1.0  # a board takes milliseconds; the same time is then left to other tasks
RESYNC_EVERY_S = 3.0  # the delay of a display whose process lost a message of the bus
RESYNCS_PER_RELOAD = 5  # every 15 s all is read again: waits grow and offices open without a message


class DisplaySubscriber(Subscriber):
    """A display: its office, the language of its page, and what it was shown last.

    `screen_id` is None for a display that was opened without the link of a screen.
    """

    __slots__ = (
        "_subscribers",
        "language",
        "line_ids",
        "office_id",
        "office_version",
        "screen_id",
        "shown",
        "topic",
        "version",
    )

    def __init__(
        self,
        subscribers: DisplaySubscribers,
        office: Office,
        sink: StateSink,
        language: str,
        refusal: str,
        screen_id: str | None = None,
    ) -> None:
        super().__init__(sink, refusal)
        self._subscribers = subscribers
        self.topic = display_topic(office.slug)
        self.office_id = office.id
        self.line_ids = frozenset(line.id for line in office.lines)
        self.language = language
        self.screen_id = screen_id
        self.version = 0
        self.office_version = 0
        self.shown = ""

    def on_close(self) -> None:
        self._subscribers.remove(self)


@dataclass(frozen=True, slots=True)
class RenderedBoard:
    """A board in one language, rendered once for all displays.

    Two boards with equal `content` show the same.
    """

    version: int
    content: str
    frame: bytes


class DisplaySubscribers:
    """The waiting-room displays of this process."""

    def __init__(self, runtime: Runtime, hub: TopicHub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues
        self._process_cache = runtime.db.process_cache

    async def subscribe(
        self, office: Office, sink: StateSink, language: str, refusal: str, screen_id: str | None = None
    ) -> DisplaySubscriber:
        """Subscribe first, then have the board loaded: so no change in between is lost."""
        display = DisplaySubscriber(self, office, sink, language, refusal, screen_id)
        await self._hub.subscribe(
            display.topic,
            sink,
            display,
            self.push_board,
            on_message=self._note_versions,
            extra_topics=line_listeners(self._process_cache, office),
            cooldown_factor=COOLDOWN_FACTOR,
        )
        self._hub.request_refresh(display.topic)
        return display

    def _note_versions(self, message: BusMessage) -> None:
        """Note the newest line versions, and drop the cached state of a changed office.

        The topics of the lines have carried their changes before.
        """
        if (office_id := message.get("office")) is not None:
            self._process_cache.get(OfficeStateCache).drop(office_id)
        self._process_cache.get(LineCache).note_versions(message.get("lines", {}))

    def remove(self, display: DisplaySubscriber) -> None:
        """Remove a disconnected display from its topic."""
        self._hub.unsubscribe_nowait(display.topic, display.sink)

    async def push_board(self, topic: str, message: BusMessage | None) -> None:
        """Push the board of an office to its displays; the refresh callback of the hub."""
        display: DisplaySubscriber | None = next(iter(self._hub.members(topic).values()), None)
        if display is None:
            return
        office_id, now = display.office_id, self._runtime.now()
        cached = office_state_from_cache(self._process_cache, office_id, now) if message is not None else None
        if cached is not None:
            await self._push_to_all(topic, cached)
        if cached is None or not is_office_state_fresh(self._process_cache, office_id, now):
            state = await self._load_state(office_id)
            await self._hub.add_listeners(topic, line_listeners(self._process_cache, state.office))
            await self._push_to_all(topic, state)

    async def _load_state(self, office_id: str) -> OfficeState:
        async with self._runtime.read_session() as session:
            office = await office_by_id(session, office_id)
            state = await office_state.load_office_state(session, office, self._runtime.now())
        self._process_cache.get(OfficeStateCache).put(state)
        return state

    async def _push_to_all(self, topic: str, state: OfficeState) -> None:
        """Push the board to each display that shows another. Each language is rendered once."""
        board, rendered = make_display_board(state), dict[str, RenderedBoard]()
        line_ids = frozenset(line.id for line in state.office.lines)
        displays: list[DisplaySubscriber] = list(self._hub.members(topic).values())
        for start in range(0, len(displays), DISPLAYS_PER_PASS):
            if start:
                await asyncio.sleep(0)
            batches: dict[str, StateBatch] = {}
            for display in displays[start : start + DISPLAYS_PER_PASS]:
                language = display.language
                if language not in rendered:
                    rendered[language] = self._render(board, state.office, language)
                if language not in batches:
                    batches[language] = StateBatch(rendered[language].frame)
                display.line_ids, display.office_version = line_ids, state.office.version
                if note_shown(display, rendered[language]):
                    batches[language].add(display.sink)
            for batch in batches.values():
                batch.push()

    def _render(self, board: DisplayBoard, office: Office, language: str) -> RenderedBoard:
        return render_board(
            board_with_texts(localize_board(board, office, language), office, language, self._catalogues)
        )


def board_with_texts(board: DisplayBoard, office: Office, language: str, catalogues: Catalogues) -> DisplayBoard:
    """Add the texts of the page to a board, for a frame or for the first rendering."""
    return {**board, "page": display_texts(board, office, language, catalogues)}


def render_board(board: DisplayBoard) -> RenderedBoard:
    """Encode a board as a frame.

    A new version or time alone is no change of the board; a new UTC offset is.
    """
    content = json.dumps({**board, "v": None, "at": board["at"][-6:]}, sort_keys=True)
    frame = json.dumps({"type": "board", **board}, ensure_ascii=False, separators=(",", ":"))
    return RenderedBoard(board["v"], content, frame.encode())


def note_shown(display: DisplaySubscriber, board: RenderedBoard) -> bool:
    """Note that the display shows this board. Return whether it showed another."""
    display.version = board.version
    is_changed = board.content != display.shown
    display.shown = board.content
    return is_changed


async def run_display_resync(runtime: Runtime, hub: TopicHub, stop: asyncio.Event) -> None:
    """Find changes that this process got no message of, until `stop` is set."""
    numbers = count(1)

    async def resync() -> None:
        await resync_stale_displays(runtime, hub, reload_all=next(numbers) % RESYNCS_PER_RELOAD == 0)

    await run_every(RESYNC_EVERY_S, stop, resync, logger=logger, failure_event="display_resync_failed")


async def resync_stale_displays(runtime: Runtime, hub: TopicHub, *, reload_all: bool = False) -> None:
    """Refresh the displays of offices with a newer line version in SQL, or all displays."""
    watched = {topic: displays for topic in hub.topics() if (displays := _displays_of_topic(hub, topic))}
    line_ids = {line_id for displays in watched.values() for display in displays for line_id in display.line_ids}
    if not watched:
        return
    async with runtime.read_session() as session:
        versions = await line_versions(session, line_ids)
    for topic, displays in watched.items():
        if any(reload_all or _is_outdated(display, versions) for display in displays):
            hub.request_refresh(topic)


def _is_outdated(display: DisplaySubscriber, versions: Mapping[str, LineVersions]) -> bool:
    newest = [versions.get(line_id, NO_VERSIONS) for line_id in display.line_ids]
    office_version = max((version.office for version in newest), default=0)
    return display.version != sum(version.line for version in newest) or display.office_version < office_version


def connected_displays(hub: TopicHub) -> list[DisplaySubscriber]:
    """Return the displays of this process that are connected."""
    return [display for topic in hub.topics() for display in _displays_of_topic(hub, topic)]


def _displays_of_topic(hub: TopicHub, topic: str) -> list[DisplaySubscriber]:
    return [
        member
        for member in hub.members(topic).values()
        if isinstance(member, DisplaySubscriber) and not member.sink.is_closing
    ]
