"""A download of another device of the household, over the same line.

As a script: `download.py ADDRESS PORT`, which reads until the other end closes.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

FILL_S = 6.0  # until a slow line's queue is full


@asynccontextmanager
async def running_download(address: str, outside: Sequence[str]) -> AsyncIterator[None]:
    """Download for the block, as fast as the line allows. `outside`: command that runs on the other side."""

    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(bytes(65_536))
                await writer.drain()

    server = await asyncio.start_server(send, address, 0)
    port = server.sockets[0].getsockname()[1]
    reader = await asyncio.create_subprocess_exec(*outside, sys.executable, __file__, address, str(port))
    try:
        await asyncio.sleep(FILL_S)
        yield
    finally:
        reader.terminate()
        await reader.wait()
        server.close()


def main() -> None:
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as download:
        while download.recv(65_536):
            pass


if __name__ == "__main__":
    main()
