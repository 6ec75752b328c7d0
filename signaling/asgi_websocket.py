"""One call of an ASGI app for one WebSocket: its scope, what it receives and sends (ASGI 3, WebSocket 2.4)."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from . import close_codes

logger = logging.getLogger(__name__)

MAX_PENDING_EVENTS = 8  # an app that has not received these is busy: its peer is not read meanwhile

SCOPE_TYPE = "websocket"

RawHeaders = Iterable[tuple[bytes, bytes]]


class PeerDisconnected(OSError):
    """There is nobody to send to. Starlette makes it a WebSocketDisconnect."""


class WebSocketTransport(Protocol):
    """What an exchange needs of the connection under it."""

    def respond(self, response: Response) -> None:
        """Answer the handshake; anything but 101 ends the connection."""
        ...

    def write_message(self, payload: bytes, *, text: bool) -> None:
        """Raises PeerGone."""
        ...

    def close(self, code: int, reason: str = "") -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class AsgiWebSocket:
    """What passes between one app call and its wire. Unanswered, then open, then over."""

    def __init__(self, transport: WebSocketTransport, scope: Scope, response: Response) -> None:
        self._transport = transport
        self._scope = scope
        self._response: Response | None = response  # the answer to the handshake, until it was given
        self._denial: tuple[int, RawHeaders, bytes] | None = None
        self._pending_events: deque[Message] = deque([{"type": "websocket.connect"}])
        self._event_arrived: asyncio.Future[None] | None = None
        self._paused_reading = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.is_disconnected = False  # either side has ended it
        self.is_detached = False

    async def run(self, app: ASGIApp) -> None:
        """Call the app. Whatever it leaves undone is done here: an answer, or a close."""
        code = close_codes.SERVICE_RESTART  # what cancels an app is the end of the server
        try:
            await app(self._scope, self.receive, self.send)
            code = close_codes.NORMAL
        except PeerDisconnected:
            code = close_codes.NORMAL
        except Exception:
            logger.exception("socket_app_failed")
            code = close_codes.INTERNAL_ERROR
        finally:
            self._close_unfinished(code)

    def _close_unfinished(self, code: int) -> None:
        if self.is_detached or self.is_disconnected:
            return
        if self._response is not None:
            self._reject_handshake(HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            self._transport.close(code)

    # What the app receives

    async def receive(self) -> Message:
        """The next event. After a disconnect there is none, and whoever still waits waits for ever."""
        while not self._pending_events:
            self._event_arrived = asyncio.get_running_loop().create_future()
            await self._event_arrived
        message = self._pending_events.popleft()
        if self._paused_reading and not self._pending_events:
            self._paused_reading = False
            self._transport.resume_reading()
        return message

    def put_event(self, message: Message) -> None:
        """Have the app receive this; one that does not keep up is not sent more."""
        self._pending_events.append(message)
        if self._event_arrived is not None and not self._event_arrived.done():
            self._event_arrived.set_result(None)
        if len(self._pending_events) >= MAX_PENDING_EVENTS and not self._paused_reading:
            self._paused_reading = True
            self._transport.pause_reading()

    def put_disconnect(self, code: int, reason: str = "") -> None:
        """Tell the app that it is over, once."""
        if self.is_disconnected:
            return
        self.is_disconnected = True
        self._writable.set()
        self.put_event({"type": "websocket.disconnect", "code": code, "reason": reason})

    @property
    def is_app_behind(self) -> bool:
        """Whether the peer is not read because the app does not keep up."""
        return self._paused_reading

    def take_pending_events(self) -> list[Message]:
        """What has come and the app will not receive any more. It is behind no longer; the wire may read on."""
        left, self._pending_events, self._paused_reading = list(self._pending_events), deque(), False
        return left

    # What the app sends

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def send(self, message: Message) -> None:
        """Raises PeerGone when the connection is over, RuntimeError for what may not be sent now."""
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
        self._respond_and_disconnect(_build_response(status, (), b""))

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
    """The ASGI scope of a handshake. `surroundings`: what is the same for every request of this connection."""
    root_path: str = connection_scope["root_path"]
    raw_path, _, query_string = request.path.partition("?")
    subprotocols = [
        token.strip() for line in request.headers.get_all("Sec-WebSocket-Protocol") for token in line.split(",")
    ]
    return {
        **connection_scope,
        "type": SCOPE_TYPE,
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
    found = Headers()
    _add_headers(found, headers)
    found.setdefault("Date", formatdate(usegmt=True))
    found.setdefault("Connection", "close")
    found.setdefault("Content-Length", str(len(body)))
    if body:
        found.setdefault("Content-Type", "text/plain; charset=utf-8")
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return Response(status, phrase, found, body)


def _add_headers(headers: Headers, more: Any) -> None:
    for name, value in more:
        headers[name.decode("latin-1")] = value.decode("latin-1")
