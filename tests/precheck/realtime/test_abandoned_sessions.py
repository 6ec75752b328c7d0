"""Abandoned tests leave no socket, no task and no peer connection behind.

A short run of benchmarks/abandoned_sessions.py.
"""

from __future__ import annotations

import asyncio

from ..support.abandoned_sessions import AbandonedSessions, held_resources
from ..support.webrtc_client import wait_until


async def test_abandoned_sessions_leave_nothing_behind() -> None:
    sessions = AbandonedSessions()
    await sessions.abandon(1)  # loads what any first session loads
    before = held_resources()
    await sessions.abandon(2 * len(sessions.ways))
    await wait_until(lambda: len(asyncio.all_tasks()) <= before.tasks)
    after = held_resources()
    await sessions.close()
    assert sessions.live.current_room.places == ()
    assert (after.descriptors, after.connections) == (before.descriptors, before.connections)
    assert set(sessions.abandoned) == set(sessions.ways)
