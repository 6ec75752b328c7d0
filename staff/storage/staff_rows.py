"""SQL of users, sessions and API keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...core.auth import Principal, StaffRole
from ...core.db.engine import execute_on_connection, mapped_table
from ...core.db.write_conflicts import flush_inserts
from ...core.ids import new_id
from ...core.row_mapping import field_names, from_row
from ..domain.account import LAST_SEEN_WRITE_INTERVAL, SessionOrigin, StaffSession
from .tables import ApiKeyOfficeRow, ApiKeyRow, StaffSessionRow, UserOfficeRow, UserRow


@dataclass(frozen=True, slots=True)
class StaffUser:
    """An account as the login reads it. An invited account has no password yet."""

    id: str
    name: str
    role: StaffRole
    password_hash: str | None
    active: bool
    is_from_provider: bool = False


# Users


async def user_by_username(session: AsyncSession, username: str) -> StaffUser | None:
    """Load the account with this normalised username; None if there is none."""
    row = (await session.execute(select(UserRow).where(UserRow.username == username))).scalar_one_or_none()
    return _to_user(row) if row else None


def _to_user(row: UserRow) -> StaffUser:
    is_from_provider = row.external_id is not None
    return StaffUser(row.id, row.name, StaffRole(row.role), row.password_hash, row.active, is_from_provider)


async def insert_user(
    session: AsyncSession,
    *,
    username: str,
    name: str,
    role: StaffRole,
    password_hash: str | None,
    offices: Collection[str] | None,
    now: datetime,
    email: str | None = None,
) -> str:
    """Insert an account. `offices` (slugs) None means all offices. Returns its id.

    Raises WriteConflict for a username that another transaction has just inserted.
    """
    row = UserRow(
        id=new_id(),
        username=username,
        name=name,
        email=email,
        password_hash=password_hash,
        role=role,
        all_offices=offices is None,
        active=True,
        created_at=now,
    )
    session.add(row)
    await flush_inserts(session)
    session.add_all(UserOfficeRow(user_id=row.id, office=slug) for slug in offices or ())
    return row.id


async def user_by_id(session: AsyncSession, user_id: str, *, lock: bool = False) -> StaffUser | None:
    """Load an account, with a row lock if a login of it ends; None if there is none."""
    statement = select(UserRow).where(UserRow.id == user_id).execution_options(populate_existing=True)
    row = (await session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()
    return _to_user(row) if row else None


async def update_password_hash(session: AsyncSession, user_id: str, password_hash: str) -> None:
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))


async def active_account_scopes(session: AsyncSession) -> list[tuple[StaffRole, frozenset[str] | None]]:
    """Load role and offices (slugs, None for all) of every active account."""
    statement = (
        select(UserRow.id, UserRow.role, UserRow.all_offices, UserOfficeRow.office)
        .outerjoin(UserOfficeRow, UserOfficeRow.user_id == UserRow.id)
        .where(UserRow.active)
    )
    roles: dict[str, StaffRole] = {}
    offices: dict[str, set[str] | None] = {}
    for user_id, role, has_all, office in await session.execute(statement):
        roles[user_id] = StaffRole(role)
        known = offices.setdefault(user_id, None if has_all else set())
        if known is not None and office is not None:
            known.add(office)
    return [(role, None if (own := offices[user]) is None else frozenset(own)) for user, role in roles.items()]


# Sessions


async def insert_session(
    session: AsyncSession,
    *,
    user_id: str,
    token_hash: str,
    now: datetime,
    expires_at: datetime,
    device: str | None = None,
    session_id: str | None = None,
    origin: SessionOrigin = SessionOrigin.LOCAL,
    confirmed_until: datetime | None = None,
    needs_factor: bool = False,
) -> None:
    """Insert the session of a browser that has just logged in. `device`: its label.

    A login at the provider or proxy proves no password or factor here: it may have asked for none.
    """
    session.add(
        StaffSessionRow(
            id=session_id or new_id(),
            token_hash=token_hash,
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
            device=device,
            origin=origin,
            confirmed_until=confirmed_until,
            proved_at=now if origin is SessionOrigin.LOCAL else None,
            needs_factor=needs_factor,
        )
    )


async def session_with_user(session: AsyncSession, token_hash: str) -> tuple[StaffSession, UserRow] | None:
    """Load the session of a token and its user, if the user is active."""
    statement = (
        select(StaffSessionRow, UserRow)
        .join(UserRow, UserRow.id == StaffSessionRow.user_id)
        .where(StaffSessionRow.token_hash == token_hash, UserRow.active)
    )
    row = (await session.execute(statement)).one_or_none()
    return (from_row(StaffSession, row[0]), row[1]) if row else None


_SESSION_FIELDS = field_names(StaffSession)
# Built once: every request of staff executes it.
_SIGNED_IN_USER = (
    select(
        *(mapped_table(StaffSessionRow).c[name] for name in _SESSION_FIELDS),
        UserRow.username,
        UserRow.name,
        UserRow.role,
        UserRow.all_offices,
        UserRow.password_hash.is_not(None).label("has_password"),
        UserOfficeRow.office,
    )
    .join_from(StaffSessionRow, UserRow, UserRow.id == StaffSessionRow.user_id)
    .outerjoin(UserOfficeRow, UserOfficeRow.user_id == UserRow.id)
    .where(StaffSessionRow.token_hash == bindparam("token_hash"), UserRow.active)
)


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """A session with its active user and their principal.

    `username`: also without a password.
    """

    session: StaffSession
    username: str
    principal: Principal


async def signed_in_user(session: AsyncSession, token_hash: str) -> SignedInUser | None:
    """Load the session of a token, its user if active, and its offices.

    A query: every request of staff needs it.
    """
    rows = (await execute_on_connection(session, _SIGNED_IN_USER, {"token_hash": token_hash})).all()
    if not rows:
        return None
    user = rows[0]
    found = from_row(StaffSession, user)
    offices = None if user.all_offices else frozenset(row.office for row in rows if row.office is not None)
    principal = Principal(
        found.user_id,
        user.name,
        StaffRole(user.role),
        offices,
        username=user.username if user.has_password else None,
    )
    return SignedInUser(found, user.username, principal)


async def update_last_seen(session: AsyncSession, session_id: str, now: datetime) -> None:
    await session.execute(
        update(StaffSessionRow)
        .where(StaffSessionRow.id == session_id, StaffSessionRow.last_seen_at < now)
        .values(last_seen_at=now)
    )


async def session_owner(session: AsyncSession, token_hash: str) -> UserRow | None:
    """Load the account of a session that may be over."""
    statement = select(UserRow).join(StaffSessionRow, StaffSessionRow.user_id == UserRow.id)
    return (await session.execute(statement.where(StaffSessionRow.token_hash == token_hash))).scalar_one_or_none()


async def revoke_session(session: AsyncSession, token_hash: str, now: datetime) -> str | None:
    """Revoke a session. Returns the id of its user; None if unknown or already revoked."""
    statement = (
        update(StaffSessionRow)
        .where(StaffSessionRow.token_hash == token_hash, StaffSessionRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(StaffSessionRow.user_id)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def revoke_user_sessions(session: AsyncSession, user_id: str, now: datetime) -> None:
    """Revoke all sessions of a user."""
    await session.execute(
        update(StaffSessionRow)
        .where(StaffSessionRow.user_id == user_id, StaffSessionRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def delete_sessions_expired_before(session: AsyncSession, moment: datetime) -> None:
    """Delete sessions that expired before this time, for data retention.

    The newest session of each user stays, so that managers see when the person was last there.
    """
    newer = aliased(StaffSessionRow)
    has_newer = (
        select(newer.id)
        .where(newer.user_id == StaffSessionRow.user_id, newer.created_at > StaffSessionRow.created_at)
        .exists()
    )
    await session.execute(delete(StaffSessionRow).where(StaffSessionRow.expires_at < moment, has_newer))


async def session_principals(
    session: AsyncSession, token_hashes: Iterable[str]
) -> dict[str, tuple[StaffSession, Principal]]:
    """Load sessions of active users by token hash, each with its principal as it is now."""
    statement = (
        select(StaffSessionRow, UserRow, UserOfficeRow.office)
        .join(UserRow, UserRow.id == StaffSessionRow.user_id)
        .outerjoin(UserOfficeRow, UserOfficeRow.user_id == UserRow.id)
        .where(StaffSessionRow.token_hash.in_(list(token_hashes)), UserRow.active)
    )
    offices: dict[str, set[str]] = {}
    found: dict[str, tuple[StaffSessionRow, UserRow]] = {}
    for row, user, office in await session.execute(statement):
        found[row.token_hash] = (row, user)
        offices.setdefault(user.id, set()).update([office] if office else [])
    return {
        token_hash: (
            from_row(StaffSession, row),
            Principal(
                user.id,
                user.name,
                StaffRole(user.role),
                None if user.all_offices else frozenset(offices[user.id]),
            ),
        )
        for token_hash, (row, user) in found.items()
    }


# Keys


async def insert_api_key(
    session: AsyncSession,
    *,
    key_id: str | None,
    key_hash: str,
    name: str,
    role: StaffRole,
    offices: Collection[str] | None,
    now: datetime,
) -> str:
    """Insert an API key. `offices` (slugs) None means all offices. Returns its id.

    `key_id`: None for a new key. Raises WriteConflict if it exists.
    """
    row = ApiKeyRow(
        id=key_id or new_id(), key_hash=key_hash, name=name, role=role, all_offices=offices is None, created_at=now
    )
    session.add(row)
    await flush_inserts(session)
    session.add_all(ApiKeyOfficeRow(key_id=row.id, office=slug) for slug in offices or ())
    return row.id


# Built once: every request of a program executes it.
_PRINCIPAL_BY_KEY = (
    select(
        ApiKeyRow.id,
        ApiKeyRow.name,
        ApiKeyRow.role,
        ApiKeyRow.all_offices,
        ApiKeyRow.last_used_at,
        ApiKeyOfficeRow.office,
    )
    .outerjoin(ApiKeyOfficeRow, ApiKeyOfficeRow.key_id == ApiKeyRow.id)
    .where(ApiKeyRow.key_hash == bindparam("key_hash"), ApiKeyRow.revoked_at.is_(None))
)


async def principal_by_key_hash(session: AsyncSession, key_hash: str) -> tuple[Principal, datetime | None] | None:
    """Load the principal of a valid key and when the key was last used.

    A query: every request of a program needs it.
    """
    rows = (await execute_on_connection(session, _PRINCIPAL_BY_KEY, {"key_hash": key_hash})).all()
    if not rows:
        return None
    key = rows[0]
    offices = None if key.all_offices else frozenset(row.office for row in rows if row.office is not None)
    return Principal(key.id, key.name, StaffRole(key.role), offices, is_api_key=True), key.last_used_at


async def update_last_used(session: AsyncSession, key_id: str, now: datetime) -> None:
    """Store when a key was used, unless another request has just done so."""
    # Part of the statement: requests at the same time all found the old value.
    is_old = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= now - LAST_SEEN_WRITE_INTERVAL)
    await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id, is_old).values(last_used_at=now))


async def key_principals(session: AsyncSession, key_hashes: Iterable[str]) -> dict[str, Principal]:
    """Load the principals of unrevoked keys by key hash."""
    statement = (
        select(ApiKeyRow, ApiKeyOfficeRow.office)
        .outerjoin(ApiKeyOfficeRow, ApiKeyOfficeRow.key_id == ApiKeyRow.id)
        .where(ApiKeyRow.key_hash.in_(list(key_hashes)), ApiKeyRow.revoked_at.is_(None))
    )
    offices: dict[str, set[str]] = {}
    found: dict[str, ApiKeyRow] = {}
    for row, office in await session.execute(statement):
        found[row.key_hash] = row
        offices.setdefault(row.id, set()).update([office] if office else [])
    return {
        key_hash: Principal(
            row.id,
            row.name,
            StaffRole(row.role),
            None if row.all_offices else frozenset(offices[row.id]),
            is_api_key=True,
        )
        for key_hash, row in found.items()
    }


async def revoke_api_key(session: AsyncSession, key_id: str, now: datetime) -> bool:
    """Revoke a key. Returns False if there was no valid key."""
    statement = (
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKeyRow.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


# Scope


async def load_principal(session: AsyncSession, row: UserRow) -> Principal:
    """Load the offices of an account, and build its principal.

    Pages ask an account without a password for no password, so it has no username there.
    """
    offices = None if row.all_offices else await _office_slugs(session, row.id)
    username = row.username if row.password_hash is not None else None
    return Principal(row.id, row.name, StaffRole(row.role), offices, username=username)


async def _office_slugs(session: AsyncSession, user_id: str) -> frozenset[str]:
    statement = select(UserOfficeRow.office).where(UserOfficeRow.user_id == user_id)
    return frozenset((await session.execute(statement)).scalars())
