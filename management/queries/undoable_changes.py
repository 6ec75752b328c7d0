"""Whether a change of an office, of Look and law or of signing in can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.audit_entries import audit_entry_by_id
from ...offices.service import PROFILE_CHANGED, Office, load_site, office_to_document
from ...staff.service import RULES_CHANGED, load_rule_values
from ..domain.document_changes import has_values

UNDO_ACTION = "office.undone"
UNDOABLE_ACTIONS = frozenset({"office.changed", "hours.changed", "settings.changed", UNDO_ACTION})


class UndoableChanges:
    """The present values with which entries are compared.

    `values`: those of no office, by the action that changes them.
    """

    def __init__(self, offices: Sequence[Office], values: Mapping[str, Mapping[str, Any]]) -> None:
        self._offices = {office.slug: office for office in offices}
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._values = values

    def include(self, action: str, office: str | None, after: Mapping[str, Any] | None) -> bool:
        """Whether the values of an entry are still those that it wrote."""
        if not after:
            return False
        if action in self._values:
            return all(self._values[action].get(path) == value for path, value in after.items())
        if action not in UNDOABLE_ACTIONS or office not in self._offices:
            return False
        # a page of the audit has many entries of the same office
        if office not in self._documents:
            self._documents[office] = office_to_document(self._offices[office])
        return has_values(self._documents[office], after)


async def undoable_changes(session: AsyncSession, offices: Sequence[Office]) -> UndoableChanges:
    """Load the present values."""
    site, rules = await load_site(session), await load_rule_values(session)
    return UndoableChanges(offices, {PROFILE_CHANGED: site.profile.values(), RULES_CHANGED: rules})


async def can_undo(session: AsyncSession, entry_id: str, offices: Sequence[Office]) -> bool:
    """Whether the change of an audit entry can be undone now."""
    entry = await audit_entry_by_id(session, entry_id)
    undoable = await undoable_changes(session, offices)
    return entry is not None and undoable.include(entry.action, entry.office, entry.after)
