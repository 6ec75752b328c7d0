"""Deletes whose the visits were that have long been over, and what was offered or wished for until then.

What a visit was for, where and when stays, for the statistics.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ..core.db.batch_delete import in_batches
from ..core.runtime import Runtime
from . import offer_store, store


async def forget_offers(runtime: Runtime, before: datetime) -> None:
    """What was offered of times that are over, and who waited or wished for something until then."""
    for forget in (offer_store.forget_offers, offer_store.forget_wishes, offer_store.forget_waits):
        await in_batches(runtime, partial(forget, before=before))


async def forget_people(runtime: Runtime, before: datetime) -> None:
    """Of all visits that ended before, whatever became of them. Twice is once."""
    await in_batches(runtime, partial(store.forget_people, before=before))
