"""When people of long lines are called, foretold beside the calls and never inside one.

Playing a line of two thousand through takes a twentieth of a second. So it is done off the event loop, at most
every few seconds a line; whoever asks in between is answered with the last one. Short lines are played at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from ..domain.wait_estimate import ForecastRange, NewTicketForecast, shift_range

FORECAST_FRESH_S = 5.0  # how old an answer may be; the ranges themselves are rounded to five minutes
FORECAST_USABLE_S = (
    60.0  # older, and it is no answer for a transaction either: an hour ago the line was another one
)
LARGE_OFFICE_TICKETS = (
    60  # people in an office from whom on it is not played at once: that takes a millisecond or two
)


@dataclass(frozen=True, slots=True)
class LineForecast:
    """The ranges of a line's people, and what becomes of somebody who comes after them.

    `waiting`: how many waited then.
    """

    ranges: Mapping[str, ForecastRange]
    new_ticket: NewTicketForecast | None
    waiting: int

    def range_for_ticket(self, ticket_id: str) -> ForecastRange | None:
        """The range of one of them; whoever has come since is called after all of them."""
        if ticket_id in self.ranges or self.new_ticket is None:
            return self.ranges.get(ticket_id)
        return self.new_ticket.call_range

    def forecast_for_new_ticket(self, waiting: int, each: timedelta) -> NewTicketForecast | None:
        """What becomes of somebody who comes when so many wait; `each` is what one more of them takes."""
        if self.new_ticket is None:
            return None
        more = max(waiting - self.waiting, 0) * each
        told = self.new_ticket
        return replace(told, call_range=shift_range(told.call_range, more), finished_by=told.finished_by + more)


class ForecastCache:
    """What was foretold last in this process, by line.

    `floor` is what the people of the line have no part in, such as who sits where: with another one nothing holds.
    """

    def __init__(self) -> None:
        self._forecasts: dict[str, tuple[Hashable, float, LineForecast]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def get_usable(self, line_id: str, key: Hashable) -> LineForecast | None:
        """What was foretold within the last minute on this floor; None when it is to be played anew."""
        return self._get_within(FORECAST_USABLE_S, line_id, key)

    def get_fresh(self, line_id: str, key: Hashable) -> LineForecast | None:
        """What was foretold within the last seconds; None when it is to be played anew."""
        return self._get_within(FORECAST_FRESH_S, line_id, key)

    def _get_within(self, age_s: float, line_id: str, key: Hashable) -> LineForecast | None:
        found = self._forecasts.get(line_id)
        if found is None or found[0] != key or time.monotonic() - found[1] >= age_s:
            return None
        return found[2]

    async def get_or_compute(
        self, line_id: str, key: Hashable, compute: Callable[[], LineForecast]
    ) -> LineForecast:
        """What was foretold within the last seconds; else `play` is called in a thread, once for all who wait."""
        async with self._locks[line_id]:
            known = self.get_fresh(line_id, key)
            if known is None:
                known = await asyncio.to_thread(compute)
                self._forecasts[line_id] = (key, time.monotonic(), known)
            return known
