"""Notes of colleagues about the citizens of visits. Read only, and for staff only."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.tokens import TokenSigner
from ...offices.service import Office
from ..domain.contact_identifiers import email_keys
from ..domain.visit_note import MAX_SHOWN_NOTES, NOTE_PHONE_KEY, VisitNote, VisitPerson
from ..storage.visit_note_rows import FoundNote, NoteKeys, contacts_of_appointments, find_visit_notes

Visit = TypeVar("Visit", bound=Hashable)


async def visit_notes(
    session: AsyncSession, tokens: TokenSigner, office: Office, people: Mapping[Visit, VisitPerson]
) -> dict[Visit, list[JsonObject]]:
    """Return the notes about the citizen of each visit as JSON, newest first.

    These are the notes of this visit, and of visits to the same office with the same e-mail or phone.
    """
    booked = await contacts_of_appointments(
        session, {person.appointment_id for person in people.values() if person.appointment_id}
    )
    people = {visit: person.with_booked_contacts(booked) for visit, person in people.items()}
    keys = {visit: _person_keys(tokens, person) for visit, person in people.items()}
    wanted = NoteKeys()
    for person, (emails, phones) in ((people[visit], keys[visit]) for visit in people):
        wanted.ticket_ids.update([person.ticket_id] if person.ticket_id else [])
        wanted.appointment_ids.update([person.appointment_id] if person.appointment_id else [])
        wanted.email_keys.update(emails)
        wanted.phone_keys.update(phones)
    found = await find_visit_notes(session, office.id, wanted)
    return {
        visit: [
            note_json(found_note.note, office, is_earlier=not found_note.note.is_about(person))
            for found_note in found
            if _is_about_person(found_note, person, keys[visit])
        ][:MAX_SHOWN_NOTES]
        for visit, person in people.items()
    }


def _person_keys(tokens: TokenSigner, person: VisitPerson) -> tuple[set[str], set[str]]:
    emails = email_keys(tokens, person.email) if person.email else ()
    phones = tokens.signatures(NOTE_PHONE_KEY, person.phone) if person.phone else ()
    return set(emails), set(phones)


def _is_about_person(found: FoundNote, person: VisitPerson, keys: tuple[set[str], set[str]]) -> bool:
    emails, phones = keys
    return found.note.is_about(person) or found.email_key in emails or found.phone_key in phones


def note_json(note: VisitNote, office: Office, *, is_earlier: bool) -> JsonObject:
    """Convert a note for staff. `earlier`: it was written in another visit."""
    return {
        "id": note.id,
        "at": format_rfc3339(note.at, office.timezone),
        "kind": str(note.kind),
        "author": note.author_name,
        "desk": note.place or None,
        "outcome": note.outcome,
        "text": note.text,
        "earlier": is_earlier,
    }
