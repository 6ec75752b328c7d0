"""A proxy as in some offices and hotels: pages pass, a WebSocket is answered with 400."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

MAX_HEAD_BYTES = 64 * 1024
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def websocket_filter(address: str, port: int, target: int) -> AsyncIterator[None]:
    """Forward a port of this address to another, except WebSockets."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _forward(reader, writer, address, target)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # either end has closed, or the block ends
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, address, port, limit=MAX_HEAD_BYTES)
    try:
        yield
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, target: int) -> None:
    """Forward a connection unless its first head asks for a WebSocket.

    A browser opens a new connection for each of them.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    if b"upgrade: websocket" in head.lower():
        writer.write(REFUSAL)
        await writer.drain()
        return
    server_reader, server_writer = await asyncio.open_connection(address, target)
    server_writer.write(head)
    copies = (_copy(reader, server_writer), _copy(server_reader, writer))
    with suppress(ConnectionError):
        await asyncio.gather(*copies)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
