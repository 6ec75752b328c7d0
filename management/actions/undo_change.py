"""Undo of a change of an office, of Look and law, or of signing in, by its audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, AuditEntryRow
from ...core.errors import Conflict, Invalid, Refused
from ...core.runtime import Runtime
from ...offices.service import (
    PATH_SEPARATOR,
    OfficeDocument,
    SiteProfile,
    edit_site_profile,
    site_profile_from_values,
)
from ...staff.service import edit_sign_in_rules
from ..domain.document_changes import apply_values, has_values
from ..queries.undoable_changes import UNDO_ACTION, UNDOABLE_ACTIONS
from .change_office import SavedOffice, change_office


async def undo_profile_change(runtime: Runtime, principal: Principal, entry: AuditEntryRow) -> None:
    """Give the values of Look and law their former values again.

    Raises Conflict("changed_since").
    """

    def put_back(profile: SiteProfile) -> SiteProfile:
        return site_profile_from_values(_with_former_values(entry, profile.values()))

    async with runtime.transaction() as tx:
        await edit_site_profile(tx.session, tx.now, AuditActor.from_principal(principal), put_back)


async def undo_rules_change(runtime: Runtime, principal: Principal, entry: AuditEntryRow) -> None:
    """Give the roles their former rules of signing in again. Raises Conflict("changed_since")."""
    await edit_sign_in_rules(runtime, principal, partial(_with_former_values, entry))


async def undo_office_change(runtime: Runtime, principal: Principal, entry: AuditEntryRow) -> SavedOffice:
    """Give the values of an office their former values again.

    Raises NotFound, Refused("cannot_undo") for another kind of entry, Conflict("changed_since").
    """
    if entry.action not in UNDOABLE_ACTIONS or entry.office is None:
        raise Refused("cannot_undo")
    before, after = entry.before or {}, entry.after or {}

    def put_back(document: OfficeDocument) -> OfficeDocument:
        if not has_values(document, after):
            raise Conflict("changed_since")
        former = [(tuple(path.split(PATH_SEPARATOR)), value) for path, value in before.items()]
        return apply_values(document, former)

    actor = AuditActor.from_principal(principal)
    try:
        return await change_office(runtime, actor, entry.office, put_back, action=UNDO_ACTION)
    except Invalid:
        # a later change needs what would be removed, such as the line of a new service
        raise Conflict("changed_since") from None


def _with_former_values(entry: AuditEntryRow, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values by path with those before the entry.

    Raises Conflict("changed_since") if a value was changed again.
    """
    # otherwise a newer change, which another person made, would be lost
    if any(stored.get(path) != value for path, value in (entry.after or {}).items()):
        raise Conflict("changed_since")
    return {**stored, **(entry.before or {})}
