"""Authentication of requests, and protection of JSON calls against forged requests.

A JSON call with a session cookie must be declared as JSON and come from a page of this site.
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
    """Return the signed-in caller, by session cookie or `Authorization: Bearer KEY`.

    None for the public. Raises NotAllowed("csrf") for a JSON call that another site may have forged.
    """
    principal = await authenticated_principal(request)
    if principal is None or principal.is_api_key:
        return principal
    if request.scope.get("method", "GET") not in _SAFE_METHODS:
        _refuse_foreign_json(request)
    return principal


async def authenticated_principal(connection: HTTPConnection) -> Principal | None:
    """Return the signed-in caller, without the protection against forged requests."""
    authenticate: Authenticate = connection.state.authenticate
    return await authenticate(connection)


async def authenticate_key(connection: HTTPConnection, key: str) -> Principal | None:
    """Return the caller of a key that a WebSocket message contains, in place of a header."""
    authenticate: Authenticate = connection.state.authenticate
    headers = [(b"authorization", f"Bearer {key}".encode())]
    return await authenticate(HTTPConnection({**connection.scope, "headers": headers}))


def _refuse_foreign_json(request: HTTPConnection) -> None:
    """Refuse a call that is not JSON from this site. Another site would need a CORS preflight."""
    if not request.url.path.startswith("/api/"):
        return  # an HTML form: read_form checks it
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    if declared != "application/json" or request.headers.get("sec-fetch-site") != "same-origin":
        raise NotAllowed("csrf")
