"""WebSocket protocol class for uvicorn (`ws=`). Knows no message and no feature.

It is built on the Sans-I/O ServerProtocol of the websockets library. Applications get complete
ASGI, and the extension of push_socket.py: of a detached socket only this object and its transport
remain, and a parser is created again when the peer sends data. Reasons and measurements are in
docs/decisions/0015.
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

from ..core.db.rate_limits import TokenBucket
from . import close_codes, frames
from .asgi_websocket import AsgiWebSocket, PeerDisconnected, build_scope
from .keepalive import KeepaliveSweep
from .push_socket import EXTENSION, SocketListener

logger = logging.getLogger(__name__)

# Unread bytes in the transport, in addition to the kernel's buffer: more than a hundred ticket states.
MAX_UNREAD_STATE_BYTES = 64 * 1024
# Limit for a peer that sends requests or pings without reading. It is larger than the limit at which
# the transport pauses an application's send (64 KiB) plus a message, so that only replies reach it.
MAX_UNREAD_REPLY_BYTES = 4 * MAX_UNREAD_STATE_BYTES
CLOSE_HANDSHAKE_TIMEOUT_S = 5.0  # for the peer's close frame, which a peer that does not read never sends
MAX_BYTES_AFTER_CLOSE = 1 << 20  # read and dropped during closing, so that the peer reads the close frame
PARSE_SLICE_BYTES = 512  # 85 of the smallest frames, which take less than a millisecond
MAX_MESSAGES_PER_S = 30  # messages, pings and pongs of a socket
MAX_MESSAGES_BURST = 60  # without relayed signals, which a room counts by itself
MAX_FRAGMENTS = 1_024  # of a message; no client needs more
FRAGMENTS_PER_TOKEN = 32  # a browser sends a message in a few; each costs as much as a small message

# The library logs each closed connection at INFO, which would be a line for each phone.
_library_logger = logging.getLogger("office360.signaling.wire")
_library_logger.setLevel(logging.WARNING)


class FrameParser(ServerProtocol):
    """Parser that accepts a close frame between fragments (RFC 6455 section 5.4)."""

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)


@dataclass(frozen=True, slots=True)
class ServerContext:
    """Settings and state that all sockets of a server share, so that no socket keeps copies."""

    app: ASGIApp
    root_path: str
    max_size: int
    app_state: dict[str, Any]
    state: ServerState
    keepalive: KeepaliveSweep
    close_timeout_s: float
    messages_burst: int
    may_bypass_transport: bool


class WebSocketProtocolFactory:
    """Protocol factory for uvicorn, which calls it for each upgraded connection."""

    def __init__(
        self,
        keepalive: KeepaliveSweep | None = None,
        close_timeout_s: float = CLOSE_HANDSHAKE_TIMEOUT_S,
        messages_burst: int = MAX_MESSAGES_BURST,
        may_bypass_transport: bool = True,
    ) -> None:
        self._keepalive = keepalive or KeepaliveSweep()
        self._close_timeout_s = close_timeout_s
        self._messages_burst = messages_burst
        self._may_bypass_transport = may_bypass_transport
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
                messages_burst=self._messages_burst,
                may_bypass_transport=self._may_bypass_transport,
            )
        return UvicornWebSocketProtocol(self._context)


class UvicornWebSocketProtocol(asyncio.Protocol):
    """A connection from its handshake to its end.

    Implements WebSocketTransport, PushSocket and PingableSocket. A detached socket of an idle phone
    consists of this object, its transport and its listener.
    """

    # Without slots each phone would cost a dict as well.
    __slots__ = (
        "_allowance",
        "_bytes_after_close",
        "_close_timer",
        "_context",
        "_descriptor",
        "_fragments",
        "_is_closing",
        "_is_flooding",
        "_is_lost",
        "_is_parsing_scheduled",
        "_keeps_parser",
        "_listener",
        "_on_connection_closed",
        "_parser",
        "_transport",
        "_unanswered_ping_tick",
        "_unparsed",
        "_websocket",
        "keepalive_slot",
    )

    _transport: asyncio.Transport

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._parser: FrameParser | None = FrameParser(max_size=context.max_size, logger=_library_logger)
        self._allowance: TokenBucket | None = None  # of messages, pings and pongs; made on demand
        self._websocket: AsgiWebSocket | None = None
        self._listener: SocketListener | None = None
        self._on_connection_closed: Callable[[], None] | None = None
        self._fragments: list[Any] | None = None  # opcode and payloads of an incomplete message
        self._keeps_parser = False  # True once received data has ended inside a message
        self._unparsed = b""  # received, for later turns of the event loop; nothing is read meanwhile
        self._is_parsing_scheduled = False
        self._is_closing = False  # only the closing handshake is written from now on
        self._is_flooding = False  # nothing more is read until the close timeout
        self._is_lost = False
        self._close_timer: asyncio.TimerHandle | None = None
        self._bytes_after_close = 0
        self._unanswered_ping_tick = 0  # of the first ping without an answer; 0 means none
        self.keepalive_slot = -1

    # Transport callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._context.state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes
        self._descriptor = _plain_descriptor(transport) if self._context.may_bypass_transport else -1

    def data_received(self, data: bytes) -> None:
        was_pinged = bool(self._unanswered_ping_tick)
        self._unanswered_ping_tick = 0  # any data shows that the peer is alive
        # An idle phone sends only empty pongs. This comparison takes 0.3 us; creating a parser and
        # parsing the pong takes 16 us.
        if was_pinged and self._listener is not None and self._parser is None and frames.is_empty_pong(data):
            return
        self._unparsed += data
        if not self._is_parsing_scheduled:
            self._parse_slice()

    def _parse_slice(self) -> None:
        """Parse a slice of the received data, and the rest in later turns of the event loop.

        A read may contain forty thousand pings. Parsed at once they would block all other sockets.
        """
        self._is_parsing_scheduled = False
        if self._is_lost or self._transport.is_closing() or self._is_app_behind:
            return
        # Whole frames where possible: after a cut inside a frame the socket keeps its parser for good.
        size = 0 if self._keeps_parser else frames.whole_frames_bytes(self._unparsed, PARSE_SLICE_BYTES)
        size = size or PARSE_SLICE_BYTES
        data, self._unparsed = self._unparsed[:size], self._unparsed[size:]
        self._parse(data)
        if self._unparsed:
            self.pause_reading()
        if not self._is_app_behind:
            self.resume_reading()

    @property
    def _is_app_behind(self) -> bool:
        """Tell whether received data waits for the application. During closing it is dropped."""
        return not self._is_closing and self._websocket is not None and self._websocket.is_app_behind

    def _parse(self, data: bytes) -> None:
        was_closing = self._is_closing
        if was_closing:
            self._bytes_after_close += len(data)
            if self._bytes_after_close > MAX_BYTES_AFTER_CLOSE:
                self._transport.abort()
                return
        # A parser may be dropped only between messages. After data that ends inside a message the
        # socket keeps its parser for good, because the check below assumes data from a boundary on.
        is_past_handshake = self._websocket is not None or self._listener is not None
        self._keeps_parser = self._keeps_parser or (is_past_handshake and not frames.has_only_whole_messages(data))
        parser = self._get_parser()
        parser.receive_data(data)
        for event in parser.events_received():
            # once an event has begun the closing, the events behind it are void
            if self._is_closing is was_closing:
                self._on_event(parser, event)
        self._write_parser_output(parser)
        self._drop_parser()
        if not self._is_closing and self._transport.get_write_buffer_size() > MAX_UNREAD_REPLY_BYTES:
            self._abort_slow_reader()

    def eof_received(self) -> None:
        """Return None, upon which the transport closes itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = self._is_closing = True
        self._descriptor = -1
        self._context.state.connections.discard(self)
        self._context.keepalive.remove_socket(self)
        if self._close_timer is not None:
            self._close_timer.cancel()
        if self._websocket is not None:
            self._websocket.put_disconnect(close_codes.ABNORMAL)
        if self._listener is not None:
            self._listener.on_close()
        on_closed, self._on_connection_closed = self._on_connection_closed, None
        if on_closed is not None:
            on_closed()

    def pause_writing(self) -> None:
        if self._websocket is not None:
            self._websocket.pause_writing()

    def resume_writing(self) -> None:
        if self._websocket is not None:
            self._websocket.resume_writing()

    def shutdown(self) -> None:
        """Close with 1012, or answer a pending handshake with 503. Called when uvicorn stops."""
        websocket = self._websocket
        if self._is_open:
            self.close(close_codes.SERVICE_RESTART)
        elif websocket is not None and not self._is_closing:
            self.respond(self._get_parser().reject(503, "restarting\n"))
            websocket.put_disconnect(close_codes.SERVICE_RESTART)
        if not self._transport.is_closing():
            self._transport.close()

    @property
    def _is_open(self) -> bool:
        """Tell whether the handshake is complete and neither side has begun to close."""
        return not self._is_closing and (self._parser is None or self._parser.state is State.OPEN)

    # Received data

    def _get_parser(self) -> FrameParser:
        """Return the parser; create it if the socket was detached between messages.

        A detached socket keeps no parser, because an idle parser takes 1.4 KB for each phone.
        """
        if self._parser is None:
            self._parser = FrameParser(state=State.OPEN, max_size=self._context.max_size, logger=_library_logger)
        return self._parser

    def _drop_parser(self) -> None:
        if self._listener is not None and not self._keeps_parser and self._is_open:
            self._parser = None

    def _on_event(self, parser: ServerProtocol, event: Request | Response | Frame) -> None:
        if isinstance(event, Request):
            self._on_handshake(parser, event)
        elif not isinstance(event, Frame):
            return
        elif event.opcode is Opcode.CLOSE:
            if not self._is_closing:
                self._on_close_frame(parser)
        elif self._is_closing or event.opcode in (Opcode.PING, Opcode.PONG):
            self._take_token()
        else:
            self._on_data_frame(parser, event)

    def _take_token(self) -> bool:
        """Count a message against the limit. Beyond it, close the socket and return False.

        A flooding socket stays open, unread, until the close timeout, and counts against its address. Its peer
        would otherwise go on with another socket at once, whose handshake costs more than the messages.
        """
        self._allowance = self._allowance or TokenBucket(MAX_MESSAGES_PER_S, self._context.messages_burst)
        if self._allowance.take_token(asyncio.get_running_loop().time()):
            return True
        if self._is_closing:
            self._transport.abort()  # the peer answers our close frame with a flood
        else:
            self.close(close_codes.TOO_MANY, "too many messages")
            self._is_flooding = True
            self.pause_reading()
        return False

    def _on_handshake(self, parser: ServerProtocol, request: Request) -> None:
        response = parser.accept(request)
        if response.status_code != 101:
            self.respond(response)
            return
        context, transport = self._context, self._transport
        connection_scope = {
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": context.root_path,
            "state": context.app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: self},
        }
        self._websocket = AsgiWebSocket(self, build_scope(request, connection_scope), response)
        task = asyncio.get_running_loop().create_task(self._websocket.run(context.app))
        # uvicorn waits for these tasks when it stops
        context.state.tasks.add(task)
        task.add_done_callback(self._on_app_returned)

    def _on_app_returned(self, task: asyncio.Task[None]) -> None:
        # a detached socket keeps neither the call nor its scope
        self._context.state.tasks.discard(task)
        self._websocket = None

    def _on_close_frame(self, parser: ServerProtocol) -> None:
        self._begin_closing()
        received = parser.close_rcvd
        if self._websocket is not None and received is not None:
            self._websocket.put_disconnect(received.code, received.reason)

    def _on_data_frame(self, parser: ServerProtocol, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._fragments = [frame.opcode]
        assert self._fragments is not None  # ServerProtocol refuses a continuation without a start
        self._fragments.append(frame.data)
        if len(self._fragments) > MAX_FRAGMENTS:
            self._fail_connection(parser, close_codes.VIOLATION, "too many pieces")
            return
        if (frame.fin or len(self._fragments) % FRAGMENTS_PER_TOKEN == 0) and not self._take_token():
            return
        if not frame.fin:
            return
        (opcode, *payloads), self._fragments = self._fragments, None
        payload = b"".join(payloads)
        try:
            self._deliver_message(payload.decode() if opcode is Opcode.TEXT else payload)
        except UnicodeDecodeError:
            self._fail_connection(parser, close_codes.INVALID_DATA, "not UTF-8")

    def _deliver_message(self, content: str | bytes) -> None:
        if self._listener is not None:
            self._listener.on_text(content if isinstance(content, str) else None)
        elif self._websocket is not None:
            kind = "text" if isinstance(content, str) else "bytes"
            self._websocket.put_event({"type": "websocket.receive", kind: content})

    # Sent data: WebSocketTransport for the ASGI call, StateSink for features

    def respond(self, response: Response) -> None:
        parser = self._get_parser()
        parser.send_response(response)
        if response.status_code == 101:
            self._context.keepalive.add_socket(self)
        self._write_parser_output(parser)

    def write_message(self, payload: bytes, *, text: bool) -> None:
        """Write a message. Raises PeerDisconnected."""
        parser = self._get_parser()
        try:
            parser.send_text(payload) if text else parser.send_binary(payload)
        except InvalidState:
            raise PeerDisconnected from None
        self._write_parser_output(parser)

    @property
    def is_closing(self) -> bool:
        return self._is_closing

    def push(self, state: bytes) -> None:
        """Write a whole state as a text frame, without parser, task or await.

        This is the hot path of every update to all phones of a line: a look-up of a prepared
        header and a write. A peer with too much unread data is aborted, so that it neither grows
        the process nor delays the other phones.
        """
        if self._is_closing:
            return
        transport = self._transport
        if transport.get_write_buffer_size() > MAX_UNREAD_STATE_BYTES:
            self._abort_slow_reader()
            return
        transport.write(frames.text_frame_header(len(state)) + state)

    def push_rest(self, state: bytes, sent_bytes: int) -> None:
        """Write the rest of a state's frame. It is next, because the transport held no data."""
        self._transport.write((frames.text_frame_header(len(state)) + state)[sent_bytes:])

    def idle_descriptor(self) -> int:
        """Return the descriptor if the transport holds nothing and is open, else -1 (StateSink).

        Both loops close the descriptor after `connection_lost`, and the kernel may then give its number to
        another socket. So this method asks in the callback that sends.
        """
        transport = self._transport
        if self._is_closing or transport.is_closing() or transport.get_write_buffer_size():
            return -1
        return self._descriptor

    def write_if_idle(self, message: bytes) -> bool:
        """Write a message unless earlier data is unread, which would make it jump the queue."""
        if self._is_closing or self._transport.get_write_buffer_size():
            return False
        self.push(message)
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake. Only the first call has an effect."""
        if self._is_closing:
            return
        parser = self._get_parser()
        if parser.state is not State.OPEN:
            return
        parser.send_close(code, reason)
        self._begin_closing()
        if self._websocket is not None:
            self._websocket.put_disconnect(code, reason)
        self._write_parser_output(parser)

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on with the data that was received already, else read from the peer."""
        if self._transport.is_closing() or self._is_flooding:
            return
        if not self._unparsed:
            self._transport.resume_reading()
        elif not self._is_parsing_scheduled:
            self._is_parsing_scheduled = True
            asyncio.get_running_loop().call_soon(self._parse_slice)

    def _write_parser_output(self, parser: ServerProtocol) -> None:
        """Write the parser's replies and close frames, and follow its errors."""
        out = parser.data_to_send()
        if parser.parser_exc is not None and not self._is_closing:
            self._begin_closing()
            if self._websocket is not None and parser.close_sent is not None:
                self._websocket.put_disconnect(parser.close_sent.code, parser.close_sent.reason)
        if self._is_lost or not out:
            return
        self._transport.write(b"".join(out))
        if SEND_EOF in out:
            self._begin_closing()
            self._half_close()

    def _half_close(self) -> None:
        """End our side only, because closing with unread data resets the connection.

        The peer would then lose the close frame (RFC 9293 section 3.6).
        """
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _fail_connection(self, parser: ServerProtocol, code: int, reason: str) -> None:
        parser.fail(code, reason)
        self._begin_closing()
        if self._websocket is not None:
            self._websocket.put_disconnect(code, reason)
        self._write_parser_output(parser)

    def _begin_closing(self) -> None:
        """Write nothing new from now on, and abort the connection after the close timeout.

        Reading resumes, because the peer's close frame may be behind unread data.
        """
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
        """Abort the connection, which the peer sees as 1006.

        A close frame would wait behind the data that the peer does not read.
        """
        logger.info("slow_reader")
        self._begin_closing()
        self._transport.abort()

    # Detached socket

    def detach(self, listener: SocketListener) -> None:
        """Hand the socket to a listener (PushSocket)."""
        websocket = self._websocket
        assert websocket is not None
        assert self._listener is None
        self._listener, websocket.is_detached = listener, True
        self._allowance = None  # most phones send nothing after their hello
        for message in websocket.take_pending_events():
            if message["type"] == "websocket.receive" and not self._is_closing:
                listener.on_text(message.get("text"))
        self.resume_reading()
        self._drop_parser()
        if self._is_lost:
            listener.on_close()

    def return_message_token(self) -> None:
        """Do not count a received message, which has a limit of its own (PushSocket)."""
        if self._allowance is not None:
            self._allowance.return_token(asyncio.get_running_loop().time())

    def call_when_closed(self, callback: Callable[[], None]) -> None:
        """Set the only callback for the end of the connection (PushSocket)."""
        if self._is_lost:
            callback()
        else:
            self._on_connection_closed = callback

    # Keepalive (PingableSocket)

    def ping(self, tick: int) -> None:
        if not self._is_closing:
            self._unanswered_ping_tick = self._unanswered_ping_tick or tick
            self._transport.write(frames.PING_FRAME)

    def close_if_silent_since(self, tick: int) -> None:
        if self._unanswered_ping_tick != tick or self._is_closing:
            return
        if self._is_app_behind:
            self._unanswered_ping_tick = 0  # reading is paused, so the pong may be among the unread data
        else:
            self._fail_connection(self._get_parser(), close_codes.INTERNAL_ERROR, "keepalive ping timeout")


def _plain_descriptor(transport: asyncio.BaseTransport) -> int:
    """Return the descriptor of a transport, or -1 with TLS.

    Plain text must not enter an encrypted stream.
    """
    connection = transport.get_extra_info("socket")
    return -1 if connection is None or is_ssl(cast(asyncio.Transport, transport)) else connection.fileno()
