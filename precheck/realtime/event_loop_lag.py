"""Lag of this process's event loop, which shows whether the server itself disturbs a test."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from ...core.periodic import wait_for_stop

SAMPLE_INTERVAL_S = 0.1  # during tests
# otherwise, so that an idle process sleeps; a test is noticed within this time
IDLE_INTERVAL_S = 1.0
SAMPLE_LIFETIME_S = 30.0  # about the length of a test
MAX_HEALTHY_LAG_MS = 50.0  # above it a test measures the server; a picture lasts 33 ms


class EventLoopLag:
    """Samples how much later than requested the loop wakes a task."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()  # time and lag in milliseconds, the oldest first

    @property
    def percentile_95_ms(self) -> float:
        """Return the 95th percentile of the last half minute."""
        ordered = sorted(lag_ms for _, lag_ms in self._samples)
        return ordered[int(len(ordered) * 0.95)] if ordered else 0.0

    async def run_sampling(self, stop: asyncio.Event, is_testing: Callable[[], bool]) -> None:
        """Sample until `stop` is set, more often during tests."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            interval_s = SAMPLE_INTERVAL_S if is_testing() else IDLE_INTERVAL_S
            due = loop.time() + interval_s
            if await wait_for_stop(stop, interval_s):
                return
            now = loop.time()
            self._samples.append((now, max(0.0, (now - due) * 1000)))
            while self._samples[0][0] < now - SAMPLE_LIFETIME_S:
                self._samples.popleft()
