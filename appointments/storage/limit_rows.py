"""Counts what the public keeps, and remembers whose mailbox is verified and which proof is spent. SQL only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_of, run, upsert
from ...core.db.outbox import VOID, OutboxRow
from ..domain.appointment import ACTIVE
from ..domain.requester import BOOKINGS_WINDOW, VERIFIED_FOR, Proof
from .appointment_rows import Collision
from .tables import AppointmentRow, MailboxCheckRow, MailboxRow, SpentProofRow, WaitingRow


async def is_verified(session: AsyncSession, email_key: str, now: datetime) -> bool:
    """Whether somebody opened a letter in this mailbox lately."""
    statement = select(MailboxRow.verified_at).where(MailboxRow.email_key == email_key)
    verified_at = (await session.execute(statement)).scalar_one_or_none()
    return verified_at is not None and now < verified_at + VERIFIED_FOR


async def verify_mailbox(session: AsyncSession, email_key: str, now: datetime) -> None:
    """Also forgets those that count no longer."""
    await session.execute(delete(MailboxRow).where(MailboxRow.verified_at <= now - VERIFIED_FOR))
    values = {"email_key": email_key, "verified_at": now}
    await run(session, upsert(dialect_of(session), MailboxRow, ("verified_at",)), values)


async def unverified_places(session: AsyncSession, address: str, now: datetime) -> int:
    """How many places an address keeps under mailboxes that nobody has verified."""
    verified = select(MailboxRow.email_key).where(MailboxRow.verified_at > now - VERIFIED_FOR)
    statement = select(func.count()).where(
        AppointmentRow.address == address,
        AppointmentRow.state.in_(ACTIVE),
        AppointmentRow.ends_at > now,
        AppointmentRow.email_key.not_in(verified),
    )
    return (await session.execute(statement)).scalar_one()


async def mailbox_places(session: AsyncSession, email_key: str, now: datetime) -> int:
    """How many visits a mailbox has ahead, in all offices."""
    statement = select(func.count()).where(
        AppointmentRow.email_key == email_key, AppointmentRow.state.in_(ACTIVE), AppointmentRow.ends_at > now
    )
    return (await session.execute(statement)).scalar_one()


async def bookings_of(session: AsyncSession, address: str, now: datetime) -> list[datetime]:
    """When an address booked within the last hour, whatever became of it; oldest first."""
    statement = (
        select(AppointmentRow.created_at)
        .where(AppointmentRow.address == address, AppointmentRow.created_at > now - BOOKINGS_WINDOW)
        .order_by(AppointmentRow.created_at)
    )
    return list((await session.execute(statement)).scalars())


async def waits_of(session: AsyncSession, address: str, now: datetime) -> list[datetime]:
    """When an address asked to wait within the last hour, as far as those waits still stand; oldest first."""
    statement = (
        select(WaitingRow.asked_at)
        .where(WaitingRow.address == address, WaitingRow.asked_at > now - BOOKINGS_WINDOW)
        .order_by(WaitingRow.asked_at)
    )
    return list((await session.execute(statement)).scalars())


async def unverified_waits(session: AsyncSession, address: str, now: datetime) -> int:
    """How many waits of an address stand under mailboxes that nobody has verified."""
    verified = select(MailboxRow.email_key).where(MailboxRow.verified_at > now - VERIFIED_FOR)
    statement = select(func.count()).where(
        WaitingRow.address == address, WaitingRow.expires_at > now, WaitingRow.email_key.not_in(verified)
    )
    return (await session.execute(statement)).scalar_one()


async def spend_proof(session: AsyncSession, proof: Proof, now: datetime) -> bool:
    """Whether it was unused until now. Raises Collision when another transaction spends it in this moment."""
    await session.execute(delete(SpentProofRow).where(SpentProofRow.expires_at <= now))
    if await session.get(SpentProofRow, proof.signature) is not None:
        return False
    session.add(SpentProofRow(signature=proof.signature, expires_at=proof.expires_at))
    try:
        await session.flush()
    except IntegrityError as error:
        raise Collision from error
    return True


async def written_since(session: AsyncSession, kind: str, subject: str, since: datetime) -> int:
    """How many letters of a kind were written about a subject, sent or not; those taken back do not count."""
    statement = select(func.count()).where(
        OutboxRow.subject == subject,
        OutboxRow.kind == kind,
        OutboxRow.created_at > since,
        OutboxRow.state != VOID,
    )
    return (await session.execute(statement)).scalar_one()


async def checks_since(session: AsyncSession, email_key: str, since: datetime) -> int:
    """How many links were sent to a mailbox that has no appointment."""
    statement = select(func.count()).where(
        MailboxCheckRow.email_key == email_key, MailboxCheckRow.asked_at > since
    )
    return (await session.execute(statement)).scalar_one()


async def insert_check(
    session: AsyncSession, check_id: str, token_hash: str, email_key: str, now: datetime
) -> None:
    """Also forgets those that nobody will open any more."""
    await session.execute(delete(MailboxCheckRow).where(MailboxCheckRow.asked_at <= now - timedelta(days=1)))
    session.add(MailboxCheckRow(id=check_id, token_hash=token_hash, email_key=email_key, asked_at=now))
    await session.flush()


async def mailbox_of_check(session: AsyncSession, token_hash: str) -> str | None:
    """Whose link it is: the mailbox's key."""
    statement = select(MailboxCheckRow.email_key).where(MailboxCheckRow.token_hash == token_hash)
    return (await session.execute(statement)).scalar_one_or_none()
