"""SQL of transfers of video rooms. No rules."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.row_mapping import from_row
from ..domain.room_transfer import (
    OPEN_STATES,
    RoomTransfer,
    TransferSide,
    TransferState,
)
from .tables import RoomRow, RoomTransferRow


async def insert_transfer(session: AsyncSession, transfer: RoomTransfer) -> None:
    session.add(
        RoomTransferRow(
            id=transfer.id,
            appointment_id=transfer.appointment_id,
            office_id=transfer.office_id,
            kind=transfer.kind,
            from_id=transfer.sender.id,
            from_name=transfer.sender.name,
            to_id=transfer.receiver.id,
            to_name=transfer.receiver.name,
            created_at=transfer.created_at,
            state=transfer.state,
            state_since=transfer.state_since,
        )
    )
    await session.flush()


async def save_transfer(session: AsyncSession, transfer: RoomTransfer) -> None:
    changed = {"state": transfer.state, "state_since": transfer.state_since}
    await session.execute(update(RoomTransferRow).where(RoomTransferRow.id == transfer.id).values(**changed))


async def latest_transfer(session: AsyncSession, appointment_id: str) -> RoomTransfer | None:
    """Return the newest transfer of a room.

    The caller holds the room's lock if it will change.
    """
    row = RoomTransferRow
    newest = (
        select(row)
        .where(row.appointment_id == appointment_id)
        .order_by(row.created_at.desc(), row.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found = await session.scalar(newest)
    return _to_transfer(found) if found else None


async def transfers_of_office(
    session: AsyncSession, office_id: str, since: datetime, declined_since: datetime
) -> list[RoomTransfer]:
    """Return the open transfers of open rooms, and those declined lately, oldest first."""
    row = RoomTransferRow
    is_shown = or_(
        row.state.in_(OPEN_STATES), (row.state == TransferState.DECLINED) & (row.state_since >= declined_since)
    )
    found = (
        select(row)
        .join(RoomRow, RoomRow.appointment_id == row.appointment_id)
        .where(row.office_id == office_id, row.created_at >= since, is_shown, RoomRow.ended_at.is_(None))
        .order_by(row.created_at, row.id)
    )
    return [_to_transfer(transfer_row) for transfer_row in await session.scalars(found)]


def _to_transfer(row: RoomTransferRow) -> RoomTransfer:
    sender, receiver = TransferSide(row.from_id, row.from_name), TransferSide(row.to_id, row.to_name)
    return from_row(RoomTransfer, row, sender=sender, receiver=receiver)
