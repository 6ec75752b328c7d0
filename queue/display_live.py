"""Keeps the waiting-room screens of this process true: whole frames, pushed when what is shown has changed.

One task a topic reads and tells, so no older board follows a newer one. Whoever missed a message of the bus is
healed by a look at the lines' versions; the clock, opening hours and pauses by reading anew now and then.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.bus import Message
from ..core.i18n import Catalogues
from ..core.runtime import Runtime
from ..offices.service import Office, line_versions, office_by_id
from ..signaling.connection import Connection
from ..signaling.hub import BOARD_REST, Hub
from .changes import display_topic
from .display import Board, display_board
from .display_words import display_words

logger = logging.getLogger(__name__)

HEAL_S = 3.0  # how late a screen may be when a message of the bus was lost
LOOKS_A_REPAINT = 5  # every 15 s everything is read anew: waits grow and offices open though nobody is called


@dataclass(slots=True)
class Screen:
    """One screen: its office, the language of its page, and what it was shown last."""

    office_id: str
    line_ids: frozenset[str]
    language: str
    v: int = 0
    shown: str = ""


def screen_of(office: Office, language: str) -> Screen:
    """A screen that has been shown nothing yet."""
    return Screen(office.id, frozenset(line.id for line in office.lines), language)


class Screens:
    """The waiting-room screens of this process."""

    def __init__(self, runtime: Runtime, hub: Hub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues

    async def watch(self, office: Office, connection: Connection, screen: Screen) -> str:
        """Join, then have the board read: nothing that happens in between is missed. The topic to leave later."""
        topic = display_topic(office.slug)
        await self._hub.join(topic, connection, screen, self.refresh, rest=BOARD_REST)
        self._hub.refresh(topic)
        return topic

    async def leave(self, topic: str, connection: Connection) -> None:
        await self._hub.leave(topic, connection)

    async def refresh(self, topic: str, _message: Message | None) -> None:
        """Something may have changed: read the board once a language, tell those whose screen shows another."""
        screens = _screens(self._hub, topic)
        if not screens:
            return
        boards = await self._read(screens)
        for connection, screen in screens.items():
            show(connection, screen, boards[screen.language])

    async def _read(self, screens: Mapping[Connection, Screen]) -> dict[str, Board]:
        office_id = next(iter(screens.values())).office_id
        async with self._runtime.reading() as session:
            office = await office_by_id(session, office_id)
            return {
                language: shown_board(
                    await display_board(session, office, self._runtime.now(), language),
                    office,
                    language,
                    self._catalogues,
                )
                for language in {screen.language for screen in screens.values()}
            }


def shown_board(board: Board, office: Office, language: str, catalogues: Catalogues) -> Board:
    """The board with the words of its page: what a frame holds, and what the page is first painted with."""
    return {**board, "page": display_words(board, office, language, catalogues.translations(language))}


def show(connection: Connection, screen: Screen, board: Board) -> None:
    """Write the frame, if it is news. A new offset of the office's clock is."""
    screen.v = board["v"]
    content = json.dumps({**board, "v": None, "at": board["at"][-6:]}, sort_keys=True)
    if content == screen.shown:
        return
    screen.shown = content
    connection.push(json.dumps({"type": "board", **board}, ensure_ascii=False, separators=(",", ":")))


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
    watched = {topic: screens for topic in hub.topics() if (screens := list(_screens(hub, topic).values()))}
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


def _screens(hub: Hub, topic: str) -> dict[Connection, Screen]:
    members: Mapping[Connection, Any] = hub.members(topic)
    return {
        connection: member
        for connection, member in members.items()
        if isinstance(member, Screen) and connection.closed is None
    }
