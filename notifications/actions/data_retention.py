"""Data retention of finished messages.

Their contacts and contents are erased first, the rows are deleted later. Until then a row still tells that a
message was sent and when, but not to whom, and its key prevents that the same message is written again. A
message that waits for a missing channel is not finished and stays, however old it is.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ...core.db.batch_delete import BATCH_ROWS, run_in_batches
from ...core.runtime import Runtime
from ..storage import channel_usage_rows, outbox_rows


async def erase_old_contacts(runtime: Runtime, before: datetime) -> int:
    """Erase contacts of finished messages that were due before, and old deliveries.

    Idempotent. Returns the number of messages.
    """
    count, since = 0, datetime.min.replace(tzinfo=before.tzinfo)
    while True:
        async with runtime.transaction() as tx:
            erased = await outbox_rows.erase_contacts_batch(tx.session, since, before, BATCH_ROWS)
        count += len(erased)
        if len(erased) < BATCH_ROWS:
            break
        since = erased[-1]  # the next batch need not read the rows before it again
    await delete_old_deliveries(runtime, before)
    return count


async def delete_old_deliveries(runtime: Runtime, before: datetime) -> None:
    """Delete stored deliveries in batches, and alarms, of which there are few. Idempotent."""
    await run_in_batches(runtime, partial(outbox_rows.delete_deliveries_batch, before=before))
    async with runtime.transaction() as tx:
        await channel_usage_rows.delete_old_alarms(tx.session, before)


async def delete_old_messages(runtime: Runtime, before: datetime) -> int:
    """Delete finished messages that were due before, with the events of staff. Idempotent.

    `before` must be so long ago that no message about the same subject is written any more. Returns the number of
    messages.
    """
    return await run_in_batches(runtime, partial(outbox_rows.delete_messages_batch, before=before))
