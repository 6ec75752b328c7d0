"""Decision of a manager on a provider's account that asks for a local account."""

from __future__ import annotations

import logging

from ....core.auth import Principal
from ....core.db.audit_entries import add_audit_entry
from ....core.errors import Conflict, Refused
from ....core.runtime import Runtime, Transaction
from ...domain.people import StaffPerson, audit_office
from ...storage import factor_rows, link_rows, people_rows, provider_rows, staff_rows
from ..accounts import recheck_open_sockets
from ..people import audit_actor, load_managed_person, person_subject

logger = logging.getLogger(__name__)


async def connect_person(runtime: Runtime, principal: Principal, person_id: str, external_id: str) -> None:
    """Give a local account to the provider's account that asked for it.

    `external_id`: of the request that the manager saw. Password, passkeys and app stop working. Role and offices
    follow at the next login.
    Raises NotFound, NotAllowed, Conflict("link_request_changed"), Refused("last_administrator").
    """
    async with runtime.transaction() as tx:
        is_last = not await people_rows.has_other_administrator(tx.session, person_id)
        person = await load_managed_person(tx, principal, person_id)
        wanted = await provider_rows.link_request_by_user(tx.session, person_id)
        if wanted is None or wanted.external_id != external_id or person.is_from_provider:
            raise Conflict("link_request_changed")
        if await people_rows.person_id_by_external_id(tx.session, external_id) is not None:
            raise Conflict("link_request_changed")  # renamed at the provider, the person has an own account by now
        if is_last and person.is_working_administrator:
            raise Refused("last_administrator")
        await people_rows.set_external(
            tx.session, person_id, external_id=external_id, groups=(), username=person.username
        )
        await provider_rows.delete_link_request(tx.session, person_id)
        await factor_rows.delete_all_factors(tx.session, person_id)
        await staff_rows.revoke_user_sessions(tx.session, person_id, tx.now)
        await link_rows.void_links(tx.session, person_id, tx.now)
        await tx.void_messages(person_subject(person_id))
        _audit(tx, principal, "person.connected", person)
        await recheck_open_sockets(tx)
        tx.log_after_commit(logger, "person_connected", user=person_id)


async def decline_connection(runtime: Runtime, principal: Principal, person_id: str) -> None:
    """Delete the request for an account. Idempotent. Raises NotFound, NotAllowed."""
    async with runtime.transaction() as tx:
        person = await load_managed_person(tx, principal, person_id)
        if await provider_rows.link_request_by_user(tx.session, person_id) is None:
            return
        await provider_rows.delete_link_request(tx.session, person_id)
        _audit(tx, principal, "person.connection_declined", person)


def _audit(tx: Transaction, principal: Principal, action: str, person: StaffPerson) -> None:
    subject, office = ("person", person.id, person.name), audit_office(person.offices)
    add_audit_entry(tx.session, tx.now, audit_actor(principal), action, subject, office=office)
