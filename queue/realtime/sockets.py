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
from .display_sockets import DisplaySubscribers
from .ticket_sockets import ClientContext, TicketSubscribers


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
        async with requests.current_runtime(websocket).read_session() as session:
            try:
                office = await office_by_slug(session, slug)
            except NotFound:
                raise SocketClosed(close_codes.NOT_FOUND, "no such office") from None
        return await self._subscribers.subscribe(
            office, sink, requests.current_language(websocket), unknown_type_text(websocket)
        )


async def display_socket(websocket: WebSocket) -> None:
    """`/ws/display`."""
    subscribers = DisplaySubscribers(
        requests.current_runtime(websocket), websocket.state.hub, websocket.state.catalogues
    )
    await serve_subscriber(websocket, DisplaySocketHandler(subscribers))


routes = [WebSocketRoute("/ws/ticket", ticket_socket), WebSocketRoute("/ws/display", display_socket)]
