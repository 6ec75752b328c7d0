"""An ASGI call for a WebSocket (ASGI 3, WebSocket 2.4). Does not parse frames."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from ..core.errors import DatabaseAway
from . import close_codes

logger = logging.getLogger(__name__)

MAX_PENDING_EVENTS = 8  # an application this far behind is busy, so the peer is not read meanwhile

RawHeaders = Iterable[tuple[bytes, bytes]]


class PeerDisconnected(OSError):
    """The peer has disconnected. Starlette turns this error into a WebSocketDisconnect."""


class WebSocketTransport(Protocol):
    """Connection below an AsgiWebSocket."""

    def respond(self, response: Response) -> None:
        """Answer the handshake. Any status but 101 ends the connection."""
        ...

    def write_message(self, payload: bytes, *, text: bool) -> None:
        """Write a message. Raises PeerDisconnected."""
        ...

    def close(self, code: int, reason: str = "") -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class AsgiWebSocket:
    """State of an application call: unanswered handshake, then open, then disconnected."""

    def __init__(self, transport: WebSocketTransport, scope: Scope, response: Response) -> None:
        self._transport = transport
        self._scope = scope
        self._response: Response | None = response  # to the handshake; None once it was sent
        self._denial: tuple[int, RawHeaders, bytes] | None = None
        self._pending_events: deque[Message] = deque([{"type": "websocket.connect"}])
        self._event_arrived: asyncio.Future[None] | None = None
        self._paused_reading = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.is_disconnected = False  # by either side
        self.is_detached = False

    async def run(self, app: ASGIApp) -> None:
        """Call the application, then close or reject what it left open."""
        code = close_codes.SERVICE_RESTART  # the call is cancelled only when the server ends
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            await app(self._scope, self.receive, self.send)
            code = close_codes.NORMAL
        except PeerDisconnected:
            code = close_codes.NORMAL
        except DatabaseAway:
            code, status = close_codes.TRY_AGAIN_LATER, HTTPStatus.SERVICE_UNAVAILABLE
        except Exception:
            logger.exception("socket_app_failed")
            code = close_codes.INTERNAL_ERROR
        finally:
            self._close_unfinished(code, status)

    def _close_unfinished(self, code: int, status: HTTPStatus) -> None:
        if self.is_detached or self.is_disconnected:
            return
        if self._response is not None:
            self._reject_handshake(status)
        else:
            self._transport.close(code)

    # Events to the application

    async def receive(self) -> Message:
        """Return the next event. After a disconnect event the call never returns."""
        while not self._pending_events:
            self._event_arrived = asyncio.get_running_loop().create_future()
            await self._event_arrived
        message = self._pending_events.popleft()
        if self._paused_reading and not self._pending_events:
            self._paused_reading = False
            self._transport.resume_reading()
        return message

    def put_event(self, message: Message) -> None:
        """Queue an event for the application, and pause reading if it falls behind."""
        self._pending_events.append(message)
        if self._event_arrived is not None and not self._event_arrived.done():
            self._event_arrived.set_result(None)
        if len(self._pending_events) >= MAX_PENDING_EVENTS and not self._paused_reading:
            self._paused_reading = True
            self._transport.pause_reading()

    def put_disconnect(self, code: int, reason: str = "") -> None:
        """Queue the disconnect event, and wake a waiting `send`. Idempotent."""
        if self.is_disconnected:
            return
        self.is_disconnected = True
        self._writable.set()
        self.put_event({"type": "websocket.disconnect", "code": code, "reason": reason})

    @property
    def is_app_behind(self) -> bool:
        """Tell whether reading is paused because the application does not keep up."""
        return self._paused_reading

    def take_pending_events(self) -> list[Message]:
        """Take the events that the application has not received. The caller resumes reading."""
        events, self._pending_events, self._paused_reading = list(self._pending_events), deque(), False
        return events

    # Messages of the application

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def send(self, message: Message) -> None:
        """Send a message, after the peer has read enough of the earlier messages.

        Raises PeerDisconnected, RuntimeError for a message that is not allowed in this state.
        """
        await self._writable.wait()
        if self._denial is not None:
            self._continue_denial(message)
        elif self._response is not None:
            self._answer_handshake(self._response, message)
        else:
            self._send_when_open(message)

    def _answer_handshake(self, response: Response, message: Message) -> None:
        if self.is_disconnected:
            raise PeerDisconnected
        if message["type"] == "websocket.accept":
            self._response = None
            _add_headers(response.headers, message.get("headers", ()))
            if message.get("subprotocol"):
                response.headers["Sec-WebSocket-Protocol"] = message["subprotocol"]
            self._transport.respond(response)
        elif message["type"] == "websocket.close":
            self._reject_handshake(HTTPStatus.FORBIDDEN)
        elif message["type"] == "websocket.http.response.start":
            self._denial = (message["status"], message.get("headers", ()), b"")
        else:
            raise RuntimeError(f"{message['type']} before the handshake was answered")

    def _reject_handshake(self, status: HTTPStatus) -> None:
        is_outage = status is HTTPStatus.SERVICE_UNAVAILABLE
        headers = [(b"retry-after", str(DatabaseAway.RETRY_AFTER_S).encode())] if is_outage else []
        self._respond_and_disconnect(_build_response(status, headers, b""))

    def _continue_denial(self, message: Message) -> None:
        if message["type"] != "websocket.http.response.body":
            raise RuntimeError(f"{message['type']} in the middle of a denial response")
        if self.is_disconnected:
            raise PeerDisconnected
        assert self._denial is not None
        status, headers, body = self._denial
        self._denial = (status, headers, body + message.get("body", b""))
        if not message.get("more_body", False):
            self._respond_and_disconnect(_build_response(*self._denial))

    def _respond_and_disconnect(self, response: Response) -> None:
        self._response = None
        self._transport.respond(response)
        self.put_disconnect(close_codes.ABNORMAL)

    def _send_when_open(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            if self.is_disconnected:
                raise PeerDisconnected
            if message.get("bytes") is not None:
                self._transport.write_message(message["bytes"], text=False)
            else:
                self._transport.write_message(message["text"].encode(), text=True)
        elif message["type"] == "websocket.close":
            if self.is_disconnected:
                raise PeerDisconnected
            self._transport.close(message.get("code", close_codes.NORMAL), message.get("reason") or "")
        else:
            raise RuntimeError(f"{message['type']} after the handshake was answered")


def build_scope(request: Request, connection_scope: Scope) -> Scope:
    """Build the ASGI scope of a handshake from the request and its connection's scope."""
    root_path: str = connection_scope["root_path"]
    raw_path, _, query_string = request.path.partition("?")
    subprotocols = [
        token.strip() for line in request.headers.get_all("Sec-WebSocket-Protocol") for token in line.split(",")
    ]
    return {
        **connection_scope,
        "type": "websocket",
        "http_version": "1.1",
        "path": root_path + unquote(raw_path),
        "raw_path": root_path.encode("ascii") + raw_path.encode("ascii"),
        "query_string": query_string.encode("ascii"),
        "headers": [
            (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in request.headers.raw_items()
        ],
        "subprotocols": subprotocols,
    }


def _build_response(status: int, headers: RawHeaders, body: bytes) -> Response:
    response_headers = Headers()
    _add_headers(response_headers, headers)
    response_headers.setdefault("Date", formatdate(usegmt=True))
    response_headers.setdefault("Connection", "close")
    response_headers.setdefault("Content-Length", str(len(body)))
    if body:
        response_headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # a status without a standard phrase
        phrase = ""
    return Response(status, phrase, response_headers, body)


def _add_headers(headers: Headers, more: RawHeaders) -> None:
    for name, value in more:
        headers[name.decode("latin-1")] = value.decode("latin-1")
