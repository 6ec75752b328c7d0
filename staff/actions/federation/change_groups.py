"""Use cases of administrators about the roles that groups of the identity provider give."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ....core.auth import Principal, StaffRole, require_role
from ....core.db.audit_entries import add_audit_entry
from ....core.db.write_conflicts import WriteConflict
from ....core.edited_values import FormVersion, refuse_stale_edit
from ....core.errors import NotFound, Refused
from ....core.runtime import Runtime, Transaction
from ....offices.service import all_offices
from ...domain.group_roles import (
    NO_ACCESS,
    AccessChange,
    GroupRole,
    access_changes,
    check_group,
    group_audit_values,
    replace_group,
    with_access,
)
from ...domain.people import StaffPerson, audit_office
from ...storage import group_rows, people_rows, staff_rows
from ..people import audit_actor
from .external_accounts import apply_details, release_desk

logger = logging.getLogger(__name__)


async def review_group(session: AsyncSession, group_id: str, wanted: GroupRole | None) -> list[AccessChange]:
    """Return the people whose access would change with the group.

    `wanted`: the group as it would be, None if it were removed. Raises Invalid, Refused("group_taken").
    """
    before = await group_rows.load_group_roles(session)
    await _check(session, wanted, before)
    people = await people_rows.load_people_from_provider(session)
    return _changes(people, before, replace_group(before, group_id, wanted))


async def save_group(
    runtime: Runtime, principal: Principal, wanted: GroupRole, loaded: FormVersion | None
) -> None:
    """Add a group, or change it. The access of its people changes at once.

    `loaded`: the version of the `group_audit_values` that the form showed, None for a new group. Raises Invalid,
    NotFound, Conflict("edited_meanwhile"), Refused("group_taken"), Refused("own_group") if the principal would
    lose the own role.
    """
    try:
        await _replace(runtime, principal, wanted.id, wanted, loaded)
    except WriteConflict:
        raise Refused("group_taken") from None


async def remove_group(runtime: Runtime, principal: Principal, group_id: str, loaded: FormVersion) -> None:
    """Remove a group, and the access that only this group gave. Raises as save_group does."""
    await _replace(runtime, principal, group_id, None, loaded)


async def _replace(
    runtime: Runtime, principal: Principal, group_id: str, wanted: GroupRole | None, loaded: FormVersion | None
) -> None:
    require_role(principal, StaffRole.ADMINISTRATOR)
    async with runtime.transaction() as tx:
        before = await group_rows.load_group_roles(tx.session, lock=True)
        stored = next((group for group in before if group.id == group_id), None)
        if stored is None and loaded is not None:
            raise NotFound
        if stored == wanted:  # a form that was sent twice
            return
        refuse_stale_edit(loaded or {}, group_audit_values(wanted), group_audit_values(stored))
        await _check(tx.session, wanted, before)
        people = await people_rows.load_people_from_provider(tx.session, lock=True)
        changes = _changes(people, before, replace_group(before, group_id, wanted))
        if any(change.person.id == principal.id and _loses_own_role(change) for change in changes):
            raise Refused("own_group")
        if wanted is None:
            await group_rows.delete_group_role(tx.session, group_id)
        else:
            await group_rows.save_group_role(tx.session, wanted, tx.now)
        for change in changes:
            await _apply(tx, principal, change)
        _audit(tx, principal, stored, wanted)
        tx.log_after_commit(logger, "group_role_changed", group=group_id, people=len(changes))
    for change in changes:
        await release_desk(runtime, change.person.id)


def _changes(
    people: Sequence[StaffPerson], before: Sequence[GroupRole], after: Sequence[GroupRole]
) -> list[AccessChange]:
    return access_changes({person: person.groups or () for person in people}, before, after)


def _loses_own_role(change: AccessChange) -> bool:
    return change.after is None or change.after.role is not StaffRole.ADMINISTRATOR


async def _check(session: AsyncSession, wanted: GroupRole | None, groups: Sequence[GroupRole]) -> None:
    if wanted is None:
        return
    known = {office.slug for office in await all_offices(session)}
    check_group(wanted.group, wanted.role, wanted.offices, known)
    if any(group.group == wanted.group and group.id != wanted.id for group in groups):
        raise Refused("group_taken")


async def _apply(tx: Transaction, principal: Principal, change: AccessChange) -> None:
    wanted = with_access(change.person.details, change.after or NO_ACCESS)
    if change.after is None:
        await staff_rows.revoke_user_sessions(tx.session, change.person.id, tx.now)
    await apply_details(tx, audit_actor(principal), change.person, wanted)


def _audit(tx: Transaction, principal: Principal, stored: GroupRole | None, wanted: GroupRole | None) -> None:
    shown = wanted or stored
    assert shown is not None
    action = "group.added" if stored is None else "group.removed" if wanted is None else "group.changed"
    add_audit_entry(
        tx.session,
        tx.now,
        audit_actor(principal),
        action,
        ("group", shown.id, shown.group),
        office=audit_office(shown.offices),
        before=group_audit_values(stored) or None,
        after=group_audit_values(wanted) or None,
    )
