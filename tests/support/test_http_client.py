"""The tests' HTTP client."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from .http_client import open_client


@pytest.mark.parametrize("kind", ["body", "websocket"])
async def test_unread_response_leaves_no_connection(kind: str) -> None:
    closed = asyncio.Event()

    async def send_headers_only(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5"})
        await response.prepare(request)
        await closed.wait()
        return response

    async def hold_socket(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await closed.wait()
        return socket

    async def leave_open(url: str) -> None:
        async with open_client(url) as client:
            held: list[Any] = [await (client.ws_connect("/") if kind == "websocket" else client.get("/"))]
            held.append(held)  # only the garbage collector frees it

    app = web.Application()
    app.router.add_get("/", hold_socket if kind == "websocket" else send_headers_only)
    async with TestServer(app) as server:
        gc.collect()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            await leave_open(str(server.make_url("/")))
            gc.collect()
        closed.set()
    assert [str(warning.message) for warning in caught] == []
