"""SQL of holds: slots that are reserved for a while without an appointment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import affects_one_row
from ...core.row_mapping import from_row, row_values
from ...offices.service import ServiceMode
from ..domain.hold import HoldPurpose, SlotHold
from .tables import HoldRow

# A form that is still open can refer to its expired hold.
EXPIRED_HOLD_RETENTION = timedelta(days=1)


async def insert_hold(
    session: AsyncSession,
    hold: SlotHold,
    token_hash: str,
    holder: str,
    now: datetime,
    *,
    address: str | None = None,
) -> None:
    """Insert a hold, and delete the holds that expired more than a day ago."""
    await session.execute(delete(HoldRow).where(HoldRow.expires_at < now - EXPIRED_HOLD_RETENTION))
    values = row_values(hold, token_hash=token_hash, holder=holder, address=address, created_at=now)
    session.add(HoldRow(**values))
    await session.flush()


async def active_hold_expiries(
    session: AsyncSession, address: str, now: datetime, *, excluded_hold_id: str | None
) -> list[datetime]:
    """Return when the active booking holds of an address expire, without `excluded_hold_id`."""
    statement = select(HoldRow.expires_at).where(
        HoldRow.address == address, HoldRow.purpose == HoldPurpose.BOOKING, HoldRow.expires_at > now
    )
    if excluded_hold_id is not None:
        statement = statement.where(HoldRow.id != excluded_hold_id)
    return list((await session.execute(statement)).scalars())


async def find_hold(session: AsyncSession, hold_id: str) -> SlotHold | None:
    return await _find_hold_where(session, HoldRow.id == hold_id)


async def find_hold_by_token_hash(session: AsyncSession, token_hash: str) -> SlotHold | None:
    return await _find_hold_where(session, HoldRow.token_hash == token_hash)


async def find_booking_hold(session: AsyncSession, holder: str) -> SlotHold | None:
    """Find the booking hold of a holder, expired or not."""
    return await _find_hold_where(session, HoldRow.holder == holder, HoldRow.purpose == HoldPurpose.BOOKING)


async def find_released_hold(
    session: AsyncSession, service_id: str, mode: ServiceMode, starts_at: datetime, mailbox_keys: Sequence[str]
) -> SlotHold | None:
    """Find the hold of a slot that this mailbox gave back and that is not taken since."""
    # The holder of a booking hold is a device, proof or address, not a mailbox.
    return await _find_hold_where(
        session,
        HoldRow.service_id == service_id,
        HoldRow.mode == mode,
        HoldRow.starts_at == starts_at,
        HoldRow.holder.in_(mailbox_keys),
        HoldRow.purpose != HoldPurpose.BOOKING,
    )


async def _find_hold_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> SlotHold | None:
    statement = select(HoldRow).where(*conditions).execution_options(populate_existing=True)
    row = (await session.execute(statement)).scalars().first()
    return None if row is None else from_row(SlotHold, row)


async def find_holder(session: AsyncSession, hold_id: str) -> str | None:
    """Find the holder of a hold.

    For a slot that was given back, this is the mailbox that gave it back.
    """
    return (await session.execute(select(HoldRow.holder).where(HoldRow.id == hold_id))).scalar_one_or_none()


async def holds_in_interval(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, *, excluded_holder: str
) -> list[SlotHold]:
    """Return the holds of other holders that overlap the interval, expired or not."""
    return await _find_holds_where(session, office_id, start, end, HoldRow.holder != excluded_holder)


async def holds_by_holder(
    session: AsyncSession, office_id: str, holder: str, start: datetime, end: datetime
) -> list[SlotHold]:
    """Return the holds of a holder that overlap the interval, expired or not."""
    return await _find_holds_where(session, office_id, start, end, HoldRow.holder == holder)


async def _find_holds_where(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, holder_condition: ColumnElement[bool]
) -> list[SlotHold]:
    statement = select(HoldRow).where(
        HoldRow.office_id == office_id, HoldRow.starts_at < end, HoldRow.ends_at > start, holder_condition
    )
    return [from_row(SlotHold, row) for row in (await session.execute(statement)).scalars()]


async def update_hold(session: AsyncSession, hold_id: str, **values: Any) -> None:
    await session.execute(update(HoldRow).where(HoldRow.id == hold_id).values(**values))


async def delete_hold(session: AsyncSession, hold_id: str) -> bool:
    """Delete a hold; False if it was already gone."""
    return await affects_one_row(session, delete(HoldRow).where(HoldRow.id == hold_id))
