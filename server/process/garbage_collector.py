"""Garbage collection of a server: in full by growth of memory or by time."""

from __future__ import annotations

import asyncio
import gc
import resource
from contextlib import suppress
from pathlib import Path

from ...core.periodic import wait_for_tick

# New objects, and younger collections per older collection. While the middle generation is read, all sockets of a
# burst wait, so it is kept at 30,000 objects.
THRESHOLDS = 10_000, 3, 1_000
CHECK_INTERVAL_S = 2.0
MAX_GROWTH_BYTES = 32 << 20
# After such growth. A full collection stops a busy process with 9,000 sockets for 0.2 to 0.4 s; while these
# connect, memory grows without garbage.
GROWTH_DELAY_S = 10.0
URGENT_GROWTH_BYTES = 256 << 20  # is collected at once
MAX_INTERVAL_S = 600.0  # also without growth, because garbage keeps memory from others


def tune_garbage_collector() -> None:
    """Freeze the existing objects, and collect young objects less often than by default.

    Each phone adds a few long-lived objects, and each full collection stops the process.
    """
    gc.freeze()  # without a collection: it takes 0.1 s of CPU for 2,000 of 250,000 objects
    gc.set_threshold(*THRESHOLDS)


async def run_full_collections(stop: asyncio.Event) -> None:
    """Collect all garbage when memory has grown or time has passed. Runs until the event.

    With these thresholds the interpreter itself would wait for thirty million objects.
    """
    loop = asyncio.get_running_loop()
    baseline_bytes = resident_bytes()
    collected_at_s = calm_at_s = loop.time()
    while not stop.is_set():
        await wait_for_tick(stop, CHECK_INTERVAL_S)
        now_s, size_bytes = loop.time(), resident_bytes()
        baseline_bytes = min(baseline_bytes, size_bytes)
        growth_bytes = size_bytes - baseline_bytes
        if growth_bytes < MAX_GROWTH_BYTES:
            calm_at_s = now_s
        if (
            growth_bytes >= URGENT_GROWTH_BYTES
            or now_s - calm_at_s >= GROWTH_DELAY_S
            or now_s - collected_at_s >= MAX_INTERVAL_S
        ):
            gc.collect()
            baseline_bytes = resident_bytes()
            collected_at_s = calm_at_s = loop.time()


def resident_bytes() -> int:
    """Return the resident memory of this process; 0 where the system has no /proc."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return 0
