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

from ..domain.wait_estimate import Forecast, Range, later

FRESH_S = 5.0  # how old an answer may be; the ranges themselves are rounded to five minutes
STALE_S = 60.0  # older, and it is no answer for a transaction either: an hour ago the line was another one
LONG = 60  # people in an office from whom on it is not played at once: that takes a millisecond or two


@dataclass(frozen=True, slots=True)
class Foretold:
    """The ranges of a line's people, and what becomes of somebody who comes after them.

    `waiting`: how many waited then.
    """

    ranges: Mapping[str, Range]
    newcomer: Forecast | None
    waiting: int

    def range_of(self, ticket_id: str) -> Range | None:
        """The range of one of them; whoever has come since is called after all of them."""
        if ticket_id in self.ranges or self.newcomer is None:
            return self.ranges.get(ticket_id)
        return self.newcomer.called

    def of_newcomer(self, waiting: int, each: timedelta) -> Forecast | None:
        """What becomes of somebody who comes when so many wait; `each` is what one more of them takes."""
        if self.newcomer is None:
            return None
        more = max(waiting - self.waiting, 0) * each
        told = self.newcomer
        return replace(told, called=later(told.called, more), finished_by=told.finished_by + more)


class Outlooks:
    """What was foretold last in this process, by line.

    `floor` is what the people of the line have no part in, such as who sits where: with another one nothing holds.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Hashable, float, Foretold]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def latest(self, line_id: str, floor: Hashable) -> Foretold | None:
        """What was foretold within the last minute on this floor; None when it is to be played anew."""
        return self._within(STALE_S, line_id, floor)

    def known(self, line_id: str, floor: Hashable) -> Foretold | None:
        """What was foretold within the last seconds; None when it is to be played anew."""
        return self._within(FRESH_S, line_id, floor)

    def _within(self, age_s: float, line_id: str, floor: Hashable) -> Foretold | None:
        found = self._known.get(line_id)
        if found is None or found[0] != floor or time.monotonic() - found[1] >= age_s:
            return None
        return found[2]

    async def fresh(self, line_id: str, floor: Hashable, play: Callable[[], Foretold]) -> Foretold:
        """What was foretold within the last seconds; else `play` is called in a thread, once for all who wait."""
        async with self._turns[line_id]:
            known = self.known(line_id, floor)
            if known is None:
                known = await asyncio.to_thread(play)
                self._known[line_id] = (floor, time.monotonic(), known)
            return known
