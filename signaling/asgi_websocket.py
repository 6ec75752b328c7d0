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

WAITING_MESSAGES = 8  # an app that has not received these is busy: its peer is not read meanwhile

SCOPE_TYPE = "websocket"

HeaderList = Iterable[tuple[bytes, bytes]]


class PeerGone(OSError):
    """There is nobody to send to. Starlette makes it a WebSocketDisconnect."""


class Wire(Protocol):
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


class Exchange:
    """What passes between one app call and its wire. Unanswered, then open, then over."""

    def __init__(self, wire: Wire, scope: Scope, response: Response) -> None:
        self._wire = wire
        self._scope = scope
        self._response: Response | None = response  # the answer to the handshake, until it was given
        self._denial: tuple[int, HeaderList, bytes] | None = None
        self._inbox: deque[Message] = deque([{"type": "websocket.connect"}])
        self._arrived: asyncio.Future[None] | None = None
        self._paused_reading = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.closed = False  # either side has ended it
        self.detached = False

    async def run(self, app: ASGIApp) -> None:
        """Call the app. Whatever it leaves undone is done here: an answer, or a close."""
        code = close_codes.SERVICE_RESTART  # what cancels an app is the end of the server
        try:
            await app(self._scope, self.receive, self.send)
            code = close_codes.NORMAL
        except PeerGone:
            code = close_codes.NORMAL
        except Exception:
            logger.exception("socket_app_failed")
            code = close_codes.INTERNAL_ERROR
        finally:
            self._finish(code)

    def _finish(self, code: int) -> None:
        if self.detached or self.closed:
            return
        if self._response is not None:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            self._wire.close(code)

    # What the app receives

    async def receive(self) -> Message:
        """The next event. After a disconnect there is none, and whoever still waits waits for ever."""
        while not self._inbox:
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        message = self._inbox.popleft()
        if self._paused_reading and not self._inbox:
            self._paused_reading = False
            self._wire.resume_reading()
        return message

    def put(self, message: Message) -> None:
        """Have the app receive this; one that does not keep up is not sent more."""
        self._inbox.append(message)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)
        if len(self._inbox) >= WAITING_MESSAGES and not self._paused_reading:
            self._paused_reading = True
            self._wire.pause_reading()

    def disconnect(self, code: int, reason: str = "") -> None:
        """Tell the app that it is over, once."""
        if self.closed:
            return
        self.closed = True
        self._writable.set()
        self.put({"type": "websocket.disconnect", "code": code, "reason": reason})

    @property
    def is_behind(self) -> bool:
        """Whether the peer is not read because the app does not keep up."""
        return self._paused_reading

    def drain(self) -> list[Message]:
        """What has come and the app will not receive any more. It is behind no longer; the wire may read on."""
        left, self._inbox, self._paused_reading = list(self._inbox), deque(), False
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
            self._deny(message)
        elif self._response is not None:
            self._answer(self._response, message)
        else:
            self._say(message)

    def _answer(self, response: Response, message: Message) -> None:
        if self.closed:
            raise PeerGone
        if message["type"] == "websocket.accept":
            self._response = None
            _add_headers(response.headers, message.get("headers", ()))
            if message.get("subprotocol"):
                response.headers["Sec-WebSocket-Protocol"] = message["subprotocol"]
            self._wire.respond(response)
        elif message["type"] == "websocket.close":
            self._refuse(HTTPStatus.FORBIDDEN)
        elif message["type"] == "websocket.http.response.start":
            self._denial = (message["status"], message.get("headers", ()), b"")
        else:
            raise RuntimeError(f"{message['type']} before the handshake was answered")

    def _refuse(self, status: HTTPStatus) -> None:
        self._end_with(_response(status, (), b""))

    def _deny(self, message: Message) -> None:
        if message["type"] != "websocket.http.response.body":
            raise RuntimeError(f"{message['type']} in the middle of a denial response")
        if self.closed:
            raise PeerGone
        assert self._denial is not None
        status, headers, body = self._denial
        self._denial = (status, headers, body + message.get("body", b""))
        if not message.get("more_body", False):
            self._end_with(_response(*self._denial))

    def _end_with(self, response: Response) -> None:
        self._response = None
        self._wire.respond(response)
        self.disconnect(close_codes.ABNORMAL)

    def _say(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            if self.closed:
                raise PeerGone
            if message.get("bytes") is not None:
                self._wire.write_message(message["bytes"], text=False)
            else:
                self._wire.write_message(message["text"].encode(), text=True)
        elif message["type"] == "websocket.close":
            if self.closed:
                raise PeerGone
            self._wire.close(message.get("code", close_codes.NORMAL), message.get("reason") or "")
        else:
            raise RuntimeError(f"{message['type']} after the handshake was answered")


def scope_of(request: Request, surroundings: Scope) -> Scope:
    """The ASGI scope of a handshake. `surroundings`: what is the same for every request of this connection."""
    root_path: str = surroundings["root_path"]
    raw_path, _, query_string = request.path.partition("?")
    subprotocols = [
        token.strip() for line in request.headers.get_all("Sec-WebSocket-Protocol") for token in line.split(",")
    ]
    return {
        **surroundings,
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


def _response(status: int, headers: HeaderList, body: bytes) -> Response:
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
