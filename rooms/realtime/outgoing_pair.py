"""Messages from a participant to another, numbered and kept until received. No I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from ..domain.room import RESUME_WINDOW_S
from .encoded_message import EncodedMessage

# A receiver who is away may resume until then, and has left afterwards.
MESSAGE_LIFETIME_S = float(RESUME_WINDOW_S)
MAX_PENDING_MESSAGES = 256
MAX_PENDING_BYTES = 64 * 1024  # one message may be larger
RETRY_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0)  # the last repeats


@dataclass(slots=True, eq=False)
class ChatDelivery:
    """A chat line with the participants who do not have it yet."""

    sender: str
    id: str
    id_of_client: str | int | None  # as the sender's client wrote it
    wants_notice: bool  # of the delivery; a failure is always told
    remaining: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PendingMessage:
    """Message that the receiver has not confirmed. Without content if it was superseded."""

    number: int
    message: EncodedMessage | None
    sent_at: float
    chat: ChatDelivery | None = None


class Loss(Enum):
    """Reason why a message is not sent again."""

    EXPIRED = auto()
    OVERFLOW = auto()
    ABSENT = auto()  # sender or receiver is no longer in the call


class OutgoingPair:
    """Stream of a sender to a receiver through this process."""

    def __init__(self, sender: str, receiver: str) -> None:
        self.sender = sender
        self.receiver = receiver
        self.pending: deque[PendingMessage] = deque()
        self.retry_at = 0.0
        self._last_number = 0
        self._pending_bytes = 0
        self._retries = 0

    @property
    def base(self) -> int:
        """The lowest number that a receiver may still expect.

        Messages with lower numbers are received or given up.
        """
        return self.pending[0].number if self.pending else self._last_number + 1

    def append(self, message: EncodedMessage, now: float, chat: ChatDelivery | None) -> PendingMessage:
        """Number a message and keep it. What it supersedes keeps its number without content."""
        if message.may_supersede:
            for older in self.pending:
                if older.message is not None and message.supersedes(older.message):
                    self._pending_bytes -= len(older.message.text)
                    older.message = None
        if not self.pending:
            self.restart_retries(now)
        self._last_number += 1
        kept = PendingMessage(self._last_number, message, now, chat)
        self.pending.append(kept)
        self._pending_bytes += len(message.text)
        return kept

    def take_overflow(self) -> list[PendingMessage]:
        """Remove the oldest messages beyond the bounds."""
        taken = []
        while len(self.pending) > MAX_PENDING_MESSAGES or (
            len(self.pending) > 1 and self._pending_bytes > MAX_PENDING_BYTES
        ):
            taken.append(self._take_oldest())
        return taken

    def take_received(self, number: int, now: float) -> list[PendingMessage]:
        """Remove the messages up to `number`, which the receiver has."""
        taken = []
        while self.pending and self.pending[0].number <= number:
            taken.append(self._take_oldest())
        if taken:
            self.restart_retries(now)
        return taken

    def take_expired(self, now: float) -> list[PendingMessage]:
        """Remove the messages that were not received in time."""
        taken = []
        while self.pending and now - self.pending[0].sent_at >= MESSAGE_LIFETIME_S:
            taken.append(self._take_oldest())
        return taken

    def take_all(self) -> list[PendingMessage]:
        taken = list(self.pending)
        self.pending.clear()
        self._pending_bytes = 0
        return taken

    def is_due(self, now: float) -> bool:
        """Check whether to send again, and if so double the time until the next check succeeds."""
        if not self.pending or now < self.retry_at:
            return False
        self._retries += 1
        self.retry_at = now + RETRY_DELAYS_S[min(self._retries, len(RETRY_DELAYS_S) - 1)]
        return True

    def restart_retries(self, now: float) -> None:
        """Send again soon if the next attempt is lost too."""
        self._retries = 0
        self.retry_at = now + RETRY_DELAYS_S[0]

    def _take_oldest(self) -> PendingMessage:
        oldest = self.pending.popleft()
        if oldest.message is not None:
            self._pending_bytes -= len(oldest.message.text)
        return oldest
