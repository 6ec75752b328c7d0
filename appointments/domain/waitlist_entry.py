"""One entry of the waiting list: what it waits for, its states, how long it stands. Pure: no clock, no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .appointment import Mode

STANDS = timedelta(days=30)  # then most people have found another way; they are told, and can ask again
TO_VERIFY = timedelta(hours=24)  # whoever does not open the letter of a day is not waiting


class WaitingState(StrEnum):
    """`unverified`: no proof came with it and nobody has opened the letter yet, so it may be somebody else's
    mailbox."""

    UNVERIFIED = "unverified"
    WAITING = "waiting"
    BOOKED = "booked"
    STOPPED = "stopped"
    EXPIRED = "expired"


ENDED = frozenset({WaitingState.BOOKED, WaitingState.STOPPED, WaitingState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """`office_id` and `mode` are None where any will do. Times are aware UTC. `address`: a keyed hash of whence it
    was asked for, to be counted while it stands."""

    id: str
    state: WaitingState
    service_slug: str
    office_id: str | None
    mode: Mode | None
    email: str
    language: str
    asked_at: datetime
    expires_at: datetime
    address: str | None = None
    more_services: tuple[str, ...] = ()  # what else is to be done in the same visit

    @property
    def service_slugs(self) -> tuple[str, ...]:
        """All services of the visit, in their order."""
        return (self.service_slug, *self.more_services)

    def wants(self, office_id: str, mode: Mode) -> bool:
        """Whether a place there and so would serve."""
        return self.office_id in (None, office_id) and self.mode in (None, mode)
