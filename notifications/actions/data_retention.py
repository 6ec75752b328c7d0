"""Deletes what is no longer needed of messages that are over: first whom they went to and what they said, later
the rows themselves.

In between a row says that it was sent, and when, and tells nobody whose it was; its key keeps whoever writes the
same once more from telling it twice. A message that nothing here sends is not over, however old: it stays.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ...core.db.batch_delete import BATCH_ROWS, run_in_batches
from ...core.runtime import Runtime
from ..storage import outbox_rows


async def erase_old_contacts(runtime: Runtime, before: datetime) -> int:
    """Of all messages that were due before and are sent, given up or taken back; how many. Twice is once."""
    count, since = 0, datetime.min.replace(tzinfo=before.tzinfo)
    while True:
        async with runtime.transaction() as tx:
            forgotten = await outbox_rows.erase_contacts_batch(tx.session, since, before, BATCH_ROWS)
        count += len(forgotten)
        if len(forgotten) < BATCH_ROWS:
            break
        since = forgotten[-1]  # what was forgotten in other nights is not read once a batch
    await delete_old_deliveries(runtime, before)
    return count


async def delete_old_deliveries(runtime: Runtime, before: datetime) -> None:
    """What was noted of deliveries, and the alarms, which are few."""
    await run_in_batches(runtime, partial(outbox_rows.delete_deliveries_batch, before=before))
    async with runtime.transaction() as tx:
        await outbox_rows.delete_old_alarms(tx.session, before)


async def delete_old_messages(runtime: Runtime, before: datetime) -> int:
    """Those that were due before and are sent, given up or taken back, with what staff did to them; how many.

    `before`: so long ago that nobody writes anything about their subject any more. Twice is once.
    """
    return await run_in_batches(runtime, partial(outbox_rows.delete_messages_batch, before=before))
