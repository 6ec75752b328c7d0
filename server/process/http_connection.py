"""Limits of HTTP connections that have not sent all headers: in time and in number.

uvicorn waits for headers without a limit. A phone on a bad network sends them within two seconds.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEADERS_TIMEOUT_S = 8.0
MAX_HALF_OPEN = 1_000  # beyond, the oldest is aborted: an honest client has sent its headers by then
SWEEP_INTERVAL_S = 1.0


class HttpConnectionFactory:
    """Creates the HTTP connections of one server, and aborts those whose headers are late."""

    def __init__(
        self,
        headers_timeout_s: float = HEADERS_TIMEOUT_S,
        max_half_open: int = MAX_HALF_OPEN,
        sweep_interval_s: float = SWEEP_INTERVAL_S,
    ) -> None:
        self._headers_timeout_s = headers_timeout_s
        self._max_half_open = max_half_open
        self._sweep_interval_s = sweep_interval_s
        self._started_at_s: dict[HeadersTimeoutConnection, float] = {}  # in order of their start
        self._timer: asyncio.TimerHandle | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HeadersTimeoutConnection:
        return HeadersTimeoutConnection(self, config, server_state, app_state, _loop)

    def start_headers_timeout(self, connection: HeadersTimeoutConnection) -> None:
        """Start the timeout of a connection that expects a request."""
        loop = asyncio.get_running_loop()
        self._started_at_s.setdefault(connection, loop.time())
        if len(self._started_at_s) > self._max_half_open:
            self._abort(next(iter(self._started_at_s)))
        if self._timer is None:
            self._timer = loop.call_later(self._sweep_interval_s, self._abort_late_connections)

    def end_headers_timeout(self, connection: HeadersTimeoutConnection) -> None:
        """End the timeout: the headers are complete, or the connection is closed."""
        self._started_at_s.pop(connection, None)

    def _abort(self, connection: HeadersTimeoutConnection) -> None:
        del self._started_at_s[connection]
        connection.transport.abort()

    def _abort_late_connections(self) -> None:
        loop = asyncio.get_running_loop()
        late = loop.time() - self._headers_timeout_s
        while self._started_at_s and self._started_at_s[oldest := next(iter(self._started_at_s))] <= late:
            self._abort(oldest)
        self._timer = (
            loop.call_later(self._sweep_interval_s, self._abort_late_connections) if self._started_at_s else None
        )


class HeadersTimeoutConnection(HttpToolsProtocol):
    """uvicorn's connection, which reports the start of a request and the end of its headers."""

    def __init__(self, factory: HttpConnectionFactory, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._factory = factory

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._factory.start_headers_timeout(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._factory.end_headers_timeout(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand over to the WebSocket protocol. Break the reference cycle with the parser."""
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as uvicorn does when a connection is lost

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._factory.start_headers_timeout(self)

    def on_headers_complete(self) -> None:
        self._factory.end_headers_timeout(self)
        super().on_headers_complete()
