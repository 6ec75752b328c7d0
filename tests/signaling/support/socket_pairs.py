"""Detached sockets of our protocol on TCP pairs, without an HTTP server."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import uvicorn
from office360.signaling.push_socket import push_socket
from office360.signaling.subscriber_socket import Subscriber
from office360.signaling.websocket_protocol import UvicornWebSocketProtocol, WebSocketProtocolFactory
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from ...support.timeouts import TEST_TIMEOUT_S
from .asgi_apps import HANDSHAKE, RawClient

REQUEST = f"GET / HTTP/1.1\r\n{HANDSHAKE}".encode()


async def detach_socket(scope: Any, receive: Any, send: Any) -> None:
    """Accept a socket and detach it at once."""
    await WebSocket(scope, receive, send).accept()
    pushed = push_socket(scope)
    assert pushed is not None
    pushed.detach(Subscriber(pushed, ""))


def connect_pair(listener: socket.socket, buffer_bytes: int = 0) -> tuple[socket.socket, socket.socket]:
    """Return the server's and the client's end of a connection.

    Small buffers make partial writes likely.
    """
    client = socket.socket()
    if buffer_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    if buffer_bytes:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
    for end in (server, client):
        end.setblocking(False)
    return server, client


class SocketPairs:
    """Pairs of a detached socket and the client at its other end."""

    def __init__(self, factory: WebSocketProtocolFactory) -> None:
        self._config = uvicorn.Config(detach_socket, log_config=None, lifespan="off")
        self._config.load()
        self._factory = factory
        self.state = ServerState()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._clients: list[socket.socket] = []

    async def open(self, buffer_bytes: int = 0) -> tuple[UvicornWebSocketProtocol, socket.socket]:
        """Open a detached socket. The client's end does not block, and has read the response."""
        server, client = connect_pair(self._listener, buffer_bytes)
        self._clients.append(client)
        loop = asyncio.get_running_loop()
        detached = await self._accept(server)
        await loop.sock_sendall(client, REQUEST)
        while not (await loop.sock_recv(client, 1 << 16)).endswith(b"\r\n\r\n"):
            continue
        await self._wait_for_detached_sockets()
        return detached, client

    async def open_with_tls(
        self, serving: ssl.SSLContext, trusting: ssl.SSLContext
    ) -> tuple[UvicornWebSocketProtocol, RawClient]:
        """Open a detached socket whose stream is encrypted."""
        server, client = connect_pair(self._listener)
        self._clients.append(client)
        accepting = asyncio.ensure_future(self._accept(server, serving))
        peer = RawClient(*await asyncio.open_connection(sock=client, ssl=trusting, server_hostname="127.0.0.1"))
        peer.write(REQUEST)
        await peer.reader.readuntil(b"\r\n\r\n")
        await self._wait_for_detached_sockets()
        return await accepting, peer

    async def _accept(self, server: socket.socket, tls: ssl.SSLContext | None = None) -> UvicornWebSocketProtocol:
        protocol = self._factory(self._config, self.state, {})
        await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, server, ssl=tls)
        return protocol

    async def _wait_for_detached_sockets(self) -> None:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while self.state.tasks:
                await asyncio.sleep(0)

    async def close(self) -> None:
        for connection in tuple(self.state.connections):
            cast(UvicornWebSocketProtocol, connection)._transport.abort()
        for client in self._clients:
            client.close()
        self._listener.close()
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while self.state.connections:
                await asyncio.sleep(0.001)


@asynccontextmanager
async def open_socket_pairs(factory: WebSocketProtocolFactory | None = None) -> AsyncIterator[SocketPairs]:
    pairs = SocketPairs(factory or WebSocketProtocolFactory())
    try:
        yield pairs
    finally:
        await pairs.close()


@asynccontextmanager
async def read_frames(client: socket.socket) -> AsyncIterator[RawClient]:
    """Read from a client's end from now on."""
    reader, writer = await asyncio.open_connection(sock=client)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
