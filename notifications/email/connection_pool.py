"""The connections to one server, shared out: first come, first served, but not all of them to one domain."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..domain.send_results import Deferred


class Lanes:
    """`most` at once, all but `spared` of them to one domain. Whoever waits longer than `patience_s` comes again
    later."""

    def __init__(self, most: int, spared: int, patience_s: float) -> None:
        self._most = self._free = most
        self._spared = spared
        self._patience_s = patience_s
        self._taken: Counter[str] = Counter()
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def taken(self, domain: str) -> AsyncIterator[None]:
        """Holds a lane for the block. Raises Deferred when none came free in time."""
        await self._take(domain)
        try:
            yield
        finally:
            self._give_back(domain)

    def narrow(self, fewest: int) -> None:
        """One lane less from now on, down to so few."""
        if self._most > fewest:
            self._most -= 1
            self._free -= 1

    async def _take(self, domain: str) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append((domain, mine))
        self._hand_on()
        try:
            async with asyncio.timeout(self._patience_s):
                await mine
        except BaseException as error:
            self._leave(domain, mine)
            if isinstance(error, TimeoutError):
                raise Deferred("all connections are busy") from None
            raise

    def _leave(self, domain: str, mine: asyncio.Future[None]) -> None:
        """Whoever does not wait any more; a lane that came in this very moment is handed on."""
        self._waiting = deque(one for one in self._waiting if one[1] is not mine)
        if mine.done() and not mine.cancelled():
            self._give_back(domain)

    def _give_back(self, domain: str) -> None:
        self._free += 1
        self._taken -= Counter({domain: 1})  # what is at nought is left out
        self._hand_on()

    def _hand_on(self) -> None:
        for domain, future in list(self._waiting):
            of_one = max(1, self._most - self._spared)
            if self._free > 0 and self._taken[domain] < of_one and not future.done():
                self._free -= 1
                self._taken[domain] += 1
                self._waiting.remove((domain, future))
                future.set_result(None)
