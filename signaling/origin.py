"""Which pages may open a socket here. A foreign Origin gets 403 before the upgrade (contract.md)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket


def has_own_origin(connection: HTTPConnection) -> bool:
    """Whether the browser says that one of our own pages asks."""
    origin = connection.headers.get("origin")
    if not origin:
        return False
    return origin in (connection.state.runtime.public_url, _origin_of_host_header(connection, origin))


def _origin_of_host_header(connection: HTTPConnection, origin: str) -> str:
    """The origin as the Host header has it: a person may reach us by another name than the public one."""
    host = connection.headers.get("host", "")
    try:
        return origin if urlsplit(origin).netloc == host else ""
    except ValueError:  # no address at all
        return ""


async def refuse_foreign_origin(websocket: WebSocket) -> bool:
    """Answer 403 to a foreign page; no Origin at all is a program, and must bring a token or key in its hello."""
    if websocket.headers.get("origin") is None or has_own_origin(websocket):
        return False
    await websocket.send_denial_response(Response(status_code=403))
    return True
