"""People that messages are about, for staff who must reach them. No writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import appointments_by_ids
from ...queue.service import ticket_contacts

APPOINTMENT_PREFIX, TICKET_PREFIX = "appointment:", "ticket:"


@dataclass(frozen=True, slots=True)
class MessagePerson:
    """The citizen of a visit, as far as it is still kept.

    `starts_at` is None for a ticket without appointment, `code` for an appointment without ticket.
    """

    name: str | None
    phone: str | None
    appointment_id: str | None = None
    starts_at: datetime | None = None
    code: str | None = None


async def people_of_messages(session: AsyncSession, subjects: Collection[str]) -> dict[str, MessagePerson]:
    """Return the people of messages by subject, in two queries; other subjects are left out."""
    appointment_ids = _ids_after(APPOINTMENT_PREFIX, subjects)
    ticket_ids = _ids_after(TICKET_PREFIX, subjects)
    people = {
        f"{APPOINTMENT_PREFIX}{appointment.id}": MessagePerson(
            appointment.name or None, appointment.phone, appointment.id, appointment.starts_at
        )
        for appointment in (await appointments_by_ids(session, appointment_ids) if appointment_ids else ())
    }
    for ticket_id, contact in (await ticket_contacts(session, ticket_ids) if ticket_ids else {}).items():
        people[f"{TICKET_PREFIX}{ticket_id}"] = MessagePerson(
            contact.name, contact.phone, contact.appointment_id, code=contact.code
        )
    return people


def _ids_after(prefix: str, subjects: Collection[str]) -> list[str]:
    return [subject.removeprefix(prefix) for subject in subjects if subject.startswith(prefix)]
