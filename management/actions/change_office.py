"""Changes of an office: what they mean, and saving with an audit entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, affected_appointments
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import Conflict, NotFound, Refused
from ...core.i18n.languages import LanguageChoice
from ...core.runtime import Runtime, Transaction
from ...offices.service import (
    PATH_SEPARATOR,
    Office,
    OfficeDocument,
    create_office,
    hours,
    lock_office,
    office_by_slug,
    office_to_document,
    rename_desk,
    save_office,
    with_document,
)
from ...queue.service import announce_office_change, lines_with_open_tickets, open_desk_names
from ..domain.document_changes import ValueChange, copy_document, find_changes
from ..domain.office_copy import copied_parts
from ..queries.office_settings import check_office

OfficeEdit = Callable[[OfficeDocument], Mapping[str, Any]]
"""Returns the changed document; the given one is a copy. May raise Invalid or Conflict."""


@dataclass(frozen=True, slots=True)
class OfficeChange:
    """A change that is not saved: the values, and the appointments that no longer fit."""

    office: Office
    document: OfficeDocument
    changes: tuple[ValueChange, ...]
    affected: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class SavedOffice:
    """A saved change. `entry_id` is its audit entry, None if no value changed."""

    office: Office
    changes: tuple[ValueChange, ...]
    entry_id: str | None


async def preview_office_change(
    session: AsyncSession, slug: str, edit: OfficeEdit, now: datetime, languages: LanguageChoice
) -> OfficeChange:
    """Tell what an edit would change, without saving. Raises NotFound, Invalid, Conflict."""
    office = await office_by_slug(session, slug)
    before = office_to_document(office)
    document = check_office(edit(copy_document(before)), languages)
    affected = await affected_appointments(session, office, with_document(office, document), now)
    return OfficeChange(office, document, tuple(find_changes(before, document)), tuple(affected))


async def change_office(
    runtime: Runtime, actor: AuditActor, slug: str, edit: OfficeEdit, *, action: str = "office.changed"
) -> SavedOffice:
    """Save an edit of an office with its audit entry, and make open pages reload.

    Raises NotFound, Invalid, Conflict, Refused("line_in_use" or "desk_in_use") if a line with open tickets or an
    open desk would be removed.
    """
    async with runtime.transaction() as tx:
        return await change_office_in(tx, actor, slug, edit, action=action)


async def change_office_in(
    tx: Transaction, actor: AuditActor, slug: str, edit: OfficeEdit, *, action: str = "office.changed"
) -> SavedOffice:
    """Save an edit of an office in an open transaction; see `change_office`."""
    # locked before the edit sees it, so that another person's change is not overwritten
    office = await lock_office(tx.session, slug)
    before = office_to_document(office)
    document = check_office(edit(copy_document(before)), tx.runtime.languages)
    changes = find_changes(before, document)
    if not changes:
        return SavedOffice(office, (), None)
    await refuse_removal_in_use(tx.session, office, document)
    saved = await save_office(tx.session, office, document, tx.now)
    return SavedOffice(saved, tuple(changes), record_office_change(tx, actor, saved, changes, action))


async def add_office(runtime: Runtime, actor: AuditActor, slug: str, source: Mapping[str, Any]) -> SavedOffice:
    """Create an office. Raises Invalid, Conflict("slug_taken")."""
    async with runtime.transaction() as tx:
        return await add_office_in(tx, actor, slug, source)


async def copy_office(
    runtime: Runtime, actor: AuditActor, source: str, slug: str, place: Mapping[str, Any]
) -> SavedOffice:
    """Create an office with the parts of another. `place`: its own name and place.

    Raises NotFound for the source, Invalid, Conflict("slug_taken").
    """
    async with runtime.transaction() as tx:
        other = await office_by_slug(tx.session, source)
        parts = copied_parts(office_to_document(other), hours.to_local_day(other.hours, tx.now))
        document = check_office({**parts, **place}, tx.runtime.languages)
        office = await create_office(tx.session, slug, document, tx.now)
        changes = [ValueChange(("copy_of",), None, other.name), *find_changes({}, document)]
        return SavedOffice(
            office, tuple(changes), record_office_change(tx, actor, office, changes, "office.copied")
        )


async def add_office_in(tx: Transaction, actor: AuditActor, slug: str, source: Mapping[str, Any]) -> SavedOffice:
    """Create an office in an open transaction; see `add_office`."""
    document = check_office(source, tx.runtime.languages)
    changes = find_changes({}, document)
    office = await create_office(tx.session, slug, document, tx.now)
    return SavedOffice(office, tuple(changes), record_office_change(tx, actor, office, changes, "office.created"))


async def rename_office_desk(runtime: Runtime, actor: AuditActor, slug: str, old: str, new: str) -> SavedOffice:
    """Rename a desk, which keeps its tickets and its open session.

    Raises NotFound, Invalid for the new name, Conflict("desk_taken").
    """
    async with runtime.transaction() as tx:
        office = await lock_office(tx.session, slug)
        before = office_to_document(office)
        desks = before["desks"]
        if old not in desks:
            raise NotFound
        if new in desks:
            raise Conflict("desk_taken")
        renamed_desks = {new if name == old else name: desk for name, desk in desks.items()}
        check_office({**before, "desks": renamed_desks}, tx.runtime.languages)
        renamed = await rename_desk(tx.session, office, old, new)
        changes = [ValueChange(("desks", old, "name"), old, new)]
        return SavedOffice(
            renamed, tuple(changes), record_office_change(tx, actor, renamed, changes, "desk.renamed")
        )


def record_office_change(
    tx: Transaction, actor: AuditActor, office: Office, changes: Sequence[ValueChange], action: str
) -> str:
    """Write the audit entry, and make boards, displays and phones of the office reload."""
    announce_office_change(tx, office)
    return add_audit_entry(
        tx.session,
        tx.now,
        actor,
        action,
        ("office", office.id, office.name),
        office=office.slug,
        before={PATH_SEPARATOR.join(change.path): change.before for change in changes},
        after={PATH_SEPARATOR.join(change.path): change.after for change in changes},
    )


async def refuse_removal_in_use(session: AsyncSession, office: Office, document: OfficeDocument) -> None:
    """Raise Refused if a line with open tickets or an open desk would be removed."""
    removed_lines = [line for line in office.lines if line.slug not in document["lines"]]
    in_use = await lines_with_open_tickets(session, [line.id for line in removed_lines])
    if names := [line.letter for line in removed_lines if line.id in in_use]:
        raise Refused("line_in_use", lines=", ".join(names))
    removed_desks = {desk.name for desk in office.desks if desk.name not in document["desks"]}
    if removed_desks and (names := sorted(removed_desks & await open_desk_names(session, office))):
        raise Refused("desk_in_use", desks=", ".join(names))
