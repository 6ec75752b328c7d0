"""Deletes what is no longer needed of people: contacts and facts of messages that are over.

That a message was sent, and when, stays: it tells nobody whose it was.
"""

from __future__ import annotations

from datetime import datetime

from ..core.runtime import Runtime
from . import store

AT_ONCE = 500  # messages a transaction: nobody who calls somebody meanwhile waits for longer


async def forget_contacts(runtime: Runtime, before: datetime) -> int:
    """Of all messages that were due before and are sent, given up or taken back; how many. Twice is once."""
    count = 0
    while True:
        async with runtime.transaction() as tx:
            forgotten = await store.forget_contacts(tx.session, before, AT_ONCE)
        count += forgotten
        if forgotten < AT_ONCE:
            break
    async with runtime.transaction() as tx:
        await store.forget_deliveries(tx.session, before)
    return count
