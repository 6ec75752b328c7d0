"""SQL of verified mailboxes, and of verification links sent before a booking."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_name, execute_on_connection, upsert_statement
from ..domain.requester import MAILBOX_VERIFIED_FOR
from .tables import MailboxVerificationRow, VerifiedMailboxRow

VERIFICATION_LINK_RETENTION = timedelta(days=1)  # older links are not opened any more


async def is_mailbox_verified(session: AsyncSession, email_key: str, now: datetime) -> bool:
    """Return whether a link sent to this mailbox was opened within MAILBOX_VERIFIED_FOR."""
    statement = select(VerifiedMailboxRow.verified_at).where(VerifiedMailboxRow.email_key == email_key)
    verified_at = (await session.execute(statement)).scalar_one_or_none()
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


def select_verified_mailboxes(now: datetime) -> Select[str]:
    """Select the keys of the mailboxes that are verified at `now`."""
    return select(VerifiedMailboxRow.email_key).where(VerifiedMailboxRow.verified_at > now - MAILBOX_VERIFIED_FOR)


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


async def count_mailbox_verifications_since(session: AsyncSession, email_key: str, since: datetime) -> int:
    """Count the links sent since this instant to a mailbox without an appointment."""
    statement = select(func.count()).where(
        MailboxVerificationRow.email_key == email_key, MailboxVerificationRow.asked_at > since
    )
    return (await session.execute(statement)).scalar_one()


async def find_mailbox_by_verification(session: AsyncSession, token_hash: str) -> str | None:
    """Find the key of the mailbox to which this verification link was sent."""
    statement = select(MailboxVerificationRow.email_key).where(MailboxVerificationRow.token_hash == token_hash)
    return (await session.execute(statement)).scalar_one_or_none()
