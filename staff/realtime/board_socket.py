"""/ws/staff: hello with an office, then its whole board at every change (contract.md).

Somebody at a console also gets `console`: what their own desk or the entrance shows, in their language.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ...core.auth import Principal, Role
from ...core.bus.base import Message as BusMessage
from ...core.errors import Office360Error
from ...core.i18n.catalogues import LANGUAGES, Catalogues
from ...core.i18n.dates import rfc3339
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...core.web import requests
from ...offices.service import Office, office_by_slug, office_topic
from ...queue.service import heard_lines
from ...signaling import close_codes
from ...signaling.close_codes import Closed
from ...signaling.connection import Connection, converse
from ...signaling.origin import has_our_origin
from ...signaling.topic_hub import Hub
from ..actions import accounts
from ..consoles.desk import console_view
from ..consoles.host import host_view
from ..consoles.locale import Reader

# Appointments become due and waits grow old without anybody doing anything; a board is never older than this.
FRESH_S = 5
BOARD_REST = 3.0  # what takes long to make is made less often, and leaves most of the loop to others
DESK, HOST = "desk", "host"  # which console's page asks
OFFICE_TOPIC = ":office"  # how offices.service.office_topic ends

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watcher:
    """One socket of a console or a program: who, in which language, by which secret (its hash), for which page."""

    principal: Principal
    language: str
    secret_hash: str
    console: str = DESK


class Boards:
    """What the watchers of this process are told."""

    def __init__(self, runtime: Runtime, hub: Hub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues

    async def watch(self, office: str, connection: Connection, watcher: Watcher) -> None:
        """Join, then have the board read: one task a topic tells everybody, so no older board follows a newer.

        Raises NotFound.
        """
        async with self._runtime.reading() as session:
            lines = heard_lines(self._runtime.db.memory, await office_by_slug(session, office))
        topic = office_topic(office)
        await self._hub.join(topic, connection, watcher, self.refresh, beside=lines, rest=BOARD_REST)
        self._hub.refresh(topic)

    async def leave(self, office: str, connection: Connection) -> None:
        await self._hub.leave(office_topic(office), connection)

    async def refresh(self, topic: str, _message: BusMessage | None) -> None:
        """Something on the board changed: read it once, and push it to everybody."""
        office = topic.removesuffix(OFFICE_TOPIC).strip("{}")
        await self._tell(office, dict(self._hub.members(topic)))

    async def _tell(self, slug: str, watchers: Mapping[Connection, Watcher]) -> None:
        async with self._runtime.reading() as session:
            office, now = await office_by_slug(session, slug), self._runtime.now()
            valid = await self._still_valid(session, watchers)
            if not valid:
                return
            board = await accounts.board(session, office, LANGUAGES[0], now)
        frames = Frames(board, office, now, self._catalogues)
        for connection, watcher in valid.items():
            connection.push(frames.frame(watcher))

    async def _still_valid(
        self, session: AsyncSession, watchers: Mapping[Connection, Watcher]
    ) -> dict[Connection, Watcher]:
        """Those whose session or key still stands; the others' sockets are closed."""
        secrets_used = {watcher.secret_hash for watcher in watchers.values()}
        standing = await accounts.still_valid(session, self._runtime, secrets_used)
        for connection, watcher in watchers.items():
            if watcher.secret_hash not in standing:
                connection.close(close_codes.NOT_ALLOWED, "signed out")
        return {one: watcher for one, watcher in watchers.items() if watcher.secret_hash in standing}


class Frames:
    """One board as it is told: what several watchers are shown alike is made once."""

    def __init__(self, board: Message, office: Office, now: datetime, catalogues: Catalogues) -> None:
        self._board = board
        self._office = office
        self._now = now
        self._catalogues = catalogues
        self._boards: dict[str, Message] = {}
        self._begun: dict[tuple[str, bool], str] = {}

    def frame(self, watcher: Watcher) -> str:
        """The whole state for this watcher, as JSON."""
        begun = self._begin(watcher.language, accounts.sees_names(watcher.principal))
        return begun + ("" if watcher.principal.key else f',"console":{_text(self._console(watcher))}') + "}"

    def _begin(self, language: str, names: bool) -> str:
        """The board itself, by far the longest part, without the brace that ends it."""
        begun = self._begun.get((language, names))
        if begun is None:
            board = self._in(language)
            shown = board if names else accounts.without_names(board)
            frame = {"type": "office", "at": rfc3339(self._now, self._office.timezone), **shown}
            begun = self._begun[language, names] = _text(frame).removesuffix("}")
        return begun

    def _in(self, language: str) -> Message:
        if language not in self._boards:
            self._boards[language] = accounts.in_language(self._board, self._office, language)
        return self._boards[language]

    def _console(self, watcher: Watcher) -> Message:
        """What this watcher's own console shows."""
        board = self._in(watcher.language)
        reader = Reader(watcher.language, self._catalogues.translations(watcher.language), self._office)
        if watcher.console == HOST:
            return host_view(board, self._now, reader)
        return console_view(board, watcher.principal.id, self._now, reader)


class Talk:
    """What is said on one socket: hello, and nothing else."""

    def __init__(self, boards: Boards) -> None:
        self._boards = boards
        self._office = ""

    async def hello(self, connection: Connection, message: Message) -> None:
        """Cookie (with our Origin) or key; the office must be in scope."""
        office, key, console = message.get("office"), message.get("key"), message.get("console", DESK)
        if not isinstance(office, str) or not isinstance(key, str | None) or console not in (DESK, HOST):
            raise Closed(close_codes.MALFORMED, "an office is expected")
        watcher = await _watcher(connection.websocket, office, key, console)
        self._office = office
        try:
            await self._boards.watch(office, connection, watcher)
        except Office360Error:
            raise Closed(close_codes.NOT_FOUND, "not_found") from None

    async def receive(self, connection: Connection, message: Message) -> None:
        """Nothing is asked here: actions are HTTP."""
        raise Office360Error("unknown_type")

    async def gone(self, connection: Connection) -> None:
        await self._boards.leave(self._office, connection)


async def _watcher(websocket: WebSocket, office: str, key: str | None, console: str) -> Watcher:
    secret = key
    if key is None:
        # A cookie is sent by whatever page opens the socket: only ours may use it.
        secret = websocket.cookies.get(requests.STAFF_COOKIE) if has_our_origin(websocket) else None
    found = await accounts.authenticate(requests.runtime(websocket), cookie=None if key else secret, bearer=key)
    try:
        principal = accounts.require_board(found, office)
    except Office360Error as refused:
        raise Closed(close_codes.NOT_ALLOWED, refused.code) from None
    if console == HOST and not principal.at_least(Role.HOST):
        raise Closed(close_codes.NOT_ALLOWED, "forbidden")
    return Watcher(principal, requests.language(websocket), hash_token(secret or ""), console)


def _text(frame: Message) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def boards(connection: Any) -> Boards:
    """The boards of the process that serves this connection."""
    return Boards(requests.runtime(connection), connection.state.hub, connection.state.catalogues)


async def staff_socket(websocket: WebSocket) -> None:
    """`/ws/staff`."""
    await converse(websocket, Talk(boards(websocket)))


async def keep_fresh(hub: Hub, stop: asyncio.Event) -> None:
    """Read every watched board again every few seconds, until told to stop."""
    while not stop.is_set():
        for topic in hub.topics():
            if topic.endswith(OFFICE_TOPIC):
                hub.refresh(topic)
        try:
            await asyncio.wait_for(stop.wait(), FRESH_S)
        except TimeoutError:
            continue


routes = [WebSocketRoute("/ws/staff", staff_socket)]
