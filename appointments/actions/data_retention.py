"""Deletes whose the visits were that have long been over, and what was offered or wished for until then.

What a visit was for, where and when stays, for the statistics.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ...core.db.batch_delete import run_in_batches
from ...core.runtime import Runtime
from ..storage import appointment_rows, earlier_request_rows, offer_rows, waitlist_rows


async def delete_old_offers_and_requests(runtime: Runtime, before: datetime) -> None:
    """What was offered of times that are over, and who waited or wished for something until then."""
    for forget in (
        offer_rows.delete_past_offers,
        earlier_request_rows.delete_past_earlier_requests,
        waitlist_rows.delete_past_waitlist_entries,
    ):
        await run_in_batches(runtime, partial(forget, before=before))


async def anonymise_old_appointments(runtime: Runtime, before: datetime) -> None:
    """Of all visits that ended before, whatever became of them. Twice is once."""
    await run_in_batches(runtime, partial(appointment_rows.anonymise_appointments, before=before))
