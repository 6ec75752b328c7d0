"""Session of one participant in this process, which outlives its sockets. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from ...core.json_types import JsonObject
from ...core.tokens import hash_token
from ..actions.room_entry import StaffAccess
from ..domain.participant_view import ParticipantView
from ..domain.room import RESUME_WINDOW_S

MAX_REPLAY_MESSAGES = 256  # two minutes of a busy room; the start of a call sends about 40
MAX_REPLAY_BYTES = 512 * 1024  # descriptions are few, but each may have 32 KiB
QUALITY_INTERVAL = timedelta(seconds=10)  # measurements that follow sooner would only fill the audit


class OutgoingConnection(Protocol):
    """Sending side of a socket, as SocketConnection of signaling/connection.py implements it."""

    def send(self, message: Mapping[str, Any]) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class RoomSession:
    """Numbered messages to one participant, kept for a replay after the socket was lost."""

    def __init__(self, id: str, participant_id: str) -> None:
        self.id = id
        self.hash = hash_token(id)
        self.participant_id = participant_id
        self.connection: OutgoingConnection | None = None
        self.lost_at: datetime | None = None
        self.last_view: ParticipantView | None = None  # what the client knows of the room
        self.last_lobby_message: JsonObject | None = None  # the last `lobby` message sent
        self.check_access: Callable[[], Awaitable[StaffAccess]] | None = None  # for staff
        self.quality_kept_at: datetime | None = None  # of the last stored measurements
        self.seq = 0
        self._replay: deque[tuple[int, JsonObject, int]] = deque()  # number, message, size
        self._replay_bytes = 0

    def send_numbered(self, message: JsonObject) -> None:
        """Number a message, keep it for a replay, and send it if a socket is attached."""
        self.seq += 1
        numbered = {**message, "seq": self.seq}
        self._append_to_replay(numbered)
        if self.connection is not None:
            self.connection.send(numbered)

    def attach_connection(self, connection: OutgoingConnection) -> None:
        self.connection = connection
        self.lost_at = None

    def detach_connection(self, connection: OutgoingConnection, now: datetime) -> None:
        """Detach a closed socket, unless a newer one is attached already."""
        if self.connection is connection:
            self.connection = None
            self.lost_at = now

    def close_connection(self, code: int, reason: str) -> None:
        """Close the socket, if one is attached. The session can be resumed."""
        if self.connection is not None:
            self.connection.close(code, reason)

    def is_expired(self, now: datetime) -> bool:
        """Check whether the session was without a socket for too long to be resumed."""
        return self.lost_at is not None and now - self.lost_at >= timedelta(seconds=RESUME_WINDOW_S)

    def accept_quality_sample(self, now: datetime) -> bool:
        """Check whether measurements taken now are stored, and if so start a new interval."""
        if self.quality_kept_at is not None and now - self.quality_kept_at < QUALITY_INTERVAL:
            return False
        self.quality_kept_at = now
        return True

    def messages_after(self, seq: int) -> list[JsonObject] | None:
        """Return the messages sent after `seq`.

        Returns None if the replay does not reach back that far, or if `seq` was never sent.
        """
        if seq > self.seq:
            return None
        if seq < self.seq - len(self._replay):
            return None
        return [message for number, message, _ in self._replay if number > seq]

    def _append_to_replay(self, message: JsonObject) -> None:
        # The length of the repr is close to that of the JSON and cheap, and the limit need not be exact.
        size = len(repr(message))
        self._replay.append((self.seq, message, size))
        self._replay_bytes += size
        while len(self._replay) > MAX_REPLAY_MESSAGES or self._replay_bytes > MAX_REPLAY_BYTES:
            _, _, oldest_size = self._replay.popleft()
            self._replay_bytes -= oldest_size
