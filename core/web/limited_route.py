"""Routes whose writes have a flood limit of their own.

The figures of the limits are in server/web/flood_limits.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class WriteLimit(StrEnum):
    """The flood limit of a write, which an address shares between all routes of this limit."""

    WRITES = "writes"  # every route that names no other
    UNKNOWN = "unknown"  # addresses without a route
    TICKETS = "tickets"
    TESTS = "tests"
    LOGINS = "logins"
    FORMS = "forms"
    CHATS = "chats"
    WEBHOOKS = "webhooks"


class LimitedRoute(Route):
    """A route that names the flood limit of its writes."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        limit: WriteLimit,
        *,
        methods: Sequence[str] = ("POST",),
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        super().__init__(path, endpoint, methods=methods, middleware=middleware)
        self.limit = limit
