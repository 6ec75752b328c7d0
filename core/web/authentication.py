"""Authentication of requests, and protection of API calls against forged requests.

A call with a session cookie must come from a page of this site and be declared as JSON, or as a part of an upload.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from ..auth import Principal
from ..errors import NotAllowed, Unauthenticated

STAFF_COOKIE = "office360_staff"
UPLOAD_MEDIA_TYPE = "application/offset+octet-stream"  # a part of a file, as in tus 1.0.0
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_DECLARED_TYPES = {"application/json", UPLOAD_MEDIA_TYPE}  # no form of another site can send these

Authenticate = Callable[[HTTPConnection], Awaitable[Principal | None]]


async def current_principal(request: HTTPConnection) -> Principal | None:
    """Return the signed-in caller, by session cookie or `Authorization: Bearer KEY`.

    None for the public. Raises NotAllowed("csrf") for a call of the API that another site may have forged.
    """
    principal = await authenticated_principal(request)
    if principal is None or principal.is_api_key:
        return principal
    if request.scope.get("method", "GET") not in _SAFE_METHODS:
        _refuse_foreign_call(request)
    return principal


async def authenticated_principal(connection: HTTPConnection) -> Principal | None:
    """Return the signed-in caller, without the protection against forged requests."""
    checked: Principal | None = getattr(connection.state, "key_principal", None)
    if checked is not None:
        return checked
    authenticate: Authenticate = connection.state.authenticate
    return await authenticate(connection)


async def check_sent_key(request: HTTPConnection) -> None:
    """Authenticate a request that has a key, for the rest of the request.

    Raises Unauthenticated for a wrong, revoked or empty key: its caller must not take the answer to the public for
    its own.
    """
    if sent_key(request) is None:
        return
    principal = await authenticated_principal(request)
    if principal is None:
        raise Unauthenticated
    request.state.key_principal = principal


def sent_key(connection: HTTPConnection) -> str | None:
    """Return the credential of `Authorization: Bearer KEY`; None without the header.

    Other schemes are ignored, such as Basic of a proxy before a test installation. Names of schemes are case
    insensitive (RFC 9110 section 11.1).
    """
    for header in connection.headers.getlist("authorization"):
        scheme, _, credential = header.strip().partition(" ")
        if scheme.lower() == "bearer":
            return credential.strip()
    return None


async def authenticate_key(connection: HTTPConnection, key: str) -> Principal | None:
    """Return the caller of a key that a WebSocket message contains, in place of a header."""
    authenticate: Authenticate = connection.state.authenticate
    headers = [(b"authorization", f"Bearer {key}".encode())]
    return await authenticate(HTTPConnection({**connection.scope, "headers": headers}))


def _refuse_foreign_call(request: HTTPConnection) -> None:
    """Refuse a call of the API from another site, which would need a CORS preflight."""
    if not request.url.path.startswith("/api/"):
        return  # an HTML form: read_form checks it
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    if declared not in _DECLARED_TYPES or request.headers.get("sec-fetch-site") != "same-origin":
        raise NotAllowed("csrf")
