"""A span that an office took back. Pure: no clock, no SQL."""

from dataclasses import dataclass
from datetime import datetime

from .appointment import Mode


@dataclass(frozen=True, slots=True)
class ClosedSpan:
    """Nobody begins or is in a visit there, whenever its date is released. Times are aware UTC.

    `service_id`: a visit in which this service is done; None for every visit. `mode`: None for each.
    """

    office_id: str
    starts_at: datetime
    ends_at: datetime
    service_id: str | None = None
    mode: Mode | None = None
