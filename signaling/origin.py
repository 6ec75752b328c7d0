"""Check of the Origin header of WebSocket handshakes (docs/protocol.md#common-rules)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket


def has_own_origin(connection: HTTPConnection) -> bool:
    """Check whether the Origin header names this product's public URL or the request's host."""
    origin = connection.headers.get("origin")
    if not origin:
        return False
    if origin == connection.state.runtime.public_url:
        return True
    try:  # a browser may reach the product by another host name than its public name
        return urlsplit(origin).netloc == connection.headers.get("host", "")
    except ValueError:  # the header is not a URL
        return False


async def refuse_foreign_origin(websocket: WebSocket) -> bool:
    """Answer 403 to a page of another origin, and return True.

    A request without an Origin comes from a program, which must send a token or key in its hello.
    """
    if websocket.headers.get("origin") is None or has_own_origin(websocket):
        return False
    await websocket.send_denial_response(Response(status_code=403))
    return True
