"""Session of a participant in this process, which outlives its sockets. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from ...core.db.rate_limits import TokenBucket
from ...core.errors import Office360Error
from ...core.json_types import JsonObject
from ...core.tokens import hash_token
from ..actions.room_entry import StaffAccess
from ..domain.participant_view import ParticipantView
from ..domain.room import RESUME_WINDOW_S
from .encoded_message import EncodedMessage, encode_message

# two minutes of a busy room; the start of a call sends about 40
MAX_REPLAY_MESSAGES = 256
# an offer in a call of two people, and its candidates
MAX_REPLAY_BYTES = 16 * 1024
# chat lines of the last minutes, which a client may send again
MAX_SEEN_CHATS = 64
MAX_RECEIPTS = 512  # as many as a connection may queue, and a replay
# A person in a call of four negotiates with three others: about 130 messages at once if none are batched.
RELAYED_PER_S = 30
RELAYED_BURST = 240
# the page's own trials become rare; more would only fill the audit
MAX_SOUND_ONLY_CHANGES = 200
# measurements that follow sooner would only fill the audit
QUALITY_INTERVAL = timedelta(seconds=10)


class OutgoingConnection(Protocol):
    """Sending side of a socket, as SocketConnection of signaling/connection.py implements it."""

    def send_frame(self, frame: str) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class Receipt(NamedTuple):
    """Number of a relayed message in the stream of its sender through a process."""

    source: str
    sender: str
    number: int


class RoomSession:
    """Numbered messages to a participant, kept for a replay after the socket was lost.

    A client that announced `acks` confirms what it has received. For other clients a message counts
    as received when it is written to the socket.
    """

    def __init__(self, id: str, participant_id: str, *, acknowledges: bool = False) -> None:
        self.id = id
        self.hash = hash_token(id)
        self.participant_id = participant_id
        self.acknowledges = acknowledges
        self.connection: OutgoingConnection | None = None
        self.lost_at: datetime | None = None
        self.last_view: ParticipantView | None = None  # what the client knows of the room
        self.last_lobby_message: JsonObject | None = None  # the last `lobby` message sent
        self.check_access: Callable[[], Awaitable[StaffAccess]] | None = None  # for staff
        self.describe_error: Callable[[Office360Error], str] | None = None  # in the language of the last socket
        self.on_received: Callable[[RoomSession, Sequence[Receipt]], None] | None = None
        self.quality_kept_at: datetime | None = None  # of the last stored measurements
        # whether the page said that it closes, and has sent nothing since
        self.is_away = False
        # whether the client sends no picture, as it said last
        self.sound_only: bool | None = None
        self.sound_only_changes = 0
        self.seq = 0
        self._relayed: TokenBucket | None = None  # of signals to others; made on demand
        # Numbers of relayed messages by source and sender: handed to this session, received by its client
        self.handed_numbers: dict[tuple[str, str], int] = {}
        self.received_numbers: dict[tuple[str, str], int] = {}
        self._seen_chats: dict[tuple[str | None, str], int] = {}  # `seq` of each, by sender and id
        self._received_seq = 0
        self._receipts: deque[tuple[int, Receipt]] = deque(maxlen=MAX_RECEIPTS)
        self._replay: deque[tuple[int, EncodedMessage]] = deque()
        self._replay_bytes = 0
        self._replay_after = 0  # messages up to this number are no longer kept

    # Sending

    def send_numbered(self, message: JsonObject) -> None:
        """Number a message, keep it for a replay, and send it if a socket is attached."""
        self._send(encode_message(message))

    def send_relayed(self, message: EncodedMessage | None, receipt: Receipt) -> None:
        """Send a message of another participant, and confirm it once the client has it.

        None, and a chat line that the client has, are confirmed in their turn without being sent.
        """
        if message is not None and not self._has_seen(message):
            self._send(message)
        if self._is_received(self.seq):
            self._confirm([receipt])
        else:
            self._receipts.append((self.seq, receipt))

    def _send(self, message: EncodedMessage) -> None:
        self.seq += 1
        self._append_to_replay(message)
        if self.connection is not None:
            self.connection.send_frame(message.frame(self.seq))

    def _has_seen(self, message: EncodedMessage) -> bool:
        """Check whether the client was sent this chat line. If not, note it as the next message."""
        if message.id is None:
            return False
        key = (message.sender, message.id)
        if key in self._seen_chats:
            return True
        self._seen_chats[key] = self.seq + 1
        if len(self._seen_chats) > MAX_SEEN_CHATS:
            del self._seen_chats[next(iter(self._seen_chats))]
        return False

    # Receipts

    def acknowledge(self, seq: int) -> None:
        """Note that the client has all messages up to `seq`. They leave the replay."""
        self._received_seq = max(self._received_seq, min(seq, self.seq))
        while self._replay and self._replay[0][0] <= self._received_seq:
            self._drop_oldest()
        self._replay_after = max(self._replay_after, self._received_seq)
        self._confirm_received()

    def _is_received(self, seq: int) -> bool:
        return self._received_seq >= seq or (self.connection is not None and not self.acknowledges)

    def _confirm_received(self) -> None:
        received = []
        while self._receipts and self._is_received(self._receipts[0][0]):
            received.append(self._receipts.popleft()[1])
        if received:
            self._confirm(received)

    def _confirm(self, receipts: Sequence[Receipt]) -> None:
        for source, sender, number in receipts:
            self.received_numbers[source, sender] = number
        if self.on_received is not None:
            self.on_received(self, receipts)

    # The socket

    def attach_connection(self, connection: OutgoingConnection) -> None:
        """Attach a socket that has got the welcome and the missed messages."""
        self.connection = connection
        self.lost_at = None
        self.is_away = False
        self._confirm_received()

    def detach_connection(self, connection: OutgoingConnection, now: datetime) -> None:
        """Detach a closed socket, unless a newer socket is attached already."""
        if self.connection is connection:
            self.connection = None
            self.lost_at = now

    def close_connection(self, code: int, reason: str) -> None:
        """Close the attached socket, if any. The session can be resumed."""
        if self.connection is not None:
            self.connection.close(code, reason)

    def start_afresh(self) -> None:
        """Forget what a client with a new snapshot cannot be sent from the replay.

        Relayed messages that it has not confirmed are asked for again.
        """
        self._replay.clear()
        self._replay_bytes = 0
        self._replay_after = self._received_seq = self.seq
        unconfirmed = {seq for seq, _ in self._receipts}
        self._seen_chats = {key: seq for key, seq in self._seen_chats.items() if seq not in unconfirmed}
        self._receipts.clear()
        self.handed_numbers = dict(self.received_numbers)

    def is_expired(self, now: datetime) -> bool:
        """Check whether the session was without a socket for too long to be resumed."""
        return self.lost_at is not None and now - self.lost_at >= timedelta(seconds=RESUME_WINDOW_S)

    def count_relayed(self, count: int, now_s: float) -> bool:
        """Count signals to others against the session's own limit. False beyond it."""
        self._relayed = self._relayed or TokenBucket(RELAYED_PER_S, RELAYED_BURST)
        return all(self._relayed.take_token(now_s) for _ in range(count))

    def accept_quality_sample(self, now: datetime) -> bool:
        """Check whether measurements taken now are stored, and if so start a new interval."""
        if self.quality_kept_at is not None and now - self.quality_kept_at < QUALITY_INTERVAL:
            return False
        self.quality_kept_at = now
        return True

    def accept_sound_only(self, on: bool) -> bool:
        """Check whether this is a change that the audit keeps, and if so note it."""
        if on == self.sound_only or self.sound_only_changes >= MAX_SOUND_ONLY_CHANGES:
            return False
        self.sound_only = on
        self.sound_only_changes += 1
        return True

    # Replay

    def frames_after(self, seq: int) -> list[str] | None:
        """Return the frames sent after `seq`, without superseded messages.

        Returns None if the replay does not reach back that far, or if `seq` was never sent.
        """
        if seq > self.seq or seq < self._replay_after:
            return None
        return [message.frame(number) for number, message in self._replay if number > seq]

    def _append_to_replay(self, message: EncodedMessage) -> None:
        if message.may_supersede and any(message.supersedes(older) for _, older in self._replay):
            self._replay = deque(
                (number, older) for number, older in self._replay if not message.supersedes(older)
            )
            self._replay_bytes = sum(len(older.text) for _, older in self._replay)
        self._replay.append((self.seq, message))
        self._replay_bytes += len(message.text)
        while len(self._replay) > MAX_REPLAY_MESSAGES or self._replay_bytes > MAX_REPLAY_BYTES:
            self._replay_after = self._drop_oldest()

    def _drop_oldest(self) -> int:
        """Drop the oldest message of the replay, and return its number."""
        number, oldest = self._replay.popleft()
        self._replay_bytes -= len(oldest.text)
        return number
