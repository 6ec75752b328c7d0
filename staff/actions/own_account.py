"""Use cases of a person about the own account: password, factors, codes, sessions.

What opens the account is changed only soon after a password or factor was given (`prove`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.write_conflicts import WriteConflict
from ...core.errors import FieldError, Invalid, NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ..domain import account, known_devices
from ..domain.people import OpenSession, audit_office
from ..domain.second_factor import (
    MAX_PASSKEYS,
    AccountFactors,
    check_passkey_name,
    hash_recovery_code,
    is_proof_recent,
    new_recovery_codes,
)
from ..storage import factor_rows, link_rows, people_rows, staff_rows
from .accounts import recheck_open_sockets
from .factor_notices import FactorChange, enqueue_factor_notice
from .login_limits import delete_right_guess, record_code_guess, record_password_guess
from .passkeys import PasskeyPurpose, read_new_passkey, use_passkey
from .passwords import hash_password, verify_password
from .second_factor import APP_PURPOSE, LoginBrowser, requires_factor, use_code, use_recovery_code
from .totp import matching_step

logger = logging.getLogger(__name__)

# Of TokenSigner.encrypt: a secret that is not confirmed yet.
SETUP_PURPOSE = "authenticator app set-up"
SETUP_LIFETIME_S = 3600


@dataclass(frozen=True, slots=True)
class OwnSession:
    """The session of a request to the own account. The session may still need a factor."""

    id: str
    principal: Principal
    username: str
    has_password: bool
    proved_at: datetime | None
    needs_factor: bool

    def is_proved(self, now: datetime) -> bool:
        """Whether the account may be changed without another proof."""
        return is_proof_recent(self.proved_at, now)


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """The end of a session. `can_stay`: using it moves the end."""

    user_id: str
    ends_at: datetime
    can_stay: bool


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """All that the page of the own account shows."""

    factors: AccountFactors
    sessions: Sequence[OpenSession]
    is_factor_required: bool


async def load_own_session(
    runtime: Runtime, token: str | None, remote_user: str | None = None
) -> OwnSession | None:
    """Load the session of a cookie; None if it is over.

    `remote_user`: see accounts.authenticate.
    """
    if not token:
        return None
    now = runtime.now()
    async with runtime.read_session() as session:
        found = await staff_rows.session_with_user(session, hash_token(token))
        if (
            found is None
            or not account.is_session_valid(found[0], now)
            or not account.is_of_proxy_person(found[0], found[1].username, remote_user)
        ):
            return None
        stored, user = found
        principal = await staff_rows.load_principal(session, user)
    if account.should_update_last_seen(stored, now):
        async with runtime.transaction() as tx:
            await staff_rows.update_last_seen(tx.session, stored.id, now)
    has_password = user.password_hash is not None
    return OwnSession(stored.id, principal, user.username, has_password, stored.proved_at, stored.needs_factor)


async def peek_session(runtime: Runtime, token: str | None, remote_user: str | None = None) -> SessionEnd | None:
    """Load when the session of a cookie ends, without using it; None if it is over."""
    if not token:
        return None
    async with runtime.read_session() as session:
        found = await staff_rows.session_with_user(session, hash_token(token))
    if (
        found is None
        or not account.opens_pages(found[0], runtime.now())
        or not account.is_of_proxy_person(found[0], found[1].username, remote_user)
    ):
        return None
    stored = found[0]
    ends_at = account.session_ends_at(stored)
    return SessionEnd(stored.user_id, ends_at, ends_at < stored.expires_at)


async def load_own_account(runtime: Runtime, own: OwnSession) -> OwnAccount:
    """Load factors and sessions of the own account."""
    async with runtime.transaction() as tx:
        return OwnAccount(
            await factor_rows.load_factors(tx.session, own.principal.id),
            await people_rows.open_sessions(tx.session, own.principal.id, tx.now),
            await requires_factor(tx, own.principal.role),
        )


# Proof


async def prove_by_password(runtime: Runtime, own: OwnSession, password: str, browser: LoginBrowser) -> None:
    """Note that the password was given. Raises Invalid, RateLimited."""
    await _check_password(runtime, own, password, browser, "password")
    async with runtime.transaction() as tx:
        await factor_rows.set_proved(tx.session, own.id, tx.now)


async def prove_by_code(runtime: Runtime, own: OwnSession, code: str, browser: LoginBrowser) -> None:
    """Note that a code of the app or a recovery code was given. Raises Invalid, RateLimited."""
    # Counted before the check, as at the login: an unlocked computer must not guess without limit.
    device = known_devices.find_device(runtime.tokens, browser.device_cookie, own.principal.id)
    guess = await record_code_guess(runtime, own.principal.id, device)
    async with runtime.transaction() as tx:
        await _lock(tx, own)
        is_right = await use_code(tx, own.principal.id, code) or await use_recovery_code(
            tx, own.principal.id, code
        )
        if is_right:
            await factor_rows.set_proved(tx.session, own.id, tx.now)
    if not is_right:
        raise Invalid(FieldError("code", "wrong_code"))
    await delete_right_guess(runtime, guess)


async def prove_by_passkey(runtime: Runtime, own: OwnSession, answer: str) -> None:
    """Note that a passkey was used. Raises Refused."""
    async with runtime.transaction() as tx:
        await use_passkey(tx, PasskeyPurpose.PROOF, own.principal.id, answer, own.principal.id)
        await factor_rows.set_proved(tx.session, own.id, tx.now)


# Password


async def change_own_password(
    runtime: Runtime, own: OwnSession, old: str, new: str, browser: LoginBrowser
) -> None:
    """Replace the password, and end all other sessions and links. Raises Invalid, RateLimited."""
    try:
        account.check_password(new)
    except Invalid as invalid:
        missing = [] if old else [FieldError("old", "required")]
        raise Invalid(
            *missing, *(FieldError("new", field.code, field.params) for field in invalid.fields)
        ) from None
    # Hashing takes 50 ms, so it is done before the transaction.
    await _check_password(runtime, own, old, browser, "old")
    password_hash = await hash_password(new)
    async with runtime.transaction() as tx:
        await _lock(tx, own)
        await staff_rows.update_password_hash(tx.session, own.principal.id, password_hash)
        await factor_rows.delete_pending_logins(tx.session, own.principal.id)
        # A link for a new password must not outlive a change by the person.
        await link_rows.void_links(tx.session, own.principal.id, tx.now)
        await factor_rows.set_proved(tx.session, own.id, tx.now)
        await _end_other_sessions(tx, own)
        _audit(tx, own, "person.password_set")


async def _check_password(
    runtime: Runtime, own: OwnSession, password: str, browser: LoginBrowser, field: str
) -> None:
    """Check the own password as a login does, with its limits. Raises Invalid, RateLimited."""
    if not password:
        raise Invalid(FieldError(field, "required"))
    device = known_devices.find_device(runtime.tokens, browser.device_cookie, own.principal.id)
    guess = await record_password_guess(runtime, own.username, browser.address, device)
    async with runtime.read_session() as session:
        user = await staff_rows.user_by_id(session, own.principal.id)
    if not await verify_password(user.password_hash if user else None, password):
        raise Invalid(FieldError(field, "wrong_password"))
    await delete_right_guess(runtime, guess)


# Factors


async def add_passkey(runtime: Runtime, own: OwnSession, name: str, answer: str, language: str) -> Sequence[str]:
    """Add a passkey that the browser has just made.

    Returns new recovery codes if this is the first factor, else none. Raises Invalid, Refused.
    """
    folded = check_passkey_name(name)
    try:
        async with runtime.transaction() as tx:
            await _lock_proved(tx, own)
            before = await factor_rows.load_factors(tx.session, own.principal.id)
            if len(before.passkeys) >= MAX_PASSKEYS:
                raise Refused("too_many_passkeys")
            made = await read_new_passkey(tx, own.principal.id, answer)
            await factor_rows.insert_passkey(
                tx.session,
                user_id=own.principal.id,
                credential_id=made.credential_id,
                public_key=made.public_key,
                sign_count=made.sign_count,
                transports=made.transports,
                name=folded,
                now=tx.now,
            )
            _audit(tx, own, "factor.passkey_added", after={"name": folded})
            return await _after_adding(tx, own, before, FactorChange.PASSKEY_ADDED, language)
    except WriteConflict:  # the authenticator ignored that it has a passkey of this account already
        raise Refused("passkey_known") from None


async def remove_passkey(runtime: Runtime, own: OwnSession, passkey_id: str, language: str) -> None:
    """Remove a passkey. Raises NotFound, Refused("factor_required") for the last factor."""
    async with runtime.transaction() as tx:
        await _lock_proved(tx, own)
        name = await factor_rows.delete_passkey(tx.session, own.principal.id, passkey_id)
        if name is None:
            raise NotFound
        _audit(tx, own, "factor.passkey_removed", before={"name": name})
        await _after_removing(tx, own, FactorChange.PASSKEY_REMOVED, language)


def wrap_new_secret(runtime: Runtime, own: OwnSession, secret: str) -> str:
    """Encrypt the secret of an app that is not confirmed yet, for a hidden field of its form."""
    at_s = int(runtime.now().timestamp())
    return runtime.tokens.encrypt(f"{SETUP_PURPOSE}\0{own.principal.id}", secret, at_s=at_s)


def unwrap_new_secret(runtime: Runtime, own: OwnSession, wrapped: str) -> str | None:
    """Return the secret of `wrap_new_secret`; None if it is too old or another account's."""
    now_s = int(runtime.now().timestamp())
    purpose = f"{SETUP_PURPOSE}\0{own.principal.id}"
    return runtime.tokens.decrypt(purpose, wrapped, max_age_s=SETUP_LIFETIME_S, now_s=now_s)


async def add_app(runtime: Runtime, own: OwnSession, secret: str, code: str, language: str) -> Sequence[str]:
    """Add an authenticator app, in place of the former app, that shows the right code.

    Returns new recovery codes if this is the first factor, else none. Raises Invalid.
    """
    # The app is stored only after it has shown a right code: a wrong scan would lock the person out.
    step = matching_step(secret, code, runtime.now(), last_step=-1)
    if step is None:
        raise Invalid(FieldError("code", "wrong_code" if code.strip() else "required"))
    async with runtime.transaction() as tx:
        await _lock_proved(tx, own)
        before = await factor_rows.load_factors(tx.session, own.principal.id)
        encrypted = tx.runtime.tokens.encrypt(APP_PURPOSE, secret)
        await factor_rows.replace_app(tx.session, own.principal.id, encrypted, step, tx.now)
        _audit(tx, own, "factor.app_added")
        return await _after_adding(tx, own, before, FactorChange.APP_ADDED, language)


async def remove_app(runtime: Runtime, own: OwnSession, language: str) -> None:
    """Remove the authenticator app. Idempotent. Raises Refused("factor_required")."""
    async with runtime.transaction() as tx:
        await _lock_proved(tx, own)
        if not await factor_rows.delete_app(tx.session, own.principal.id):
            return
        _audit(tx, own, "factor.app_removed")
        await _after_removing(tx, own, FactorChange.APP_REMOVED, language)


async def reencrypt_app_secrets(runtime: Runtime) -> int:
    """Encrypt the secrets of apps with the first secret key, before an old key is removed.

    Returns how many were encrypted again. Idempotent.
    """
    async with runtime.read_session() as session:
        stored = await factor_rows.app_secrets(session)
    tokens, count = runtime.tokens, 0
    for user_id, encrypted in stored.items():
        if tokens.is_encrypted_with_first_secret(APP_PURPOSE, encrypted):
            continue
        secret = tokens.decrypt(APP_PURPOSE, encrypted)
        if secret is None:
            logger.warning("app_secret_unreadable", extra={"user": user_id})
            continue
        async with runtime.transaction() as tx:
            fresh = tokens.encrypt(APP_PURPOSE, secret)
            await factor_rows.update_app_secret(tx.session, user_id, encrypted, fresh)
        count += 1
    return count


async def renew_recovery_codes(runtime: Runtime, own: OwnSession) -> Sequence[str]:
    """Make new recovery codes, which are shown once; former codes stop working.

    Raises Refused("no_factor") for an account without a factor that codes could replace.
    """
    async with runtime.transaction() as tx:
        await _lock_proved(tx, own)
        if not await factor_rows.has_factor(tx.session, own.principal.id):
            raise Refused("no_factor")
        _audit(tx, own, "factor.codes_renewed")
        return await _replace_codes(tx, own)


async def _after_adding(
    tx: Transaction, own: OwnSession, before: AccountFactors, change: FactorChange, language: str
) -> Sequence[str]:
    """Open the session if it waited, tell the person, and make the first recovery codes."""
    # Other sessions that wait for a factor end: a stranger with the password may have begun them.
    await factor_rows.lift_restriction(tx.session, own.principal.id, own.id, tx.now)
    await enqueue_factor_notice(tx, own.principal.id, change, language)
    return [] if before.has_any and before.recovery_codes_left else await _replace_codes(tx, own)


async def _after_removing(tx: Transaction, own: OwnSession, change: FactorChange, language: str) -> None:
    """Refuse to remove the last factor of a role that needs a factor; else void the codes."""
    if not await factor_rows.has_factor(tx.session, own.principal.id):
        # Checked after the removal, under the lock of the account: raising rolls it back.
        if await requires_factor(tx, own.principal.role):
            raise Refused("factor_required")
        await factor_rows.replace_recovery_codes(tx.session, own.principal.id, (), tx.now)
    await enqueue_factor_notice(tx, own.principal.id, change, language)


async def _replace_codes(tx: Transaction, own: OwnSession) -> Sequence[str]:
    codes = new_recovery_codes()
    hashes = [hash_recovery_code(code) for code in codes]
    await factor_rows.replace_recovery_codes(tx.session, own.principal.id, hashes, tx.now)
    return codes


# Sessions


async def end_own_sessions(runtime: Runtime, own: OwnSession, session_id: str | None = None) -> None:
    """End another session of the person, or all others. Idempotent."""
    async with runtime.transaction() as tx:
        await _end_other_sessions(tx, own, session_id)


async def _end_other_sessions(tx: Transaction, own: OwnSession, session_id: str | None = None) -> None:
    found = await people_rows.open_sessions(tx.session, own.principal.id, tx.now)
    ended = [session for session in found if session.id != own.id and session_id in (None, session.id)]
    if not ended:
        return
    await people_rows.revoke_sessions_by_id(tx.session, [session.id for session in ended], tx.now)
    _audit(tx, own, "session.ended", before={"devices": [session.device or "?" for session in ended]})
    await recheck_open_sockets(tx)


async def _lock(tx: Transaction, own: OwnSession) -> None:
    """Lock the account before its factors.

    Raises NotFound if it was disabled meanwhile, Refused("account_from_provider") if it was connected.
    """
    user = await staff_rows.user_by_id(tx.session, own.principal.id, lock=True)
    if user is None or not user.active:
        raise NotFound
    if user.is_from_provider:
        raise Refused("account_from_provider")


async def _lock_proved(tx: Transaction, own: OwnSession) -> None:
    """Lock the account for a change that needs a recent proof.

    Raises Refused("proof_needed"), Refused("account_from_provider"): its factors are the provider's.
    """
    if not own.is_proved(tx.now):
        raise Refused("proof_needed")
    await _lock(tx, own)


def _audit(
    tx: Transaction,
    own: OwnSession,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    principal = own.principal
    actor, office = AuditActor.from_principal(principal), audit_office(principal.offices)
    subject = ("person", principal.id, principal.name)
    add_audit_entry(tx.session, tx.now, actor, action, subject, office=office, before=before, after=after)
