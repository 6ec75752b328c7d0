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
from .asgi_websocket import Exchange, PeerGone, scope_of
from .keepalive import Keepalive
from .push_socket import EXTENSION, Listener

logger = logging.getLogger(__name__)

UNREAD_BYTES = 64 * 1024  # beyond what the kernel keeps; over a hundred states of a ticket
ANSWERED_BYTES = (
    4 * UNREAD_BYTES
)  # for whoever asks (pings, too) and does not read: a message more than an app waits for
FAREWELL_S = 5.0  # what a peer gets to answer a close; whoever does not read never does
SAID_AFTER_CLOSE = 1 << 20  # bytes still taken from a peer that is being closed, so that it can read why
SLICE_BYTES = 4_096  # parsed in one go: some 150 of the smallest messages, a millisecond or two
PIECES = 1_024  # frames of one message; more is no message but an attack

_quiet = logging.getLogger("office360.signaling.wire")  # the library's "connection closed", a line a phone
_quiet.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Served:
    """What the sockets of one server share."""

    app: ASGIApp
    root_path: str
    max_size: int
    app_state: dict[str, Any]
    state: ServerState
    keepalive: Keepalive
    farewell_s: float


class Sockets:
    """uvicorn's way to the sockets of one server: called once for each that is upgraded."""

    def __init__(self, keepalive: Keepalive | None = None, farewell_s: float = FAREWELL_S) -> None:
        self._keepalive = keepalive or Keepalive()
        self._farewell_s = farewell_s
        self._served: Served | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> SocketProtocol:
        if self._served is None or self._served.state is not server_state:
            self._served = Served(
                app=cast(ASGIApp, config.loaded_app),
                root_path=config.root_path,
                max_size=config.ws_max_size,
                app_state=app_state,
                state=server_state,
                keepalive=self._keepalive,
                farewell_s=self._farewell_s,
            )
        return SocketProtocol(self._served)


class SocketProtocol(asyncio.Protocol):
    """One connection from its handshake to its end."""

    __slots__ = (
        "_conn",
        "_ending",
        "_exchange",
        "_farewell",
        "_held",
        "_in_pieces",
        "_listener",
        "_lost",
        "_message",
        "_over",
        "_said_after_close",
        "_served",
        "_silent_since",
        "_transport",
        "keepalive_slot",
    )

    _transport: asyncio.Transport

    def __init__(self, served: Served) -> None:
        self._served = served
        self._conn: ServerProtocol | None = ServerProtocol(max_size=served.max_size, logger=_quiet)
        self._exchange: Exchange | None = None
        self._listener: Listener | None = None
        self._over: Callable[[], None] | None = None
        self._message: list[Any] | None = None  # the frames of a message that is still coming, its opcode first
        self._in_pieces = False  # a frame came in two parts once: the parser is kept
        self._held = b""  # what came and is not parsed yet, for the app is behind
        self._ending = False  # nothing will be written any more but what the closing handshake asks for
        self._lost = False
        self._farewell: asyncio.TimerHandle | None = None
        self._said_after_close = 0
        self._silent_since = 0  # the tick of the first ping that was not answered; 0: none
        self.keepalive_slot = -1

    # The transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._served.state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes

    def data_received(self, data: bytes) -> None:
        self._silent_since = 0
        if self._listener is not None and self._conn is None and frames.is_bare_pong(data):
            return
        if self._held:
            self._held += data
        elif len(data) <= SLICE_BYTES:
            self._take(data)
        else:
            self._take_in_slices(data)

    def _take_in_slices(self, data: bytes) -> None:
        """What comes at once may be ten thousand messages: parsed bit by bit, most of a bomb never is."""
        for start in range(0, len(data), SLICE_BYTES):
            if self._lost or self._transport.is_closing():
                return
            if self._exchange is not None and self._exchange.is_behind:
                self._held = data[start:]
                return
            self._take(data[start : start + SLICE_BYTES])

    def _take(self, data: bytes) -> None:
        if self._ending and self._is_too_much(len(data)):
            self._transport.abort()
            return
        is_past_handshake = self._exchange is not None or self._listener is not None
        self._in_pieces = self._in_pieces or (is_past_handshake and not frames.are_whole(data))
        conn = self._parser()
        conn.receive_data(data)
        for event in conn.events_received():
            self._on_event(conn, event)
        self._flush(conn)
        self._forget_parser()
        if not self._ending and self._transport.get_write_buffer_size() > ANSWERED_BYTES:
            self._let_go()

    def eof_received(self) -> None:
        """The peer says nothing more: the transport closes by itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = self._ending = True
        self._served.state.connections.discard(self)
        self._served.keepalive.remove(self)
        if self._farewell is not None:
            self._farewell.cancel()
        if self._exchange is not None:
            self._exchange.disconnect(close_codes.ABNORMAL)
        if self._listener is not None:
            self._listener.gone()
        over, self._over = self._over, None
        if over is not None:
            over()

    def pause_writing(self) -> None:
        if self._exchange is not None:
            self._exchange.pause_writing()

    def resume_writing(self) -> None:
        if self._exchange is not None:
            self._exchange.resume_writing()

    def shutdown(self) -> None:
        """The server ends: say so, and go."""
        exchange = self._exchange
        if self._is_open:
            self.close(close_codes.SERVICE_RESTART)
        elif exchange is not None and not self._ending:
            self.respond(self._parser().reject(503, "restarting\n"))
            exchange.disconnect(close_codes.SERVICE_RESTART)
        if not self._transport.is_closing():
            self._transport.close()

    @property
    def _is_open(self) -> bool:
        """Whether the handshake is done and no side has begun to close."""
        return not self._ending and (self._conn is None or self._conn.state is State.OPEN)

    # What comes in

    def _parser(self) -> ServerProtocol:
        """The parser. A detached socket gets one made for what came, at a frame's beginning."""
        if self._conn is None:
            self._conn = ServerProtocol(state=State.OPEN, max_size=self._served.max_size, logger=_quiet)
        return self._conn

    def _forget_parser(self) -> None:
        if self._listener is not None and not self._in_pieces and self._is_open:
            self._conn = None

    def _is_too_much(self, size_bytes: int) -> bool:
        self._said_after_close += size_bytes
        return self._said_after_close > SAID_AFTER_CLOSE

    def _on_event(self, conn: ServerProtocol, event: Request | Response | Frame) -> None:
        if isinstance(event, Request):
            self._on_handshake(conn, event)
        elif not isinstance(event, Frame) or self._ending:
            return
        elif event.opcode is Opcode.CLOSE:
            self._on_close(conn)
        elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._on_data(conn, event)

    def _on_handshake(self, conn: ServerProtocol, request: Request) -> None:
        response = conn.accept(request)
        if response.status_code != 101:
            self.respond(response)
            return
        served, transport = self._served, self._transport
        surroundings = {
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": served.root_path,
            "state": served.app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: self},
        }
        self._exchange = Exchange(self, scope_of(request, surroundings), response)
        task = asyncio.get_running_loop().create_task(self._exchange.run(served.app))
        served.state.tasks.add(task)
        task.add_done_callback(self._on_returned)

    def _on_returned(self, task: asyncio.Task[None]) -> None:
        self._served.state.tasks.discard(task)
        self._exchange = None

    def _on_close(self, conn: ServerProtocol) -> None:
        self._end()
        received = conn.close_rcvd
        if self._exchange is not None and received is not None:
            self._exchange.disconnect(received.code, received.reason)

    def _on_data(self, conn: ServerProtocol, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._message = [frame.opcode]
        assert self._message is not None  # ServerProtocol refuses a continuation of nothing
        self._message.append(frame.data)
        if len(self._message) > PIECES:
            self._fail(conn, close_codes.VIOLATION, "too many pieces")
            return
        if not frame.fin:
            return
        (opcode, *pieces), self._message = self._message, None
        payload = b"".join(pieces)
        try:
            self._deliver(payload.decode() if opcode is Opcode.TEXT else payload)
        except UnicodeDecodeError:
            self._fail(conn, close_codes.INVALID_DATA, "not UTF-8")

    def _deliver(self, content: str | bytes) -> None:
        if self._listener is not None:
            self._listener.heard(content if isinstance(content, str) else None)
        elif self._exchange is not None:
            kind = "text" if isinstance(content, str) else "bytes"
            self._exchange.put({"type": "websocket.receive", kind: content})

    # What goes out: the wire of an Exchange, and the Outlet of a feature

    def respond(self, response: Response) -> None:
        conn = self._parser()
        conn.send_response(response)
        if response.status_code == 101:
            self._served.keepalive.add(self)
        self._flush(conn)

    def write_message(self, payload: bytes, *, text: bool) -> None:
        """Raises PeerGone."""
        conn = self._parser()
        try:
            conn.send_text(payload) if text else conn.send_binary(payload)
        except InvalidState:
            raise PeerGone from None
        self._flush(conn)

    @property
    def is_over(self) -> bool:
        return self._ending

    def push(self, state: bytes) -> None:
        """The hot path: one frame, one write."""
        if self._ending:
            return
        transport = self._transport
        if transport.get_write_buffer_size() > UNREAD_BYTES:
            self._let_go()
            return
        size_bytes = len(state)
        head = frames.HEADS[size_bytes] if size_bytes < frames.LONGEST_HEAD else frames.text_head(size_bytes)
        transport.write(head + state)

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; the first call wins."""
        if self._ending:
            return
        conn = self._parser()
        if conn.state is not State.OPEN:
            return
        conn.send_close(code, reason)
        self._end()
        if self._exchange is not None:
            self._exchange.disconnect(code, reason)
        self._flush(conn)

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.resume_reading()
        if self._held:
            held, self._held = self._held, b""
            self._take_in_slices(held)

    def _flush(self, conn: ServerProtocol) -> None:
        """Write what the parser has to say."""
        out = conn.data_to_send()
        if conn.parser_exc is not None and not self._ending:
            self._end()
            if self._exchange is not None and conn.close_sent is not None:
                self._exchange.disconnect(conn.close_sent.code, conn.close_sent.reason)
        if self._lost or not out:
            return
        self._transport.write(b"".join(out))
        if SEND_EOF in out:
            self._end()
            self._half_close()

    def _half_close(self) -> None:
        """Closing with something unread would take the close frame away from the peer (RFC 9293 section 3.6)."""
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _fail(self, conn: ServerProtocol, code: int, reason: str) -> None:
        conn.fail(code, reason)
        self._end()
        if self._exchange is not None:
            self._exchange.disconnect(code, reason)
        self._flush(conn)

    def _end(self) -> None:
        """Nothing new is said from now on, and the connection does not last much longer."""
        if self._ending:
            return
        self._ending = True
        self._message, self._held = None, b""
        self._served.keepalive.remove(self)
        self._farewell = asyncio.get_running_loop().call_later(self._served.farewell_s, self._transport.abort)
        self.resume_reading()

    def _let_go(self) -> None:
        """A peer that does not read would not read a close frame either: 4001 in the log, 1006 for the peer."""
        logger.info("slow_reader")
        self._end()
        self._transport.abort()

    # Detached

    @property
    def is_detached(self) -> bool:
        return self._listener is not None

    def detach(self, listener: Listener) -> None:
        """See PushSocket."""
        exchange = self._exchange
        assert exchange is not None
        assert self._listener is None
        self._listener, exchange.detached = listener, True
        for message in exchange.drain():
            if message["type"] == "websocket.receive" and not self._ending:
                listener.heard(message.get("text"))
        self.resume_reading()
        self._forget_parser()
        if self._lost:
            listener.gone()

    def when_over(self, call: Callable[[], None]) -> None:
        """See PushSocket. One call a socket is enough."""
        if self._lost:
            call()
        else:
            self._over = call

    # The keepalive

    def ping(self, tick: int) -> None:
        if not self._ending:
            self._silent_since = self._silent_since or tick
            self._transport.write(frames.PING)

    def give_up_since(self, tick: int) -> None:
        if self._silent_since != tick or self._ending:
            return
        if self._exchange is not None and self._exchange.is_behind:
            self._silent_since = 0  # it is we who do not read: its pong may lie there
        else:
            self._fail(self._parser(), close_codes.INTERNAL_ERROR, "keepalive ping timeout")
