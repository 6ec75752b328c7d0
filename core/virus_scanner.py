"""Client of a virus scanner that speaks the stream protocol of clamd(8). No rules."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import Unavailable

logger = logging.getLogger(__name__)

DEFAULT_PORT = 3310
CHUNK_BYTES = 64 * 1024
SCAN_TIMEOUT_S = 20  # clamd takes below a second for 10 MB; it loads its signatures for longer
MAX_SCANS = 2  # at once from a process; clamd has ten threads, and other processes ask it too
TURN_WAIT_S = 5  # for a scan; with the scan it is less than the page waits for the answer
RETRY_AFTER_S = 10
MAX_ANSWER_BYTES = 1024


@dataclass(frozen=True, slots=True)
class VirusScanner:
    """A clamd that listens on TCP. A single object for the process, whose scans it limits."""

    host: str
    port: int
    _turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_SCANS), init=False, repr=False, compare=False
    )

    @classmethod
    def from_url(cls, url: str) -> VirusScanner | None:
        """Convert `clamd://host:port`; None for an empty text."""
        parts = urlsplit(url)
        return cls(parts.hostname, parts.port or DEFAULT_PORT) if parts.hostname else None

    async def find_virus(self, parts: AsyncIterable[bytes]) -> str | None:
        """Return the name of the virus that the scanner found; None for a clean file.

        A part is read when the scanner has taken the part before. Raises Unavailable, also if all scans of the
        process are busy for TURN_WAIT_S.
        """
        async with self._turn():
            answer = await self._ask(_stream_file(parts))
        if answer == "stream: OK":
            return None
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        logger.error("document_scanner_failed", extra={"answer": answer})
        raise Unavailable(retry_after_s=RETRY_AFTER_S)

    async def ping(self) -> bool:
        """Check whether the scanner answers as clamd does. Raises Unavailable."""
        return await self._ask(_stream_command(b"zPING\0")) == "PONG"

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_WAIT_S):
                await self._turns.acquire()
        except TimeoutError as error:
            logger.warning("document_scanner_busy")
            raise Unavailable(retry_after_s=RETRY_AFTER_S) from error
        try:
            yield
        finally:
            self._turns.release()

    async def _ask(self, request: AsyncIterable[bytes]) -> str:
        try:
            async with asyncio.timeout(SCAN_TIMEOUT_S), self._connected() as (reader, writer):
                # clamd answers and closes before the end of a file that is too large
                with suppress(ConnectionError):
                    async for frame in request:
                        writer.write(frame)
                        await writer.drain()
                answer = await reader.read(MAX_ANSWER_BYTES)
        except (OSError, TimeoutError) as error:
            logger.error("document_scanner_unavailable", extra={"error": type(error).__name__})
            raise Unavailable(retry_after_s=RETRY_AFTER_S) from error
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            yield reader, writer
        finally:
            writer.close()


async def _stream_command(command: bytes) -> AsyncIterator[bytes]:
    yield command


async def _stream_file(parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the frames of clamd's INSTREAM: chunks after their sizes, then an empty chunk."""
    yield b"zINSTREAM\0"
    async for part in parts:
        for start in range(0, len(part), CHUNK_BYTES):
            chunk = part[start : start + CHUNK_BYTES]
            yield len(chunk).to_bytes(4, "big") + chunk
    yield bytes(4)
