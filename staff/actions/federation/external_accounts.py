"""Accounts of the identity provider: created, changed and logged in by its claims.

An account follows the claims of its issuer and subject only. A local account with the same username is not
touched: a manager connects it first.
"""

from __future__ import annotations

import logging

from ....core.db.audit_entries import AuditActor, add_audit_entry
from ....core.db.write_conflicts import retry_on_conflict
from ....core.errors import NotAllowed, NotFound, Refused
from ....core.ids import new_id
from ....core.runtime import Runtime, Transaction
from ....core.secret_box import SecretBox
from ....offices.service import office_and_desk_by_id
from ....queue.service import desk_id_for_agent
from ...domain.account import SessionOrigin
from ...domain.group_roles import NO_ACCESS, GrantedAccess, granted_access, with_access
from ...domain.people import AccountDetails, LinkRequest, PersonState, StaffPerson, audit_office, audit_values
from ...domain.provider_claims import ProviderIdentity, free_usernames
from ...storage import group_rows, people_rows, provider_rows, staff_rows
from ..accounts import add_account, recheck_open_sockets, start_session
from ..people import OPERATOR, close_open_desk
from .provider_values import ProviderSettings, VerifiedLogin

logger = logging.getLogger(__name__)


def token_box(runtime: Runtime) -> SecretBox:
    """Return the encryption of the provider's tokens. The owner is the session's id."""
    return SecretBox(runtime.tokens, "provider tokens")


def provider_actor(settings: ProviderSettings) -> AuditActor:
    """Return the provider as the actor of audit entries; it has no account."""
    return AuditActor(None, settings.name)


async def log_in_by_provider(
    runtime: Runtime,
    settings: ProviderSettings,
    verified: VerifiedLogin,
    *,
    previous: str | None,
    device: str | None,
) -> str:
    """Create or update the account of a verified login, and start a session.

    Returns the session's token. Raises Refused: "no_group" if no group of the person has a role, "link_needed" if
    a local account has the username, "own_account_disabled".
    """
    refusal, token = await retry_on_conflict(lambda: _log_in(runtime, settings, verified, previous, device))
    if refusal is not None:
        logger.warning("login_refused", extra={"reason": refusal})
        raise Refused(refusal)
    return token


async def _log_in(
    runtime: Runtime, settings: ProviderSettings, verified: VerifiedLogin, previous: str | None, device: str | None
) -> tuple[str | None, str]:
    """Return a reason to refuse, or the token.

    A refusal is committed, too: access may have ended.
    """
    identity = verified.identity
    async with runtime.transaction() as tx:
        roles = await group_rows.load_group_roles(tx.session, keep=True)
        access = granted_access(identity.groups, roles)
        person_id = await people_rows.person_id_by_external_id(tx.session, identity.external_id)
        if person_id is None:
            if access is None:
                return "no_group", ""
            person_id = await _create_account(tx, settings, identity, access)
            if person_id is None:
                return "link_needed", ""
        else:
            person = await people_rows.person_by_id(tx.session, person_id, lock=True)
            assert person is not None  # accounts are never deleted
            if person.state is PersonState.DISABLED:
                return "own_account_disabled", ""
            await update_account(tx, settings, person, identity, access)
            if access is None:
                return "no_group", ""
        session_id = new_id()
        token = await start_session(
            tx,
            person_id,
            previous=previous,
            device=device,
            session_id=session_id,
            origin=SessionOrigin.OIDC,
            confirmed_until=tx.now + settings.check_interval + settings.grace,
        )
        await provider_rows.insert_provider_session(
            tx.session,
            session_id=session_id,
            sid=verified.sid,
            tokens=token_box(runtime).seal(session_id, verified.tokens.to_json()),
            now=tx.now,
        )
        return None, token


async def _create_account(
    tx: Transaction, settings: ProviderSettings, identity: ProviderIdentity, access: GrantedAccess
) -> str | None:
    """Create the account. None if a local account has the username: managers see the request."""
    details = AccountDetails(identity.name, identity.email, access.role, access.offices)
    for username in free_usernames(identity.username):
        taken_id = await people_rows.person_id_by_username(tx.session, username)
        if taken_id is None:
            break
        taken = await people_rows.person_by_id(tx.session, taken_id)
        if taken is not None and not taken.is_from_provider and username == identity.username:
            wanted = LinkRequest(identity.external_id, identity.name, identity.email, tx.now)
            await provider_rows.save_link_request(tx.session, taken_id, wanted)
            return None
    person_id = await add_account(tx, username, details, None, "person.created", provider_actor(settings))
    await people_rows.set_external(
        tx.session, person_id, external_id=identity.external_id, groups=identity.groups, username=username
    )
    return person_id


async def update_account(
    tx: Transaction,
    settings: ProviderSettings,
    person: StaffPerson,
    identity: ProviderIdentity,
    access: GrantedAccess | None,
) -> None:
    """Make an account equal to the claims. Its sessions end if it has no access any more."""
    username = person.username
    if username not in free_usernames(identity.username):  # renamed; a number stays
        taken_id = await people_rows.person_id_by_username(tx.session, identity.username)
        username = identity.username if taken_id is None else username
    if (tuple(identity.groups), username) != (person.groups, person.username):
        await people_rows.set_external(
            tx.session, person.id, external_id=identity.external_id, groups=identity.groups, username=username
        )
    wanted = with_access(
        AccountDetails(identity.name, identity.email, person.role, person.offices), access or NO_ACCESS
    )
    await apply_details(tx, provider_actor(settings), person, wanted)
    if access is None:
        await staff_rows.revoke_user_sessions(tx.session, person.id, tx.now)
        await recheck_open_sockets(tx)


async def apply_details(tx: Transaction, actor: AuditActor, person: StaffPerson, wanted: AccountDetails) -> None:
    """Store changed values of an account, audit them, and recheck its open sockets."""
    changed = person.details.differing_fields(wanted)
    if not changed:
        return
    await people_rows.update_details(tx.session, person.id, wanted)
    add_audit_entry(
        tx.session,
        tx.now,
        actor,
        "person.changed",
        ("person", person.id, wanted.name),
        office=audit_office(person.offices),
        before=audit_values(person.details, changed),
        after=audit_values(wanted, changed),
    )
    await recheck_open_sockets(tx)
    tx.log_after_commit(logger, "person_changed_by_groups", user=person.id)


async def release_desk(runtime: Runtime, person_id: str) -> None:
    """Close the desk of a person who lost its office or has no session any more.

    A desk with a ticket stays open: a host passes the ticket on first.
    """
    async with runtime.read_session() as session:
        desk_id = await desk_id_for_agent(session, person_id)
        person = await people_rows.person_by_id(session, person_id)
        if desk_id is None or person is None:
            return
        has_left = await provider_rows.users_without_sessions(session, [person_id], runtime.now())
        try:
            office, _ = await office_and_desk_by_id(session, desk_id)
        except (NotFound, NotAllowed):
            return
    if has_left or (person.offices is not None and office.slug not in person.offices):
        await close_open_desk(runtime, OPERATOR, person_id)
