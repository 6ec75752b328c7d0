"""Endpoints whose modules are imported by their first request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

R = TypeVar("R", bound=Request)
A = TypeVar("A")

Endpoint = Callable[[Request], Awaitable[Response]]


def late_endpoint(load: Callable[[], Callable[[R], Awaitable[A]]]) -> Callable[[R], Awaitable[A]]:
    """Build an endpoint for pages that few processes show, and whose modules are large.

    `load` imports them. A thread does so, and other requests go on meanwhile.
    """
    loaded: list[Callable[[R], Awaitable[A]]] = []

    async def endpoint(request: R) -> A:
        if not loaded:
            loaded.append(await asyncio.to_thread(load))
        return await loaded[0](request)

    return endpoint
