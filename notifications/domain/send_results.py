"""How an attempt to send can end. Reasons are codes and name no person; texts.py has their words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class PermanentFailure(Exception):
    """The other side will never take it; trying again is of no use."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TemporaryFailure(Exception):
    """Not now, and for no fault of the message: it is tried again for as long as it says something.

    A mail server can be away for a weekend. A channel that raises this ends with Undeliverable what is over.
    `after_s`: so long the other side wants to be left alone (Retry-After); `by_all`: by the whole channel, not
    only about what goes to the same place.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None, *, whole_channel: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.whole_channel = whole_channel


class NoLongerWanted(Exception):
    """Nobody is there any more who wants it, such as a browser that unsubscribed: the end of it, and no fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Postponed(Exception):
    """Its time has not come: it is taken up again `until` then, behind what is due before."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """A delivery as it is kept. `id` is the same at every attempt; `title` is shown where they are listed."""

    id: str
    title: str
