"""One entry of the waiting list: what it waits for, its states, how long it stands. Pure: no clock, no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...offices.office import ServiceMode

WAITLIST_DURATION = timedelta(days=30)  # then most people have found another way; they are told, and can ask again
VERIFY_WITHIN = timedelta(hours=24)  # whoever does not open the letter of a day is not waiting


class WaitlistState(StrEnum):
    """`unverified`: no proof came with it and nobody has opened the letter yet, so it may be somebody else's
    mailbox."""

    UNVERIFIED = "unverified"
    WAITING = "waiting"
    BOOKED = "booked"
    STOPPED = "stopped"
    EXPIRED = "expired"


ENDED_WAITLIST_STATES = frozenset({WaitlistState.BOOKED, WaitlistState.STOPPED, WaitlistState.EXPIRED})


@dataclass(frozen=True, slots=True)
class WaitlistEntry:
    """`office_id` and `mode` are None where any will do. Times are aware UTC. `address`: a keyed hash of whence it
    was asked for, to be counted while it stands."""

    id: str
    state: WaitlistState
    service_slug: str
    office_id: str | None
    mode: ServiceMode | None
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

    def accepts(self, office_id: str, mode: ServiceMode) -> bool:
        """Whether a place there and so would serve."""
        return self.office_id in (None, office_id) and self.mode in (None, mode)
