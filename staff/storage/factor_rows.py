"""SQL of second factors, logins that wait for a factor, and rules that ask for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import StaffRole
from ...core.db.engine import dialect_insert
from ...core.db.write_conflicts import flush_inserts
from ...core.ids import new_id
from ...core.row_mapping import from_row
from ..domain.second_factor import AccountFactors, AuthenticatorApp, Passkey
from .factor_tables import (
    AuthenticatorAppRow,
    PasskeyRow,
    PendingLoginRow,
    RecoveryCodeRow,
    SignInRuleRow,
    UsedChallengeRow,
)
from .tables import StaffSessionRow, UserRow

# Factors


async def load_factors(session: AsyncSession, user_id: str) -> AccountFactors:
    """Load the second factors of an account, the oldest passkey first."""
    passkeys = await session.scalars(
        select(PasskeyRow).where(PasskeyRow.user_id == user_id).order_by(PasskeyRow.id)
    )
    app = await load_app(session, user_id)
    unused = select(func.count()).where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.used_at.is_(None))
    return AccountFactors(
        [from_row(Passkey, row, transports=tuple(row.transports.split())) for row in passkeys],
        AuthenticatorApp(app.created_at, app.last_used_at) if app else None,
        (await session.execute(unused)).scalar_one(),
    )


async def has_factor(session: AsyncSession, user_id: str) -> bool:
    """Whether the account has a second factor."""
    return user_id in await users_with_factor(session, [user_id])


async def users_with_factor(session: AsyncSession, user_ids: Collection[str] | None = None) -> set[str]:
    """Return the accounts that have a second factor, of all accounts or of these."""
    found: set[str] = set()
    for column in (PasskeyRow.user_id, AuthenticatorAppRow.user_id):
        statement = select(column).distinct()
        if user_ids is not None:
            statement = statement.where(column.in_(user_ids))
        found.update(await session.scalars(statement))
    return found


async def insert_passkey(
    session: AsyncSession,
    *,
    user_id: str,
    credential_id: str,
    public_key: bytes,
    sign_count: int,
    transports: str,
    name: str,
    now: datetime,
) -> str:
    """Insert a passkey. Returns its id. Raises WriteConflict if its credential exists."""
    row = PasskeyRow(
        id=new_id(),
        user_id=user_id,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        transports=transports,
        name=name,
        created_at=now,
    )
    session.add(row)
    await flush_inserts(session)
    return row.id


async def passkey_owner(session: AsyncSession, credential_id: str) -> str | None:
    """Return the account of a credential; None if it is unknown."""
    return await session.scalar(select(PasskeyRow.user_id).where(PasskeyRow.credential_id == credential_id))


async def passkey_by_credential(session: AsyncSession, credential_id: str) -> PasskeyRow | None:
    """Load the passkey of a credential, whose account is locked; None if it was removed."""
    statement = select(PasskeyRow).where(PasskeyRow.credential_id == credential_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def update_passkey_use(session: AsyncSession, passkey_id: str, sign_count: int, now: datetime) -> None:
    await session.execute(
        update(PasskeyRow).where(PasskeyRow.id == passkey_id).values(sign_count=sign_count, last_used_at=now)
    )


async def delete_passkey(session: AsyncSession, user_id: str, passkey_id: str) -> str | None:
    """Delete a passkey of this account. Returns its name; None if there is none."""
    statement = delete(PasskeyRow).where(PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id)
    return (await session.execute(statement.returning(PasskeyRow.name))).scalar_one_or_none()


async def replace_app(session: AsyncSession, user_id: str, secret: str, last_step: int, now: datetime) -> None:
    """Store an authenticator app in place of the account's former app."""
    await delete_app(session, user_id)
    session.add(AuthenticatorAppRow(user_id=user_id, secret=secret, last_step=last_step, created_at=now))
    await session.flush()


async def load_app(session: AsyncSession, user_id: str) -> AuthenticatorAppRow | None:
    """Load the app of an account, with its encrypted secret; None if there is none."""
    return await session.get(AuthenticatorAppRow, user_id, populate_existing=True)


async def use_totp_step(session: AsyncSession, user_id: str, step: int, now: datetime) -> bool:
    """Use the code of a step. Returns False if this step, or a later step, was used already."""
    # Compare-and-set: of two requests with the same code, only the first finds the older step.
    statement = (
        update(AuthenticatorAppRow)
        .where(AuthenticatorAppRow.user_id == user_id, AuthenticatorAppRow.last_step < step)
        .values(last_step=step, last_used_at=now)
        .returning(AuthenticatorAppRow.user_id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def delete_app(session: AsyncSession, user_id: str) -> bool:
    """Delete the authenticator app of an account. Returns False if there was none."""
    statement = delete(AuthenticatorAppRow).where(AuthenticatorAppRow.user_id == user_id)
    return (
        await session.execute(statement.returning(AuthenticatorAppRow.user_id))
    ).scalar_one_or_none() is not None


async def app_secrets(session: AsyncSession) -> Mapping[str, str]:
    """Load the encrypted secrets of all authenticator apps by account."""
    rows = await session.execute(select(AuthenticatorAppRow.user_id, AuthenticatorAppRow.secret))
    return {row.user_id: row.secret for row in rows}


async def update_app_secret(session: AsyncSession, user_id: str, before: str, after: str) -> None:
    """Replace the encrypted secret of an app, unless the app was replaced meanwhile."""
    row = AuthenticatorAppRow
    await session.execute(update(row).where(row.user_id == user_id, row.secret == before).values(secret=after))


async def replace_recovery_codes(
    session: AsyncSession, user_id: str, code_hashes: Collection[str], now: datetime
) -> None:
    """Store new recovery codes in place of all former codes."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    session.add_all(
        RecoveryCodeRow(id=new_id(), user_id=user_id, code_hash=code_hash, created_at=now)
        for code_hash in code_hashes
    )
    await session.flush()


async def use_recovery_code(session: AsyncSession, user_id: str, code_hash: str, now: datetime) -> bool:
    """Use a recovery code. Returns False for an unknown or used code."""
    statement = (
        update(RecoveryCodeRow)
        .where(
            RecoveryCodeRow.user_id == user_id,
            RecoveryCodeRow.code_hash == code_hash,
            RecoveryCodeRow.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCodeRow.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def delete_all_factors(session: AsyncSession, user_id: str) -> None:
    """Delete passkeys, app, recovery codes and waiting logins of an account."""
    for row in (PasskeyRow, AuthenticatorAppRow, RecoveryCodeRow, PendingLoginRow):
        await session.execute(delete(row).where(row.user_id == user_id))


# Logins that wait for the second factor


async def insert_pending_login(
    session: AsyncSession, *, user_id: str, token_hash: str, now: datetime, expires_at: datetime
) -> None:
    """Insert a waiting login, and delete those that expired."""
    await session.execute(delete(PendingLoginRow).where(PendingLoginRow.expires_at <= now))
    session.add(
        PendingLoginRow(
            id=new_id(),
            user_id=user_id,
            token_hash=token_hash,
            wrong_codes=0,
            created_at=now,
            expires_at=expires_at,
        )
    )
    await session.flush()


async def pending_login(session: AsyncSession, token_hash: str, now: datetime) -> PendingLoginRow | None:
    """Load a waiting login of an active account; None if it expired."""
    statement = (
        select(PendingLoginRow)
        .join(UserRow, UserRow.id == PendingLoginRow.user_id)
        .where(PendingLoginRow.token_hash == token_hash, PendingLoginRow.expires_at > now, UserRow.active)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def count_pending_guess(session: AsyncSession, pending_id: str, limit: int) -> bool:
    """Count a code before it is checked. Returns False beyond the limit."""
    # The limit is part of the statement, so that requests at the same time cannot pass it.
    statement = (
        update(PendingLoginRow)
        .where(PendingLoginRow.id == pending_id, PendingLoginRow.wrong_codes < limit)
        .values(wrong_codes=PendingLoginRow.wrong_codes + 1)
        .returning(PendingLoginRow.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def delete_pending_login(session: AsyncSession, pending_id: str) -> bool:
    """End a waiting login. Returns False if another request has ended it."""
    statement = delete(PendingLoginRow).where(PendingLoginRow.id == pending_id).returning(PendingLoginRow.id)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def delete_pending_logins(session: AsyncSession, user_id: str) -> None:
    """End all waiting logins of an account, whose password has changed."""
    await session.execute(delete(PendingLoginRow).where(PendingLoginRow.user_id == user_id))


async def use_challenge(session: AsyncSession, challenge_hash: str, now: datetime, expires_at: datetime) -> bool:
    """Note that a challenge was answered. Returns False if it was answered before."""
    # An expired challenge is refused by its time, so its row is not needed any more.
    await session.execute(delete(UsedChallengeRow).where(UsedChallengeRow.expires_at <= now))
    used = dialect_insert(session, UsedChallengeRow).values(id=challenge_hash, expires_at=expires_at)
    inserted = await session.execute(used.on_conflict_do_nothing().returning(UsedChallengeRow.id))
    return inserted.scalar_one_or_none() is not None


# Sessions


async def set_proved(session: AsyncSession, session_id: str, now: datetime) -> None:
    """Store when the person of a session last gave a password or factor."""
    await session.execute(update(StaffSessionRow).where(StaffSessionRow.id == session_id).values(proved_at=now))


async def lift_restriction(session: AsyncSession, user_id: str, session_id: str, now: datetime) -> None:
    """Open the session in which a factor was set up, and end others that wait for it.

    A stranger who knows the password may have begun those.
    """
    row = StaffSessionRow
    await session.execute(update(row).where(row.id == session_id).values(needs_factor=False))
    waiting = update(row).where(row.user_id == user_id, row.needs_factor, row.revoked_at.is_(None))
    await session.execute(waiting.values(revoked_at=now))


# Rules


async def load_rules(session: AsyncSession) -> dict[StaffRole, date]:
    """Load the roles that need a second factor, each with its first day."""
    rows = await session.execute(select(SignInRuleRow.role, SignInRuleRow.required_from))
    return {StaffRole(role): required_from for role, required_from in rows}


async def replace_rules(session: AsyncSession, rules: Mapping[StaffRole, date]) -> None:
    """Store the rules in place of all former codes."""
    await session.execute(delete(SignInRuleRow))
    session.add_all(SignInRuleRow(role=role, required_from=day) for role, day in rules.items())
    await session.flush()


async def local_accounts_by_role(session: AsyncSession) -> dict[StaffRole, set[str]]:
    """Load the active accounts that log in with a password here, by role."""
    statement = select(UserRow.role, UserRow.id).where(UserRow.active, UserRow.password_hash.is_not(None))
    found: dict[StaffRole, set[str]] = {}
    for role, user_id in await session.execute(statement):
        found.setdefault(StaffRole(role), set()).add(user_id)
    return found
