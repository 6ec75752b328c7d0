"""SQL of the limits for the public: counts, spent proofs, verified mailboxes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_name, execute_on_connection, upsert_statement
from ...core.db.outbox import VOID, OutboxRow
from ...core.db.write_conflicts import flush_inserts
from ..domain.appointment import ACTIVE_STATES
from ..domain.requester import BOOKING_RATE_WINDOW, MAILBOX_VERIFIED_FOR, ProofOfWork, Requester
from .tables import AppointmentRow, MailboxVerificationRow, SpentProofRow, VerifiedMailboxRow, WaitlistEntryRow

VERIFICATION_LINK_RETENTION = timedelta(days=1)  # older links are not opened any more


async def count_unverified_appointments(session: AsyncSession, address: str, now: datetime) -> int:
    """Count the active appointments that an address booked and whose own link was not opened."""
    statement = select(func.count()).where(
        AppointmentRow.address == address,
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
        AppointmentRow.email_verified_at.is_(None),
    )
    return (await session.execute(statement)).scalar_one()


async def count_own_upcoming_appointments(
    session: AsyncSession, mailbox_keys: Sequence[str], requester: Requester, now: datetime
) -> int:
    """Count a mailbox's active appointments that this device or address booked."""
    own = ((AppointmentRow.device, requester.device), (AppointmentRow.address, requester.address))
    # `false()`: an empty `or_()` would be left out, and the statement would count every requester.
    statement = select(func.count()).where(
        or_(false(), *(column == value for column, value in own if value is not None)),
        AppointmentRow.email_key.in_(mailbox_keys),
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
    """Count the waitlist entries that an address made and whose own link was not opened."""
    statement = select(func.count()).where(
        WaitlistEntryRow.address == address,
        WaitlistEntryRow.expires_at > now,
        WaitlistEntryRow.verified_at.is_(None),
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

    Void messages do not count.
    """
    statement = select(func.count()).where(
        OutboxRow.subject == subject,
        OutboxRow.kind == kind,
        OutboxRow.created_at > since,
        OutboxRow.state != VOID,
    )
    return (await session.execute(statement)).scalar_one()


# Verified mailboxes


async def is_mailbox_verified(session: AsyncSession, mailbox_keys: Sequence[str], now: datetime) -> bool:
    """Return whether a link sent to this mailbox was opened within MAILBOX_VERIFIED_FOR."""
    latest = func.max(VerifiedMailboxRow.verified_at)
    statement = select(latest).where(VerifiedMailboxRow.email_key.in_(mailbox_keys))
    verified_at = (await session.execute(statement)).scalar_one()
    return verified_at is not None and now < verified_at + MAILBOX_VERIFIED_FOR


async def mark_mailbox_verified(session: AsyncSession, email_key: str, now: datetime) -> None:
    """Mark a mailbox as verified, and delete the marks that are too old to count."""
    await session.execute(
        delete(VerifiedMailboxRow).where(VerifiedMailboxRow.verified_at <= now - MAILBOX_VERIFIED_FOR)
    )
    values = {"email_key": email_key, "verified_at": now}
    await execute_on_connection(
        session, upsert_statement(dialect_name(session), VerifiedMailboxRow, ("verified_at",)), values
    )


async def insert_mailbox_verification(
    session: AsyncSession, verification_id: str, token_hash: str, email_key: str, now: datetime
) -> None:
    """Insert a verification link, and delete the links of more than a day ago."""
    await session.execute(
        delete(MailboxVerificationRow).where(MailboxVerificationRow.asked_at <= now - VERIFICATION_LINK_RETENTION)
    )
    session.add(
        MailboxVerificationRow(id=verification_id, token_hash=token_hash, email_key=email_key, asked_at=now)
    )
    await session.flush()


async def count_mailbox_verifications_since(
    session: AsyncSession, mailbox_keys: Sequence[str], since: datetime
) -> int:
    """Count the links sent since this instant to a mailbox without an appointment."""
    statement = select(func.count()).where(
        MailboxVerificationRow.email_key.in_(mailbox_keys), MailboxVerificationRow.asked_at > since
    )
    return (await session.execute(statement)).scalar_one()


async def find_mailbox_by_verification(session: AsyncSession, token_hash: str) -> str | None:
    """Find the key of the mailbox to which this verification link was sent."""
    statement = select(MailboxVerificationRow.email_key).where(MailboxVerificationRow.token_hash == token_hash)
    return (await session.execute(statement)).scalar_one_or_none()
