"""What our own server offers beyond ASGI: a socket that needs no task, no queue and no scope.

`scope["extensions"][EXTENSION]` holds a PushSocket. An app that has let somebody in may detach it and return:
from then on whoever listens is called, and frames are written ready-made to the transport.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from starlette.types import Scope

EXTENSION = "office360.push"


class SocketListener(Protocol):
    """Who hears of a detached socket. Neither may block nor raise."""

    def on_text(self, text: str | None) -> None:
        """The peer said something; None for what was no text."""
        ...

    def on_close(self) -> None:
        """The socket is over; called once."""
        ...


class StateSink(Protocol):
    """Where whole states go: a socket of our own server, or a Connection with its queue under another one."""

    @property
    def is_closing(self) -> bool:
        """Whether nothing will leave any more."""
        ...

    def push(self, state: bytes) -> None:
        """Write a whole state, JSON in UTF-8. Never blocks; a reader that leaves too much unread is let go."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """End the socket after what has been written; the first call wins."""
        ...


class PushSocket(StateSink, Protocol):
    """A socket whose app call may return."""

    @property
    def is_detached(self) -> bool: ...

    def detach(self, listener: SocketListener) -> None:
        """Hand the socket over. What has come meanwhile is heard at once."""
        ...

    def call_when_closed(self, callback: Callable[[], None]) -> None:
        """Have this called once the connection is gone, detached or not; at once when it is already."""
        ...


def push_socket(scope: Scope) -> PushSocket | None:
    """The extension of this scope; None under another ASGI server."""
    found: PushSocket | None = scope.get("extensions", {}).get(EXTENSION)
    return found
