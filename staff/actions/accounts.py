"""Use cases of staff accounts: login, sessions, passwords, users, API keys."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole
from ...core.db.rate_limits import delete_guesses, record_guess
from ...core.errors import NotFound, RateLimited, Refused, Unauthenticated
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import all_offices, office_by_slug, office_topic
from ..domain import account
from ..storage import staff_rows
from .passwords import hash_password, needs_rehash, verify_password

logger = logging.getLogger(__name__)

SECRET_BYTES = 32  # 256 bits: sessions and keys live for hours or years, and are never typed
API_KEY_PREFIX = "o360_"  # people and secret scanners recognise a leaked key by it
LOGGED_HASH_LENGTH = 12  # 72 bits: two addresses never share one
SESSION_RETENTION = timedelta(days=7)  # ended sessions show for a week who was logged in


# Authentication


async def authenticate(runtime: Runtime, *, cookie: str | None, bearer: str | None) -> Principal | None:
    """Authenticate by API key or session cookie. If a key was sent, the cookie is ignored."""
    if bearer is not None:
        return await _principal_by_key(runtime, bearer)
    return await _principal_by_session(runtime, cookie) if cookie else None


async def _principal_by_key(runtime: Runtime, key: str) -> Principal | None:
    async with runtime.read_session() as session:
        return await staff_rows.principal_by_key_hash(session, hash_token(key))


async def _principal_by_session(runtime: Runtime, token: str) -> Principal | None:
    now = runtime.now()
    async with runtime.read_session() as session:
        found = await staff_rows.session_with_user(session, hash_token(token))
        if found is None or not account.is_session_valid(found[0], now):
            return None
        principal = await staff_rows.load_principal(session, found[1])
    if account.should_update_last_seen(found[0], now):
        async with runtime.transaction() as tx:
            await staff_rows.update_last_seen(tx.session, found[0].id, now)
    return principal


async def valid_secret_hashes(session: AsyncSession, runtime: Runtime, secrets_used: Iterable[str]) -> set[str]:
    """Return the hashes of session tokens and API keys that are still valid, for open sockets."""
    hashes = list(secrets_used)
    now = runtime.now()
    sessions = await staff_rows.sessions_by_token_hash(session, hashes)
    live = {
        token_hash
        for token_hash, staff_session in sessions.items()
        if account.is_session_valid(staff_session, now)
    }
    return live | await staff_rows.unrevoked_key_hashes(session, hashes)


# Login and logout


async def login(runtime: Runtime, user: str, password: str, address: str, *, previous: str | None = None) -> str:
    """Log in and revoke the `previous` session of this browser. Returns a new session token.

    Raises Unauthenticated("wrong_login") for an unknown or inactive user and for a wrong password alike,
    RateLimited after five attempts in 15 minutes for this username from this address.
    """
    username = account.normalize_username(user)
    subject = account.login_guess_subject(username, address)
    try:
        await record_guess(runtime, subject)
    except RateLimited:
        _log_refused_login(runtime, address, "too_many")
        raise
    async with runtime.read_session() as session:
        account_row = await staff_rows.user_by_username(session, username)
    matches = await verify_password(account_row.password_hash if account_row else None, password)
    if account_row is None or not matches or not account_row.active:
        _log_refused_login(runtime, address, "wrong_login")
        raise Unauthenticated("wrong_login")
    await delete_guesses(runtime, subject)
    fresh_hash = (
        await hash_password(password)
        if account_row.password_hash and needs_rehash(account_row.password_hash)
        else None
    )
    return await _create_session(runtime, account_row, fresh_hash, previous)


def _log_refused_login(runtime: Runtime, address: str, reason: str) -> None:
    """Log a refused login with a keyed hash of the address, by which it can be counted."""
    address_hash = runtime.tokens.sign("log address", address)[:LOGGED_HASH_LENGTH]
    logger.warning("login_refused", extra={"reason": reason, "address_hash": address_hash})


async def _create_session(
    runtime: Runtime, user: staff_rows.StaffUser, fresh_hash: str | None, previous: str | None
) -> str:
    token = secrets.token_urlsafe(SECRET_BYTES)
    async with runtime.transaction() as tx:
        # the old token is revoked: a token planted or seen before the login is useless after it
        if previous:
            await staff_rows.revoke_session(tx.session, hash_token(previous), tx.now)
        if fresh_hash is not None:
            await staff_rows.update_password_hash(tx.session, user.id, fresh_hash)
        await staff_rows.delete_sessions_expired_before(tx.session, tx.now - SESSION_RETENTION)
        await staff_rows.insert_session(
            tx.session,
            user_id=user.id,
            token_hash=hash_token(token),
            now=tx.now,
            expires_at=tx.now + account.SESSION_LIFETIME,
        )
    logger.info("login", extra={"user": user.id})
    return token


async def logout(runtime: Runtime, token: str) -> None:
    """Revoke one session on the server, so that a copy of its cookie is useless."""
    async with runtime.transaction() as tx:
        user_id = await staff_rows.revoke_session(tx.session, hash_token(token), tx.now)
        await _recheck_open_sockets(tx)
    logger.info("logout", extra={"user": user_id})


async def revoke_sessions(runtime: Runtime, username: str) -> None:
    """Revoke all sessions of a user. Raises NotFound."""
    async with runtime.transaction() as tx:
        user = await _require_user(tx, username)
        await staff_rows.revoke_user_sessions(tx.session, user.id, tx.now)
        await _recheck_open_sockets(tx)


async def deactivate_user(runtime: Runtime, username: str) -> None:
    """Deactivate an account and revoke its sessions. The audit keeps the name.

    Raises NotFound.
    """
    async with runtime.transaction() as tx:
        user = await _require_user(tx, username)
        await staff_rows.deactivate_user(tx.session, user.id)
        await staff_rows.revoke_user_sessions(tx.session, user.id, tx.now)
        await _recheck_open_sockets(tx)


async def set_password(runtime: Runtime, username: str, password: str) -> None:
    """Set a password and revoke all sessions of the user. Raises Invalid, NotFound."""
    account.check_password(password)
    password_hash = await hash_password(password)
    async with runtime.transaction() as tx:
        user = await _require_user(tx, username)
        await staff_rows.update_password_hash(tx.session, user.id, password_hash)
        await staff_rows.revoke_user_sessions(tx.session, user.id, tx.now)
        await _recheck_open_sockets(tx)


async def _require_user(tx: Transaction, username: str) -> staff_rows.StaffUser:
    user = await staff_rows.user_by_username(tx.session, account.normalize_username(username))
    if user is None:
        raise NotFound
    return user


async def _recheck_open_sockets(tx: Transaction) -> None:
    """Make every open console check its session again (realtime/board_socket.py)."""
    for office in await all_offices(tx.session):
        tx.publish_latest(office_topic(office.slug), {})


# Accounts and keys


async def create_user(
    runtime: Runtime,
    *,
    username: str,
    name: str,
    role: StaffRole,
    offices: Collection[str] | None = None,
    password: str,
) -> str:
    """Create an account. `offices` are slugs; None or empty means all offices. Returns its id.

    Raises Invalid, NotFound for an office, Refused("username_taken").
    """
    account.check_new_user(username, name, role, password)
    normal = account.normalize_username(username)
    async with runtime.read_session() as session:
        await _refuse_taken_username(session, normal)
    password_hash = await hash_password(password)  # before the transaction: hashing takes 50 ms
    async with runtime.transaction() as tx:
        await _refuse_taken_username(tx.session, normal)
        await _require_offices(tx.session, offices)
        return await staff_rows.insert_user(
            tx.session,
            username=normal,
            name=name.strip(),
            role=role,
            password_hash=password_hash,
            offices=offices or None,
            now=tx.now,
        )


async def create_api_key(
    runtime: Runtime, *, name: str = "API key", role: StaffRole, offices: Collection[str] | None = None
) -> str:
    """Create an API key. Returns it in clear; only its hash is stored.

    `offices` are slugs; None or empty means all offices.

    Raises Invalid, NotFound for an office.
    """
    account.check_new_key(name, role)
    key = API_KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    async with runtime.transaction() as tx:
        await _require_offices(tx.session, offices)
        key_id = await staff_rows.insert_api_key(
            tx.session,
            key_hash=hash_token(key),
            name=name.strip(),
            role=role,
            offices=offices or None,
            now=tx.now,
        )
    logger.info("api_key_created", extra={"key": key_id})
    return key


async def revoke_api_key(runtime: Runtime, key_id: str) -> None:
    """Revoke an API key. Raises NotFound if there is no valid key with this id."""
    async with runtime.transaction() as tx:
        if not await staff_rows.revoke_api_key(tx.session, key_id, tx.now):
            raise NotFound
        await _recheck_open_sockets(tx)


async def _refuse_taken_username(session: AsyncSession, username: str) -> None:
    if await staff_rows.user_by_username(session, username) is not None:
        raise Refused("username_taken")


async def _require_offices(session: AsyncSession, offices: Collection[str] | None) -> None:
    for slug in offices or ():
        await office_by_slug(session, slug)
