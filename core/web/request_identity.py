"""Identity of a request's caller, and the key by which a use case recognises a repetition."""

from __future__ import annotations

import hashlib

from starlette.requests import Request

from . import authentication, requests

IDEMPOTENCY_KEY_HEADER = "idempotency-key"
FORGOTTEN = "office360.forgotten"  # key of the request's scope


def caller_identity(request: Request) -> str:
    """Return the identity of the caller: API key or session, else device, else address."""
    return (
        request.headers.get("authorization")
        or request.cookies.get(authentication.STAFF_COOKIE)
        or request.cookies.get(requests.DEVICE_COOKIE)
        or requests.client_address(request)
    )


def forget_request(request: Request) -> None:
    """Mark a request whose answer and body hash must not be stored."""
    request.scope[FORGOTTEN] = True


def hashed_idempotency_key(request: Request) -> str | None:
    """Hash the `Idempotency-Key` with its caller and path; None without the header.

    The stored response may be lost with its process; the hash, which a use case saves in its own transaction,
    cannot.
    """
    key = request.headers.get(IDEMPOTENCY_KEY_HEADER)
    if key is None:
        return None
    return hashlib.sha256("\0".join((caller_identity(request), request.url.path, key)).encode()).hexdigest()
