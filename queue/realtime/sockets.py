"""The WebSockets /ws/ticket and /ws/display (docs/protocol.md). Checks the hello only.

A phone sends the token of its ticket. A waiting-room display sends an office, because its content is public.
"""

from __future__ import annotations

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ...core.errors import NotFound
from ...core.json_types import JsonObject
from ...core.web import requests
from ...offices.service import office_by_slug
from ...signaling import close_codes
from ...signaling.close_codes import SocketClosed
from ...signaling.push_socket import StateSink
from ...signaling.subscriber_socket import (
    Subscriber,
    SubscriberSocketHandler,
    serve_subscriber,
    unknown_type_text,
)
from ..domain.display_screen import SEEN_EVERY, DisplayScreen, pixels, screen_id_of_key
from ..storage.screen_rows import save_screen_shape, screen_by_id
from .display_sockets import DisplaySubscribers
from .ticket_sockets import ClientContext, TicketSubscribers

MAX_USER_AGENT = 300  # the column display_screens.user_agent


class TicketSocketHandler(SubscriberSocketHandler):
    """Admits phones by the token of their ticket."""

    def __init__(self, subscribers: TicketSubscribers) -> None:
        self._subscribers = subscribers

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: JsonObject) -> Subscriber:
        """Subscribe the phone. For an ended ticket, send its last state and close."""
        token = message.get("token")
        if not isinstance(token, str):
            raise SocketClosed(close_codes.MALFORMED, "a token is expected")
        context = ClientContext(requests.current_language(websocket), unknown_type_text(websocket))
        return await self._subscribers.subscribe(token, sink, context)


async def ticket_socket(websocket: WebSocket) -> None:
    """`/ws/ticket`."""
    await serve_subscriber(websocket, TicketSocketHandler(websocket.state.ticket_subscribers))


class DisplaySocketHandler(SubscriberSocketHandler):
    """Admits waiting-room displays. They need no login."""

    def __init__(self, subscribers: DisplaySubscribers) -> None:
        self._subscribers = subscribers

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: JsonObject) -> Subscriber:
        """Subscribe the display to its office."""
        slug = message.get("office")
        if not isinstance(slug, str):
            raise SocketClosed(close_codes.MALFORMED, "an office is expected")
        runtime = requests.current_runtime(websocket)
        screen_id = screen_id_of_key(runtime.tokens, message.get("screen"))
        async with runtime.read_session() as session:
            try:
                office = await office_by_slug(session, slug)
            except NotFound:
                raise SocketClosed(close_codes.NOT_FOUND, "no such office") from None
            screen = await screen_by_id(session, screen_id) if screen_id is not None else None
        is_named = screen is not None and screen.office_id == office.id
        if screen is not None and is_named:
            await _note_screen(websocket, screen, message)
        language, screen_id = requests.current_language(websocket), screen_id if is_named else None
        return await self._subscribers.subscribe(office, sink, language, unknown_type_text(websocket), screen_id)


async def _note_screen(websocket: WebSocket, screen: DisplayScreen, message: JsonObject) -> None:
    """Store when and how a screen with a name is connected; its browser may reconnect often."""
    runtime = requests.current_runtime(websocket)
    if screen.last_seen_at is not None and runtime.now() - screen.last_seen_at < SEEN_EVERY:
        return
    user_agent = websocket.headers.get("user-agent", "")[:MAX_USER_AGENT] or None
    size = (pixels(message.get("width")), pixels(message.get("height")))
    async with runtime.transaction() as tx:
        await save_screen_shape(tx.session, screen.id, user_agent, size, tx.now)


async def display_socket(websocket: WebSocket) -> None:
    """`/ws/display`."""
    subscribers = DisplaySubscribers(
        requests.current_runtime(websocket), websocket.state.hub, websocket.state.catalogues
    )
    await serve_subscriber(websocket, DisplaySocketHandler(subscribers))


routes = [WebSocketRoute("/ws/ticket", ticket_socket), WebSocketRoute("/ws/display", display_socket)]
