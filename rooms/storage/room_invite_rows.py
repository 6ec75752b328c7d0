"""SQL of invitations to video rooms. No rules."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import update_in_batches
from ...core.row_mapping import from_row, row_values
from ...core.runtime import Runtime
from ..domain.room_invite import RoomInvite
from .tables import RoomInviteRow


async def insert_invite(session: AsyncSession, invite: RoomInvite) -> None:
    session.add(RoomInviteRow(**row_values(invite)))
    await session.flush()


async def invites_of_room(session: AsyncSession, appointment_id: str) -> list[RoomInvite]:
    """Return the invitations of a room, oldest first."""
    row = RoomInviteRow
    found = select(row).where(row.appointment_id == appointment_id).order_by(row.created_at, row.id)
    return [from_row(RoomInvite, invite_row) for invite_row in await session.scalars(found)]


async def invite_by_token_hash(session: AsyncSession, token_hash: str) -> RoomInvite | None:
    """Return the invitation with this link; None for an unknown token."""
    row = await session.scalar(select(RoomInviteRow).where(RoomInviteRow.token_hash == token_hash))
    return from_row(RoomInvite, row) if row else None


async def lock_invite(session: AsyncSession, invite_id: str) -> RoomInvite | None:
    """Lock an invitation until the transaction ends. Invitations are locked before rooms."""
    locked = (
        select(RoomInviteRow)
        .where(RoomInviteRow.id == invite_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = await session.scalar(locked)
    return from_row(RoomInvite, row) if row else None


async def invite_by_id(session: AsyncSession, invite_id: str) -> RoomInvite | None:
    row = await session.get(RoomInviteRow, invite_id, populate_existing=True)
    return from_row(RoomInvite, row) if row else None


async def save_invite(session: AsyncSession, invite: RoomInvite) -> None:
    """Write the sending, the device, the participant and the withdrawal of an invitation."""
    changed = {
        "sent_at": invite.sent_at,
        "opened_at": invite.opened_at,
        "device_hash": invite.device_hash,
        "participant_id": invite.participant_id,
        "withdrawn_at": invite.withdrawn_at,
    }
    await session.execute(update(RoomInviteRow).where(RoomInviteRow.id == invite.id).values(**changed))


# Data retention


async def anonymise_invites(runtime: Runtime, before: datetime) -> None:
    """Delete names and contacts of guests invited before a time. Idempotent."""
    row = RoomInviteRow
    is_due = (row.created_at < before) & or_(row.name != "", row.contact.is_not(None))
    await update_in_batches(runtime, row.id, is_due, name="", contact=None)
