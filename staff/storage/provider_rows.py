"""SQL of the identity provider's side of sessions, and of requests to connect accounts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.row_mapping import from_row
from ..domain.account import SESSION_IDLE_TIMEOUT, SessionOrigin
from ..domain.people import LinkRequest
from .tables import LinkRequestRow, ProviderSessionRow, StaffSessionRow


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """The provider's side of a session. `tokens` are encrypted."""

    session_id: str
    user_id: str
    tokens: str
    checked_at: datetime


# Sessions


async def insert_provider_session(
    session: AsyncSession, *, session_id: str, sid: str | None, tokens: str, now: datetime
) -> None:
    """Insert the provider's side of a session that has just begun."""
    session.add(ProviderSessionRow(session_id=session_id, sid=sid, tokens=tokens, checked_at=now))


def _select_valid(now: datetime) -> Select[ProviderSessionRow, str]:
    """Select the sessions that a person may still use."""
    return (
        select(ProviderSessionRow, StaffSessionRow.user_id)
        .join(StaffSessionRow, StaffSessionRow.id == ProviderSessionRow.session_id)
        .where(
            StaffSessionRow.revoked_at.is_(None),
            StaffSessionRow.expires_at > now,
            StaffSessionRow.last_seen_at > now - SESSION_IDLE_TIMEOUT,
            StaffSessionRow.confirmed_until > now,
        )
    )


async def sessions_to_check(
    session: AsyncSession, now: datetime, checked_before: datetime, limit: int
) -> list[ProviderSession]:
    """Load valid sessions without a check since this time, the oldest check first."""
    statement = (
        _select_valid(now)
        .where(
            ProviderSessionRow.checked_at <= checked_before,
            or_(ProviderSessionRow.claimed_until.is_(None), ProviderSessionRow.claimed_until <= now),
        )
        .order_by(ProviderSessionRow.checked_at, ProviderSessionRow.session_id)
        .limit(limit)
    )
    return [_to_session(row, user_id) for row, user_id in await session.execute(statement)]


def _to_session(row: ProviderSessionRow, user_id: str) -> ProviderSession:
    return from_row(ProviderSession, row, user_id=user_id)


async def claim_session(
    session: AsyncSession, found: ProviderSession, now: datetime, until: datetime
) -> str | None:
    """Claim a session for a check. Returns its tokens as they are now.

    None if another worker was first. The tokens of `found` may be used up: another check may have begun without
    an end.
    """
    # Compare-and-set: two workers with one refresh token would make the provider end the session.
    statement = (
        update(ProviderSessionRow)
        .where(
            ProviderSessionRow.session_id == found.session_id,
            ProviderSessionRow.checked_at == found.checked_at,
            or_(ProviderSessionRow.claimed_until.is_(None), ProviderSessionRow.claimed_until <= now),
        )
        .values(claimed_until=until)
        .returning(ProviderSessionRow.tokens)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def store_tokens(session: AsyncSession, session_id: str, tokens: str) -> None:
    """Replace the tokens: a provider gives a new refresh token at each use."""
    await session.execute(
        update(ProviderSessionRow).where(ProviderSessionRow.session_id == session_id).values(tokens=tokens)
    )


async def confirm_session(session: AsyncSession, session_id: str, now: datetime, until: datetime) -> None:
    """Store that the provider has confirmed a session."""
    await session.execute(
        update(ProviderSessionRow)
        .where(ProviderSessionRow.session_id == session_id)
        .values(checked_at=now, claimed_until=None)
    )
    await session.execute(
        update(StaffSessionRow).where(StaffSessionRow.id == session_id).values(confirmed_until=until)
    )


async def tokens_by_session_token(session: AsyncSession, token_hash: str) -> ProviderSession | None:
    """Load the provider's side of the session of a cookie; None for a local session."""
    statement = (
        select(ProviderSessionRow, StaffSessionRow.user_id)
        .join(StaffSessionRow, StaffSessionRow.id == ProviderSessionRow.session_id)
        .where(StaffSessionRow.token_hash == token_hash)
    )
    row = (await session.execute(statement)).one_or_none()
    return _to_session(row[0], row[1]) if row else None


async def revoke_provider_sessions(
    session: AsyncSession,
    *,
    now: datetime,
    user_id: str | None = None,
    sid: str | None = None,
    session_id: str | None = None,
    begun_before: datetime | None = None,
) -> list[str]:
    """Revoke sessions of the provider that match all given values.

    Returns the ids of their users.
    """
    found = (
        select(StaffSessionRow.id)
        .join(ProviderSessionRow, ProviderSessionRow.session_id == StaffSessionRow.id)
        .where(StaffSessionRow.origin == SessionOrigin.OIDC, StaffSessionRow.revoked_at.is_(None))
    )
    if user_id is not None:
        found = found.where(StaffSessionRow.user_id == user_id)
    if sid is not None:
        found = found.where(ProviderSessionRow.sid == sid)
    if session_id is not None:
        found = found.where(StaffSessionRow.id == session_id)
    if begun_before is not None:
        found = found.where(StaffSessionRow.created_at <= begun_before)
    ids = list((await session.execute(found)).scalars())
    statement = (
        update(StaffSessionRow)
        .where(StaffSessionRow.id.in_(ids), StaffSessionRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(StaffSessionRow.user_id)
    )
    users = list((await session.execute(statement)).scalars())
    await session.execute(delete(ProviderSessionRow).where(ProviderSessionRow.session_id.in_(ids)))
    return users


async def users_without_sessions(session: AsyncSession, user_ids: Collection[str], now: datetime) -> set[str]:
    """Return those of these users who have no valid session any more."""
    statement = select(StaffSessionRow.user_id).where(
        StaffSessionRow.user_id.in_(user_ids),
        StaffSessionRow.revoked_at.is_(None),
        StaffSessionRow.expires_at > now,
        StaffSessionRow.last_seen_at > now - SESSION_IDLE_TIMEOUT,
        or_(StaffSessionRow.confirmed_until.is_(None), StaffSessionRow.confirmed_until > now),
    )
    return set(user_ids) - set((await session.execute(statement)).scalars())


async def delete_tokens_of_ended_sessions(session: AsyncSession, now: datetime) -> None:
    """Delete the tokens of sessions that are over, for data retention."""
    valid = select(_select_valid(now).subquery().c.session_id)
    await session.execute(delete(ProviderSessionRow).where(ProviderSessionRow.session_id.not_in(valid)))


# Requests to connect


async def save_link_request(session: AsyncSession, user_id: str, wanted: LinkRequest) -> None:
    """Insert the request for an account, or replace an older request."""
    await delete_link_request(session, user_id)
    session.add(
        LinkRequestRow(
            user_id=user_id,
            external_id=wanted.external_id,
            name=wanted.name,
            email=wanted.email,
            asked_at=wanted.asked_at,
        )
    )
    await session.flush()


async def link_request_by_user(session: AsyncSession, user_id: str) -> LinkRequest | None:
    """Load the request for an account; None if there is none."""
    row = await session.get(LinkRequestRow, user_id)
    return LinkRequest(row.external_id, row.name, row.email, row.asked_at) if row else None


async def users_with_link_request(session: AsyncSession) -> set[str]:
    """Return the ids of the accounts for which a provider's account asks."""
    return set((await session.execute(select(LinkRequestRow.user_id))).scalars())


async def delete_link_request(session: AsyncSession, user_id: str) -> None:
    await session.execute(delete(LinkRequestRow).where(LinkRequestRow.user_id == user_id))


async def delete_link_requests_before(session: AsyncSession, moment: datetime) -> None:
    """Delete requests on which no manager decided, for data retention."""
    await session.execute(delete(LinkRequestRow).where(LinkRequestRow.asked_at < moment))
