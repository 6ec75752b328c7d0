"""Servers in Python: naive sends, `websockets.broadcast`, and our protocol by itself.

    python naive.py starlette | websockets | protocol      PORT, REDIS_URL and CHANNEL from the environment

Each delivers each message to all phones in sequence; the first two do it as tutorials show.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from redis.asyncio import from_url
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.server import broadcast, serve

PORT = int(os.environ["PORT"])
BACKLOG = 4096


async def read_messages() -> AsyncIterator[str]:
    """Yield the messages published for the line."""
    hearing = from_url(os.environ["REDIS_URL"], decode_responses=True).pubsub()
    await hearing.subscribe(os.environ["CHANNEL"])
    async for message in hearing.listen():
        if message["type"] == "message":
            yield message["data"]


def starlette_app() -> Starlette:
    """Build an app with one list of sockets and a loop over it."""
    phones: set[WebSocket] = set()

    async def deliver() -> None:
        async for text in read_messages():
            for phone in list(phones):
                try:
                    await phone.send_text(text)
                except (WebSocketDisconnect, RuntimeError):
                    phones.discard(phone)

    async def phone(websocket: WebSocket) -> None:
        await websocket.accept()
        phones.add(websocket)
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            phones.discard(websocket)

    return _build_app(phone, deliver)


def protocol_app() -> Starlette:
    """Build an app that pushes to detached sockets as the product does, and does no more."""
    from office360.signaling.fanout import StateBatch
    from office360.signaling.push_socket import StateSink, push_socket
    from office360.signaling.subscriber_socket import Subscriber

    phones: dict[StateSink, None] = {}

    async def deliver() -> None:
        async for text in read_messages():
            batch = StateBatch(text.encode())
            for phone in phones:
                batch.add(phone)
            batch.push()

    async def phone(websocket: WebSocket) -> None:
        await websocket.accept()
        socket = push_socket(websocket.scope)
        assert socket is not None
        phones[socket] = None
        socket.call_when_closed(lambda: phones.pop(socket))
        socket.detach(Subscriber(socket, ""))

    return _build_app(phone, deliver)


def _build_app(phone: Callable[[WebSocket], Awaitable[None]], deliver: Callable[[], Awaitable[None]]) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        task = asyncio.ensure_future(deliver())
        yield
        task.cancel()

    return Starlette(routes=[WebSocketRoute("/", phone)], lifespan=lifespan)


async def run_websockets() -> None:
    phones: set[Any] = set()

    async def phone(connection: Any) -> None:
        phones.add(connection)
        try:
            await connection.wait_closed()
        finally:
            phones.discard(connection)

    async with serve(phone, "127.0.0.1", PORT, compression=None, backlog=BACKLOG):
        async for text in read_messages():
            broadcast(phones, text)


def main() -> None:
    if sys.argv[1] == "websockets":
        asyncio.run(run_websockets())
        return
    ours: dict[str, Any] = {}
    if sys.argv[1] == "protocol":
        from office360.signaling.websocket_protocol import WebSocketProtocolFactory

        ours["ws"] = WebSocketProtocolFactory()
    # As `pip install uvicorn[standard]` serves it. Deflate, which browsers offer, would cost 35 KB more per phone.
    uvicorn.run(
        protocol_app() if ours else starlette_app(),
        host="127.0.0.1",
        port=PORT,
        log_level="warning",
        access_log=False,
        backlog=BACKLOG,
        ws_per_message_deflate=False,
        **ours,
    )


if __name__ == "__main__":
    main()
