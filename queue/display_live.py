"""Keeps the waiting-room screens of this process true: whole frames, pushed when what is shown has changed.

One task a topic reads and tells, so no older board follows a newer one. Whoever missed a message of the bus is
healed by a look at the lines' versions; the clock, opening hours and pauses by reading anew now and then.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.bus import Message
from ..core.i18n import Catalogues
from ..core.runtime import Runtime
from ..offices.service import Office, line_versions, office_by_id
from ..signaling.following import Follower
from ..signaling.hub import BOARD_REST, Hub
from ..signaling.push import Outlet
from .changes import display_topic
from .display import Board, display_board
from .display_words import display_words

logger = logging.getLogger(__name__)

PASS = 500  # screens written to before the loop may do other things
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

    async def let_in(self, office: Office, outlet: Outlet, language: str, refusal: str) -> Screen:
        """Join, then have the board read: nothing that happens in between is missed."""
        screen = Screen(self, office, outlet, language, refusal)
        await self._hub.join(screen.topic, outlet, screen, self.refresh, rest=BOARD_REST)
        self._hub.refresh(screen.topic)
        return screen

    def forget(self, screen: Screen) -> None:
        """It is gone."""
        self._hub.drop(screen.topic, screen.outlet)

    async def refresh(self, topic: str, _message: Message | None) -> None:
        """Something may have changed: read the board once a language, tell those whose screen shows another."""
        screens = _screens(self._hub, topic)
        if not screens:
            return
        boards = await self._read(screens)
        for number, screen in enumerate(screens, 1):
            if screen.language in boards:  # else it came while we read, and has its own refresh before it
                show(screen, boards[screen.language])
            if number % PASS == 0:
                await asyncio.sleep(0)

    async def _read(self, screens: Sequence[Screen]) -> dict[str, Painted]:
        async with self._runtime.reading() as session:
            office = await office_by_id(session, screens[0].office_id)
            now = self._runtime.now()
            return {
                language: painted(
                    shown_board(
                        await display_board(session, office, now, language), office, language, self._catalogues
                    )
                )
                for language in {screen.language for screen in screens}
            }


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
