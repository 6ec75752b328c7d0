"""Import of a city file: what it changes, and the change itself, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...appointments.service import Appointment, acquire_advisory_lock, affected_appointments
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.write_conflicts import WriteConflict
from ...core.errors import Conflict, FieldError, Invalid, Refused
from ...core.i18n.languages import LanguageChoice
from ...core.runtime import Runtime, Transaction
from ...offices.service import (
    PATH_SEPARATOR,
    Office,
    OfficeDocument,
    SiteProfile,
    UnreadableOffice,
    all_offices,
    create_office,
    delete_office,
    edit_site_profile,
    lock_office,
    office_slugs,
    office_to_document,
    order_offices,
    repair_office,
    save_office,
    site_profile_from_dict,
    site_profile_to_dict,
    unreadable_offices,
    with_document,
)
from ...queue.service import lines_with_open_tickets
from ..domain.city_file import CityFile
from ..domain.document_changes import ORDER, ValueChange, find_changes, merge_order, overlay
from ..queries.office_settings import check_office
from .change_office import record_office_change, refuse_removal_in_use

CITY_LOCK = "city import"  # two imports at once take turns
# a file that does not mention them keeps them, also with --prune
DATED_TABLES = ("closures", "extra_openings")


class OfficeChangeKind(StrEnum):
    """Kinds of changes of an office."""

    ADDED = "added"
    CHANGED = "changed"
    REPAIRED = "repaired"
    UNLISTED = "unlisted"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ImportedOffice:
    """The change of an office. `affected`: appointments that no longer fit, by time."""

    slug: str
    kind: OfficeChangeKind
    office: Office
    changes: tuple[ValueChange, ...]
    affected: tuple[Appointment, ...] = ()

    @property
    def removes_something(self) -> bool:
        """Whether a value, a part or the whole office goes."""
        is_gone = self.kind in (OfficeChangeKind.UNLISTED, OfficeChangeKind.DELETED)
        return is_gone or any(change.after in (None, "", []) for change in self.changes)


@dataclass(frozen=True, slots=True)
class CityChange:
    """Everything that an import changes.

    `order`: of all offices; empty if it stays. `site`: values of the organisation.
    """

    offices: tuple[ImportedOffice, ...] = ()
    order: tuple[str, ...] = ()
    site: tuple[ValueChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.offices and not self.order and not self.site

    @property
    def needs_confirmation(self) -> bool:
        """Whether people are affected, or something would be removed."""
        is_site_removed = any(change.after is None for change in self.site)
        return is_site_removed or any(office.affected or office.removes_something for office in self.offices)

    def same_values(self, other: CityChange) -> bool:
        """Whether both change the same values, and affect the same appointments."""
        own, theirs = ([_essence(office) for office in change.offices] for change in (self, other))
        return (self.order, self.site, own) == (other.order, other.site, theirs)


def _essence(office: ImportedOffice) -> tuple[Any, ...]:
    return office.slug, office.kind, office.changes, [appointment.id for appointment in office.affected]


class _Preview(Exception):
    """Carries the change out of the transaction that it rolls back."""

    def __init__(self, change: CityChange) -> None:
        super().__init__()
        self.change = change


async def preview_city_import(runtime: Runtime, city: CityFile, *, prune: bool = False) -> CityChange:
    """Tell what an import would change: import, and roll back. Raises as `import_city`."""
    try:
        async with runtime.transaction() as tx:
            raise _Preview(await _import(tx, AuditActor(None, ""), city, prune))
    except _Preview as preview:
        return preview.change


async def import_city(
    runtime: Runtime,
    actor: AuditActor,
    city: CityFile,
    *,
    prune: bool = False,
    confirmed: CityChange | None = None,
) -> CityChange:
    """Make the offices equal to the file, with audit entries: all of it or nothing.

    Idempotent. Values that the file lacks stay. With `prune` they go: parts of an office are removed, other values
    get their default, and offices are deleted, or unlisted if they were ever used. Raises Invalid with every wrong
    value of all offices, Conflict("changed_meanwhile") if the change is not the confirmed one.
    """
    async with runtime.transaction() as tx:
        change = await _import(tx, actor, city, prune)
        if confirmed is not None and not confirmed.same_values(change):
            raise Conflict("changed_meanwhile")
        return change


@dataclass(frozen=True, slots=True)
class _PlannedOffice:
    """A checked document for a slug. `present`: None for a new office."""

    slug: str
    document: OfficeDocument
    present: Office | UnreadableOffice | None
    changes: tuple[ValueChange, ...]


async def _import(tx: Transaction, actor: AuditActor, city: CityFile, prune: bool) -> CityChange:
    await acquire_advisory_lock(tx.session, CITY_LOCK)
    readable = {office.slug: office for office in await all_offices(tx.session)}
    unreadable = {office.slug: office for office in await unreadable_offices(tx.session)}
    site, site_errors = await _import_site(tx, actor, city.site, prune)
    planned = _plan_offices(city, readable, unreadable, prune, site_errors, tx.runtime.languages)
    await _refuse_lines_in_use(tx, planned)
    order_before = await office_slugs(tx.session)
    done = [await _save(tx, actor, office) for office in sorted(planned, key=_lock_order)]
    if prune:
        left = [office for slug, office in readable.items() if slug not in city.offices]
        done += [change for office in left if (change := await _remove(tx, actor, office)) is not None]
    order = await _save_order(tx, actor, order_before, list(city.offices))
    places = {slug: place for place, slug in enumerate(city.offices)}
    done.sort(key=lambda office: places.get(office.slug, len(places)))
    return CityChange(tuple(done), order, site)


def _plan_offices(
    city: CityFile,
    readable: Mapping[str, Office],
    unreadable: Mapping[str, UnreadableOffice],
    prune: bool,
    site_errors: Sequence[FieldError],
    languages: LanguageChoice,
) -> list[_PlannedOffice]:
    """Check every office of the file, and keep those that change.

    Raises Invalid with all errors, also those of the organisation.
    """
    planned, errors = [], list(site_errors)
    for slug, source in city.offices.items():
        office = readable.get(slug)
        before = office_to_document(office) if office is not None else {}
        try:
            document = check_office(_merge_source(before, source, prune), languages, f"offices.{slug}")
        except Invalid as invalid:
            errors += invalid.fields
            continue
        changes = tuple(find_changes(_normalize(before, languages), document))
        if changes or slug in unreadable:
            planned.append(_PlannedOffice(slug, document, office or unreadable.get(slug), changes))
    if errors:
        raise Invalid(*errors)
    return planned


async def _import_site(
    tx: Transaction, actor: AuditActor, source: Mapping[str, Any] | None, prune: bool
) -> tuple[tuple[ValueChange, ...], Sequence[FieldError]]:
    """Save the organisation. Returns its changed values, or the errors of wrong values."""
    if source is None:
        return (), ()

    def edit(profile: SiteProfile) -> SiteProfile:
        return site_profile_from_dict(source if prune else overlay(site_profile_to_dict(profile), source))

    try:
        before, after = await edit_site_profile(tx.session, tx.now, actor, edit)
    except Invalid as invalid:
        return (), [FieldError(f"site.{error.field}", error.code, error.params) for error in invalid.fields]
    except WriteConflict:
        raise Conflict("changed_meanwhile") from None
    return tuple(find_changes(site_profile_to_dict(before), site_profile_to_dict(after))), ()


def _merge_source(before: OfficeDocument, source: Mapping[str, Any], prune: bool) -> Mapping[str, Any]:
    """Return the whole document that the file means for an office."""
    if not before:
        return source
    if prune:
        return {**{name: before[name] for name in DATED_TABLES}, **source}
    merged = overlay(before, source)
    for slug, service in _tables(source.get("services")):
        if "modes" in service and "capacity" not in service and isinstance(service["modes"], list):
            merged_service = merged["services"][slug]  # places of a mode that is no longer offered
            places = merged_service.get("capacity", {})
            merged_service["capacity"] = {mode: places[mode] for mode in places if mode in service["modes"]}
    return merged


def _tables(source: Any) -> list[tuple[str, Mapping[str, Any]]]:
    items = source.items() if isinstance(source, Mapping) else ()
    return [(name, table) for name, table in items if isinstance(table, Mapping)]


def _normalize(document: OfficeDocument, languages: LanguageChoice) -> OfficeDocument:
    """Return a stored document as a file would give it, to compare real differences only."""
    try:
        return check_office(document, languages) if document else document
    except Invalid:
        return document


def _lock_order(office: _PlannedOffice) -> tuple[bool, str]:
    """Order locks by id, new offices last, so that two transactions cannot deadlock."""
    return office.present is None, office.present.id if office.present else office.slug


async def _refuse_lines_in_use(tx: Transaction, planned: Sequence[_PlannedOffice]) -> None:
    """Raise Invalid for all lines with open tickets and open desks that would be removed."""
    errors = []
    for office in planned:
        try:
            if isinstance(office.present, Office):
                await refuse_removal_in_use(tx.session, office.present, office.document)
            elif office.present is not None:
                await _refuse_unreadable_lines_in_use(tx, office.present, office.document)
        except Refused as refused:
            errors.append(FieldError(f"offices.{office.slug}", refused.code, refused.details))
    if errors:
        raise Invalid(*errors)


async def _refuse_unreadable_lines_in_use(
    tx: Transaction, office: UnreadableOffice, document: OfficeDocument
) -> None:
    removed = {line_id: slug for slug, line_id in office.line_ids.items() if slug not in document["lines"]}
    if in_use := await lines_with_open_tickets(tx.session, list(removed)):
        raise Refused("line_in_use", lines=", ".join(sorted(removed[line_id] for line_id in in_use)))


async def _save(tx: Transaction, actor: AuditActor, planned: _PlannedOffice) -> ImportedOffice:
    """Save an office with its audit entry."""
    slug, document, changes = planned.slug, planned.document, planned.changes
    if planned.present is None:
        try:
            office = await create_office(tx.session, slug, document, tx.now)
        except Conflict:
            raise Conflict("changed_meanwhile") from None
        record_office_change(tx, actor, office, changes, "office.created")
        return ImportedOffice(slug, OfficeChangeKind.ADDED, office, changes)
    if isinstance(planned.present, UnreadableOffice):
        try:
            office = await repair_office(tx.session, planned.present, document, tx.now)
        except Refused as refused:
            raise Invalid(FieldError(f"offices.{slug}", refused.code)) from None
        record_office_change(tx, actor, office, changes, "office.repaired")
        return ImportedOffice(slug, OfficeChangeKind.REPAIRED, office, changes)
    locked = await lock_office(tx.session, slug)
    if office_to_document(locked) != office_to_document(planned.present):
        raise Conflict("changed_meanwhile")
    affected = await affected_appointments(tx.session, locked, with_document(locked, document), tx.now)
    office = await save_office(tx.session, locked, document, tx.now)
    record_office_change(tx, actor, office, changes, "office.changed")
    return ImportedOffice(slug, OfficeChangeKind.CHANGED, office, changes, tuple(affected))


async def _remove(tx: Transaction, actor: AuditActor, office: Office) -> ImportedOffice | None:
    """Delete an office that was never used; take another off the lists.

    None if it was unlisted before.
    """
    before = office_to_document(office)
    if await delete_office(tx.session, office):
        changes = tuple(find_changes(before, {}))
        record_office_change(tx, actor, office, changes, "office.deleted")
        return ImportedOffice(office.slug, OfficeChangeKind.DELETED, office, changes)
    if not office.listed:
        return None
    locked = await lock_office(tx.session, office.slug)
    before = office_to_document(locked)
    document = {**before, "listed": False}
    saved, changes = await save_office(tx.session, locked, document, tx.now), tuple(find_changes(before, document))
    record_office_change(tx, actor, saved, changes, "office.changed")
    return ImportedOffice(office.slug, OfficeChangeKind.UNLISTED, saved, changes)


async def _save_order(
    tx: Transaction, actor: AuditActor, before: Sequence[str], wanted: Sequence[str]
) -> tuple[str, ...]:
    """Order the offices as in the file.

    Returns the order if offices that were there before moved.
    """
    after = await office_slugs(tx.session)
    order = [slug for slug in merge_order(before, wanted) if slug in after]
    if order != after:
        await order_offices(tx.session, order)
    old, new = [slug for slug in before if slug in order], [slug for slug in order if slug in before]
    if old == new:
        return ()
    path = f"offices{PATH_SEPARATOR}{ORDER}"
    subject = ("offices", "order", "Order of the offices")
    add_audit_entry(
        tx.session, tx.now, actor, "offices.ordered", subject, before={path: list(before)}, after={path: order}
    )
    return tuple(order)
