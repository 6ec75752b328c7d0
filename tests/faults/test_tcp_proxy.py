"""The TCP proxy itself: it cuts every connection, and cut connections stay closed."""

from __future__ import annotations

import asyncio

import pytest

from ..support.timeouts import TEST_TIMEOUT_S
from .support.tcp_proxy import run_tcp_proxy


@pytest.mark.parametrize("turns", range(12))
async def test_connection_starting_during_cut_is_cut_too(turns: int) -> None:
    answering = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with answering, run_tcp_proxy(f"http://127.0.0.1:{answering.sockets[0].getsockname()[1]}") as way:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(way.url.rsplit(":", 1)[1]))
        for _ in range(turns):  # event loop turns, to cut at every stage of a connection
            await asyncio.sleep(0)
        way.cut()
        writer.write(b"?")
        async with asyncio.timeout(TEST_TIMEOUT_S):
            assert await _read(reader) == b""
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await _read(reader):
        writer.write(b"!")
    writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read; empty bytes if the connection has ended in any way."""
    try:
        return await reader.read(1)
    except ConnectionError:
        return b""
