"""Client of a virus scanner that speaks the stream protocol of clamd(8). No rules."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import Unavailable

logger = logging.getLogger(__name__)

DEFAULT_PORT = 3310
CHUNK_BYTES = 64 * 1024
SCAN_TIMEOUT_S = 20  # clamd takes below a second for 10 MB; it loads its signatures for longer
RETRY_AFTER_S = 10
MAX_ANSWER_BYTES = 1024


@dataclass(frozen=True, slots=True)
class VirusScanner:
    """A clamd that listens on TCP."""

    host: str
    port: int

    @classmethod
    def from_url(cls, url: str) -> VirusScanner | None:
        """Convert `clamd://host:port`; None for an empty text."""
        parts = urlsplit(url)
        return cls(parts.hostname, parts.port or DEFAULT_PORT) if parts.hostname else None

    async def find_virus(self, content: bytes) -> str | None:
        """Return the name of what the scanner found; None for a clean file. Raises Unavailable."""
        chunks = (content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES))
        stream = b"".join(len(chunk).to_bytes(4, "big") + chunk for chunk in chunks)
        answer = await self._ask(b"zINSTREAM\0" + stream + bytes(4))
        if answer == "stream: OK":
            return None
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        logger.error("document_scanner_failed", extra={"answer": answer})
        raise Unavailable(retry_after_s=RETRY_AFTER_S)

    async def ping(self) -> bool:
        """Check whether the scanner answers as clamd does. Raises Unavailable."""
        return await self._ask(b"zPING\0") == "PONG"

    async def _ask(self, request: bytes) -> str:
        try:
            async with asyncio.timeout(SCAN_TIMEOUT_S), self._connected() as (reader, writer):
                with suppress(
                    ConnectionError
                ):  # clamd answers and closes before the end of a file that is too large
                    writer.write(request)
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
