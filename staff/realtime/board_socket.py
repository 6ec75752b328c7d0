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

from ...core.auth import Principal, StaffRole
from ...core.bus.base import BusMessage
from ...core.errors import Office360Error
from ...core.i18n.catalogues import LANGUAGES, Catalogues
from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...core.web import authentication, requests
from ...offices.service import Office, office_by_slug, office_topic
from ...queue.service import line_listeners
from ...signaling import close_codes
from ...signaling.close_codes import SocketClosed
from ...signaling.connection import SocketConnection, serve_socket
from ...signaling.origin import has_own_origin
from ...signaling.topic_hub import TopicHub
from ..actions import accounts
from ..consoles.desk import build_desk_console
from ..consoles.host import build_host_console
from ..consoles.locale import LocaleContext
from ..queries.board import can_see_names, load_board, remove_names, require_board_access, translate_board

# Appointments become due and waits grow old without anybody doing anything; a board is never older than this.
REFRESH_INTERVAL_S = 5
BOARD_COOLDOWN_FACTOR = 3.0  # what takes long to make is made less often, and leaves most of the loop to others
DESK_CONSOLE, HOST_CONSOLE = "desk", "host"  # which console's page asks
OFFICE_TOPIC_SUFFIX = ":office"  # how offices.service.office_topic ends


@dataclass(frozen=True, slots=True)
class BoardSubscriber:
    """One socket of a console or a program: who, in which language, by which secret (its hash), for which page."""

    principal: Principal
    language: str
    secret_hash: str
    console: str = DESK_CONSOLE


class BoardPublisher:
    """What the watchers of this process are told."""

    def __init__(self, runtime: Runtime, hub: TopicHub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues

    async def subscribe(self, office: str, connection: SocketConnection, subscriber: BoardSubscriber) -> None:
        """Join, then have the board read: one task a topic tells everybody, so no older board follows a newer.

        Raises NotFound.
        """
        async with self._runtime.read_session() as session:
            lines = line_listeners(self._runtime.db.process_cache, await office_by_slug(session, office))
        topic = office_topic(office)
        await self._hub.subscribe(
            topic, connection, subscriber, self.refresh, extra_topics=lines, cooldown_factor=BOARD_COOLDOWN_FACTOR
        )
        self._hub.request_refresh(topic)

    async def unsubscribe(self, office: str, connection: SocketConnection) -> None:
        await self._hub.unsubscribe(office_topic(office), connection)

    async def refresh(self, topic: str, _message: BusMessage | None) -> None:
        """Something on the board changed: read it once, and push it to everybody."""
        office = topic.removesuffix(OFFICE_TOPIC_SUFFIX).strip("{}")
        await self._push_board(office, dict(self._hub.members(topic)))

    async def _push_board(self, slug: str, subscribers: Mapping[SocketConnection, BoardSubscriber]) -> None:
        async with self._runtime.read_session() as session:
            office, now = await office_by_slug(session, slug), self._runtime.now()
            valid = await self._close_revoked_sockets(session, subscribers)
            if not valid:
                return
            board = await load_board(session, office, LANGUAGES[0], now)
        frames = BoardFrames(board, office, now, self._catalogues)
        for connection, watcher in valid.items():
            connection.push(frames.render(watcher))

    async def _close_revoked_sockets(
        self, session: AsyncSession, subscribers: Mapping[SocketConnection, BoardSubscriber]
    ) -> dict[SocketConnection, BoardSubscriber]:
        """Those whose session or key still stands; the others' sockets are closed."""
        secrets_used = {watcher.secret_hash for watcher in subscribers.values()}
        standing = await accounts.valid_secret_hashes(session, self._runtime, secrets_used)
        for connection, watcher in subscribers.items():
            if watcher.secret_hash not in standing:
                connection.close(close_codes.NOT_ALLOWED, "signed out")
        return {one: watcher for one, watcher in subscribers.items() if watcher.secret_hash in standing}


class BoardFrames:
    """One board as it is told: what several watchers are shown alike is made once."""

    def __init__(self, board: JsonObject, office: Office, now: datetime, catalogues: Catalogues) -> None:
        self._board = board
        self._office = office
        self._now = now
        self._catalogues = catalogues
        self._boards_by_language: dict[str, JsonObject] = {}
        self._board_prefixes: dict[tuple[str, bool], str] = {}

    def render(self, subscriber: BoardSubscriber) -> str:
        """The whole state for this watcher, as JSON."""
        begun = self._board_prefix(subscriber.language, can_see_names(subscriber.principal))
        return (
            begun
            + (
                ""
                if subscriber.principal.is_api_key
                else f',"console":{_dump_json(self._build_console(subscriber))}'
            )
            + "}"
        )

    def _board_prefix(self, language: str, with_names: bool) -> str:
        """The board itself, by far the longest part, without the brace that ends it."""
        begun = self._board_prefixes.get((language, with_names))
        if begun is None:
            board = self._board_in_language(language)
            shown = board if with_names else remove_names(board)
            frame = {"type": "office", "at": format_rfc3339(self._now, self._office.timezone), **shown}
            begun = self._board_prefixes[language, with_names] = _dump_json(frame).removesuffix("}")
        return begun

    def _board_in_language(self, language: str) -> JsonObject:
        if language not in self._boards_by_language:
            self._boards_by_language[language] = translate_board(self._board, self._office, language)
        return self._boards_by_language[language]

    def _build_console(self, subscriber: BoardSubscriber) -> JsonObject:
        """What this watcher's own console shows."""
        board = self._board_in_language(subscriber.language)
        reader = LocaleContext(
            subscriber.language, self._catalogues.translations(subscriber.language), self._office
        )
        if subscriber.console == HOST_CONSOLE:
            return build_host_console(board, self._now, reader)
        return build_desk_console(board, subscriber.principal.id, self._now, reader)


class StaffSocketHandler:
    """What is said on one socket: hello, and nothing else."""

    def __init__(self, boards: BoardPublisher) -> None:
        self._boards = boards
        self._office = ""

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        """Cookie (with our Origin) or key; the office must be in scope."""
        office, key, console = message.get("office"), message.get("key"), message.get("console", DESK_CONSOLE)
        if (
            not isinstance(office, str)
            or not isinstance(key, str | None)
            or console not in (DESK_CONSOLE, HOST_CONSOLE)
        ):
            raise SocketClosed(close_codes.MALFORMED, "an office is expected")
        watcher = await _authenticate_subscriber(connection.websocket, office, key, console)
        self._office = office
        try:
            await self._boards.subscribe(office, connection, watcher)
        except Office360Error:
            raise SocketClosed(close_codes.NOT_FOUND, "not_found") from None

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        """Nothing is asked here: actions are HTTP."""
        raise Office360Error("unknown_type")

    async def on_close(self, connection: SocketConnection) -> None:
        await self._boards.unsubscribe(self._office, connection)


async def _authenticate_subscriber(
    websocket: WebSocket, office: str, key: str | None, console: str
) -> BoardSubscriber:
    secret = key
    if key is None:
        # A cookie is sent by whatever page opens the socket: only ours may use it.
        secret = websocket.cookies.get(authentication.STAFF_COOKIE) if has_own_origin(websocket) else None
    found = await accounts.authenticate(
        requests.current_runtime(websocket), cookie=None if key else secret, bearer=key
    )
    try:
        principal = require_board_access(found, office)
    except Office360Error as refused:
        raise SocketClosed(close_codes.NOT_ALLOWED, refused.code) from None
    if console == HOST_CONSOLE and not principal.has_role(StaffRole.HOST):
        raise SocketClosed(close_codes.NOT_ALLOWED, "forbidden")
    return BoardSubscriber(principal, requests.current_language(websocket), hash_token(secret or ""), console)


def _dump_json(frame: JsonObject) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def board_publisher(connection: Any) -> BoardPublisher:
    """The boards of the process that serves this connection."""
    return BoardPublisher(requests.current_runtime(connection), connection.state.hub, connection.state.catalogues)


async def staff_socket(websocket: WebSocket) -> None:
    """`/ws/staff`."""
    await serve_socket(websocket, StaffSocketHandler(board_publisher(websocket)))


async def run_board_refresh(hub: TopicHub, stop: asyncio.Event) -> None:
    """Read every watched board again every few seconds, until told to stop."""
    while not stop.is_set():
        for topic in hub.topics():
            if topic.endswith(OFFICE_TOPIC_SUFFIX):
                hub.request_refresh(topic)
        try:
            await asyncio.wait_for(stop.wait(), REFRESH_INTERVAL_S)
        except TimeoutError:
            continue


routes = [WebSocketRoute("/ws/staff", staff_socket)]
