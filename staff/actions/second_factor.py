"""Use cases of a login in two steps: password, then passkey, code or recovery code."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import StaffRole
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import Gone, Unauthenticated
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import all_offices
from ..domain import known_devices
from ..domain.people import audit_office
from ..domain.second_factor import (
    MAX_CODES_PER_LOGIN,
    PENDING_LOGIN_LIFETIME,
    AccountFactors,
    hash_recovery_code,
    is_factor_required,
)
from ..storage import factor_rows, people_rows, staff_rows
from ..storage.factor_tables import PendingLoginRow
from .accounts import SECRET_BYTES, start_session, verify_login
from .login_limits import delete_right_guess, record_code_guess
from .passkeys import PasskeyPurpose, use_passkey
from .totp import matching_step

logger = logging.getLogger(__name__)

APP_PURPOSE = "authenticator app"  # of TokenSigner.encrypt


@dataclass(frozen=True, slots=True)
class LoginBrowser:
    """The browser of a login.

    `address` for limits; `device_cookie`: the accounts that know it; `previous`: the token of its session;
    `label`: how the list of sessions calls it.
    """

    address: str
    device_cookie: str | None = None
    previous: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class LoginResult:
    """The result of a right password or passkey: a session, or a waiting login."""

    user_id: str
    session_token: str | None
    pending_token: str | None = None
    needs_factor: bool = False


async def begin_login(runtime: Runtime, user: str, password: str, browser: LoginBrowser) -> LoginResult:
    """Check the password. The login ends here, or waits for the second factor.

    Raises Unauthenticated("wrong_login"), RateLimited.
    """
    found = await verify_login(runtime, user, password, browser.address, browser.device_cookie)
    async with runtime.transaction() as tx:
        # disabled, connected or given another password since the check: those changes end sessions that exist
        now = await staff_rows.user_by_id(tx.session, found.id, lock=True)
        if now is None or not now.active or now.password_hash != found.password_hash:
            raise Unauthenticated("wrong_login")
        return await continue_login(tx, now.id, now.role, browser)


async def continue_login(tx: Transaction, user_id: str, role: StaffRole, browser: LoginBrowser) -> LoginResult:
    """Start the session of a right password, or a login that waits for the second factor.

    A session without a factor that the role needs opens only the page on which a factor is set up.
    """
    if await factor_rows.has_factor(tx.session, user_id):
        token = secrets.token_urlsafe(SECRET_BYTES)
        await factor_rows.insert_pending_login(
            tx.session,
            user_id=user_id,
            token_hash=hash_token(token),
            now=tx.now,
            expires_at=tx.now + PENDING_LOGIN_LIFETIME,
        )
        return LoginResult(user_id, None, token)
    needs_factor = await requires_factor(tx, role)
    return await _start(tx, user_id, browser, needs_factor=needs_factor)


async def requires_factor(tx: Transaction, role: StaffRole) -> bool:
    """Whether accounts of this role need a second factor today."""
    return is_factor_required(
        await factor_rows.load_rules(tx.session), role, await local_today(tx.session, tx.runtime)
    )


async def local_today(session: AsyncSession, runtime: Runtime) -> date:
    """Return the day in the time zone of the first office."""
    offices = await all_offices(session)
    return runtime.now().astimezone(offices[0].timezone if offices else UTC).date()


async def open_pending_login(runtime: Runtime, token: str | None) -> tuple[PendingLoginRow, AccountFactors]:
    """Load a login that waits, with the factors of its account. Raises Gone("login_expired")."""
    async with runtime.read_session() as session:
        pending = await factor_rows.pending_login(session, hash_token(token), runtime.now()) if token else None
        if pending is None:
            raise Gone("login_expired")
        return pending, await factor_rows.load_factors(session, pending.user_id)


async def finish_by_code(runtime: Runtime, token: str | None, code: str, browser: LoginBrowser) -> LoginResult:
    """End a login with the code of an authenticator app.

    Raises Unauthenticated("wrong_code"), RateLimited, Gone("login_expired").
    """
    return await _finish_by_guess(runtime, token, lambda tx, pending: use_code(tx, pending.user_id, code), browser)


async def finish_by_recovery_code(
    runtime: Runtime, token: str | None, code: str, browser: LoginBrowser
) -> LoginResult:
    """End a login with a recovery code, which is then used up. Raises as finish_by_code."""
    return await _finish_by_guess(
        runtime, token, lambda tx, pending: use_recovery_code(tx, pending.user_id, code), browser
    )


async def finish_by_passkey(
    runtime: Runtime, token: str | None, answer: str, browser: LoginBrowser
) -> LoginResult:
    """End a login with a passkey of its account. Raises Refused, Gone("login_expired")."""
    pending, _ = await open_pending_login(runtime, token)
    async with runtime.transaction() as tx:
        await use_passkey(tx, PasskeyPurpose.SECOND_STEP, pending.id, answer, pending.user_id)
        return await _end_pending_login(tx, pending, browser)


async def log_in_by_passkey(runtime: Runtime, caller: str, answer: str, browser: LoginBrowser) -> LoginResult:
    """Log in by a passkey alone. `caller`: the browser that the challenge was made for.

    Wrong passwords never stop it. Raises Refused.
    """
    async with runtime.transaction() as tx:
        user_id = await use_passkey(tx, PasskeyPurpose.LOGIN, caller, answer)
        return await _start(tx, user_id, browser)


async def use_code(tx: Transaction, user_id: str, code: str) -> bool:
    """Whether the code of the account's app is right. It works once."""
    app = await factor_rows.load_app(tx.session, user_id)
    secret = tx.runtime.tokens.decrypt(APP_PURPOSE, app.secret) if app else None
    if app is None or secret is None:
        return False
    step = matching_step(secret, code, tx.now, app.last_step)
    return step is not None and await factor_rows.use_totp_step(tx.session, user_id, step, tx.now)


async def use_recovery_code(tx: Transaction, user_id: str, code: str) -> bool:
    """Whether the recovery code is right. It works once, and its use is audited."""
    # Hashes are compared in SQL, and the row marks the code as used in the same statement.
    if not await factor_rows.use_recovery_code(tx.session, user_id, hash_recovery_code(code), tx.now):
        return False
    person = await people_rows.person_by_id(tx.session, user_id)
    if person is not None:
        left = (await factor_rows.load_factors(tx.session, user_id)).recovery_codes_left
        actor, subject = AuditActor(person.id, person.name), ("person", person.id, person.name)
        office = audit_office(person.offices)
        add_audit_entry(
            tx.session, tx.now, actor, "factor.recovery_used", subject, office=office, after={"left": left}
        )
    return True


async def _finish_by_guess(
    runtime: Runtime,
    token: str | None,
    check: Callable[[Transaction, PendingLoginRow], Awaitable[bool]],
    browser: LoginBrowser,
) -> LoginResult:
    """Count a guess, check it, and end the login if it was right."""
    pending, _ = await open_pending_login(runtime, token)
    # Counted before the check, in a transaction of its own: guesses at the same time cannot pass the limit.
    device = known_devices.find_device(runtime.tokens, browser.device_cookie, pending.user_id)
    guess = await record_code_guess(runtime, pending.user_id, device)
    # This commits even if the code is wrong; otherwise a wrong code would not be counted.
    async with runtime.transaction() as tx:
        may_guess = await factor_rows.count_pending_guess(tx.session, pending.id, MAX_CODES_PER_LOGIN)
        if not may_guess:
            await factor_rows.delete_pending_login(tx.session, pending.id)
    if not may_guess:
        raise Gone("login_expired")
    async with runtime.transaction() as tx:
        # The account is locked before its factors, as in every other transaction that needs both.
        await _lock_active_user(tx, pending.user_id)
        is_right = await check(tx, pending)
        result = await _end_pending_login(tx, pending, browser) if is_right else None
    if result is None:
        logger.warning("code_refused", extra={"user": pending.user_id})
        raise Unauthenticated("wrong_code")
    await delete_right_guess(runtime, guess)
    return result


async def _end_pending_login(tx: Transaction, pending: PendingLoginRow, browser: LoginBrowser) -> LoginResult:
    # The row can be deleted once: a second request with the same right code starts no session.
    if not await factor_rows.delete_pending_login(tx.session, pending.id):
        raise Gone("login_expired")
    return await _start(tx, pending.user_id, browser)


async def _lock_active_user(tx: Transaction, user_id: str) -> None:
    """Lock the account before its factors. Raises Gone if it is disabled or the provider's."""
    user = await staff_rows.user_by_id(tx.session, user_id, lock=True)
    if user is None or not user.active or user.is_from_provider:
        raise Gone("login_expired")


async def _start(
    tx: Transaction, user_id: str, browser: LoginBrowser, *, needs_factor: bool = False
) -> LoginResult:
    token = await start_session(
        tx, user_id, previous=browser.previous, device=browser.label, needs_factor=needs_factor
    )
    return LoginResult(user_id, token, needs_factor=needs_factor)
