"""SQL of telephone calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.row_mapping import from_row, row_values
from ..domain.appointment import Appointment
from ..domain.phone_call import PhoneCall, PhoneCallResult
from .tables import PhoneCallRow


async def insert_phone_call(session: AsyncSession, call: PhoneCall, appointment: Appointment) -> None:
    """Insert a call that begins."""
    columns = row_values(
        call,
        office_id=appointment.office_id,
        service_id=appointment.service_id,
        expected_at=appointment.expected_at,
    )
    session.add(PhoneCallRow(**columns))
    await session.flush()


async def end_phone_call(session: AsyncSession, call_id: str, result: PhoneCallResult, at: datetime) -> None:
    """Save how a call ended. The caller has locked the appointment."""
    statement = update(PhoneCallRow).where(PhoneCallRow.id == call_id)
    await session.execute(statement.values(result=result, ended_at=at))


async def load_calls(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, list[PhoneCall]]:
    """Return the calls of each appointment, oldest first; an empty list without calls."""
    found: dict[str, list[PhoneCall]] = defaultdict(list)
    if not appointment_ids:
        return found
    row = PhoneCallRow
    statement = select(row).where(row.appointment_id.in_(appointment_ids)).order_by(row.called_at, row.id)
    for call in (await session.execute(statement.execution_options(populate_existing=True))).scalars():
        found[call.appointment_id].append(from_row(PhoneCall, call))
    return found
