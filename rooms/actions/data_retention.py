"""Deletes the names of whoever called long ago. Who of the staff was there, and when, stays as the audit."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ...core.db.batch_delete import run_in_batches
from ...core.runtime import Runtime
from ..storage import room_rows


async def anonymise_participants(runtime: Runtime, before: datetime) -> None:
    """Of all rooms that were opened before, and what was said to them in the lobby. Twice is once."""
    await run_in_batches(runtime, partial(room_rows.anonymise_participants, before=before))
