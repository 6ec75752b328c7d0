"""Counts what the public keeps, and remembers whose mailbox is verified and which proof is spent. SQL only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_name, execute_on_connection, upsert_statement
from ...core.db.outbox import VOID, OutboxRow
from ..domain.appointment import ACTIVE_STATES
from ..domain.requester import BOOKING_RATE_WINDOW, MAILBOX_VERIFIED_FOR, ProofOfWork
from .appointment_rows import BookingCollision
from .tables import AppointmentRow, MailboxVerificationRow, SpentProofRow, VerifiedMailboxRow, WaitlistEntryRow


async def is_mailbox_verified(session: AsyncSession, email_key: str, now: datetime) -> bool:
    """Whether somebody opened a letter in this mailbox lately."""
    statement = select(VerifiedMailboxRow.verified_at).where(VerifiedMailboxRow.email_key == email_key)
    verified_at = (await session.execute(statement)).scalar_one_or_none()
    return verified_at is not None and now < verified_at + MAILBOX_VERIFIED_FOR


async def mark_mailbox_verified(session: AsyncSession, email_key: str, now: datetime) -> None:
    """Also forgets those that count no longer."""
    await session.execute(
        delete(VerifiedMailboxRow).where(VerifiedMailboxRow.verified_at <= now - MAILBOX_VERIFIED_FOR)
    )
    values = {"email_key": email_key, "verified_at": now}
    await execute_on_connection(
        session, upsert_statement(dialect_name(session), VerifiedMailboxRow, ("verified_at",)), values
    )


async def count_unverified_appointments(session: AsyncSession, address: str, now: datetime) -> int:
    """How many places an address keeps under mailboxes that nobody has verified."""
    verified = select(VerifiedMailboxRow.email_key).where(
        VerifiedMailboxRow.verified_at > now - MAILBOX_VERIFIED_FOR
    )
    statement = select(func.count()).where(
        AppointmentRow.address == address,
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
        AppointmentRow.email_key.not_in(verified),
    )
    return (await session.execute(statement)).scalar_one()


async def count_upcoming_appointments(session: AsyncSession, email_key: str, now: datetime) -> int:
    """How many visits a mailbox has ahead, in all offices."""
    statement = select(func.count()).where(
        AppointmentRow.email_key == email_key,
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
    )
    return (await session.execute(statement)).scalar_one()


async def recent_booking_times(session: AsyncSession, address: str, now: datetime) -> list[datetime]:
    """When an address booked within the last hour, whatever became of it; oldest first."""
    statement = (
        select(AppointmentRow.created_at)
        .where(AppointmentRow.address == address, AppointmentRow.created_at > now - BOOKING_RATE_WINDOW)
        .order_by(AppointmentRow.created_at)
    )
    return list((await session.execute(statement)).scalars())


async def recent_waitlist_times(session: AsyncSession, address: str, now: datetime) -> list[datetime]:
    """When an address asked to wait within the last hour, as far as those waits still stand; oldest first."""
    statement = (
        select(WaitlistEntryRow.asked_at)
        .where(WaitlistEntryRow.address == address, WaitlistEntryRow.asked_at > now - BOOKING_RATE_WINDOW)
        .order_by(WaitlistEntryRow.asked_at)
    )
    return list((await session.execute(statement)).scalars())


async def count_unverified_waitlist_entries(session: AsyncSession, address: str, now: datetime) -> int:
    """How many waits of an address stand under mailboxes that nobody has verified."""
    verified = select(VerifiedMailboxRow.email_key).where(
        VerifiedMailboxRow.verified_at > now - MAILBOX_VERIFIED_FOR
    )
    statement = select(func.count()).where(
        WaitlistEntryRow.address == address,
        WaitlistEntryRow.expires_at > now,
        WaitlistEntryRow.email_key.not_in(verified),
    )
    return (await session.execute(statement)).scalar_one()


async def insert_spent_proof(session: AsyncSession, proof: ProofOfWork, now: datetime) -> bool:
    """Whether it was unused until now. Raises Collision when another transaction spends it in this moment."""
    await session.execute(delete(SpentProofRow).where(SpentProofRow.expires_at <= now))
    if await session.get(SpentProofRow, proof.signature) is not None:
        return False
    session.add(SpentProofRow(signature=proof.signature, expires_at=proof.expires_at))
    try:
        await session.flush()
    except IntegrityError as error:
        raise BookingCollision from error
    return True


async def count_messages_since(session: AsyncSession, kind: str, subject: str, since: datetime) -> int:
    """How many letters of a kind were written about a subject, sent or not; those taken back do not count."""
    statement = select(func.count()).where(
        OutboxRow.subject == subject,
        OutboxRow.kind == kind,
        OutboxRow.created_at > since,
        OutboxRow.state != VOID,
    )
    return (await session.execute(statement)).scalar_one()


async def count_mailbox_verifications_since(session: AsyncSession, email_key: str, since: datetime) -> int:
    """How many links were sent to a mailbox that has no appointment."""
    statement = select(func.count()).where(
        MailboxVerificationRow.email_key == email_key, MailboxVerificationRow.asked_at > since
    )
    return (await session.execute(statement)).scalar_one()


async def insert_mailbox_verification(
    session: AsyncSession, verification_id: str, token_hash: str, email_key: str, now: datetime
) -> None:
    """Also forgets those that nobody will open any more."""
    await session.execute(
        delete(MailboxVerificationRow).where(MailboxVerificationRow.asked_at <= now - timedelta(days=1))
    )
    session.add(
        MailboxVerificationRow(id=verification_id, token_hash=token_hash, email_key=email_key, asked_at=now)
    )
    await session.flush()


async def find_mailbox_by_verification(session: AsyncSession, token_hash: str) -> str | None:
    """Whose link it is: the mailbox's key."""
    statement = select(MailboxVerificationRow.email_key).where(MailboxVerificationRow.token_hash == token_hash)
    return (await session.execute(statement)).scalar_one_or_none()
