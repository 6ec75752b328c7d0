"""A WebSocket protocol class for uvicorn (`ws=`) on websockets' Sans-I/O ServerProtocol (docs/decisions/0015).

To an app it speaks complete ASGI. What it adds is `push.py`: a socket that was detached keeps this object and its
transport, nothing else; even the parser is made anew for whatever a phone says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from . import close_codes, frames
from .asgi_websocket import AsgiWebSocket, PeerDisconnected, build_scope
from .keepalive import KeepaliveSweep
from .push_socket import EXTENSION, SocketListener

logger = logging.getLogger(__name__)

MAX_UNREAD_STATE_BYTES = 64 * 1024  # beyond what the kernel keeps; over a hundred states of a ticket
MAX_UNREAD_REPLY_BYTES = (
    4 * MAX_UNREAD_STATE_BYTES
)  # for whoever asks (pings, too) and does not read: a message more than an app waits for
CLOSE_HANDSHAKE_TIMEOUT_S = 5.0  # what a peer gets to answer a close; whoever does not read never does
MAX_BYTES_AFTER_CLOSE = 1 << 20  # bytes still taken from a peer that is being closed, so that it can read why
PARSE_SLICE_BYTES = 4_096  # parsed in one go: some 150 of the smallest messages, a millisecond or two
MAX_FRAGMENTS = 1_024  # frames of one message; more is no message but an attack

_library_logger = logging.getLogger(
    "office360.signaling.wire"
)  # the library's "connection closed", a line a phone
_library_logger.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class ServerContext:
    """What the sockets of one server share."""

    app: ASGIApp
    root_path: str
    max_size: int
    app_state: dict[str, Any]
    state: ServerState
    keepalive: KeepaliveSweep
    close_timeout_s: float


class WebSocketProtocolFactory:
    """uvicorn's way to the sockets of one server: called once for each that is upgraded."""

    def __init__(
        self, keepalive: KeepaliveSweep | None = None, close_timeout_s: float = CLOSE_HANDSHAKE_TIMEOUT_S
    ) -> None:
        self._keepalive = keepalive or KeepaliveSweep()
        self._close_timeout_s = close_timeout_s
        self._context: ServerContext | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> UvicornWebSocketProtocol:
        if self._context is None or self._context.state is not server_state:
            self._context = ServerContext(
                app=cast(ASGIApp, config.loaded_app),
                root_path=config.root_path,
                max_size=config.ws_max_size,
                app_state=app_state,
                state=server_state,
                keepalive=self._keepalive,
                close_timeout_s=self._close_timeout_s,
            )
        return UvicornWebSocketProtocol(self._context)


class UvicornWebSocketProtocol(asyncio.Protocol):
    """One connection from its handshake to its end."""

    __slots__ = (
        "_bytes_after_close",
        "_close_timer",
        "_conn",
        "_context",
        "_fragments",
        "_has_partial_frame",
        "_is_closing",
        "_is_lost",
        "_listener",
        "_on_connection_closed",
        "_transport",
        "_unanswered_ping_tick",
        "_unparsed",
        "_websocket",
        "keepalive_slot",
    )

    _transport: asyncio.Transport

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._conn: ServerProtocol | None = ServerProtocol(max_size=context.max_size, logger=_library_logger)
        self._websocket: AsgiWebSocket | None = None
        self._listener: SocketListener | None = None
        self._on_connection_closed: Callable[[], None] | None = None
        self._fragments: list[Any] | None = None  # the frames of a message that is still coming, its opcode first
        self._has_partial_frame = False  # a frame came in two parts once: the parser is kept
        self._unparsed = b""  # what came and is not parsed yet, for the app is behind
        self._is_closing = False  # nothing will be written any more but what the closing handshake asks for
        self._is_lost = False
        self._close_timer: asyncio.TimerHandle | None = None
        self._bytes_after_close = 0
        self._unanswered_ping_tick = 0  # the tick of the first ping that was not answered; 0: none
        self.keepalive_slot = -1

    # The transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._context.state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes

    def data_received(self, data: bytes) -> None:
        self._unanswered_ping_tick = 0
        if self._listener is not None and self._conn is None and frames.is_empty_pong(data):
            return
        if self._unparsed:
            self._unparsed += data
        elif len(data) <= PARSE_SLICE_BYTES:
            self._parse(data)
        else:
            self._parse_in_slices(data)

    def _parse_in_slices(self, data: bytes) -> None:
        """What comes at once may be ten thousand messages: parsed bit by bit, most of a bomb never is."""
        for start in range(0, len(data), PARSE_SLICE_BYTES):
            if self._is_lost or self._transport.is_closing():
                return
            if self._websocket is not None and self._websocket.is_app_behind:
                self._unparsed = data[start:]
                return
            self._parse(data[start : start + PARSE_SLICE_BYTES])

    def _parse(self, data: bytes) -> None:
        if self._is_closing and self._has_too_many_bytes_after_close(len(data)):
            self._transport.abort()
            return
        is_past_handshake = self._websocket is not None or self._listener is not None
        self._has_partial_frame = self._has_partial_frame or (
            is_past_handshake and not frames.has_only_whole_messages(data)
        )
        conn = self._get_parser()
        conn.receive_data(data)
        for event in conn.events_received():
            self._on_event(conn, event)
        self._write_parser_output(conn)
        self._drop_parser()
        if not self._is_closing and self._transport.get_write_buffer_size() > MAX_UNREAD_REPLY_BYTES:
            self._abort_slow_reader()

    def eof_received(self) -> None:
        """The peer says nothing more: the transport closes by itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = self._is_closing = True
        self._context.state.connections.discard(self)
        self._context.keepalive.remove_socket(self)
        if self._close_timer is not None:
            self._close_timer.cancel()
        if self._websocket is not None:
            self._websocket.put_disconnect(close_codes.ABNORMAL)
        if self._listener is not None:
            self._listener.on_close()
        over, self._on_connection_closed = self._on_connection_closed, None
        if over is not None:
            over()

    def pause_writing(self) -> None:
        if self._websocket is not None:
            self._websocket.pause_writing()

    def resume_writing(self) -> None:
        if self._websocket is not None:
            self._websocket.resume_writing()

    def shutdown(self) -> None:
        """The server ends: say so, and go."""
        exchange = self._websocket
        if self._is_open:
            self.close(close_codes.SERVICE_RESTART)
        elif exchange is not None and not self._is_closing:
            self.respond(self._get_parser().reject(503, "restarting\n"))
            exchange.put_disconnect(close_codes.SERVICE_RESTART)
        if not self._transport.is_closing():
            self._transport.close()

    @property
    def _is_open(self) -> bool:
        """Whether the handshake is done and no side has begun to close."""
        return not self._is_closing and (self._conn is None or self._conn.state is State.OPEN)

    # What comes in

    def _get_parser(self) -> ServerProtocol:
        """The parser. A detached socket gets one made for what came, at a frame's beginning."""
        if self._conn is None:
            self._conn = ServerProtocol(state=State.OPEN, max_size=self._context.max_size, logger=_library_logger)
        return self._conn

    def _drop_parser(self) -> None:
        if self._listener is not None and not self._has_partial_frame and self._is_open:
            self._conn = None

    def _has_too_many_bytes_after_close(self, size_bytes: int) -> bool:
        self._bytes_after_close += size_bytes
        return self._bytes_after_close > MAX_BYTES_AFTER_CLOSE

    def _on_event(self, conn: ServerProtocol, event: Request | Response | Frame) -> None:
        if isinstance(event, Request):
            self._on_handshake(conn, event)
        elif not isinstance(event, Frame) or self._is_closing:
            return
        elif event.opcode is Opcode.CLOSE:
            self._on_close_frame(conn)
        elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._on_data_frame(conn, event)

    def _on_handshake(self, conn: ServerProtocol, request: Request) -> None:
        response = conn.accept(request)
        if response.status_code != 101:
            self.respond(response)
            return
        served, transport = self._context, self._transport
        surroundings = {
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": served.root_path,
            "state": served.app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: self},
        }
        self._websocket = AsgiWebSocket(self, build_scope(request, surroundings), response)
        task = asyncio.get_running_loop().create_task(self._websocket.run(served.app))
        served.state.tasks.add(task)
        task.add_done_callback(self._on_app_returned)

    def _on_app_returned(self, task: asyncio.Task[None]) -> None:
        self._context.state.tasks.discard(task)
        self._websocket = None

    def _on_close_frame(self, conn: ServerProtocol) -> None:
        self._begin_closing()
        received = conn.close_rcvd
        if self._websocket is not None and received is not None:
            self._websocket.put_disconnect(received.code, received.reason)

    def _on_data_frame(self, conn: ServerProtocol, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._fragments = [frame.opcode]
        assert self._fragments is not None  # ServerProtocol refuses a continuation of nothing
        self._fragments.append(frame.data)
        if len(self._fragments) > MAX_FRAGMENTS:
            self._fail_connection(conn, close_codes.VIOLATION, "too many pieces")
            return
        if not frame.fin:
            return
        (opcode, *pieces), self._fragments = self._fragments, None
        payload = b"".join(pieces)
        try:
            self._deliver_message(payload.decode() if opcode is Opcode.TEXT else payload)
        except UnicodeDecodeError:
            self._fail_connection(conn, close_codes.INVALID_DATA, "not UTF-8")

    def _deliver_message(self, content: str | bytes) -> None:
        if self._listener is not None:
            self._listener.on_text(content if isinstance(content, str) else None)
        elif self._websocket is not None:
            kind = "text" if isinstance(content, str) else "bytes"
            self._websocket.put_event({"type": "websocket.receive", kind: content})

    # What goes out: the wire of an Exchange, and the Outlet of a feature

    def respond(self, response: Response) -> None:
        conn = self._get_parser()
        conn.send_response(response)
        if response.status_code == 101:
            self._context.keepalive.add_socket(self)
        self._write_parser_output(conn)

    def write_message(self, payload: bytes, *, text: bool) -> None:
        """Raises PeerGone."""
        conn = self._get_parser()
        try:
            conn.send_text(payload) if text else conn.send_binary(payload)
        except InvalidState:
            raise PeerDisconnected from None
        self._write_parser_output(conn)

    @property
    def is_closing(self) -> bool:
        return self._is_closing

    def push(self, state: bytes) -> None:
        """The hot path: one frame, one write."""
        if self._is_closing:
            return
        transport = self._transport
        if transport.get_write_buffer_size() > MAX_UNREAD_STATE_BYTES:
            self._abort_slow_reader()
            return
        size_bytes = len(state)
        head = (
            frames.TEXT_FRAME_HEADERS[size_bytes]
            if size_bytes < frames.PRECOMPUTED_HEADER_BYTES
            else frames.build_text_frame_header(size_bytes)
        )
        transport.write(head + state)

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; the first call wins."""
        if self._is_closing:
            return
        conn = self._get_parser()
        if conn.state is not State.OPEN:
            return
        conn.send_close(code, reason)
        self._begin_closing()
        if self._websocket is not None:
            self._websocket.put_disconnect(code, reason)
        self._write_parser_output(conn)

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.resume_reading()
        if self._unparsed:
            held, self._unparsed = self._unparsed, b""
            self._parse_in_slices(held)

    def _write_parser_output(self, conn: ServerProtocol) -> None:
        """Write what the parser has to say."""
        out = conn.data_to_send()
        if conn.parser_exc is not None and not self._is_closing:
            self._begin_closing()
            if self._websocket is not None and conn.close_sent is not None:
                self._websocket.put_disconnect(conn.close_sent.code, conn.close_sent.reason)
        if self._is_lost or not out:
            return
        self._transport.write(b"".join(out))
        if SEND_EOF in out:
            self._begin_closing()
            self._half_close()

    def _half_close(self) -> None:
        """Closing with something unread would take the close frame away from the peer (RFC 9293 section 3.6)."""
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _fail_connection(self, conn: ServerProtocol, code: int, reason: str) -> None:
        conn.fail(code, reason)
        self._begin_closing()
        if self._websocket is not None:
            self._websocket.put_disconnect(code, reason)
        self._write_parser_output(conn)

    def _begin_closing(self) -> None:
        """Nothing new is said from now on, and the connection does not last much longer."""
        if self._is_closing:
            return
        self._is_closing = True
        self._fragments, self._unparsed = None, b""
        self._context.keepalive.remove_socket(self)
        self._close_timer = asyncio.get_running_loop().call_later(
            self._context.close_timeout_s, self._transport.abort
        )
        self.resume_reading()

    def _abort_slow_reader(self) -> None:
        """A peer that does not read would not read a close frame either: 4001 in the log, 1006 for the peer."""
        logger.info("slow_reader")
        self._begin_closing()
        self._transport.abort()

    # Detached

    @property
    def is_detached(self) -> bool:
        return self._listener is not None

    def detach(self, listener: SocketListener) -> None:
        """See PushSocket."""
        exchange = self._websocket
        assert exchange is not None
        assert self._listener is None
        self._listener, exchange.is_detached = listener, True
        for message in exchange.take_pending_events():
            if message["type"] == "websocket.receive" and not self._is_closing:
                listener.on_text(message.get("text"))
        self.resume_reading()
        self._drop_parser()
        if self._is_lost:
            listener.on_close()

    def call_when_closed(self, callback: Callable[[], None]) -> None:
        """See PushSocket. One call a socket is enough."""
        if self._is_lost:
            callback()
        else:
            self._on_connection_closed = callback

    # The keepalive

    def ping(self, tick: int) -> None:
        if not self._is_closing:
            self._unanswered_ping_tick = self._unanswered_ping_tick or tick
            self._transport.write(frames.PING_FRAME)

    def close_if_silent_since(self, tick: int) -> None:
        if self._unanswered_ping_tick != tick or self._is_closing:
            return
        if self._websocket is not None and self._websocket.is_app_behind:
            self._unanswered_ping_tick = 0  # it is we who do not read: its pong may lie there
        else:
            self._fail_connection(self._get_parser(), close_codes.INTERNAL_ERROR, "keepalive ping timeout")
