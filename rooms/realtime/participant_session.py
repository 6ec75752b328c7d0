"""One person's session: numbers what is sent, keeps the latest for a while, outlives its sockets."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from ...core.tokens import hash_token
from ..domain.participant_view import View
from ..domain.room import RESUME_S

REPLAY_MESSAGES = 256  # two minutes of a busy room: a call's start sends about 40
REPLAY_BYTES = 512 * 1024  # of descriptions there are few, but each may be 32 KiB
QUALITY_EVERY = timedelta(seconds=10)

Message = dict[str, Any]


class Sending(Protocol):
    """The way out, as signaling.connection has it."""

    def send(self, message: Mapping[str, Any]) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class Session:
    """What was sent to one participant from this process."""

    def __init__(self, id: str, participant_id: str) -> None:
        self.id = id
        self.hash = hash_token(id)
        self.participant_id = participant_id
        self.connection: Sending | None = None
        self.lost_at: datetime | None = None
        self.view: View | None = None  # what the client has been told so far
        self.lobby: Message | None = None  # the last `lobby` message
        self.still_allowed: Callable[[], Awaitable[bool]] | None = None  # staff: signed in, or the key is valid
        self.measured_at: datetime | None = None  # when its client's figures were last kept
        self.seq = 0
        self._replay: deque[tuple[int, Message]] = deque()
        self._replay_bytes = 0

    def send(self, message: Message) -> None:
        """Number a message, keep it for a replay, and send it if somebody listens."""
        self.seq += 1
        numbered = {**message, "seq": self.seq}
        self._keep(numbered)
        if self.connection is not None:
            self.connection.send(numbered)

    def attach(self, connection: Sending) -> None:
        """Go on with this socket."""
        self.connection = connection
        self.lost_at = None

    def detach(self, connection: Sending, now: datetime) -> None:
        """This socket is over, unless another has taken its place already."""
        if self.connection is connection:
            self.connection = None
            self.lost_at = now

    def is_over(self, now: datetime) -> bool:
        """Whether nobody may come back to it any more."""
        return self.lost_at is not None and now - self.lost_at >= timedelta(seconds=RESUME_S)

    def keeps_quality(self, now: datetime) -> bool:
        """Whether figures measured now are kept; those that come sooner after the last say nothing new."""
        if self.measured_at is not None and now - self.measured_at < QUALITY_EVERY:
            return False
        self.measured_at = now
        return True

    def missed_since(self, seq: int) -> list[Message] | None:
        """What was sent after `seq`; None when the replay does not reach back that far, or `seq` is not ours."""
        if seq > self.seq:
            return None
        if seq < self.seq - len(self._replay):
            return None
        return [message for number, message in self._replay if number > seq]

    def _keep(self, message: Message) -> None:
        self._replay.append((self.seq, message))
        self._replay_bytes += _size_bytes(message)
        while len(self._replay) > REPLAY_MESSAGES or self._replay_bytes > REPLAY_BYTES:
            _, oldest = self._replay.popleft()
            self._replay_bytes -= _size_bytes(oldest)


def _size_bytes(message: Message) -> int:
    return len(repr(message))
