"""A download of another device of the household, over the same line.

As a script: `download.py ADDRESS PORT`, which reads until the other end closes.
"""

from __future__ import annotations

import asyncio
import select
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

CONNECTIONS = 8  # as of an update: a single connection stops growing when the delay grows (HyStart, RFC 9406)
FILL_S = 8.0  # until a slow line's queue is full


@asynccontextmanager
async def running_download(address: str, outside: Sequence[str]) -> AsyncIterator[None]:
    """Download for the block, as fast as the line allows.

    `outside`: beginning of a command that runs on the person's side.
    """

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
    downloads = [socket.create_connection((sys.argv[1], int(sys.argv[2]))) for _ in range(CONNECTIONS)]
    while downloads:
        ready, _, _ = select.select(downloads, [], [])
        for download in ready:
            if not download.recv(65_536):
                downloads.remove(download)


if __name__ == "__main__":
    main()
