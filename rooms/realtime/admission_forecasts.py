"""Latest admission ranges of each office, computed at most every few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.admission_forecast import AdmissionRange, CallLengthSpread
from ..queries.admission_ranges import admission_ranges, office_call_spread

# many people may join at once, and a range changes by five minutes
RANGES_LIFETIME = timedelta(seconds=5)
SPREAD_LIFETIME = timedelta(minutes=30)


@dataclass(slots=True)
class OfficeForecast:
    """Ranges and spread of an office, each with the time of its computation."""

    spread: CallLengthSpread
    spread_at: datetime
    ranges: Mapping[str, AdmissionRange]
    ranges_at: datetime


class AdmissionForecasts:
    """Cache by office id. A lost entry is computed again."""

    def __init__(self) -> None:
        self._offices: dict[str, OfficeForecast] = {}

    async def ranges(self, session: AsyncSession, office_id: str, now: datetime) -> Mapping[str, AdmissionRange]:
        """Return the office's ranges by appointment id, up to five seconds old."""
        known = self._offices.get(office_id)
        if known is not None and now - known.ranges_at < RANGES_LIFETIME:
            return known.ranges
        if known is not None and now - known.spread_at < SPREAD_LIFETIME:
            spread, spread_at = known.spread, known.spread_at
        else:
            spread, spread_at = await office_call_spread(session, office_id, now), now
        ranges = await admission_ranges(session, office_id, spread, now)
        self._offices[office_id] = OfficeForecast(spread, spread_at, ranges, now)
        return ranges
