"""HTTP connections with limits of bytes, time, pipelined requests and number.

uvicorn has none of these limits. Upgrades to WebSocket wait in one queue, so that pages are served between them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import _TrustedHosts
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from ...core.web.requests import limit_key
from ..web.request_context import REFUSED_STATUS

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 64 * 1024  # of a request without its body: headers, sizes of chunks, trailers
MAX_HEADER_LINES = 128  # as in the WebSocket library, which parses handshakes again
MAX_PIPELINED = 16  # requests behind the request that is served; browsers and nginx send none
# about 150 of the smallest requests, of which the parser takes no more after an error
FEED_BYTES = 4_096
# read after a refusal, because closing with unread data loses the response
MAX_DISCARDED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Times in seconds, and numbers of connections."""

    headers_timeout_s: float = 8.0
    # while too many are half open; a phone on a bad network needs no longer
    busy_headers_timeout_s: float = 2.0
    body_silence_s: float = 20.0  # without a byte; as in deploy/server/nginx.conf
    body_timeout_s: float = 120.0  # the largest body (256 KiB) at 2 KiB a second
    sweep_interval_s: float = 1.0
    half_open: int = 1_000  # connections without all headers; beyond, the shorter time is in force
    per_address: int = 1_500  # open connections, WebSockets not counted
    idle_timeout_s: float = 5.0  # between two requests; clients could hold all sockets otherwise
    # A trusted proxy limits its clients, and closes idle connections itself. If the server did it first, it could
    # be in the instant in which the proxy sends a POST, which no proxy sends again. Longer than the default of
    # nginx (60 s), and than what deploy/server sets.
    proxy_idle_timeout_s: float = 75.0


class HttpConnectionFactory:
    """Creates the HTTP connections of a server, and ends those that are late or too many."""

    def __init__(self, limits: HttpLimits | None = None, trusted_proxies: Sequence[str] = ()) -> None:
        self.limits = limits or HttpLimits()
        self._trusted_proxies = _TrustedHosts(list(trusted_proxies))  # those whose headers uvicorn trusts
        self._half_open: dict[LimitedHttpConnection, float] = {}  # start in loop time, in order
        self._bodies: set[LimitedHttpConnection] = set()  # unfinished requests
        self._open_by_address: Counter[str] = Counter()
        self._upgrades: deque[LimitedHttpConnection] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> LimitedHttpConnection:
        return LimitedHttpConnection(self, config, server_state, app_state, _loop)

    # Number of connections

    def is_of_proxy(self, connection: LimitedHttpConnection) -> bool:
        """Tell whether a trusted proxy has opened this connection."""
        host = connection.client[0] if connection.client else ""
        return bool(host) and host in self._trusted_proxies

    def count_connection(self, connection: LimitedHttpConnection) -> bool:
        """Count an open connection of its address. False if the address has too many.

        Connections of a trusted proxy are not counted, which limits its own clients.
        """
        if not connection.client or not connection.client[0] or connection.is_of_proxy:
            return True
        connection.address = limit_key(connection.client[0])
        self._open_by_address[connection.address] += 1
        return self._open_by_address[connection.address] <= self.limits.per_address

    def remove_connection(self, connection: LimitedHttpConnection) -> None:
        """Remove a connection that is closed or upgraded."""
        self.end_headers_timeout(connection)
        self.end_body_timeout(connection)
        if connection.address is not None:
            self._open_by_address[connection.address] -= 1
            if not self._open_by_address[connection.address]:
                del self._open_by_address[connection.address]

    # Timeouts

    def start_headers_timeout(self, connection: LimitedHttpConnection) -> None:
        """Start the timeout of a connection that expects a request, unless it runs already."""
        self._half_open.setdefault(connection, asyncio.get_running_loop().time())
        self._start_timer()

    def end_headers_timeout(self, connection: LimitedHttpConnection) -> None:
        """End the timeout: the headers are complete, or the connection is closed."""
        self._half_open.pop(connection, None)

    def start_body_timeout(self, connection: LimitedHttpConnection) -> None:
        connection.body_started_at_s = connection.last_data_at_s = asyncio.get_running_loop().time()
        self._bodies.add(connection)
        self._start_timer()

    def end_body_timeout(self, connection: LimitedHttpConnection) -> None:
        self._bodies.discard(connection)

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.limits.sweep_interval_s, self._sweep)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection, started in tuple(self._half_open.items()):
            is_crowded = len(self._half_open) > self.limits.half_open
            timeout = self.limits.busy_headers_timeout_s if is_crowded else self.limits.headers_timeout_s
            # in the order of their start, so the others are younger
            if started > now - timeout:
                break
            del self._half_open[connection]
            if connection.flow.read_paused:  # the client waits for us
                self._half_open[connection] = now
            else:
                connection.transport.abort()
        for connection in tuple(self._bodies):
            if connection.is_body_late(now):
                connection.refuse(408)
        self._timer = None
        if self._half_open or self._bodies:
            self._start_timer()

    # Upgrades

    def queue_upgrade(self, connection: LimitedHttpConnection) -> None:
        """Upgrade one connection in each turn of the event loop, in order.

        A handshake takes a millisecond. After a restart thousands arrive at once, and would delay every page.
        """
        self._upgrades.append(connection)
        # otherwise _upgrade_next is scheduled already
        if len(self._upgrades) == 1:
            asyncio.get_running_loop().call_soon(self._upgrade_next)

    def _upgrade_next(self) -> None:
        connection = self._upgrades.popleft()
        if self._upgrades:
            # before the upgrade, whose failure must not stop the queue
            asyncio.get_running_loop().call_soon(self._upgrade_next)
        try:
            connection.upgrade()
        except Exception:
            logger.exception("upgrade_failed")
            connection.transport.abort()


class _OneByOneFlow(FlowControl):
    """Reads nothing while requests wait for the response to an earlier request."""

    def __init__(self, transport: asyncio.Transport, waiting: deque[Any]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class _RequestRefused(Exception):
    """Raised in a callback to stop the parser."""


class LimitedHttpConnection(HttpToolsProtocol):
    """uvicorn's connection, which ends when the client exceeds a limit."""

    def __init__(self, factory: HttpConnectionFactory, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._factory = factory
        self.address: str | None = None  # counted by the factory
        self.is_of_proxy = False
        self.body_started_at_s = self.last_data_at_s = 0.0
        self._is_in_message = self._is_in_headers = False
        self._head_bytes = 0  # of the current request
        self._fed_body_bytes = 0  # of the current piece of data
        self._refusal_status = 400
        self._is_refused = False
        self._discarded_bytes = 0

    # Transport callbacks

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _OneByOneFlow(transport, self.pipeline)
        self.is_of_proxy = self._factory.is_of_proxy(self)
        limits = self._factory.limits
        idle_timeout_s = limits.proxy_idle_timeout_s if self.is_of_proxy else limits.idle_timeout_s
        self.timeout_keep_alive = idle_timeout_s  # type: ignore[assignment]  # uvicorn says int, call_later takes both
        self._factory.start_headers_timeout(self)
        if not self._factory.count_connection(self):
            self.refuse(429)

    def connection_lost(self, exc: Exception | None) -> None:
        self._factory.remove_connection(self)
        self.pipeline.clear()
        super().connection_lost(exc)
        self.cycle = None  # type: ignore[assignment]  # a cycle that never ran would keep the connection

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self.last_data_at_s = self.loop.time()
        for start in range(0, len(data), FEED_BYTES):
            if self._is_refused:
                self._discard(len(data) - start)
                return
            if not self._feed(data[start : start + FEED_BYTES]):
                return
        if not self._is_in_message and (self.cycle is None or self.cycle.response_complete):
            self._factory.start_headers_timeout(self)  # empty lines before a request

    def _feed(self, piece: bytes) -> bool:
        """Feed the parser. False if the rest of the data is no HTTP."""
        self._fed_body_bytes = 0
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            return False
        except httptools.HttpParserError:
            self.refuse(self._refusal_status)
            return True
        self._head_bytes += len(piece) - self._fed_body_bytes
        if self._head_bytes > MAX_HEAD_BYTES:
            self.refuse(431)
        return True

    # Upgrade

    def handle_websocket_upgrade(self) -> None:
        """Wait in the queue of upgrades.

        The client sends nothing before the response (RFC 6455 section 4.1).
        """
        self.transport.pause_reading()
        self._factory.queue_upgrade(self)

    def upgrade(self) -> None:
        """Hand over to the WebSocket protocol. Break the reference cycle with the parser."""
        if self.transport.is_closing():
            return
        self._factory.remove_connection(self)
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as uvicorn does when a connection is lost
        self.transport.resume_reading()

    # Parser callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_message = self._is_in_headers = True
        self._head_bytes = 0
        self._factory.start_headers_timeout(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_headers:
            return  # a trailer; uvicorn would append it to the headers
        if len(self.headers) >= MAX_HEADER_LINES:
            self._refusal_status = 431
            raise _RequestRefused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._factory.end_headers_timeout(self)
        if len(self.pipeline) >= MAX_PIPELINED:
            raise _RequestRefused
        super().on_headers_complete()
        self._is_in_headers = False
        self._factory.start_body_timeout(self)

    def on_body(self, body: bytes) -> None:
        self._fed_body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_in_message = False
        self._factory.end_body_timeout(self)
        super().on_message_complete()

    # End of a connection that exceeds a limit

    def is_body_late(self, now_s: float) -> bool:
        """Tell whether the body takes too long.

        While reading is paused, the client is not silent.
        """
        if self.flow.read_paused:
            self.last_data_at_s = now_s
        limits = self._factory.limits
        return (
            now_s - self.last_data_at_s >= limits.body_silence_s
            or now_s - self.body_started_at_s >= limits.body_timeout_s
        )

    def refuse(self, status: int) -> None:
        """Respond with an error if this request has no response yet, and end the connection."""
        self._is_refused = True
        self._factory.end_body_timeout(self)
        cycle, can_respond, is_logged = self.cycle, not self.pipeline, False
        if cycle is not None and not cycle.response_complete:
            can_respond = can_respond and not self._is_in_headers and not cycle.response_started
            if can_respond:
                cycle.scope["state"][REFUSED_STATUS] = status  # for the log line of its request
                is_logged = True
            cycle.disconnected = True  # the application gets a disconnect event
            cycle.message_event.set()
        elif cycle is not None and self._is_in_message and not self._is_in_headers:
            can_respond = False
        self.pipeline.clear()
        if not is_logged:
            logger.info("request_refused", extra={"status": status})
        if not can_respond or self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.write(b"".join(self._refusal_response(status)))
        # reading goes on, because closing with unread data loses the response
        self.transport.write_eof()
        self._factory.start_headers_timeout(self)

    def _refusal_response(self, status: int) -> list[bytes]:
        headers = [*self.server_state.default_headers, (b"connection", b"close"), (b"content-length", b"0")]
        if status == 429:
            headers.append((b"retry-after", b"60"))
        return [STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n"]

    def _discard(self, size_bytes: int) -> None:
        self._discarded_bytes += size_bytes
        if self._discarded_bytes > MAX_DISCARDED_BYTES:
            self.transport.abort()
