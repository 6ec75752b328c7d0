"""Extension of our ASGI server: sockets that outlive their call. Protocols only, no I/O.

`scope["extensions"][EXTENSION]` is a PushSocket. An application that has accepted a client may
detach the socket and return; the socket then needs no task, queue or scope. From then on the server
calls a listener with received text, and the application writes whole states to the transport.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from starlette.types import Scope

EXTENSION = "office360.push"


class SocketListener(Protocol):
    """Receiver of the events of a detached socket. Its methods must neither block nor raise."""

    def on_text(self, text: str | None) -> None:
        """Handle a message of the peer; None for a binary message."""
        ...

    def on_close(self) -> None:
        """Handle the end of the connection. Called once."""
        ...


class StateSink(Protocol):
    """Receiver of whole states.

    A socket of our own server, or a SocketConnection with its queue under another server.
    """

    @property
    def is_closing(self) -> bool:
        """Tell whether no further state will be sent."""
        ...

    def push(self, state: bytes) -> None:
        """Send a whole state, JSON in UTF-8. Never blocks.

        A reader that leaves too much unread is disconnected.
        """
        ...

    def idle_descriptor(self) -> int:
        """Return the descriptor of a socket whose transport holds no data and may be bypassed now.

        -1 otherwise, and for each socket with TLS. It is valid until the caller returns to the event loop.
        """
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Close the socket after the pending data. Only the first call has an effect."""
        ...


class PushSocket(StateSink, Protocol):
    """Socket whose application call may return while the socket stays open."""

    def push_rest(self, state: bytes, sent_bytes: int) -> None:
        """Write what is left of a state's frame, of which so many bytes went to the descriptor."""
        ...

    def write_if_idle(self, message: bytes) -> bool:
        """Write a message if the peer has read all earlier messages. Return whether it did."""
        ...

    def detach(self, listener: SocketListener) -> None:
        """Hand the socket to a listener, which gets the pending messages at once."""
        ...

    def return_message_token(self) -> None:
        """Do not count a received message against the socket's limit of messages."""
        ...

    def call_when_closed(self, callback: Callable[[], None]) -> None:
        """Call back once the connection is closed; at once if it is closed already."""
        ...


def push_socket(scope: Scope) -> PushSocket | None:
    """Return the extension of this scope, or None under another ASGI server."""
    socket: PushSocket | None = scope.get("extensions", {}).get(EXTENSION)
    return socket
