"""Lag of this process's event loop, which shows whether the server itself disturbs a test."""

from __future__ import annotations

import asyncio
from collections import deque

SAMPLE_INTERVAL_S = 0.1
MAX_SAMPLES = 300  # of the last half minute, about one test
MAX_HEALTHY_LAG_MS = 50.0  # above it a test measures the server; a picture lasts 33 ms


class EventLoopLag:
    """Samples how much later than requested the loop wakes a task."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=MAX_SAMPLES)

    @property
    def percentile_95_ms(self) -> float:
        """Return the 95th percentile of the last half minute."""
        ordered = sorted(self._samples)
        return ordered[int(len(ordered) * 0.95)] if ordered else 0.0

    async def run_sampling(self, stop: asyncio.Event) -> None:
        """Sample until `stop` is set."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            due = loop.time() + SAMPLE_INTERVAL_S
            await asyncio.sleep(SAMPLE_INTERVAL_S)
            self._samples.append(max(0.0, (loop.time() - due) * 1000))
