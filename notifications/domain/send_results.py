"""Results of an attempt to send a message.

Reasons are codes without personal data; message_texts.py has their sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class PermanentFailure(Exception):
    """The recipient's side will never accept this message; the worker gives it up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TemporaryFailure(Exception):
    """The message was not accepted now, for a reason outside of it.

    The worker retries it until it expires, because a mail server can be away for a weekend. `retry_after_s` is how
    long the server wants no request (Retry-After): for its own host only, or for the whole channel if
    `whole_channel`.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None, *, whole_channel: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.whole_channel = whole_channel


class NoLongerWanted(Exception):
    """The recipient no longer wants the message, such as a browser that unsubscribed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Postponed(Exception):
    """The message must not go out before `until`; it is due again then, after older messages."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """The stored receipt of a delivery.

    `id` is the same for every attempt; lists show `title`.
    """

    id: str
    title: str
