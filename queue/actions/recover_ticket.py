"""A lost phone: the link to a ticket goes to the contact that it was taken with, and to no other."""

from __future__ import annotations

import logging

from ...appointments.service import appointment_by_id, parse_contact_identifiers
from ...core.db.rate_limits import record_guess
from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import hours, office_by_slug
from ..domain.ticket import ACTIVE_STATES
from ..notify import ticket_messages
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord

logger = logging.getLogger(__name__)


async def send_recovery_link(runtime: Runtime, office_slug: str, code: str, contact: str, address: str) -> None:
    """Send the link, if `code` is a turn of today and `contact` (an e-mail or a phone) is its own.

    Who asks is told nothing of that. Every try from an `address` counts, for a right one cannot be told from a
    wrong one: RateLimited after five in 15 minutes.
    """
    await record_guess(runtime, f"recover:{address}")
    async with runtime.transaction() as tx:
        for record in await _active_records_by_code(tx, office_slug, code):
            way = await _matching_contact(tx, record, contact)
            if way is not None:
                office = await office_by_slug(tx.session, office_slug)
                await ticket_messages.enqueue_ticket_link(tx, office, record, *way)
                logger.info("ticket_recovered", extra={"ticket": record.ticket.id, "channel": way[0]})


async def _active_records_by_code(tx: Transaction, office_slug: str, code: str) -> list[TicketRecord]:
    """Today's active ticket with this code; none is no fault."""
    try:
        office = await office_by_slug(tx.session, office_slug)
    except NotFound:
        return []
    day = hours.to_local_day(office.hours, tx.now)
    records = await ticket_rows.ticket_records_by_code(tx.session, office.id, day, normalise_code(code))
    return [one for one in records if one.ticket.state in ACTIVE_STATES]


def normalise_code(text: str) -> str:
    """`b 42` as it stands on the ticket: B-042."""
    folded = "".join(one for one in text.upper() if one.isalnum())
    letter, digits = folded[:1], folded[1:]
    return f"{letter}-{int(digits):03d}" if digits.isascii() and digits.isdigit() else text.strip().upper()


async def _matching_contact(tx: Transaction, record: TicketRecord, contact: str) -> tuple[str, str] | None:
    """Channel and recipient, when the contact is the ticket's own or its appointment's."""
    emails, phones = [record.email], [record.phone, record.sms_phone]
    if record.ticket.appointment_id is not None:
        appointment = await appointment_by_id(tx.session, record.ticket.appointment_id)
        emails.append(appointment.email)
        phones.append(appointment.phone)
    said = parse_contact_identifiers(contact)
    email, phone = said.get("email", "").casefold(), said.get("phone")
    known = next((one for one in emails if one and one.casefold() == email), None)
    if known is not None:
        return "email", known
    return ("sms", phone) if phone is not None and phone in phones else None
