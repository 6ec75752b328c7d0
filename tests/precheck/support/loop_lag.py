"""The longest time that the event loop was held.

CPU time without garbage collection: the load of the machine and the objects of other tests do not count.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass
class LoopLag:
    longest_ms: float = 0.0


@asynccontextmanager
async def measure_loop_lag() -> AsyncIterator[LoopLag]:
    """Measure the longest turn of the loop until the end of the block."""
    lag = LoopLag()

    async def watch() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            lag.longest_ms = max(lag.longest_ms, (time.thread_time() - began) * 1000)

    gc.disable()
    task = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield lag
    finally:
        await asyncio.sleep(0)
        gc.enable()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
