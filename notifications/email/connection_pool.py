"""The connections to one server, shared out: first come, first served, but not all of them to one domain."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..domain.send_results import TemporaryFailure


class ConnectionLimiter:
    """`most` at once, all but `spared` of them to one domain. Whoever waits longer than `patience_s` comes again
    later."""

    def __init__(self, limit: int, reserved_for_others: int, timeout_s: float) -> None:
        self._limit = self._free = limit
        self._reserved_for_others = reserved_for_others
        self._timeout_s = timeout_s
        self._in_use: Counter[str] = Counter()
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def acquire(self, domain: str) -> AsyncIterator[None]:
        """Holds a lane for the block. Raises Deferred when none came free in time."""
        await self._wait_for_connection(domain)
        try:
            yield
        finally:
            self._release(domain)

    def reduce_limit(self, minimum: int) -> None:
        """One lane less from now on, down to so few."""
        if self._limit > minimum:
            self._limit -= 1
            self._free -= 1

    async def _wait_for_connection(self, domain: str) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append((domain, mine))
        self._grant_free_connections()
        try:
            async with asyncio.timeout(self._timeout_s):
                await mine
        except BaseException as error:
            self._stop_waiting(domain, mine)
            if isinstance(error, TimeoutError):
                raise TemporaryFailure("all connections are busy") from None
            raise

    def _stop_waiting(self, domain: str, mine: asyncio.Future[None]) -> None:
        """Whoever does not wait any more; a lane that came in this very moment is handed on."""
        self._waiting = deque(one for one in self._waiting if one[1] is not mine)
        if mine.done() and not mine.cancelled():
            self._release(domain)

    def _release(self, domain: str) -> None:
        self._free += 1
        self._in_use -= Counter({domain: 1})  # what is at nought is left out
        self._grant_free_connections()

    def _grant_free_connections(self) -> None:
        for domain, future in list(self._waiting):
            of_one = max(1, self._limit - self._reserved_for_others)
            if self._free > 0 and self._in_use[domain] < of_one and not future.done():
                self._free -= 1
                self._in_use[domain] += 1
                self._waiting.remove((domain, future))
                future.set_result(None)
