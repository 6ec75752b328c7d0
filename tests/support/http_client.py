"""A client of aiohttp that leaves no connection behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp


@asynccontextmanager
async def open_client(url: str | None = None, **options: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a client with its own cookies, and close its responses at the end.

    The cookies also work for an IP address. A test may read only the status of a response, or leave a
    WebSocket open. Closing the session is not enough then: the response keeps its connection, and aiohttp
    warns when it is collected, which fails whichever test is running.
    """
    responses: list[aiohttp.ClientResponse] = []

    async def keep(
        session: aiohttp.ClientSession, context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        responses.append(ended.response)

    tracing = aiohttp.TraceConfig()
    tracing.on_request_end.append(keep)
    cookies = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(url, cookie_jar=cookies, trace_configs=[tracing], **options) as client:
        try:
            yield client
        finally:
            for response in responses:
                response.close()
