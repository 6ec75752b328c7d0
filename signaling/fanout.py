"""Pushes of states to many sockets: by a native call where it was built, else singly.

A frame bypasses the transport only if the transport holds no data and is not closing, which is asked in the same
callback as the send. All else goes by `StateSink.push`, with its limit of unread data. Knows no feature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from .push_socket import PushSocket, StateSink

SendFrames = Callable[[list[int], list[tuple[bytes, ...]], bytes], list[tuple[int, int]]]

send_frames: SendFrames | None
try:
    from .native_fanout import send_frames
except ImportError:  # no compiler was there when the product was installed
    send_frames = None


class StateBatch:
    """States with a common end, collected and pushed in a single callback of the event loop."""

    __slots__ = ("_end", "_parts", "_sinks")

    def __init__(self, end: bytes) -> None:
        self._end = end
        self._sinks: list[StateSink] = []
        self._parts: list[tuple[bytes, ...]] = []

    def add(self, sink: StateSink, parts: tuple[bytes, ...] = ()) -> None:
        """Add the state that consists of these parts and the common end.

        Once for each sink: a second frame could overtake the rest of the first.
        """
        self._sinks.append(sink)
        self._parts.append(parts)

    def push(self) -> None:
        """Push each state. Call it once, and without an await since the last `add`."""
        sinks, parts, end = self._sinks, self._parts, self._end
        if send_frames is None:
            for sink, own in zip(sinks, parts, strict=True):
                sink.push(b"".join((*own, end)))
            return
        for index, sent_bytes in send_frames([sink.idle_descriptor() for sink in sinks], parts, end):
            state = b"".join((*parts[index], end))
            if sent_bytes:
                cast(PushSocket, sinks[index]).push_rest(state, sent_bytes)
            else:
                sinks[index].push(state)
