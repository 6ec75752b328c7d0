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

from ...core.bus.base import Message
from ...core.i18n.catalogues import Catalogues
from ...core.runtime import Runtime
from ...offices.service import Office, line_versions, office_by_id
from ...signaling.push_socket import Outlet
from ...signaling.subscriber_socket import Follower
from ...signaling.topic_hub import Hub
from ..actions.line_transaction import display_topic
from ..queries import office_state
from ..queries.cached_office_state import Floors, floor_now, heard_lines, is_fresh
from ..queries.office_state import Floor
from ..storage.line_cache import Replicas
from .display_board import Board, board_of, in_language
from .display_texts import display_words

logger = logging.getLogger(__name__)

PASS = 500  # screens written to before the loop may do other things
REST = 1.0  # after each board as long again for the others: what is made from memory takes milliseconds
HEAL_S = 3.0  # how late a screen may be when a message of the bus was lost
LOOKS_A_REPAINT = 5  # every 15 s everything is read anew: waits grow and offices open though nobody is called


class Screen(Follower):
    """One screen: its office, the language of its page, and what it was shown last."""

    __slots__ = ("_screens", "language", "line_ids", "office_id", "shown", "topic", "v")

    def __init__(self, screens: Screens, office: Office, outlet: Outlet, language: str, refusal: str) -> None:
        super().__init__(outlet, refusal)
        self._screens = screens
        self.topic = display_topic(office.slug)
        self.office_id = office.id
        self.line_ids = frozenset(line.id for line in office.lines)
        self.language = language
        self.v = 0
        self.shown = ""

    def gone(self) -> None:
        self._screens.forget(self)


@dataclass(frozen=True, slots=True)
class Painted:
    """A board in one language, made once for all screens: its frame, and what of it is news when it differs."""

    v: int
    content: str
    frame: bytes


class Screens:
    """The waiting-room screens of this process."""

    def __init__(self, runtime: Runtime, hub: Hub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues
        self._memory = runtime.db.memory

    async def let_in(self, office: Office, outlet: Outlet, language: str, refusal: str) -> Screen:
        """Join, then have the board read: nothing that happens in between is missed."""
        screen = Screen(self, office, outlet, language, refusal)
        await self._hub.join(
            screen.topic,
            outlet,
            screen,
            self.refresh,
            hear=self._hear,
            beside=heard_lines(self._memory, office),
            rest=REST,
        )
        self._hub.refresh(screen.topic)
        return screen

    def _hear(self, message: Message) -> None:
        """Which versions there are now. Their lines' own topics have said before what differs in them."""
        self._memory.of(Replicas).hear_versions(message.get("lines", {}))

    def forget(self, screen: Screen) -> None:
        """It is gone."""
        self._hub.drop(screen.topic, screen.outlet)

    async def refresh(self, topic: str, message: Message | None) -> None:
        """Something may have changed: tell those whose screen shows something else."""
        screen: Screen | None = next(iter(self._hub.members(topic).values()), None)
        if screen is None:
            return
        office_id, now = screen.office_id, self._runtime.now()
        around = floor_now(self._memory, office_id, now) if message is not None else None
        if around is not None:
            await self._show(topic, around)
        if around is None or not is_fresh(self._memory, office_id, now):
            await self._show(topic, await self._read(office_id))

    async def _read(self, office_id: str) -> Floor:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, office_id)
            around = await office_state.floor(session, office, self._runtime.now())
        self._memory.of(Floors).keep(around)
        return around

    async def _show(self, topic: str, around: Floor) -> None:
        """What is the same in every language is made once; each language when its first screen comes."""
        board, made = board_of(around), dict[str, Painted]()
        for number, screen in enumerate(tuple(self._hub.members(topic).values()), 1):
            if screen.language not in made:
                made[screen.language] = self._paint(board, around.office, screen.language)
            show(screen, made[screen.language])
            if number % PASS == 0:
                await asyncio.sleep(0)

    def _paint(self, board: Board, office: Office, language: str) -> Painted:
        return painted(shown_board(in_language(board, office, language), office, language, self._catalogues))


def shown_board(board: Board, office: Office, language: str, catalogues: Catalogues) -> Board:
    """The board with the words of its page: what a frame holds, and what the page is first painted with."""
    return {**board, "page": display_words(board, office, language, catalogues.translations(language))}


def painted(board: Board) -> Painted:
    """What leaves of a board. Its version and hour are no news by themselves; a new offset of the clock is."""
    content = json.dumps({**board, "v": None, "at": board["at"][-6:]}, sort_keys=True)
    frame = json.dumps({"type": "board", **board}, ensure_ascii=False, separators=(",", ":"))
    return Painted(board["v"], content, frame.encode())


def show(screen: Screen, board: Painted) -> None:
    """Write the frame, if it is news."""
    screen.v = board.v
    if board.content != screen.shown:
        screen.shown = board.content
        screen.outlet.push(board.frame)


async def heal(runtime: Runtime, hub: Hub, stop: asyncio.Event) -> None:
    """Look for changes that this process was not told of, until `stop` is set."""
    look = 0
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), HEAL_S)
        except TimeoutError:
            look += 1
        try:
            await heal_once(runtime, hub, everything=look % LOOKS_A_REPAINT == 0)
        except Exception:  # the database may be away for a moment; the next look tries again
            logger.exception("display_heal_failed")


async def heal_once(runtime: Runtime, hub: Hub, *, everything: bool = False) -> None:
    """Refresh the screens of offices whose lines have moved on; or all of them."""
    watched = {topic: screens for topic in hub.topics() if (screens := _screens(hub, topic))}
    line_ids = {line_id for screens in watched.values() for one in screens for line_id in one.line_ids}
    if not line_ids:
        return
    async with runtime.reading() as session:
        versions = await line_versions(session, line_ids)
    for topic, screens in watched.items():
        if any(everything or one.v != _version(one, versions) for one in screens):
            hub.refresh(topic)


def _version(screen: Screen, versions: Mapping[str, int]) -> int:
    return sum(versions.get(line_id, 0) for line_id in screen.line_ids)


def _screens(hub: Hub, topic: str) -> list[Screen]:
    return [one for one in hub.members(topic).values() if isinstance(one, Screen) and not one.outlet.is_over]
