"""SQL of people as managers see and change them, and of their open sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import StaffRole
from ...core.db.audit_entries import AuditEntryRow
from ..domain.account import SESSION_IDLE_TIMEOUT
from ..domain.people import AccountDetails, OpenSession, PersonState, StaffPerson
from .tables import StaffSessionRow, UserOfficeRow, UserRow


async def load_people(session: AsyncSession) -> list[StaffPerson]:
    """Load all accounts by name, each with its offices and when the person was last there."""
    rows = (await session.execute(select(UserRow).order_by(UserRow.name, UserRow.username))).scalars().all()
    return await _to_people(session, rows, None)


async def person_by_id(session: AsyncSession, person_id: str, *, lock: bool = False) -> StaffPerson | None:
    """Load an account, with a row lock if it is to be changed; None if there is none."""
    statement = select(UserRow).where(UserRow.id == person_id).execution_options(populate_existing=True)
    row = (await session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()
    return (await _to_people(session, [row], [person_id]))[0] if row else None


async def person_id_by_username(session: AsyncSession, username: str) -> str | None:
    """Return the id of the account with this normalised username."""
    return (await session.execute(select(UserRow.id).where(UserRow.username == username))).scalar_one_or_none()


async def person_id_by_external_id(session: AsyncSession, external_id: str) -> str | None:
    """Return the id of the account of an issuer and subject."""
    statement = select(UserRow.id).where(UserRow.external_id == external_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def external_id_by_person(session: AsyncSession, person_id: str) -> str | None:
    """Return issuer and subject of an account; None for a local account."""
    return (await session.execute(select(UserRow.external_id).where(UserRow.id == person_id))).scalar_one_or_none()


async def load_people_from_provider(session: AsyncSession, *, lock: bool = False) -> list[StaffPerson]:
    """Load the accounts of the identity provider by id.

    `lock`: they are to be changed.
    """
    statement = select(UserRow).where(UserRow.external_id.is_not(None)).order_by(UserRow.id)
    statement = statement.execution_options(populate_existing=True)
    rows = (await session.execute(statement.with_for_update() if lock else statement)).scalars().all()
    return await _to_people(session, rows, None)


async def set_external(
    session: AsyncSession, person_id: str, *, external_id: str, groups: Collection[str], username: str
) -> None:
    """Connect an account with the provider's: it has no password any more."""
    values = {"external_id": external_id, "external_groups": list(groups), "username": username}
    changed = update(UserRow).where(UserRow.id == person_id).values(**values, password_hash=None)
    await session.execute(changed)


async def _to_people(
    session: AsyncSession, rows: Iterable[UserRow], person_ids: Collection[str] | None
) -> list[StaffPerson]:
    """Build people with two queries, about all accounts or only these."""
    scopes = select(UserOfficeRow.user_id, UserOfficeRow.office)
    seen = select(StaffSessionRow.user_id, func.max(StaffSessionRow.last_seen_at)).group_by(
        StaffSessionRow.user_id
    )
    if person_ids is not None:
        scopes = scopes.where(UserOfficeRow.user_id.in_(person_ids))
        seen = seen.where(StaffSessionRow.user_id.in_(person_ids))
    offices: dict[str, set[str]] = {}
    for user_id, office in await session.execute(scopes):
        offices.setdefault(user_id, set()).add(office)
    last_seen = {row[0]: row[1] for row in await session.execute(seen)}
    return [_to_person(row, offices, last_seen) for row in rows]


def _to_person(row: UserRow, offices: Mapping[str, set[str]], last_seen: Mapping[str, datetime]) -> StaffPerson:
    scope = None if row.all_offices else frozenset(offices.get(row.id, ()))
    can_log_in = row.password_hash is not None or row.external_id is not None
    invited = PersonState.ACTIVE if can_log_in else PersonState.INVITED
    return StaffPerson(
        id=row.id,
        username=row.username,
        details=AccountDetails(row.name, row.email, StaffRole(row.role), scope),
        state=invited if row.active else PersonState.DISABLED,
        last_seen_at=last_seen.get(row.id),
        groups=None if row.external_id is None else tuple(row.external_groups or ()),
    )


async def update_details(session: AsyncSession, person_id: str, details: AccountDetails) -> None:
    """Replace the changeable values of an account, its offices included."""
    everywhere = details.offices is None
    changed = update(UserRow).values(
        name=details.name, email=details.email, role=details.role, all_offices=everywhere
    )
    await session.execute(changed.where(UserRow.id == person_id))
    await session.execute(delete(UserOfficeRow).where(UserOfficeRow.user_id == person_id))
    session.add_all(UserOfficeRow(user_id=person_id, office=slug) for slug in sorted(details.offices or ()))
    await session.flush()


async def set_active(session: AsyncSession, person_id: str, active: bool) -> None:
    """Enable or disable an account."""
    await session.execute(update(UserRow).where(UserRow.id == person_id).values(active=active))


async def has_other_administrator(session: AsyncSession, person_id: str) -> bool:
    """Whether another person can log in as an administrator.

    Locks the rows of all administrators, so that two who remove each other take turns. Call it before the person's
    own row is locked: the order of locks is by id.
    """
    statement = (
        select(UserRow)
        .where(UserRow.role == StaffRole.ADMINISTRATOR)
        .order_by(UserRow.id)
        .execution_options(populate_existing=True)
        .with_for_update()
    )
    rows = (await session.execute(statement)).scalars().all()
    # a role may have changed while this transaction waited for the lock
    return any(
        row.id != person_id and row.active and row.password_hash and row.role == StaffRole.ADMINISTRATOR
        for row in rows
    )


# Sessions


async def open_sessions(session: AsyncSession, person_id: str, now: datetime) -> list[OpenSession]:
    """Load the valid sessions of a person, the most recently used first."""
    statement = (
        select(StaffSessionRow)
        .where(
            StaffSessionRow.user_id == person_id,
            StaffSessionRow.revoked_at.is_(None),
            StaffSessionRow.expires_at > now,
            StaffSessionRow.last_seen_at > now - SESSION_IDLE_TIMEOUT,
            or_(StaffSessionRow.confirmed_until.is_(None), StaffSessionRow.confirmed_until > now),
        )
        .order_by(StaffSessionRow.last_seen_at.desc(), StaffSessionRow.id)
    )
    rows = (await session.execute(statement)).scalars().all()
    return [OpenSession(row.id, row.device, row.created_at, row.last_seen_at) for row in rows]


async def revoke_sessions_by_id(session: AsyncSession, session_ids: Collection[str], now: datetime) -> None:
    """Revoke these sessions."""
    await session.execute(
        update(StaffSessionRow)
        .where(StaffSessionRow.id.in_(session_ids), StaffSessionRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


# Audit


async def latest_audit_entries(session: AsyncSession, subject_id: str, limit: int) -> list[AuditEntryRow]:
    """Load the newest audit entries about an account."""
    statement = select(AuditEntryRow).where(AuditEntryRow.subject_id == subject_id)
    return list((await session.execute(statement.order_by(AuditEntryRow.id.desc()).limit(limit))).scalars())
