"""One place that is kept for a while without being anybody's yet. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...offices.office import ServiceMode
from .appointment import AdditionalService

HOLD_DURATION = timedelta(minutes=10)  # enough to look for a document's number and to type an address on a phone
CLOCK_SKEW = timedelta(
    seconds=5
)  # how far the clocks of two processes may be apart; then the place is looked at again


class HoldPurpose(StrEnum):
    """Why it is kept: a form is being filled in, somebody was told of it, or it was given back a moment ago."""

    BOOKING = "booking"
    OFFER = "offer"
    COOLDOWN = "rest"


@dataclass(frozen=True, slots=True)
class SlotHold:
    """Times are aware UTC."""

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
        """Of the visit that has room there, in their order."""
        return (self.service_id, *(one.id for one in self.more_services))

    def covers(self, service_ids: tuple[str, ...], mode: ServiceMode, starts_at: datetime, now: datetime) -> bool:
        """Whether it still keeps this very place for these services in this order, by everybody's clock."""
        asked = (service_ids, mode, starts_at)
        return now < self.expires_at - CLOCK_SKEW and (self.service_ids, self.mode, self.starts_at) == asked
