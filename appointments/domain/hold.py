"""Holds: slots that are reserved for a while without an appointment.

Pure: no clock, no SQL.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...offices.domain.words import ServiceMode
from .appointment import AdditionalService

# Enough to find a document's number and to type an address on a phone.
HOLD_DURATION = timedelta(minutes=10)
# How far the clocks of two processes may differ: near its expiry, a hold is not trusted and the slot is checked.
CLOCK_SKEW = timedelta(seconds=5)


class HoldPurpose(StrEnum):
    """Reason of a hold: a booking form, an offer, or the cool-down of a freed slot."""

    BOOKING = "booking"
    OFFER = "offer"
    COOLDOWN = "rest"


@dataclass(frozen=True, slots=True)
class SlotHold:
    """A held slot. Times are aware UTC."""

    id: str
    purpose: HoldPurpose
    office_id: str
    service_id: str
    mode: ServiceMode
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    more_services: tuple[AdditionalService, ...] = ()

    @property
    def service_ids(self) -> tuple[str, ...]:
        """All services of the visit for which the slot is held, in their order."""
        return (self.service_id, *(service.id for service in self.more_services))

    def covers(self, service_ids: tuple[str, ...], mode: ServiceMode, starts_at: datetime, now: datetime) -> bool:
        """Return whether the hold keeps exactly this slot and these services, by any clock."""
        wanted = (service_ids, mode, starts_at)
        return now < self.expires_at - CLOCK_SKEW and (self.service_ids, self.mode, self.starts_at) == wanted


def hash_holder(holder: str) -> str:
    """Hash the key of a holder as its row stores it."""
    return hashlib.sha256(holder.encode()).hexdigest()
