"""/ws/ticket and /ws/display: hello, then the whole state at once and at every change (contract.md).

A phone says its ticket's token; a waiting-room screen its office, for it shows what everybody may see.
"""

from __future__ import annotations

from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ...core.errors import NotFound
from ...core.web import requests
from ...offices.service import office_by_slug
from ...signaling import close_codes
from ...signaling.close_codes import Closed
from ...signaling.push_socket import Outlet
from ...signaling.subscriber_socket import Follower, follow, refusal_of
from .display_sockets import Screens
from .ticket_sockets import Greeting, Phones, phones_of

Message = dict[str, Any]


class Tickets:
    """Lets phones in by their ticket's token."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones

    async def hello(self, websocket: WebSocket, outlet: Outlet, message: Message) -> Follower:
        """The token is the way in. A ticket that is over gets its last state, and the socket ends."""
        token = message.get("token")
        if not isinstance(token, str):
            raise Closed(close_codes.MALFORMED, "a token is expected")
        greeting = Greeting(requests.language(websocket), refusal_of(websocket))
        return await self._phones.let_in(token, outlet, greeting)


async def ticket_socket(websocket: WebSocket) -> None:
    """`/ws/ticket`."""
    await follow(websocket, Tickets(phones_of(requests.runtime(websocket), websocket.state.hub)))


class Walls:
    """Lets waiting-room screens in: nobody has to sign in for what hangs on the wall."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens

    async def hello(self, websocket: WebSocket, outlet: Outlet, message: Message) -> Follower:
        """The office is all that a screen says."""
        slug = message.get("office")
        if not isinstance(slug, str):
            raise Closed(close_codes.MALFORMED, "an office is expected")
        async with requests.runtime(websocket).reading() as session:
            try:
                office = await office_by_slug(session, slug)
            except NotFound:
                raise Closed(close_codes.NOT_FOUND, "no such office") from None
        return await self._screens.let_in(office, outlet, requests.language(websocket), refusal_of(websocket))


async def display_socket(websocket: WebSocket) -> None:
    """`/ws/display`."""
    await follow(
        websocket, Walls(Screens(requests.runtime(websocket), websocket.state.hub, websocket.state.catalogues))
    )


routes = [WebSocketRoute("/ws/ticket", ticket_socket), WebSocketRoute("/ws/display", display_socket)]
