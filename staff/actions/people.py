"""Use cases of managers about people: invite, change, disable, enable, end sessions.

Each takes the principal who acts and refuses accounts and grants beyond that principal's role and offices.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ...core.auth import Principal, StaffRole
from ...core.db.audit_entries import COMMAND_LINE, AuditActor, add_audit_entry
from ...core.db.write_conflicts import WriteConflict
from ...core.edited_values import FormVersion, refuse_stale_edit
from ...core.errors import NotAllowed, NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...core.web.validation import OptionalEmail, parse_model
from ...offices.service import all_offices
from ...queue.service import close_desk, desk_id_for_agent
from ..domain import account
from ..domain.people import (
    AccountDetails,
    AccountDisabled,
    LinkPurpose,
    PersonState,
    StaffPerson,
    account_values,
    audit_office,
    audit_values,
    can_manage,
    can_see,
    check_grant,
)
from ..notify.staff_pushes import push_subject
from ..storage import alert_rows, link_rows, people_rows, staff_rows
from .account_links import NewAccountLink, create_link
from .accounts import add_account, recheck_open_sockets

logger = logging.getLogger(__name__)

# The operator at the machine: no account, no limits. The audit names the command line.
OPERATOR = Principal("office360", "office360", StaffRole.ADMINISTRATOR, None)


class StaffContact(BaseModel, defer_build=True):
    """The e-mail of an account, which may have none."""

    email: OptionalEmail = None


def parse_email(text: str) -> str | None:
    """Parse the e-mail of an account; None for an empty one. Raises Invalid."""
    return parse_model(StaffContact, {"email": text}).email


async def invite_person(
    runtime: Runtime, principal: Principal, username: str, details: AccountDetails, language: str
) -> NewAccountLink:
    """Create an account without a password, and the link with which the person chooses one.

    The link is sent if the account has an e-mail. Raises Invalid, Refused("username_taken").
    """
    account.check_account(username, details.name)
    try:
        async with runtime.transaction() as tx:
            await _check_grant(tx, principal, details)
            person_id = await add_account(
                tx,
                account.normalize_username(username),
                details,
                None,
                "person.invited",
                audit_actor(principal),
            )
            person = await _load_person(tx, person_id)
            return await create_link(tx, person, LinkPurpose.INVITATION, language)
    except WriteConflict:
        raise Refused("username_taken") from None


async def change_person(
    runtime: Runtime, principal: Principal, person_id: str, loaded: FormVersion, wanted: AccountDetails
) -> None:
    """Change an account. Role and offices count at once, also for open sessions and sockets.

    `loaded`: the version of the `account_values` that the form showed. Raises Invalid, NotFound, NotAllowed,
    Conflict("edited_meanwhile"), Refused("last_administrator"), Refused("account_from_provider").
    """
    account.check_name(wanted.name)
    async with runtime.transaction() as tx:
        is_last = not await people_rows.has_other_administrator(tx.session, person_id)
        person = await load_managed_person(tx, principal, person_id)
        if person.is_from_provider:
            raise Refused("account_from_provider")
        refuse_stale_edit(loaded, account_values(wanted), account_values(person.details))
        changed = person.details.differing_fields(wanted)
        if not changed:
            return
        await _check_grant(tx, principal, wanted)
        if is_last and person.is_working_administrator and wanted.role is not StaffRole.ADMINISTRATOR:
            raise Refused("last_administrator")
        await people_rows.update_details(tx.session, person_id, wanted)
        if "email" in changed:  # the mailbox of the old address must not open the account
            await link_rows.void_links(tx.session, person_id, tx.now)
            await tx.void_messages(person_subject(person_id))
        before, after = audit_values(person.details, changed), audit_values(wanted, changed)
        _audit(tx, principal, "person.changed", person, before=before, after=after)
        await recheck_open_sockets(tx)


async def disable_person(runtime: Runtime, principal: Principal, person_id: str) -> None:
    """Disable an account, and end its sessions and links. Idempotent.

    The person's desk closes, unless it has a ticket.
    Raises NotFound, NotAllowed, Refused("own_account"), Refused("last_administrator").
    """
    async with runtime.transaction() as tx:
        is_last = not await people_rows.has_other_administrator(tx.session, person_id)
        person = await load_managed_person(tx, principal, person_id)
        if person.id == principal.id:
            raise Refused("own_account")
        if person.state is PersonState.DISABLED:
            return
        if is_last and person.is_working_administrator:
            raise Refused("last_administrator")
        await people_rows.set_active(tx.session, person_id, False)
        await staff_rows.revoke_user_sessions(tx.session, person_id, tx.now)
        await link_rows.void_links(tx.session, person_id, tx.now)
        await tx.void_messages(person_subject(person_id))
        await tx.void_messages(push_subject(person_id))
        await alert_rows.delete_alert_devices(tx.session, person_id)
        _audit(tx, principal, "person.disabled", person)
        await tx.emit(AccountDisabled(person_id))
        await recheck_open_sockets(tx)
        tx.log_after_commit(logger, "person_disabled", user=person_id)
    await close_open_desk(runtime, principal, person_id)


async def close_open_desk(runtime: Runtime, principal: Principal, person_id: str) -> None:
    """Close the desk that a person has open, so that the line plans without it.

    A desk with a ticket stays open: a host passes the ticket on first.
    """
    async with runtime.read_session() as session:
        desk_id = await desk_id_for_agent(session, person_id)
    if desk_id is None:
        return
    try:
        await close_desk(runtime, principal, desk_id)
    except (Refused, NotFound, NotAllowed):
        logger.info("desk_stays_open", extra={"desk": desk_id})


async def enable_person(runtime: Runtime, principal: Principal, person_id: str) -> None:
    """Enable a disabled account, with the password that it had. Idempotent.

    Raises NotFound, NotAllowed.
    """
    async with runtime.transaction() as tx:
        person = await load_managed_person(tx, principal, person_id)
        if person.state is not PersonState.DISABLED:
            return
        await people_rows.set_active(tx.session, person_id, True)
        _audit(tx, principal, "person.enabled", person)


async def send_link(runtime: Runtime, principal: Principal, person_id: str, language: str) -> NewAccountLink:
    """Create a link that sets a password.

    It is an invitation before the first password, then a reset. Older links of the account are void. The password
    works until the link is used.
    Raises NotFound, NotAllowed, Refused("account_disabled"), Refused("account_from_provider").
    """
    async with runtime.transaction() as tx:
        person = await load_managed_person(tx, principal, person_id)
        if person.is_from_provider:
            raise Refused("account_from_provider")
        if person.state is PersonState.DISABLED:
            raise Refused("account_disabled")
        is_invited = person.state is PersonState.INVITED
        purpose = LinkPurpose.INVITATION if is_invited else LinkPurpose.RESET
        _audit(tx, principal, "person.invited" if is_invited else "person.reset", person)
        return await create_link(tx, person, purpose, language)


async def end_sessions(
    runtime: Runtime, principal: Principal, person_id: str, session_id: str | None = None
) -> None:
    """End one open session of a person, or all. Idempotent. Raises NotFound, NotAllowed."""
    async with runtime.transaction() as tx:
        person = await load_managed_person(tx, principal, person_id)
        found = await people_rows.open_sessions(tx.session, person_id, tx.now)
        ended = [each for each in found if session_id in (None, each.id)]
        if not ended:
            return
        await people_rows.revoke_sessions_by_id(tx.session, [each.id for each in ended], tx.now)
        devices = {"devices": [each.device or "?" for each in ended]}
        _audit(tx, principal, "session.ended", person, before=devices)
        await recheck_open_sockets(tx)


def require_manageable(principal: Principal, person: StaffPerson | None) -> StaffPerson:
    """Return the person if the principal may change the account.

    Raises NotFound for an account of other offices, NotAllowed for one of a higher role or of more offices.
    """
    if person is None or not can_see(principal, person.offices):
        raise NotFound
    if not can_manage(principal, person.role, person.offices):
        raise NotAllowed
    return person


def person_subject(person_id: str) -> str:
    """Return the subject of the messages to a person of the staff."""
    return f"person:{person_id}"


def audit_actor(principal: Principal) -> AuditActor:
    """Return the actor of audit entries; the command line has no account."""
    return COMMAND_LINE if principal is OPERATOR else AuditActor.from_principal(principal)


async def _load_person(tx: Transaction, person_id: str) -> StaffPerson:
    person = await people_rows.person_by_id(tx.session, person_id)
    if person is None:
        raise NotFound
    return person


async def load_managed_person(tx: Transaction, principal: Principal, person_id: str) -> StaffPerson:
    """Load and lock an account that the principal may change."""
    return require_manageable(principal, await people_rows.person_by_id(tx.session, person_id, lock=True))


async def _check_grant(tx: Transaction, principal: Principal, details: AccountDetails) -> None:
    known = frozenset(office.slug for office in await all_offices(tx.session))
    check_grant(principal, details.role, details.offices, known)


def _audit(
    tx: Transaction,
    principal: Principal,
    action: str,
    person: StaffPerson,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    add_audit_entry(
        tx.session,
        tx.now,
        audit_actor(principal),
        action,
        ("person", person.id, person.name),
        office=audit_office(person.offices),
        before=before,
        after=after,
    )
