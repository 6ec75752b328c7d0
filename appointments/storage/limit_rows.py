"""SQL of the booking limits: counts for an address or a mailbox, and spent proofs of work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.outbox import VOID, OutboxRow
from ...core.db.write_conflicts import flush_inserts
from ..domain.appointment import ACTIVE_STATES
from ..domain.requester import BOOKING_RATE_WINDOW, ProofOfWork
from .mailbox_rows import select_verified_mailboxes
from .tables import AppointmentRow, SpentProofRow, WaitlistEntryRow


async def count_unverified_appointments(session: AsyncSession, address: str, now: datetime) -> int:
    """Count the active appointments that an address booked for unverified mailboxes."""
    statement = select(func.count()).where(
        AppointmentRow.address == address,
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
        AppointmentRow.email_key.not_in(select_verified_mailboxes(now)),
    )
    return (await session.execute(statement)).scalar_one()


async def count_upcoming_appointments(session: AsyncSession, email_key: str, now: datetime) -> int:
    """Count the active appointments of a mailbox in all offices."""
    statement = select(func.count()).where(
        AppointmentRow.email_key == email_key,
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
    )
    return (await session.execute(statement)).scalar_one()


async def recent_booking_times(session: AsyncSession, address: str, now: datetime) -> list[datetime]:
    """Return when an address booked within the last hour, in any state, oldest first."""
    statement = (
        select(AppointmentRow.created_at)
        .where(AppointmentRow.address == address, AppointmentRow.created_at > now - BOOKING_RATE_WINDOW)
        .order_by(AppointmentRow.created_at)
    )
    return list((await session.execute(statement)).scalars())


async def recent_waitlist_times(session: AsyncSession, address: str, now: datetime) -> list[datetime]:
    """Return when an address joined the waitlist within the last hour, oldest first.

    Ended entries do not count.
    """
    statement = (
        select(WaitlistEntryRow.asked_at)
        .where(WaitlistEntryRow.address == address, WaitlistEntryRow.asked_at > now - BOOKING_RATE_WINDOW)
        .order_by(WaitlistEntryRow.asked_at)
    )
    return list((await session.execute(statement)).scalars())


async def count_unverified_waitlist_entries(session: AsyncSession, address: str, now: datetime) -> int:
    """Count the waitlist entries that an address made for unverified mailboxes."""
    statement = select(func.count()).where(
        WaitlistEntryRow.address == address,
        WaitlistEntryRow.expires_at > now,
        WaitlistEntryRow.email_key.not_in(select_verified_mailboxes(now)),
    )
    return (await session.execute(statement)).scalar_one()


async def insert_spent_proof(session: AsyncSession, proof: ProofOfWork, now: datetime) -> bool:
    """Mark a proof of work as spent; False if it was spent already.

    Raises WriteConflict if another transaction spends it at the same time.
    """
    await session.execute(delete(SpentProofRow).where(SpentProofRow.expires_at <= now))
    if await session.get(SpentProofRow, proof.signature) is not None:
        return False
    session.add(SpentProofRow(signature=proof.signature, expires_at=proof.expires_at))
    await flush_inserts(session)
    return True


async def count_messages_since(session: AsyncSession, kind: str, subject: str, since: datetime) -> int:
    """Count the messages of a kind about a subject since this instant, sent or not.

    Void ones do not count.
    """
    statement = select(func.count()).where(
        OutboxRow.subject == subject,
        OutboxRow.kind == kind,
        OutboxRow.created_at > since,
        OutboxRow.state != VOID,
    )
    return (await session.execute(statement)).scalar_one()
