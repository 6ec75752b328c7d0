"""Notes and reasons that staff write about a visit, for colleagues only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

NOTE_PHONE_KEY = "note_phone"  # the purpose of the key; stored values depend on it
ROUTINE_OUTCOME = "resolved"  # without a note it tells colleagues nothing
MAX_NOTE_CHARACTERS = 2000
MAX_SHOWN_NOTES = 5  # of a person; a card must stay short


class VisitNoteKind(StrEnum):
    """The action with which a note was written. Values are stored."""

    FINISHED = "finished"
    HELD = "held"
    TRANSFERRED = "transferred"
    PLACED = "placed"  # why a host put the ticket first
    ISSUED = "issued"  # why a host gave a ticket against the rules
    BOOKED = "booked"  # why a host booked a time that the public cannot book
    CALL_ENDED = "call_ended"


@dataclass(frozen=True, slots=True)
class VisitPerson:
    """A visit and the contacts of its citizen, by which notes of other visits are found."""

    ticket_id: str | None = None
    appointment_id: str | None = None
    email: str | None = None
    phone: str | None = None

    def with_booked_contacts(self, booked: Mapping[str, tuple[str, str | None]]) -> VisitPerson:
        """Fill in a missing e-mail or phone from the appointment."""
        email, phone = booked.get(self.appointment_id or "", (None, None))
        return replace(self, email=self.email or email or None, phone=self.phone or phone)


@dataclass(frozen=True, slots=True)
class VisitNote:
    """A note as it was written.

    `place`: the name of the desk; empty for the entrance and for video calls.
    """

    id: str
    at: datetime
    kind: VisitNoteKind
    author_name: str
    place: str
    text: str
    outcome: str | None
    ticket_id: str | None
    appointment_id: str | None

    def is_about(self, person: VisitPerson) -> bool:
        """Whether the note was written in this visit, not in an earlier visit."""
        same_ticket = self.ticket_id is not None and self.ticket_id == person.ticket_id
        return same_ticket or (self.appointment_id is not None and self.appointment_id == person.appointment_id)


def is_worth_a_note(text: str | None, outcome: str | None) -> bool:
    """Whether colleagues learn something: a text, or an outcome that left something open."""
    return bool(text) or outcome not in (None, ROUTINE_OUTCOME)
