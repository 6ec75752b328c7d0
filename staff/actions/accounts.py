"""Use cases of staff accounts: login, sessions, passwords, users, API keys."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.write_conflicts import WriteConflict
from ...core.errors import Conflict, NotFound, RateLimited, Refused, Unauthenticated
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import all_offices, office_by_slug, office_topic
from ..domain import account, known_devices
from ..domain.people import AccountDetails, audit_office, audit_offices, audit_values
from ..storage import factor_rows, key_rows, link_rows, staff_rows
from . import login_limits
from .passwords import hash_password, needs_rehash, verify_password

logger = logging.getLogger(__name__)

# 256 bits: sessions and keys live for hours or years, and are never typed.
SECRET_BYTES = 32
API_KEY_PREFIX = "o360_"  # people and secret scanners recognise a leaked key by it
LOGGED_HASH_LENGTH = 12  # 72 bits: two addresses never share a hash
# Ended sessions show for a week who was logged in.
SESSION_RETENTION = timedelta(days=7)


# Authentication


async def authenticate(
    runtime: Runtime, *, cookie: str | None, bearer: str | None, remote_user: str | None = None
) -> Principal | None:
    """Authenticate by API key or session cookie. If a key was sent, the cookie is ignored.

    `remote_user`: whom a trusted proxy names in this request. A session that began by the proxy needs the same
    person in each request.
    """
    if bearer is not None:
        return await _principal_by_key(runtime, bearer)
    return await _principal_by_session(runtime, cookie, remote_user) if cookie else None


async def _principal_by_key(runtime: Runtime, key: str) -> Principal | None:
    now = runtime.now()
    async with runtime.statement_session() as session:
        # The table has hashes only, so a copy of the database opens nothing.
        found = await staff_rows.principal_by_key_hash(session, hash_token(key))
    if found is None:
        return None
    principal, last_used_at = found
    # Not at each request, because that would write the row of a busy key each time.
    if account.should_update_last_used(last_used_at, now):
        async with runtime.transaction() as tx:
            await staff_rows.update_last_used(tx.session, principal.id, now)
    return principal


async def _principal_by_session(runtime: Runtime, token: str, remote_user: str | None) -> Principal | None:
    now = runtime.now()
    async with runtime.statement_session() as session:
        found = await staff_rows.signed_in_user(session, hash_token(token))
    if (
        found is None
        or not account.opens_pages(found.session, now)
        or not account.is_of_proxy_person(found.session, found.username, remote_user)
    ):
        return None
    if account.should_update_last_seen(found.session, now):
        async with runtime.transaction() as tx:
            await staff_rows.update_last_seen(tx.session, found.session.id, now)
    return replace(found.principal, session_expires_at=found.session.expires_at)


async def current_principals(
    session: AsyncSession, runtime: Runtime, secrets_used: Iterable[str]
) -> dict[str, Principal]:
    """Return the principals of valid sessions and keys by secret hash, for open sockets.

    They have the role and offices that are stored now.
    """
    hashes, now = list(secrets_used), runtime.now()
    sessions = await staff_rows.session_principals(session, hashes)
    people = {
        token_hash: principal
        for token_hash, (staff_session, principal) in sessions.items()
        if account.opens_pages(staff_session, now)
    }
    keys = [token_hash for token_hash in hashes if token_hash not in sessions]
    return people | (await staff_rows.key_principals(session, keys) if keys else {})


# Login and logout


async def login(
    runtime: Runtime,
    user: str,
    password: str,
    address: str,
    *,
    previous: str | None = None,
    device: str | None = None,
) -> str:
    """Log in an account without second factor, and revoke the browser's `previous` session.

    Returns a new session token. `device`: the label of the browser, for the list of sessions. The login page uses
    begin_login of second_factor.py. Raises as verify_login, Unauthenticated("second_factor").
    """
    # A password alone must not start a session beside a factor.
    found = await verify_login(runtime, user, password, address)
    async with runtime.transaction() as tx:
        if await factor_rows.has_factor(tx.session, found.id):
            raise Unauthenticated("second_factor")
        return await start_session(tx, found.id, previous=previous, device=device)


async def verify_login(
    runtime: Runtime, user: str, password: str, address: str, device_cookie: str | None = None
) -> staff_rows.StaffUser:
    """Check user and password, and return the account.

    `device_cookie`: the devices that are known to accounts (domain/known_devices.py).

    Raises Unauthenticated("wrong_login") for an unknown or inactive user and for a wrong password alike,
    RateLimited beyond a limit of login_limits.py.
    """
    username = account.normalize_username(user)
    async with runtime.read_session() as session:
        account_row = await staff_rows.user_by_username(session, username)
    user_id = account_row.id if account_row else ""  # the same work for an unknown user
    known_device = known_devices.find_device(runtime.tokens, device_cookie, user_id)
    # Counted before the check, so that guesses at the same time respect the limit.
    try:
        guess = await login_limits.record_password_guess(runtime, username, address, known_device)
    except RateLimited:
        _log_refused_login(runtime, address, "too_many")
        raise
    # An unknown user costs the same work: the answer must not tell which users exist.
    matches = await verify_password(account_row.password_hash if account_row else None, password)
    if account_row is None or not matches or not account_row.active:
        _log_refused_login(runtime, address, "wrong_login")
        raise Unauthenticated("wrong_login")
    await login_limits.delete_right_guess(runtime, guess)
    # Only now is the password known in clear, so that stronger parameters can be applied.
    if account_row.password_hash and needs_rehash(account_row.password_hash):
        fresh_hash = await hash_password(password)
        async with runtime.transaction() as tx:
            await staff_rows.update_password_hash(tx.session, account_row.id, fresh_hash)
        return replace(account_row, password_hash=fresh_hash)
    return account_row


def _log_refused_login(runtime: Runtime, address: str, reason: str) -> None:
    """Log a refused login with a keyed hash of the address, by which it can be counted."""
    address_hash = runtime.tokens.sign("log address", address)[:LOGGED_HASH_LENGTH]
    logger.warning("login_refused", extra={"reason": reason, "address_hash": address_hash})


async def start_session(
    tx: Transaction,
    user_id: str,
    *,
    previous: str | None,
    device: str | None,
    needs_factor: bool = False,
    session_id: str | None = None,
    origin: account.SessionOrigin = account.SessionOrigin.LOCAL,
    confirmed_until: datetime | None = None,
) -> str:
    """Insert a session and revoke the browser's `previous` session. Returns a session token.

    `needs_factor`: it opens only the page on which a second factor is set up. `session_id`: None: a new one.
    `confirmed_until`: see StaffSession.
    """
    # The session row stores a hash: a copy of the database opens no session.
    token = secrets.token_urlsafe(SECRET_BYTES)
    # the old token is revoked: a token planted or seen before the login is useless after it
    if previous:
        await staff_rows.revoke_session(tx.session, hash_token(previous), tx.now)
    await staff_rows.insert_session(
        tx.session,
        user_id=user_id,
        token_hash=hash_token(token),
        now=tx.now,
        expires_at=tx.now + account.SESSION_LIFETIME,
        device=device,
        session_id=session_id,
        origin=origin,
        confirmed_until=confirmed_until,
        needs_factor=needs_factor,
    )
    await tx.session.flush()
    await staff_rows.delete_sessions_expired_before(tx.session, tx.now - SESSION_RETENTION)
    tx.log_after_commit(logger, "login", user=user_id)
    return token


async def logout(runtime: Runtime, token: str) -> None:
    """Revoke a session on the server, so that a copy of its cookie is useless."""
    async with runtime.transaction() as tx:
        user_id = await staff_rows.revoke_session(tx.session, hash_token(token), tx.now)
        await recheck_open_sockets(tx)
    logger.info("logout", extra={"user": user_id})


async def set_password(runtime: Runtime, username: str, password: str, *, is_generated: bool = False) -> None:
    """Set a password, and revoke all sessions and links of the user.

    `is_generated`: see `hash_password`.
    Raises Invalid, NotFound, Refused("account_from_provider").
    """
    account.check_password(password)
    password_hash = await hash_password(password, is_generated=is_generated)
    async with runtime.transaction() as tx:
        user = await _require_user(tx, username)
        if user.is_from_provider:
            raise Refused("account_from_provider")
        await replace_password(tx, user.id, password_hash)


async def replace_password(tx: Transaction, user_id: str, password_hash: str) -> None:
    """Store a new password, and revoke all sessions and links that the old password allowed."""
    await staff_rows.update_password_hash(tx.session, user_id, password_hash)
    await staff_rows.revoke_user_sessions(tx.session, user_id, tx.now)
    await link_rows.void_links(tx.session, user_id, tx.now)
    # A login that began with the old password must not end after its change.
    await factor_rows.delete_pending_logins(tx.session, user_id)
    await recheck_open_sockets(tx)


async def _require_user(tx: Transaction, username: str) -> staff_rows.StaffUser:
    user = await staff_rows.user_by_username(tx.session, account.normalize_username(username))
    if user is None:
        raise NotFound
    return user


async def recheck_open_sockets(tx: Transaction) -> None:
    """Make every open console check its session again (realtime/board_socket.py)."""
    # A right that was taken away must not work on in an open socket.
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
    is_generated: bool = False,
    audit_actor: AuditActor | None = None,
) -> str:
    """Create an account. `offices` are slugs, None for all. Returns its id.

    `is_generated`: see `hash_password`.
    `audit_actor`: who creates it, for the audit; None for accounts of a demo.
    Raises Invalid, NotFound for an office, Refused("username_taken").
    """
    account.check_new_user(username, name, role, password)
    normal = account.normalize_username(username)
    async with runtime.read_session() as session:
        if await staff_rows.user_by_username(session, normal) is not None:
            raise Refused("username_taken")
    # before the transaction: hashing takes 50 ms
    password_hash = await hash_password(password, is_generated=is_generated)
    details = AccountDetails(name.strip(), None, role, None if offices is None else frozenset(offices))
    try:
        async with runtime.transaction() as tx:
            await require_offices(tx.session, offices)
            return await add_account(tx, normal, details, password_hash, "person.created", audit_actor)
    except WriteConflict:
        raise Refused("username_taken") from None


async def add_account(
    tx: Transaction,
    username: str,
    details: AccountDetails,
    password_hash: str | None,
    action: str,
    audit_actor: AuditActor | None,
) -> str:
    """Insert an account with its audit entry. Returns its id.

    Raises Refused("username_taken"), WriteConflict if another transaction takes it at the same time.
    """
    if await staff_rows.user_by_username(tx.session, username) is not None:
        raise Refused("username_taken")
    user_id = await staff_rows.insert_user(
        tx.session,
        username=username,
        name=details.name,
        email=details.email,
        role=details.role,
        password_hash=password_hash,
        offices=details.offices,
        now=tx.now,
    )
    if audit_actor is not None:
        after = {"username": username, **audit_values(details, ("name", "email", "role", "offices"))}
        subject, office = ("person", user_id, details.name), audit_office(details.offices)
        add_audit_entry(tx.session, tx.now, audit_actor, action, subject, office=office, after=after)
    return user_id


async def create_api_key(
    runtime: Runtime,
    *,
    name: str = "API key",
    role: StaffRole,
    offices: Collection[str] | None = None,
    key_id: str | None = None,
    audit_actor: AuditActor | None = None,
) -> str:
    """Create an API key. Returns it in clear; only its hash is stored.

    `offices` are slugs, None for all. `key_id`: of the form, which creates a single key however often it is sent.
    `audit_actor`: who creates it, for the audit; None for keys of a demo.

    Raises Invalid, NotFound for an office, Conflict("key_exists") for a form that was sent already.
    """
    account.check_new_key(name, role)
    key = API_KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    scope = None if offices is None else frozenset(offices)
    try:
        async with runtime.transaction() as tx:
            await require_offices(tx.session, scope)
            key_id = await staff_rows.insert_api_key(
                tx.session,
                key_id=key_id,
                key_hash=hash_token(key),
                name=name.strip(),
                role=role,
                offices=scope,
                now=tx.now,
            )
            if audit_actor is not None:
                after = {"role": str(role), "offices": audit_offices(scope)}
                subject = ("key", key_id, name.strip())
                add_audit_entry(
                    tx.session,
                    tx.now,
                    audit_actor,
                    "key.created",
                    subject,
                    office=audit_office(scope),
                    after=after,
                )
            tx.log_after_commit(logger, "api_key_created", key=key_id)
    except WriteConflict:
        raise Conflict("key_exists") from None
    return key


async def revoke_api_key(runtime: Runtime, key_id: str, audit_actor: AuditActor | None = None) -> None:
    """Revoke an API key. Raises NotFound if there is no valid key with this id."""
    async with runtime.transaction() as tx:
        key = await key_rows.key_by_id(tx.session, key_id)
        if key is None or not await staff_rows.revoke_api_key(tx.session, key_id, tx.now):
            raise NotFound
        if audit_actor is not None:
            subject, office = ("key", key.id, key.name), audit_office(key.offices)
            add_audit_entry(tx.session, tx.now, audit_actor, "key.revoked", subject, office=office)
        await recheck_open_sockets(tx)


async def require_offices(session: AsyncSession, offices: Collection[str] | None) -> None:
    """Raise NotFound unless each of these offices exists."""
    for slug in offices or ():
        await office_by_slug(session, slug)
