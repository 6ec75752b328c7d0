"""Closed periods: intervals in which an office gives no slots. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ...offices.domain.words import ServiceMode


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """An interval that no visit may overlap, even on dates that are released later.

    Times are aware UTC. It applies to visits that include `service_id`, in `mode`; None means any.
    """

    id: str
    office_id: str
    starts_at: datetime
    ends_at: datetime
    service_id: str | None = None
    mode: ServiceMode | None = None

    def applies_to(self, service_ids: Collection[str], mode: ServiceMode) -> bool:
        """Return whether a visit of these services in this mode is closed."""
        return self.service_id in (None, *service_ids) and self.mode in (None, mode)
