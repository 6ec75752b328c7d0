"""Waitlist entries: states, lifetime, and which slots they accept. Pure: no clock, no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...offices.domain.words import ServiceMode

# By then most citizens have found another way; the citizen is notified, and can join again.
WAITLIST_DURATION = timedelta(days=30)
VERIFY_WITHIN = timedelta(hours=24)  # an entry whose e-mail stays unopened for a day ends


class WaitlistState(StrEnum):
    """State of an entry.

    Unverified: without a proof of work, until the link in the e-mail is opened.
    """

    UNVERIFIED = "unverified"
    WAITING = "waiting"
    BOOKED = "booked"
    STOPPED = "stopped"
    EXPIRED = "expired"


ENDED_WAITLIST_STATES = frozenset({WaitlistState.BOOKED, WaitlistState.STOPPED, WaitlistState.EXPIRED})


@dataclass(frozen=True, slots=True)
class WaitlistEntry:
    """A mailbox that waits for a slot. Times are aware UTC.

    `office_id` and `mode` are None if any is accepted. `address`: keyed hash of the address that joined, for
    the booking limits. `verified_at`: when the mailbox confirmed the entry by its link.
    """

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
    verified_at: datetime | None = None
    more_services: tuple[str, ...] = ()  # slugs of the additional services

    @property
    def service_slugs(self) -> tuple[str, ...]:
        """All services of the visit, in their order."""
        return (self.service_slug, *self.more_services)

    def accepts(self, office_id: str, mode: ServiceMode) -> bool:
        """Return whether a slot in this office and mode is accepted."""
        return self.office_id in (None, office_id) and self.mode in (None, mode)
