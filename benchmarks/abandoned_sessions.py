"""Resources left by abandoned tests: `python -m office360.benchmarks.abandoned_sessions`.

Real peer connections are abandoned in every way (tests/precheck/support/abandoned_sessions.py). Open files, tasks
and peer connections must return to their number at the start, and memory must stay within 15 %. Both ends of the
connected sessions run in this process, so its memory is an upper bound of the room's.
"""

from __future__ import annotations

import asyncio
import sys
import time

from ..tests.precheck.support.abandoned_sessions import AbandonedSessions, HeldResources, held_resources

DEFAULT_SESSIONS = 300
WARM_UP_SESSIONS = 33  # all ways three times: libraries load, and the allocator takes its arenas
MAX_GROWTH_PCT = 15
END_OF_TASKS_S = 1


async def main(count: int) -> bool:
    sessions = AbandonedSessions()
    await sessions.abandon(WARM_UP_SESSIONS)
    await asyncio.sleep(END_OF_TASKS_S)
    before, began = held_resources(), time.monotonic()
    print_line("before", before)
    await sessions.abandon(count)
    passed = time.monotonic() - began
    await asyncio.sleep(END_OF_TASKS_S)
    after = held_resources()
    print_line("after", after)
    await sessions.close()
    growth_pct = 100 * (after.resident_mb / before.resident_mb - 1)
    is_clean = (
        after.descriptors <= before.descriptors
        and after.tasks <= before.tasks
        and after.connections <= before.connections
        and growth_pct <= MAX_GROWTH_PCT
    )
    for way, number in sessions.abandoned.items():
        print(f"  {number:3} {way}")
    print(f"{count} sessions abandoned in {len(sessions.ways)} ways in {passed:.0f} s: ", end="")
    print(f"memory {growth_pct:+.1f} %, {'nothing left' if is_clean else 'SOMETHING IS LEFT'}")
    return is_clean


def print_line(when: str, held: HeldResources) -> None:
    print(
        f"{when}: {held.descriptors} descriptors, {held.tasks} tasks, {held.connections} peer connections, "
        f"{held.resident_mb:.1f} MB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(not asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SESSIONS)))
