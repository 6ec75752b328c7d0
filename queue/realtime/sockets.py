"""/ws/ticket and /ws/display: hello, then the whole state at once and at every change (contract.md).

A phone says its ticket's token; a waiting-room screen its office, for it shows what everybody may see.
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
from ...signaling.subscriber_socket import Subscriber, serve_subscriber, unknown_type_text
from .display_sockets import DisplaySubscribers
from .ticket_sockets import ClientContext, TicketSubscribers, ticket_subscribers


class TicketSocketHandler:
    """Lets phones in by their ticket's token."""

    def __init__(self, phones: TicketSubscribers) -> None:
        self._subscribers = phones

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: JsonObject) -> Subscriber:
        """The token is the way in. A ticket that is over gets its last state, and the socket ends."""
        token = message.get("token")
        if not isinstance(token, str):
            raise SocketClosed(close_codes.MALFORMED, "a token is expected")
        greeting = ClientContext(requests.current_language(websocket), unknown_type_text(websocket))
        return await self._subscribers.subscribe(token, sink, greeting)


async def ticket_socket(websocket: WebSocket) -> None:
    """`/ws/ticket`."""
    await serve_subscriber(
        websocket,
        TicketSocketHandler(ticket_subscribers(requests.current_runtime(websocket), websocket.state.hub)),
    )


class DisplaySocketHandler:
    """Lets waiting-room screens in: nobody has to sign in for what hangs on the wall."""

    def __init__(self, screens: DisplaySubscribers) -> None:
        self._subscribers = screens

    async def on_hello(self, websocket: WebSocket, sink: StateSink, message: JsonObject) -> Subscriber:
        """The office is all that a screen says."""
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
    await serve_subscriber(
        websocket,
        DisplaySocketHandler(
            DisplaySubscribers(
                requests.current_runtime(websocket), websocket.state.hub, websocket.state.catalogues
            )
        ),
    )


routes = [WebSocketRoute("/ws/ticket", ticket_socket), WebSocketRoute("/ws/display", display_socket)]
