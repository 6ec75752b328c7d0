"""Deletes whose the visits were that have long been over. What, where and when stays, for the statistics."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ..core.pruning import in_batches
from ..core.runtime import Runtime
from . import store


async def forget_people(runtime: Runtime, before: datetime) -> None:
    """Of all visits that ended before, whatever became of them. Twice is once."""
    await in_batches(runtime, partial(store.forget_people, before=before))
