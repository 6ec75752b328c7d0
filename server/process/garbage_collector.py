"""Garbage collection of a server: in full by growth of memory or by time."""

from __future__ import annotations

import asyncio
import gc
import resource
from contextlib import suppress
from pathlib import Path

# New objects, and younger collections per older one. A collection of the middle generation reads 30,000 objects,
# for which a burst of new sockets waits 20 ms.
THRESHOLDS = 10_000, 3, 1_000
CHECK_INTERVAL_S = 2.0
MAX_GROWTH_BYTES = 32 << 20
# Between full collections. Each stops a process with 10,000 sockets for 50 to 200 ms, and while these connect,
# memory grows without garbage.
MIN_INTERVAL_S = 10.0
URGENT_GROWTH_BYTES = 256 << 20  # is not awaited so long
MAX_INTERVAL_S = 600.0  # also without growth, because garbage keeps memory from others


def tune_garbage_collector() -> None:
    """Freeze the existing objects, and collect young ones less often than by default.

    Each phone adds a few long-lived objects, and each full collection stops the process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


async def run_full_collections(stop: asyncio.Event) -> None:
    """Collect all garbage when memory has grown or time has passed. Runs until the event.

    With these thresholds the interpreter itself would wait for twenty million objects.
    """
    loop = asyncio.get_running_loop()
    baseline_bytes, collected_at_s = resident_bytes(), loop.time()
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), CHECK_INTERVAL_S)
        baseline_bytes = min(baseline_bytes, resident_bytes())
        if _is_due(resident_bytes() - baseline_bytes, loop.time() - collected_at_s):
            gc.collect()
            baseline_bytes, collected_at_s = resident_bytes(), loop.time()


def _is_due(growth_bytes: int, elapsed_s: float) -> bool:
    """Tell whether to collect, from the growth and the time since the last full collection."""
    if growth_bytes >= URGENT_GROWTH_BYTES or elapsed_s >= MAX_INTERVAL_S:
        return True
    return growth_bytes >= MAX_GROWTH_BYTES and elapsed_s >= MIN_INTERVAL_S


def resident_bytes() -> int:
    """Return the resident memory of this process; 0 where the system has no /proc."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return 0
