"""A scanner that speaks clamd's stream protocol on a real socket, and finds one word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from office360.core.virus_scanner import VirusScanner

INFECTED = b"EICAR"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    command = await reader.readuntil(b"\0")
    if command == b"zPING\0":
        writer.write(b"PONG\0")
    else:
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
        writer.write(b"stream: Eicar-Test-Signature FOUND\0" if INFECTED in content else b"stream: OK\0")
    await writer.drain()
    writer.close()


@asynccontextmanager
async def running_fake_clamd() -> AsyncIterator[VirusScanner]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        yield VirusScanner(*server.sockets[0].getsockname()[:2])
