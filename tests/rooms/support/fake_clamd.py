"""A scanner that speaks clamd's stream protocol on a real socket, and finds a single word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from office360.core.virus_scanner import VirusScanner

from ...support.timeouts import TEST_TIMEOUT_S

INFECTED = b"EICAR"


class FakeClamd:
    """A scanner that keeps no content. Its scans wait while `hang` is in force."""

    def __init__(self) -> None:
        self.scans = 0  # begun and not answered
        self.most_scans = 0
        self.asked = 0
        self._changed = asyncio.Condition()
        self._is_free = asyncio.Event()
        self._is_free.set()

    def hang(self) -> None:
        """Let no scan be answered until `go_on`."""
        self._is_free.clear()

    def go_on(self) -> None:
        self._is_free.set()

    async def wait_for_scans(self, count: int) -> None:
        async with asyncio.timeout(TEST_TIMEOUT_S), self._changed:
            await self._changed.wait_for(lambda: self.scans >= count)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        writer.write(b"PONG\0" if command == b"zPING\0" else await self._scan(reader))
        await writer.drain()
        writer.close()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        await self._count(1)
        try:
            is_infected = await self._read_stream(reader)
            await self._is_free.wait()
        finally:
            await self._count(-1)
        return b"stream: Eicar-Test-Signature FOUND\0" if is_infected else b"stream: OK\0"

    async def _count(self, more: int) -> None:
        async with self._changed:
            self.asked += max(more, 0)
            self.scans += more
            self.most_scans = max(self.most_scans, self.scans)
            self._changed.notify_all()

    async def _read_stream(self, reader: asyncio.StreamReader) -> bool:
        is_infected, end = False, b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            chunk = end + await reader.readexactly(size)
            is_infected, end = is_infected or INFECTED in chunk, chunk[1 - len(INFECTED) :]
        return is_infected


@asynccontextmanager
async def running_fake_clamd() -> AsyncIterator[tuple[VirusScanner, FakeClamd]]:
    """Run a scanner. Scans that still hang are let go at the end."""
    clamd = FakeClamd()
    server = await asyncio.start_server(clamd.answer, "127.0.0.1", 0)
    async with server:
        try:
            yield VirusScanner(*server.sockets[0].getsockname()[:2]), clamd
        finally:
            clamd.go_on()
