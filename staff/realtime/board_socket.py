"""WebSocket `/ws/staff`: the whole board of an office at every change (docs/protocol.md).

Consoles also get `console`: the view of their desk or of the host, in the reader's language.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ...core.auth import Principal, StaffRole
from ...core.bus.base import BusMessage
from ...core.errors import Office360Error
from ...core.i18n.catalogues import Catalogues
from ...core.i18n.dates import format_rfc3339
from ...core.i18n.languages import LANGUAGES
from ...core.json_types import JsonObject
from ...core.periodic import run_every, wait_for_tick
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...core.web import authentication, requests
from ...offices.service import CALLS_ONLY, Office, office_by_slug, office_topic, office_versions
from ...queue.service import line_listeners
from ...signaling import close_codes
from ...signaling.close_codes import SocketClosed
from ...signaling.connection import SocketConnection, serve_socket
from ...signaling.origin import has_own_origin
from ...signaling.topic_hub import TopicHub
from ..actions import accounts
from ..actions.federation.sign_in_setup import remote_user
from ..consoles.alerts import ConsoleReader
from ..consoles.desk import build_desk_console
from ..consoles.host import build_host_console
from ..consoles.locale import LocaleContext
from ..queries.attention import console_readers
from ..queries.board import (
    LoadedBoard,
    can_see_names,
    load_whole_board,
    remove_names,
    require_board_access,
    translate_board,
)

logger = logging.getLogger(__name__)

# Appointments become due and waits grow without an event, so boards are reloaded at this interval.
REFRESH_INTERVAL_S = 5
# The delay of an evacuation at a console whose process lost its message.
RESYNC_EVERY_S = 3.0
# A board that is slow to build is built less often, so that other tasks run.
BOARD_COOLDOWN_FACTOR = 3.0
DESK_CONSOLE, HOST_CONSOLE = "desk", "host"  # the page that opened the socket
OFFICE_TOPIC_SUFFIX = ":office"  # of offices.service.office_topic


@dataclass(frozen=True, slots=True)
class BoardSubscriber:
    """A socket of a console or program: its principal, language, secret hash, and page."""

    principal: Principal
    language: str
    secret_hash: str
    console: str = DESK_CONSOLE


class LatestBoards:
    """The last board of each office in this process.

    It is needed for calls, which change a part of it only.
    """

    def __init__(self) -> None:
        self._boards: dict[str, tuple[LoadedBoard, Mapping[str, ConsoleReader]]] = {}
        self._changes: Counter[str] = Counter()

    def note_message(self, topic: str, message: BusMessage) -> None:
        """Drop the board unless only calls changed it."""
        if message != CALLS_ONLY:
            # The number tells a load that is under way that its board is out of date.
            self._changes[topic] += 1
            self._boards.pop(topic, None)

    def change_number(self, topic: str) -> int:
        """Return a number that differs after a change other than a call."""
        return self._changes[topic]

    def put(self, topic: str, number: int, board: LoadedBoard, readers: Mapping[str, ConsoleReader]) -> None:
        """Keep a board, unless something has changed since `number` was read."""
        if number == self._changes[topic]:
            self._boards[topic] = (board, readers)

    def get(self, topic: str) -> tuple[LoadedBoard, Mapping[str, ConsoleReader]] | None:
        return self._boards.get(topic)


class BoardPublisher:
    """Publishes boards to the subscribers of this process."""

    def __init__(self, runtime: Runtime, hub: TopicHub, catalogues: Catalogues) -> None:
        self._runtime = runtime
        self._hub = hub
        self._catalogues = catalogues
        self._latest = runtime.db.process_cache.get(LatestBoards)

    async def subscribe(self, office: str, connection: SocketConnection, subscriber: BoardSubscriber) -> None:
        """Subscribe, then schedule a reload. Raises NotFound.

        A task per topic pushes to all subscribers, so an older board never follows a newer board.
        """
        async with self._runtime.read_session() as session:
            lines = line_listeners(self._runtime.db.process_cache, await office_by_slug(session, office))
        topic = office_topic(office)
        await self._hub.subscribe(
            topic,
            connection,
            subscriber,
            self.refresh,
            on_message=partial(self._latest.note_message, topic),
            extra_topics=lines,
            cooldown_factor=BOARD_COOLDOWN_FACTOR,
        )
        self._hub.request_refresh(topic)

    async def unsubscribe(self, office: str, connection: SocketConnection) -> None:
        await self._hub.unsubscribe(office_topic(office), connection)

    async def refresh(self, topic: str, message: BusMessage | None) -> None:
        """Load the board once and push it to all subscribers of the topic."""
        slug, subscribers = _office_slug(topic), dict(self._hub.members(topic))
        if message != CALLS_ONLY or not await self._push_calls(slug, subscribers):
            await self._push_board(slug, subscribers)

    async def _push_calls(self, slug: str, subscribers: Mapping[SocketConnection, BoardSubscriber]) -> bool:
        """Push the last board with the calls since. Return False if it must be loaded.

        The only statements are those that find revoked sessions and keys.
        """
        topic, now = office_topic(slug), self._runtime.now()
        # The number is read before the board, so that a change in between is not overwritten.
        number, kept = self._latest.change_number(topic), self._latest.get(topic)
        # Another change than a call has dropped the board: it must be read from SQL.
        if kept is None:
            return False
        board, readers = kept[0].after_calls(self._runtime.db.process_cache, LANGUAGES[0], now), kept[1]
        if board is None:
            return False
        async with self._runtime.statement_session() as session:
            # Role and offices are read again for every board: a right may have been taken away.
            valid = await self._close_revoked_sockets(session, slug, subscribers)
        if any(
            not subscriber.principal.is_api_key and subscriber.principal.id not in readers
            for subscriber in valid.values()
        ):
            return False
        self._latest.put(topic, number, board, readers)
        self._push_frames(BoardFrames(board.json, board.office, now, self._catalogues, readers), valid)
        return True

    async def _push_board(self, slug: str, subscribers: Mapping[SocketConnection, BoardSubscriber]) -> None:
        number = self._latest.change_number(office_topic(slug))
        async with self._runtime.read_session() as session:
            office, now = await office_by_slug(session, slug), self._runtime.now()
            valid = await self._close_revoked_sockets(session, slug, subscribers)
            if not valid:
                return
            board = await load_whole_board(session, self._runtime.tokens, office, LANGUAGES[0], now)
            readers = await console_readers(
                session, office, (subscriber.principal for subscriber in valid.values()), now
            )
        # A line may have been added to the office since the subscription.
        await self._hub.add_listeners(office_topic(slug), line_listeners(self._runtime.db.process_cache, office))
        self._latest.put(office_topic(slug), number, board, readers)
        self._push_frames(BoardFrames(board.json, office, now, self._catalogues, readers), valid)

    def _push_frames(self, frames: BoardFrames, subscribers: Mapping[SocketConnection, BoardSubscriber]) -> None:
        for connection, subscriber in subscribers.items():
            connection.push(frames.render(subscriber))

    async def _close_revoked_sockets(
        self, session: AsyncSession, office: str, subscribers: Mapping[SocketConnection, BoardSubscriber]
    ) -> dict[SocketConnection, BoardSubscriber]:
        """Close sockets whose session or key is over, or may not see this office any more.

        Returns the others, each with the role and offices that its caller has now.
        """
        secrets_used = {subscriber.secret_hash for subscriber in subscribers.values()}
        principals = await accounts.current_principals(session, self._runtime, secrets_used)
        allowed = {}
        for connection, subscriber in subscribers.items():
            principal = principals.get(subscriber.secret_hash)
            if principal is None:
                connection.close(close_codes.NOT_ALLOWED, "signed out")
            elif not _can_watch(principal, office, subscriber.console):
                connection.close(close_codes.NOT_ALLOWED, "forbidden")
            else:
                allowed[connection] = replace(subscriber, principal=principal)
        return allowed


class BoardFrames:
    """Frames of a board. Parts that several subscribers share are rendered once."""

    def __init__(
        self,
        board: JsonObject,
        office: Office,
        now: datetime,
        catalogues: Catalogues,
        readers: Mapping[str, ConsoleReader] | None = None,
    ) -> None:
        self._board = board
        self._office = office
        self._now = now
        self._catalogues = catalogues
        self._readers = readers or {}
        self._boards_by_language: dict[str, JsonObject] = {}
        self._board_prefixes: dict[tuple[str, bool], str] = {}

    def render(self, subscriber: BoardSubscriber) -> str:
        """Render the whole state for this subscriber as JSON."""
        prefix = self._board_prefix(subscriber.language, can_see_names(subscriber.principal))
        return (
            prefix
            + (
                ""
                if subscriber.principal.is_api_key
                else f',"console":{_dump_json(self._build_console(subscriber))}'
            )
            + "}"
        )

    def _board_prefix(self, language: str, with_names: bool) -> str:
        """Render the board, by far the longest part, without its closing brace."""
        prefix = self._board_prefixes.get((language, with_names))
        if prefix is None:
            board = self._board_in_language(language)
            visible = board if with_names else remove_names(board)
            frame = {"type": "office", "at": format_rfc3339(self._now, self._office.timezone), **visible}
            prefix = self._board_prefixes[language, with_names] = _dump_json(frame).removesuffix("}")
        return prefix

    def _board_in_language(self, language: str) -> JsonObject:
        if language not in self._boards_by_language:
            self._boards_by_language[language] = translate_board(self._board, self._office, language)
        return self._boards_by_language[language]

    def _build_console(self, subscriber: BoardSubscriber) -> JsonObject:
        """Build the view of this subscriber's console."""
        board = self._board_in_language(subscriber.language)
        locale = LocaleContext(
            subscriber.language, self._catalogues.translations(subscriber.language), self._office
        )
        principal = subscriber.principal
        reader = self._readers.get(principal.id) or ConsoleReader(principal.id, principal.role)
        if subscriber.console == HOST_CONSOLE:
            return build_host_console(board, reader, self._now, locale)
        return build_desk_console(board, reader, self._now, locale)


class StaffSocketHandler:
    """Handles a socket. It accepts hello and no other message."""

    def __init__(self, boards: BoardPublisher) -> None:
        self._boards = boards
        self._office = ""

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        """Authenticate by cookie, with our Origin, or by key. The office must be in scope."""
        office, key, console = message.get("office"), message.get("key"), message.get("console", DESK_CONSOLE)
        if (
            not isinstance(office, str)
            or not isinstance(key, str | None)
            or console not in (DESK_CONSOLE, HOST_CONSOLE)
        ):
            raise SocketClosed(close_codes.MALFORMED, "an office is expected")
        subscriber = await _authenticate_subscriber(connection.websocket, office, key, console)
        self._office = office
        try:
            await self._boards.subscribe(office, connection, subscriber)
        except Office360Error:
            raise SocketClosed(close_codes.NOT_FOUND, "not_found") from None

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        """Refuse any message: actions use HTTP."""
        raise Office360Error("unknown_type")

    async def on_close(self, connection: SocketConnection) -> None:
        await self._boards.unsubscribe(self._office, connection)


async def _authenticate_subscriber(
    websocket: WebSocket, office: str, key: str | None, console: str
) -> BoardSubscriber:
    secret = key
    if key is None:
        # any page that opens the socket sends the cookie, so the Origin must be ours
        secret = websocket.cookies.get(authentication.STAFF_COOKIE) if has_own_origin(websocket) else None
    authenticated = await accounts.authenticate(
        requests.current_runtime(websocket),
        cookie=None if key else secret,
        bearer=key,
        remote_user=remote_user(websocket),
    )
    try:
        principal = require_board_access(authenticated, office)
    except Office360Error as refused:
        raise SocketClosed(close_codes.NOT_ALLOWED, refused.code) from None
    if console == HOST_CONSOLE and not principal.has_role(StaffRole.HOST):
        raise SocketClosed(close_codes.NOT_ALLOWED, "forbidden")
    return BoardSubscriber(principal, requests.current_language(websocket), hash_token(secret or ""), console)


def _can_watch(principal: Principal, office: str, console: str) -> bool:
    """Whether a caller may still see this console of an office."""
    try:
        require_board_access(principal, office)
    except Office360Error:
        return False
    return console != HOST_CONSOLE or principal.has_role(StaffRole.HOST)


def _dump_json(frame: JsonObject) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


async def staff_socket(websocket: WebSocket) -> None:
    """`/ws/staff`."""
    runtime, state = requests.current_runtime(websocket), websocket.state
    publisher = BoardPublisher(runtime, state.hub, state.catalogues)
    await serve_socket(websocket, StaffSocketHandler(publisher))


async def run_board_refresh(hub: TopicHub, stop: asyncio.Event) -> None:
    """Reload all subscribed boards every few seconds until `stop` is set."""
    while not stop.is_set():
        for topic in hub.topics():
            if topic.endswith(OFFICE_TOPIC_SUFFIX):
                hub.request_refresh(topic)
        await wait_for_tick(stop, REFRESH_INTERVAL_S)


async def run_board_resync(runtime: Runtime, hub: TopicHub, stop: asyncio.Event) -> None:
    """Reload the boards of offices that changed without a message, until `stop` is set."""
    known: dict[str, int] = {}

    async def resync() -> None:
        nonlocal known
        known = await resync_changed_boards(runtime, hub, known)

    await run_every(RESYNC_EVERY_S, stop, resync, logger=logger, failure_event="board_resync_failed")


async def resync_changed_boards(runtime: Runtime, hub: TopicHub, known: Mapping[str, int]) -> dict[str, int]:
    """Request a reload for each watched office whose version is newer than the known version.

    Returns the present versions by slug.
    """
    slugs = [_office_slug(topic) for topic in hub.topics() if topic.endswith(OFFICE_TOPIC_SUFFIX)]
    if not slugs:
        return {}
    async with runtime.read_session() as session:
        versions = await office_versions(session, slugs)
    for slug, version in versions.items():
        if known.get(slug, version) < version:
            hub.request_refresh(office_topic(slug))
    return versions


def _office_slug(topic: str) -> str:
    return topic.removesuffix(OFFICE_TOPIC_SUFFIX).strip("{}")


routes = [WebSocketRoute("/ws/staff", staff_socket)]
