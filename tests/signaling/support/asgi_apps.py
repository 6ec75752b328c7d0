"""uvicorn with our WebSocket protocol on a free loopback port, and a raw client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import uvicorn
from office360.signaling.connection import MAX_FRAME_BYTES
from office360.signaling.websocket_protocol import WebSocketProtocolFactory

from ...support.timeouts import TEST_TIMEOUT_S

HANDSHAKE = (
    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass
class RunningServer:
    """uvicorn server on a loopback port."""

    port: int
    server: uvicorn.Server

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"


@asynccontextmanager
async def run_server(app: Any, ws: Any = None, http: Any = "httptools") -> AsyncIterator[RunningServer]:
    """Run an application under uvicorn.

    `ws` is our protocol with other limits, or the name of one of uvicorn's protocols. `http` is our factory of
    connections, or uvicorn's protocol.
    """
    config = uvicorn.Config(
        app,
        port=0,
        ws=cast(type[asyncio.Protocol], ws or WebSocketProtocolFactory()),
        http=http,
        ws_max_size=MAX_FRAME_BYTES,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    yield RunningServer(server.servers[0].sockets[0].getsockname()[1], server)
    server.should_exit = True
    await task


@dataclass
class RawClient:
    """Peer that writes raw bytes, also invalid bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def read_frame(self) -> tuple[int, bytes]:
        """Return the first byte and the payload of the next frame."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8))
            return first, await self.reader.readexactly(size)

    async def read_close_code(self) -> int:
        """Read up to the close frame, and return its code."""
        while True:
            first, payload = await self.read_frame()
            if first == 0x88:
                return int.from_bytes(payload[:2])

    async def send_pings_without_reading(self) -> None:
        """Send pings without reading the pongs. Raises ConnectionError when the server aborts."""
        pings = build_masked_frame(b"x" * 125, 0x89) * 500
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                self.write(pings)
                await self.writer.drain()

    async def wait_closed(self) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while True:
                try:
                    if not await self.reader.read(1 << 16):
                        return
                except ConnectionError:
                    return


@asynccontextmanager
async def open_raw_client(
    port: int, path: str = "/", *, upgraded: bool = True, limit: int = 1 << 16, source: str = "127.0.0.1"
) -> AsyncIterator[RawClient]:
    """Connect a raw client from an address. `limit` is its read-ahead in bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit, local_addr=(source, 0))
    if upgraded:
        writer.write(f"GET {path} HTTP/1.1\r\n{HANDSHAKE}".encode())
        assert b" 101 " in await reader.readline()
        while await reader.readline() != b"\r\n":
            continue
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def build_masked_frame(payload: bytes, first: int = 0x81) -> bytes:
    """Build a client's frame with a mask of zeros (RFC 6455 section 5.2).

    `first` is the first byte; 0x81 is a whole text message.
    """
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | size])
    elif size < 1 << 16:
        head = b"\xfe" + size.to_bytes(2)
    else:
        head = b"\xff" + size.to_bytes(8)
    return bytes([first]) + head + b"\0\0\0\0" + payload
