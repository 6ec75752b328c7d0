"""The audit: changes by staff, citizens and timers, from all features. No writes."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import VisitNote, locators_by_id, notes_of_subjects
from ...core.db.audit_entries import STAFF_PREFIX, AuditEntryRow, audit_entries_in_window
from ...core.db.event_window import EventWindow
from ...offices.service import EVACUATION, Office
from ...queue.service import (
    OfficeEvent,
    TicketEvent,
    office_events_in_window,
    ticket_codes,
    ticket_events_in_window,
)
from ...rooms.service import RoomEvent, room_events_in_window
from ...staff.service import staff_names

APPOINTMENT_TYPES = frozenset({"appointment", "period"})
QUEUE_TYPES = frozenset({"ticket", "message"})
PEOPLE_TYPES = frozenset({"person", "key", "session"})
OTHER_TYPES = APPOINTMENT_TYPES | QUEUE_TYPES | PEOPLE_TYPES  # all others are settings
EVACUATION_ACTIONS = {"paused": "evacuated", "resumed": "evacuation_ended"}
# Words of staff: they are shown as the note of an entry, not as a changed value.
REASON_FIELDS = ("reason", "override", "message")
CITIZEN = "citizen"
GUEST_ROLES = frozenset({"interpreter", "relative", "colleague"})  # of people who enter a call by a link


class AuditKind(StrEnum):
    """A group of entries, as the filter names it."""

    QUEUE = "queue"
    APPOINTMENTS = "appointments"
    ROOMS = "rooms"
    SETTINGS = "settings"
    PEOPLE = "people"


SUBJECT_TYPES: Mapping[AuditKind, frozenset[str] | None] = {
    AuditKind.QUEUE: QUEUE_TYPES,
    AuditKind.APPOINTMENTS: APPOINTMENT_TYPES,
    AuditKind.ROOMS: frozenset(),
    AuditKind.SETTINGS: None,
    AuditKind.PEOPLE: PEOPLE_TYPES,
}


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """A ticket, appointment, office or other subject. `type` as in `audit_entries`."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


@dataclass(frozen=True, slots=True)
class AuditScope:
    """The offices whose entries are read.

    `is_everything`: also entries that belong to no office, and to offices that no longer exist.
    """

    offices: Sequence[Office]
    is_everything: bool = False

    @property
    def office_ids(self) -> list[str] | None:
        return None if self.is_everything else [office.id for office in self.offices]

    @property
    def slugs(self) -> list[str] | None:
        return None if self.is_everything else [office.slug for office in self.offices]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The requested entries. With a `subject`, its whole history is read, at any time."""

    scope: AuditScope
    since: datetime
    until: datetime
    actors: Collection[str] | None = None
    kind: AuditKind | None = None
    subject: AuditSubject | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry of any source.

    `action`: `ticket.called`, `office.paused`, `room.admitted`, or as in `audit_entries`. `actor`: `staff:ID` or a
    word such as `citizen`. `actor_role`: of a guest in a call. `note`: the reason or note that staff wrote.
    """

    id: str
    at: datetime
    action: str
    actor: str
    actor_name: str
    office: Office | None
    subject: AuditSubject
    label: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    actor_role: str = ""


async def load_audit_records(
    session: AsyncSession, wanted: AuditFilter, before: tuple[datetime, str] | None, limit: int
) -> list[AuditRecord]:
    """Return up to `limit` entries, newest first, with names and notes.

    `before`: time and id of the last entry of the page before.
    """
    window = _window(wanted, before, limit)
    sources = [await source for source in _sources(session, wanted, window)]
    newest = heapq.merge(*sources, key=lambda record: (record.at, record.id), reverse=True)
    return await _add_names_and_notes(session, list(islice(newest, limit)))


def _window(wanted: AuditFilter, before: tuple[datetime, str] | None, limit: int) -> EventWindow:
    subject_id = wanted.subject.id if wanted.subject else None
    since, until = (wanted.since, wanted.until) if wanted.subject is None else (None, None)
    return EventWindow(since, until, limit, before, wanted.actors, subject_id)


def _sources(
    session: AsyncSession, wanted: AuditFilter, window: EventWindow
) -> Iterable[Awaitable[list[AuditRecord]]]:
    """Yield a query for each source that can have entries of this kind and subject."""
    subject_type, kind = wanted.subject.type if wanted.subject else None, wanted.kind
    if kind in (None, AuditKind.QUEUE) and subject_type in (None, "ticket"):
        yield _ticket_records(session, wanted.scope, window)
    if kind in (None, AuditKind.QUEUE) and subject_type is None:
        yield _office_records(session, wanted.scope, window)
    if kind in (None, AuditKind.ROOMS) and subject_type in (None, "appointment"):
        yield _room_records(session, wanted.scope, window)
    if kind is not AuditKind.ROOMS:
        yield _entry_records(session, wanted.scope, window, kind)


async def _ticket_records(session: AsyncSession, scope: AuditScope, window: EventWindow) -> list[AuditRecord]:
    offices = {office.id: office for office in scope.offices}
    found = await ticket_events_in_window(session, window, scope.office_ids)
    return [_ticket_record(event, offices.get(event.office_id)) for event in found]


def _ticket_record(event: TicketEvent, office: Office | None) -> AuditRecord:
    details = dict(event.details)
    note = details.pop("override", "")
    if event.action == "placed":
        note = details.pop("why", "")
    return AuditRecord(
        id=event.id,
        at=event.at,
        action=f"ticket.{event.action}",
        actor=event.actor,
        actor_name="",
        office=office,
        subject=AuditSubject("ticket", event.ticket_id),
        label=event.code,
        before={"state": event.before} if event.before not in (None, event.after) else {},
        after={**({"state": event.after} if event.before != event.after else {}), **_without_none(details)},
        note=note,
    )


async def _office_records(session: AsyncSession, scope: AuditScope, window: EventWindow) -> list[AuditRecord]:
    offices = {office.id: office for office in scope.offices}
    found = await office_events_in_window(session, window, list(offices))
    return [_office_record(event, offices[event.office_id]) for event in found]


def _office_record(event: OfficeEvent, office: Office) -> AuditRecord:
    details = _without_none(event.details)
    action = event.action
    # stored as a pause, so that older versions read it
    if details.get("reason") == EVACUATION:
        del details["reason"]
        action = EVACUATION_ACTIONS[action]
    # a key of the office's list, no words of staff
    if action == "desk_paused" and "reason" in details:
        details["desk_pause"] = details.pop("reason")
    notes = [str(details.pop(name)) for name in REASON_FIELDS if name in details]
    line = {"line": event.line_id} if event.line_id else {}
    return AuditRecord(
        id=event.id,
        at=event.at,
        action=f"office.{action}",
        actor=event.actor,
        actor_name="",
        office=office,
        subject=AuditSubject("office", office.id),
        label=office.name,
        after={**line, **details},
        note=" ".join(notes),
    )


async def _room_records(session: AsyncSession, scope: AuditScope, window: EventWindow) -> list[AuditRecord]:
    offices = {office.id: office for office in scope.offices}
    found = await room_events_in_window(session, window, scope.office_ids)
    return [_room_record(event, offices.get(event.office_id)) for event in found]


def _room_record(event: RoomEvent, office: Office | None) -> AuditRecord:
    # an id of the room only; the actor says the others
    hidden = ("participant", "role", "by")
    details = {name: value for name, value in event.details.items() if name not in hidden}
    if event.about is not None:
        # citizens are called by their role: the audit is kept for longer than their names
        is_citizen = event.about.role == CITIZEN or not event.about.name
        details["participant"] = event.about.role if is_citizen else event.about.name
    is_guest = event.role in GUEST_ROLES
    return AuditRecord(
        id=event.id,
        at=event.at,
        action=f"room.{event.kind}",
        actor=event.actor or event.details.get("by") or "timer",  # `by`: staff who never were in the room
        actor_name=event.name if is_guest else "",
        actor_role=event.role or "" if is_guest else "",
        office=office,
        subject=AuditSubject("appointment", event.appointment_id),
        label="",
        after=_without_none(details),
    )


async def _entry_records(
    session: AsyncSession, scope: AuditScope, window: EventWindow, kind: AuditKind | None
) -> list[AuditRecord]:
    offices = {office.slug: office for office in scope.offices}
    types = SUBJECT_TYPES[kind] if kind is not None else None
    found = await audit_entries_in_window(
        session,
        window,
        offices=scope.slugs,
        with_installation=scope.is_everything,
        subject_types=types,
        excluded_types=OTHER_TYPES if kind is AuditKind.SETTINGS else (),
    )
    return [_entry_record(row, offices.get(row.office or "")) for row in found]


def _entry_record(row: AuditEntryRow, office: Office | None) -> AuditRecord:
    after = dict(row.after or {})
    is_visit = row.subject_type in APPOINTMENT_TYPES
    notes = [str(after.pop(name)) for name in REASON_FIELDS if is_visit and after.get(name)]
    return AuditRecord(
        id=row.id,
        at=row.at,
        action=row.action,
        actor=_entry_actor(row),
        actor_name=row.actor_name,
        office=office,
        subject=AuditSubject(row.subject_type, row.subject_id),
        label=row.subject_label,
        before=dict(row.before or {}),
        after=after,
        note=" ".join(notes),
    )


def _entry_actor(row: AuditEntryRow) -> str:
    if row.actor_id:
        return f"{STAFF_PREFIX}{row.actor_id}"
    return "" if row.actor_name else "timer"


def _without_none(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value is not None}


# Names and notes


async def _add_names_and_notes(session: AsyncSession, records: list[AuditRecord]) -> list[AuditRecord]:
    """Add the names of actors, the labels of tickets and appointments, and the notes of staff."""
    actor_ids = {record.actor.removeprefix(STAFF_PREFIX) for record in records if _is_staff(record)}
    tickets = {record.subject.id for record in records if record.subject.type == "ticket"}
    appointments = {record.subject.id for record in records if record.subject.type == "appointment"}
    names = await staff_names(session, actor_ids) if actor_ids else {}
    labels = {
        **(await ticket_codes(session, tickets) if tickets else {}),
        **(await locators_by_id(session, appointments) if appointments else {}),
    }
    notes = await notes_of_subjects(session, tickets, appointments) if tickets or appointments else []
    return [
        replace(
            record,
            actor_name=names.get(record.actor.removeprefix(STAFF_PREFIX), record.actor_name),
            label=labels.get(record.subject.id, record.label),
            note=record.note or _note_text(record, notes),
        )
        for record in records
    ]


def _is_staff(record: AuditRecord) -> bool:
    return record.actor.startswith(STAFF_PREFIX)


def _note_text(record: AuditRecord, notes: Iterable[VisitNote]) -> str:
    """Return the note of the same transaction, until data retention deletes it."""
    if not _is_staff(record):
        return ""
    same = [note.text for note in notes if note.at == record.at and _is_about(note, record.subject)]
    return " ".join(same)


def _is_about(note: VisitNote, subject: AuditSubject) -> bool:
    if subject.type == "ticket":
        return note.ticket_id == subject.id
    return note.ticket_id is None and note.appointment_id == subject.id
