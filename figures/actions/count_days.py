"""Counts of settled days: nightly work, and corrections that make a count invalid."""

from __future__ import annotations

from datetime import date, timedelta

from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, PastRecordChanged, all_offices, hours, office_by_id
from ..queries.counted_days import count_day, first_recorded_day, is_settled
from ..storage.figure_day_rows import invalidate_day, list_counted_days

# Of all offices in a night: about 20 s of a core after an upgrade, then a day of each office.
MAX_DAYS = 1_000


async def count_settled_days(runtime: Runtime, max_days: int = MAX_DAYS) -> int:
    """Count the newest settled days that have no count. Returns their number.

    Idempotent. Each day has its own transaction, so that other writers wait for one day at most.
    """
    async with runtime.read_session() as session:
        offices = await all_offices(session)
    missing = [(day, office) for office in offices for day in await _missing_days(runtime, office)]
    missing.sort(key=lambda pair: pair[0], reverse=True)
    for day, office in missing[:max_days]:
        await count_day(runtime, office, day)
    return len(missing[:max_days])


async def _missing_days(runtime: Runtime, office: Office) -> list[date]:
    async with runtime.read_session() as session:
        first = await first_recorded_day(session, office)
        counted = await list_counted_days(session, office)
    if first is None:
        return []
    age = (hours.to_local_day(office.hours, runtime.now()) - first).days
    days = (first + timedelta(days=offset) for offset in range(age))
    return [day for day in days if day not in counted and is_settled(office, day, runtime.now())]


async def on_past_record_changed(tx: Transaction, event: PastRecordChanged) -> None:
    """Invalidate the count of a corrected record's day, in the correcting transaction."""
    office = await office_by_id(tx.session, event.office_id)
    await invalidate_day(tx.session, office, hours.to_local_day(office.hours, event.at))
