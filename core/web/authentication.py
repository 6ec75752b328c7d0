"""Sign-in of a request: who sends it, and protection of JSON calls against forged requests.

A JSON call with a session cookie must be declared as JSON and come from our own pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from ..auth import Principal
from ..errors import NotAllowed

STAFF_COOKIE = "office360_staff"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

Authenticate = Callable[[HTTPConnection], Awaitable[Principal | None]]


async def current_principal(request: HTTPConnection) -> Principal | None:
    """Who signed in, by session cookie or `Authorization: Bearer KEY`; None for the public."""
    authenticate: Authenticate = request.state.authenticate
    found = await authenticate(request)
    if found is not None and not found.is_api_key and request.scope.get("method", "GET") not in _SAFE_METHODS:
        _refuse_foreign_json(request)
    return found


async def authenticate_key(connection: HTTPConnection, key: str) -> Principal | None:
    """Who stands behind a key that came in a message instead of a header, as on WebSockets."""
    authenticate: Authenticate = connection.state.authenticate
    named = [(b"authorization", f"Bearer {key}".encode())]
    return await authenticate(HTTPConnection({**connection.scope, "headers": named}))


def _refuse_foreign_json(request: HTTPConnection) -> None:
    """A form cannot be declared as JSON without a preflight, and the browser says from which site it comes."""
    if not request.url.path.startswith("/api/"):
        return  # an HTML form; `form` guards it
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    if declared != "application/json" or request.headers.get("sec-fetch-site") != "same-origin":
        raise NotAllowed("csrf")
