"""Endpoints whose modules are imported by their first request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]


def late_endpoint(load: Callable[[], Endpoint]) -> Endpoint:
    """Build an endpoint for pages that few processes show, and whose modules are large.

    `load` imports them. A thread does so, and other requests go on meanwhile.
    """
    loaded: list[Endpoint] = []

    async def endpoint(request: Request) -> Response:
        if not loaded:
            loaded.append(await asyncio.to_thread(load))
        return await loaded[0](request)

    return endpoint
