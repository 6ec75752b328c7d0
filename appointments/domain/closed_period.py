"""A span that an office took back. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ...offices.office import ServiceMode


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """Nobody begins or is in a visit there, whenever its date is released. Times are aware UTC.

    `service_id`: a visit in which this service is done; None for every visit. `mode`: None for each.
    """

    id: str
    office_id: str
    starts_at: datetime
    ends_at: datetime
    service_id: str | None = None
    mode: ServiceMode | None = None

    def applies_to(self, service_ids: Collection[str], mode: ServiceMode) -> bool:
        """Whether a visit of these services is among those that it closes."""
        return self.service_id in (None, *service_ids) and self.mode in (None, mode)
