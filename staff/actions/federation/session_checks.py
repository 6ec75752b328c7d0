"""Checks of running sessions with the identity provider, and its notices of logout.

A worker asks for each session every few minutes. Groups that are gone shrink role and offices at once. A session
that the provider ended ends here. Without an answer, a session works until its grace is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ....core.db.audit_entries import add_audit_entry
from ....core.failures import log_failure
from ....core.periodic import run_every
from ....core.runtime import Runtime, Transaction
from ....core.secret_box import NotSealed
from ...domain.group_roles import granted_access
from ...domain.people import PersonState, audit_office
from ...storage import group_rows, people_rows, provider_rows
from ...storage.provider_rows import ProviderSession
from ..accounts import recheck_open_sockets
from .external_accounts import provider_actor, release_desk, token_box, update_account
from .provider_values import (
    InvalidAnswer,
    LogoutNotice,
    ProviderAway,
    ProviderRefused,
    ProviderSettings,
    ProviderTokens,
)

if TYPE_CHECKING:
    from .identity_provider import IdentityProvider

logger = logging.getLogger(__name__)

ROUND_INTERVAL_S = 15.0
MAX_SESSIONS_PER_ROUND = 500
PARALLEL_CHECKS = 4  # 500 people are checked in half a minute, and the provider sees no burst
# A check that was claimed and did not end is repeated after this time; so is one without an answer. It is longer
# than all requests of a check (TOTAL_TIMEOUT_S each), so that no two checks use one refresh token.
CLAIM_LIFETIME = timedelta(minutes=2)
CLOCK_SKEW = timedelta(seconds=10)  # of the provider's clock; a session must not escape its notice by a second
LINK_REQUEST_RETENTION = timedelta(days=30)  # a request that no manager answered (docs/install.md)


async def run_session_checks(runtime: Runtime, settings: ProviderSettings, stop: asyncio.Event) -> None:
    """Check due sessions again and again until `stop` is set."""
    from .identity_provider import IdentityProvider  # imported late, with HTTP client and token formats

    check = partial(check_due_sessions, runtime, IdentityProvider(settings))
    await run_every(ROUND_INTERVAL_S, stop, check, logger=logger, failure_event="session_checks_failed")


async def check_due_sessions(runtime: Runtime, provider: IdentityProvider) -> int:
    """Check the sessions whose last check is too old.

    Returns how many the provider answered for. The round ends at the first request without an answer.
    """
    now = runtime.now()
    await delete_old_provider_data(runtime)
    async with runtime.read_session() as session:
        due = await provider_rows.sessions_to_check(
            session, now, now - provider.settings.check_interval, MAX_SESSIONS_PER_ROUND
        )
    found, answered, is_away = iter(due), 0, False

    async def check_next() -> None:
        nonlocal answered, is_away
        for session_to_check in found:
            if is_away:
                return
            try:
                answered += await _check_session(runtime, provider, session_to_check)
            except ProviderAway as away:
                is_away = True
                logger.warning("identity_provider_away", extra={"reason": str(away)})
            except Exception as error:  # it must not cancel the others, whose refresh tokens are used up
                log_failure(logger, "session_check_failed", error, session=session_to_check.session_id)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(PARALLEL_CHECKS, len(due))):
            group.create_task(check_next())
    return answered


async def delete_old_provider_data(runtime: Runtime) -> None:
    """Delete tokens of ended sessions, and requests to connect that no manager answered."""
    async with runtime.transaction() as tx:
        await provider_rows.delete_tokens_of_ended_sessions(tx.session, tx.now)
        await provider_rows.delete_link_requests_before(tx.session, tx.now - LINK_REQUEST_RETENTION)


async def _check_session(runtime: Runtime, provider: IdentityProvider, found: ProviderSession) -> bool:
    """Check a session. False if another worker does. Raises ProviderAway.

    An answer that breaks the protocol does not confirm the session, which then ends with its grace.
    """
    async with runtime.transaction() as tx:
        sealed = await provider_rows.claim_session(tx.session, found, tx.now, tx.now + CLAIM_LIFETIME)
        if sealed is None:
            return False
        person = await people_rows.person_by_id(tx.session, found.user_id)
        external_id = await people_rows.external_id_by_person(tx.session, found.user_id)
    if person is None or external_id is None:
        return False
    box = token_box(runtime)
    try:
        stored = ProviderTokens.from_json(box.open(found.session_id, sealed))
        tokens = await provider.refresh(stored)
        if tokens.refresh_token != stored.refresh_token:
            async with runtime.transaction() as tx:
                await provider_rows.store_tokens(
                    tx.session, found.session_id, box.seal(found.session_id, tokens.to_json())
                )
        identity, tokens = await provider.load_identity(tokens, external_id, runtime.now())
    except (ProviderRefused, NotSealed) as refused:
        await _end_session(runtime, provider.settings, found, str(refused) or "tokens cannot be read")
        return True
    except InvalidAnswer as invalid:
        logger.warning("identity_answer_invalid", extra={"reason": str(invalid), "session": found.session_id})
        return False
    settings = provider.settings
    async with runtime.transaction() as tx:
        roles = await group_rows.load_group_roles(tx.session, keep=True)
        locked = await people_rows.person_by_id(tx.session, found.user_id, lock=True)
        if locked is not None and locked.state is not PersonState.DISABLED:
            await update_account(tx, settings, locked, identity, granted_access(identity.groups, roles))
        await provider_rows.store_tokens(
            tx.session, found.session_id, box.seal(found.session_id, tokens.to_json())
        )
        until = tx.now + settings.check_interval + settings.grace
        await provider_rows.confirm_session(tx.session, found.session_id, tx.now, until)
    await release_desk(runtime, found.user_id)
    return True


async def _end_session(runtime: Runtime, settings: ProviderSettings, found: ProviderSession, reason: str) -> None:
    logger.info("session_ended_by_provider", extra={"session": found.session_id, "reason": reason})
    async with runtime.transaction() as tx:
        users = await provider_rows.revoke_provider_sessions(tx.session, now=tx.now, session_id=found.session_id)
        await _note_ended_sessions(tx, settings, users)
    for user_id in users:
        await release_desk(runtime, user_id)


async def log_out_by_notice(runtime: Runtime, settings: ProviderSettings, notice: LogoutNotice) -> int:
    """End the sessions that a verified logout token names. Returns how many; idempotent.

    Sessions that began after the token stay: a copy of it that is sent again ends nothing.
    """
    async with runtime.transaction() as tx:
        user_id = None
        if notice.external_id is not None:
            user_id = await people_rows.person_id_by_external_id(tx.session, notice.external_id)
            if user_id is None:
                return 0
        users = await provider_rows.revoke_provider_sessions(
            tx.session, now=tx.now, user_id=user_id, sid=notice.sid, begun_before=notice.issued_at + CLOCK_SKEW
        )
        await _note_ended_sessions(tx, settings, users)
    for user in set(users):
        await release_desk(runtime, user)
    return len(users)


async def _note_ended_sessions(tx: Transaction, settings: ProviderSettings, user_ids: Collection[str]) -> None:
    for user_id in sorted(set(user_ids)):
        person = await people_rows.person_by_id(tx.session, user_id)
        if person is not None:
            add_audit_entry(
                tx.session,
                tx.now,
                provider_actor(settings),
                "session.ended",
                ("person", person.id, person.name),
                office=audit_office(person.offices),
            )
    if user_ids:
        await recheck_open_sockets(tx)
