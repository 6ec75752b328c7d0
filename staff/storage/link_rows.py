"""SQL of links that set a password once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.people import AccountLink, LinkPurpose, StaffPerson
from .people_rows import person_by_id
from .tables import AccountLinkRow


async def insert_link(
    session: AsyncSession,
    *,
    link_id: str,
    token_hash: str,
    user_id: str,
    purpose: LinkPurpose,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Insert a link. Older links of the account must have been voided."""
    session.add(
        AccountLinkRow(
            id=link_id,
            token_hash=token_hash,
            user_id=user_id,
            purpose=purpose,
            created_at=now,
            expires_at=expires_at,
        )
    )
    await session.flush()


async def link_by_token_hash(session: AsyncSession, token_hash: str) -> AccountLink | None:
    """Load the link of a token with its person; None if there is none."""
    statement = select(AccountLinkRow).where(AccountLinkRow.token_hash == token_hash)
    row = (await session.execute(statement)).scalar_one_or_none()
    person = await person_by_id(session, row.user_id) if row else None
    if row is None or person is None:
        return None
    newest = select(func.max(AccountLinkRow.id)).where(AccountLinkRow.user_id == row.user_id)
    is_newest = (await session.execute(newest)).scalar_one() == row.id
    return AccountLink(row.id, LinkPurpose(row.purpose), row.expires_at, row.used_at, is_newest, person)


async def locked_person(session: AsyncSession, person_id: str) -> StaffPerson:
    """Load and lock the person of a link that was just used."""
    person = await person_by_id(session, person_id, lock=True)
    assert person is not None  # the link's foreign key
    return person


async def use_link(session: AsyncSession, link_id: str, now: datetime) -> bool:
    """Mark a valid link as used. Returns False if another request was first."""
    statement = (
        update(AccountLinkRow)
        .where(AccountLinkRow.id == link_id, AccountLinkRow.used_at.is_(None), AccountLinkRow.expires_at > now)
        .values(used_at=now)
        .returning(AccountLinkRow.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def void_links(session: AsyncSession, user_id: str, now: datetime) -> None:
    """End the validity of all unused links of an account."""
    await session.execute(
        update(AccountLinkRow)
        .where(
            AccountLinkRow.user_id == user_id, AccountLinkRow.used_at.is_(None), AccountLinkRow.expires_at > now
        )
        .values(expires_at=now)
    )


async def delete_links_expired_before(session: AsyncSession, moment: datetime) -> None:
    """Delete links that expired before this time, for data retention."""
    await session.execute(delete(AccountLinkRow).where(AccountLinkRow.expires_at < moment))
