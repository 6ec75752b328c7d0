"""Whose request it is, and the key by which a use case knows the same request again."""

from __future__ import annotations

import hashlib

from starlette.requests import Request

from . import authentication, requests

IDEMPOTENCY_KEY_HEADER = "idempotency-key"


def caller_identity(request: Request) -> str:
    """Whose keys they are: the caller's own key or session, else the device, else the address."""
    return (
        request.headers.get("authorization")
        or request.cookies.get(authentication.STAFF_COOKIE)
        or request.cookies.get(requests.DEVICE_COOKIE)
        or requests.client_address(request)
    )


def hashed_idempotency_key(request: Request) -> str | None:
    """The caller's `Idempotency-Key` as a use case keeps it: hashed, with whose it is and where it was sent.

    The answer that was kept can be lost with its process; what the use case wrote with the work itself cannot.
    """
    key = request.headers.get(IDEMPOTENCY_KEY_HEADER)
    if key is None:
        return None
    return hashlib.sha256("\0".join((caller_identity(request), request.url.path, key)).encode()).hexdigest()
