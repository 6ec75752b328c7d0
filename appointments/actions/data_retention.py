"""Deletes whose the visits were that have long been over, and what was offered or wished for until then.

What a visit was for, where and when stays, for the statistics.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ...core.db.batch_delete import in_batches
from ...core.runtime import Runtime
from ..storage import appointment_rows, offer_rows


async def forget_offers(runtime: Runtime, before: datetime) -> None:
    """What was offered of times that are over, and who waited or wished for something until then."""
    for forget in (offer_rows.forget_offers, offer_rows.forget_wishes, offer_rows.forget_waits):
        await in_batches(runtime, partial(forget, before=before))


async def forget_people(runtime: Runtime, before: datetime) -> None:
    """Of all visits that ended before, whatever became of them. Twice is once."""
    await in_batches(runtime, partial(appointment_rows.forget_people, before=before))
