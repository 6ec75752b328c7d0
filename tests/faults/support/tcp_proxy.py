"""TCP proxy in front of a server, which a test cuts, silences, slows down and restores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

CHUNK_BYTES = 65536

DataObserver = Callable[[bytes], None]


class TcpProxy:
    """Forwards bytes.

    While cut, it closes all connections and accepts none; while silent, it forwards nothing. `delay_s` is the
    delay of each piece of data, in each direction.
    `target`: `http://HOST:PORT`, or the path of a Unix socket.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._port = str(parts.hostname), int(parts.port or 0)
        self._unix_path = target if target.startswith("/") else None
        self.delay_s = 0.0
        self._is_cut = False
        self._may_forward = asyncio.Event()
        self._may_forward.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def silence(self) -> None:
        """Forward nothing more and close nothing, as a network that swallows packets."""
        self._may_forward.clear()

    def cut(self) -> None:
        self._is_cut = True
        for writer in tuple(self._open):
            writer.transport.abort()

    def restore(self) -> None:
        self.delay_s = 0.0
        self._is_cut = False
        self._may_forward.set()

    async def wait_ended(self) -> None:
        """Wait until no connection is forwarded any more."""
        await asyncio.gather(*(task for task in self._serving if task), return_exceptions=True)

    def observe_connection(self) -> tuple[DataObserver, DataObserver]:
        """Return the observers of a new connection: of data to the target, and of data from it."""
        return _ignore_data, _ignore_data

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        self._open.add(writer)  # registered before it connects, so that a cut closes it
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            if self._unix_path is not None:
                there, back = await asyncio.open_unix_connection(self._unix_path)
            else:
                there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()  # the server is down
            return
        if writer.is_closing():
            back.transport.abort()
        self._open.add(back)
        sent, received = self.observe_connection()
        await asyncio.gather(self._copy_bytes(reader, back, sent), self._copy_bytes(there, writer, received))
        self._open -= {writer, back}

    async def _copy_bytes(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, observe: DataObserver
    ) -> None:
        try:
            while data := await reader.read(CHUNK_BYTES):
                observe(data)
                await self._may_forward.wait()
                await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the proxy was cut
        finally:
            writer.close()


Proxy = TypeVar("Proxy", bound=TcpProxy)


def _ignore_data(data: bytes) -> None:
    pass


@asynccontextmanager
async def run_tcp_proxy(target: str, host: str = "127.0.0.1") -> AsyncIterator[TcpProxy]:
    """Run a proxy to the target on a port of its own."""
    async with serve_proxy(TcpProxy(target), host) as made:
        yield made


@asynccontextmanager
async def serve_proxy(made: Proxy, host: str = "127.0.0.1") -> AsyncIterator[Proxy]:
    """Serve a proxy on a port of its own."""
    made._server = await asyncio.start_server(made._serve, host, 0)
    try:
        yield made
    finally:
        made._server.close()
        made.restore()
        made.cut()
        await made.wait_ended()
