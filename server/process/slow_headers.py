"""HTTP connections whose request never comes to its end of headers: bounded in time and in number.

uvicorn waits for them without a limit. A phone on a bad network sends its headers within a second or two, whole.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEADERS_S = 8.0
HALF_OPEN = 1_000  # beyond, whoever has waited longest goes: whoever asks honestly is through by then
LOOK_S = 1.0


class HttpConnections:
    """uvicorn's way to the HTTP connections of one server, and the sweep over those that are half open."""

    def __init__(self, headers_s: float = HEADERS_S, half_open: int = HALF_OPEN, look_s: float = LOOK_S) -> None:
        self._headers_s = headers_s
        self._half_open = half_open
        self._look_s = look_s
        self._since: dict[HttpConnection, float] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HttpConnection:
        return HttpConnection(self, config, server_state, app_state, _loop)

    def begins(self, connection: HttpConnection) -> None:
        """This one has begun to ask."""
        loop = asyncio.get_running_loop()
        self._since.setdefault(connection, loop.time())
        if len(self._since) > self._half_open:
            self._give_up(next(iter(self._since)))
        if self._timer is None:
            self._timer = loop.call_later(self._look_s, self._look)

    def has_asked(self, connection: HttpConnection) -> None:
        """It has said what it wants, or is gone."""
        self._since.pop(connection, None)

    def _give_up(self, connection: HttpConnection) -> None:
        del self._since[connection]
        connection.transport.abort()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        late = loop.time() - self._headers_s
        while self._since and self._since[oldest := next(iter(self._since))] <= late:
            self._give_up(oldest)
        self._timer = loop.call_later(self._look_s, self._look) if self._since else None


class HttpConnection(HttpToolsProtocol):
    """uvicorn's own connection, which says when it has begun to ask and when it has asked."""

    def __init__(self, connections: HttpConnections, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._waits = connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waits.begins(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._waits.has_asked(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Another protocol goes on. The parser and we hold each other, and would wait for the collector."""
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as uvicorn does when a connection is lost

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._waits.begins(self)

    def on_headers_complete(self) -> None:
        self._waits.has_asked(self)
        super().on_headers_complete()
