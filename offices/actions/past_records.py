"""Corrections of records of earlier days, for features that keep counts of days."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...core.runtime import Transaction
from ..events import PastRecordChanged

# counts of so recent days are not stored, and most changes are of today
RECENT = timedelta(days=1)


async def note_changed_record(tx: Transaction, office_id: str, at: datetime) -> None:
    """Emit PastRecordChanged if the record that this transaction changes is not recent."""
    if at < tx.now - RECENT:
        await tx.emit(PastRecordChanged(office_id, at))
