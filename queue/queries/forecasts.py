"""Cached forecasts of the lines of large offices. No SQL.

The simulation of a line of 2,000 tickets takes 50 ms. It runs in a thread, at most every few seconds for each
line, and never inside a transaction. In between the last forecast is used. Small offices are simulated at every
request.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ..domain.wait_estimate import ForecastRange, NewTicketForecast, shift_range

FORECAST_FRESH_S = 5.0  # the ranges are rounded to five minutes, so a few seconds do not matter
# older: too much has changed in the line, also for a transaction that cannot wait
FORECAST_USABLE_S = 60.0
LARGE_OFFICE_TICKETS = 60  # active tickets; a simulation of fewer takes a millisecond or two


@dataclass(frozen=True, slots=True)
class LineForecast:
    """The forecast ranges of a line's tickets, and the forecast of a new ticket.

    `waiting`: the number of waiting tickets at the time of the forecast. `shared_order`: the tickets that the
    desks of the line will call, in order, also those of other lines.
    """

    ranges: Mapping[str, ForecastRange]
    new_ticket: NewTicketForecast | None
    waiting: int
    shared_order: Sequence[str] = ()

    def range_for_ticket(self, ticket_id: str) -> ForecastRange | None:
        """Return the range of a ticket; that of a new ticket if it was issued since."""
        if ticket_id in self.ranges or self.new_ticket is None:
            return self.ranges.get(ticket_id)
        return self.new_ticket.call_range

    def forecast_for_new_ticket(self, waiting: int, each: timedelta) -> NewTicketForecast | None:
        """Return the forecast of a new ticket behind `waiting` tickets.

        Each ticket more than at the time of the forecast delays it by `each`.
        """
        if self.new_ticket is None:
            return None
        # never earlier: fewer waiting tickets count with the next forecast
        delay = max(waiting - self.waiting, 0) * each
        return replace(
            self.new_ticket,
            call_range=shift_range(self.new_ticket.call_range, delay),
            finished_by=self.new_ticket.finished_by + delay,
            ahead=self.new_ticket.ahead + max(waiting - self.waiting, 0),
        )


class ForecastCache:
    """The last forecast of each line in this process.

    `key`: the facts besides the tickets, such as the open desks. With another key a forecast is invalid.
    """

    def __init__(self) -> None:
        self._forecasts: dict[str, tuple[Hashable, float, LineForecast]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def get_usable(self, line_id: str, key: Hashable) -> LineForecast | None:
        """Return the forecast if it is younger than FORECAST_USABLE_S."""
        return self._get_within(FORECAST_USABLE_S, line_id, key)

    def get_fresh(self, line_id: str, key: Hashable) -> LineForecast | None:
        """Return the forecast if it is younger than FORECAST_FRESH_S."""
        return self._get_within(FORECAST_FRESH_S, line_id, key)

    def _get_within(self, age_s: float, line_id: str, key: Hashable) -> LineForecast | None:
        cached = self._forecasts.get(line_id)
        if cached is None:
            return None
        cached_key, computed_at_s, forecast = cached
        return forecast if cached_key == key and time.monotonic() - computed_at_s < age_s else None

    async def get_or_compute(
        self, line_id: str, key: Hashable, compute: Callable[[], LineForecast]
    ) -> LineForecast:
        """Return a fresh forecast, or call `compute` in a thread.

        Concurrent callers share a call.
        """
        async with self._locks[line_id]:
            # under the lock: the caller before may have computed it meanwhile
            forecast = self.get_fresh(line_id, key)
            if forecast is None:
                forecast = await asyncio.to_thread(compute)
                self._forecasts[line_id] = (key, time.monotonic(), forecast)
            return forecast
