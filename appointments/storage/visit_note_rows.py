"""SQL of the notes that staff write about visits. No rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.audit_entries import AuditActor
from ...core.db.batch_delete import delete_batch
from ...core.ids import new_id
from ...core.row_mapping import from_row
from ...core.runtime import Transaction
from ..domain.contact_identifiers import email_key
from ..domain.visit_note import NOTE_PHONE_KEY, VisitNote, VisitNoteKind, VisitPerson, is_worth_a_note
from .tables import AppointmentRow, VisitNoteRow

MAX_FOUND_NOTES = 500  # of the people on a board; the newest


@dataclass(frozen=True, slots=True)
class NoteKeys:
    """The visits and keyed contacts by which notes are found."""

    ticket_ids: set[str] = field(default_factory=set)
    appointment_ids: set[str] = field(default_factory=set)
    email_keys: set[str] = field(default_factory=set)
    phone_keys: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class FoundNote:
    """A note with the keyed contacts of its citizen."""

    note: VisitNote
    email_key: str | None
    phone_key: str | None


async def insert_visit_note(
    tx: Transaction,
    office_id: str,
    author: AuditActor,
    kind: VisitNoteKind,
    person: VisitPerson,
    text: str | None,
    *,
    outcome: str | None = None,
    place: str = "",
) -> None:
    """Insert a note in this transaction, unless it would tell colleagues nothing."""
    if not is_worth_a_note(text, outcome):
        return
    if person.appointment_id is not None:
        person = person.with_booked_contacts(await contacts_of_appointments(tx.session, [person.appointment_id]))
    tokens = tx.runtime.tokens
    tx.session.add(
        VisitNoteRow(
            id=new_id(),
            at=tx.now,
            office_id=office_id,
            ticket_id=person.ticket_id,
            appointment_id=person.appointment_id,
            kind=kind,
            author_id=author.id,
            author_name=author.name,
            place=place,
            outcome=outcome,
            text=text or "",
            email_key=email_key(tokens, person.email) if person.email else None,
            phone_key=tokens.sign(NOTE_PHONE_KEY, person.phone) if person.phone else None,
        )
    )


async def contacts_of_appointments(
    session: AsyncSession, appointment_ids: Collection[str]
) -> dict[str, tuple[str, str | None]]:
    """Return e-mail and phone by appointment; the e-mail is empty after data retention."""
    if not appointment_ids:
        return {}
    columns = select(AppointmentRow.id, AppointmentRow.email, AppointmentRow.phone)
    rows = await session.execute(columns.where(AppointmentRow.id.in_(appointment_ids)))
    return {id: (email, phone) for id, email, phone in rows}


async def find_visit_notes(session: AsyncSession, office_id: str, keys: NoteKeys) -> list[FoundNote]:
    """Return the notes of an office about these visits and contacts, newest first."""
    row = VisitNoteRow
    columns = (
        (row.ticket_id, keys.ticket_ids),
        (row.appointment_id, keys.appointment_ids),
        (row.email_key, keys.email_keys),
        (row.phone_key, keys.phone_keys),
    )
    same = [column.in_(values) for column, values in columns if values]
    if not same:
        return []
    found = select(row).where(or_(*same), row.office_id == office_id)
    newest = found.order_by(row.at.desc(), row.id.desc()).limit(MAX_FOUND_NOTES)
    return [
        FoundNote(from_row(VisitNote, note), note.email_key, note.phone_key)
        for note in await session.scalars(newest)
    ]


async def notes_of_subjects(
    session: AsyncSession, ticket_ids: Collection[str], appointment_ids: Collection[str]
) -> list[VisitNote]:
    """Return the notes of these tickets and appointments, for the audit."""
    row = VisitNoteRow
    same = or_(row.ticket_id.in_(ticket_ids), row.appointment_id.in_(appointment_ids))
    return [from_row(VisitNote, note) for note in await session.scalars(select(row).where(same))]


async def delete_old_visit_notes(session: AsyncSession, before: datetime) -> int:
    """Delete a batch of the notes written before this instant. Return how many."""
    return len(await delete_batch(session, VisitNoteRow.id, VisitNoteRow.at < before, VisitNoteRow.at))
