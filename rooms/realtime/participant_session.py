"""One person's session: numbers what is sent, keeps the latest for a while, outlives its sockets."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from ...core.json_types import JsonObject
from ...core.tokens import hash_token
from ..domain.participant_view import ParticipantView
from ..domain.room import RESUME_WINDOW_S

MAX_REPLAY_MESSAGES = 256  # two minutes of a busy room: a call's start sends about 40
MAX_REPLAY_BYTES = 512 * 1024  # of descriptions there are few, but each may be 32 KiB
QUALITY_INTERVAL = timedelta(seconds=10)


class OutgoingConnection(Protocol):
    """The way out, as signaling.connection has it."""

    def send(self, message: Mapping[str, Any]) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class RoomSession:
    """What was sent to one participant from this process."""

    def __init__(self, id: str, participant_id: str) -> None:
        self.id = id
        self.hash = hash_token(id)
        self.participant_id = participant_id
        self.connection: OutgoingConnection | None = None
        self.lost_at: datetime | None = None
        self.last_view: ParticipantView | None = None  # what the client has been told so far
        self.last_lobby_message: JsonObject | None = None  # the last `lobby` message
        self.check_access: Callable[[], Awaitable[bool]] | None = None  # staff: signed in, or the key is valid
        self.quality_kept_at: datetime | None = None  # when its client's figures were last kept
        self.seq = 0
        self._replay: deque[tuple[int, JsonObject]] = deque()
        self._replay_bytes = 0

    def send_numbered(self, message: JsonObject) -> None:
        """Number a message, keep it for a replay, and send it if somebody listens."""
        self.seq += 1
        numbered = {**message, "seq": self.seq}
        self._append_to_replay(numbered)
        if self.connection is not None:
            self.connection.send(numbered)

    def attach_connection(self, connection: OutgoingConnection) -> None:
        """Go on with this socket."""
        self.connection = connection
        self.lost_at = None

    def detach_connection(self, connection: OutgoingConnection, now: datetime) -> None:
        """This socket is over, unless another has taken its place already."""
        if self.connection is connection:
            self.connection = None
            self.lost_at = now

    def is_expired(self, now: datetime) -> bool:
        """Whether nobody may come back to it any more."""
        return self.lost_at is not None and now - self.lost_at >= timedelta(seconds=RESUME_WINDOW_S)

    def accept_quality_sample(self, now: datetime) -> bool:
        """Whether figures measured now are kept; those that come sooner after the last say nothing new."""
        if self.quality_kept_at is not None and now - self.quality_kept_at < QUALITY_INTERVAL:
            return False
        self.quality_kept_at = now
        return True

    def messages_after(self, seq: int) -> list[JsonObject] | None:
        """What was sent after `seq`; None when the replay does not reach back that far, or `seq` is not ours."""
        if seq > self.seq:
            return None
        if seq < self.seq - len(self._replay):
            return None
        return [message for number, message in self._replay if number > seq]

    def _append_to_replay(self, message: JsonObject) -> None:
        self._replay.append((self.seq, message))
        self._replay_bytes += _size_bytes(message)
        while len(self._replay) > MAX_REPLAY_MESSAGES or self._replay_bytes > MAX_REPLAY_BYTES:
            _, oldest = self._replay.popleft()
            self._replay_bytes -= _size_bytes(oldest)


def _size_bytes(message: JsonObject) -> int:
    return len(repr(message))
