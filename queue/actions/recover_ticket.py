"""Recovery of a lost ticket link: it is sent to the contact of the ticket only. No SQL."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ...appointments.service import appointment_by_id, parse_contact_identifiers
from ...core.contact.channel_offers import ChannelOffer, offers_for_given_number
from ...core.db.rate_limits import record_guess
from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import hours, office_by_slug
from ..domain.ticket import ACTIVE_STATES
from ..notify import ticket_messages
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord

logger = logging.getLogger(__name__)


async def send_recovery_link(
    runtime: Runtime, office_slug: str, code: str, contact: str, address: str, offers: Sequence[ChannelOffer]
) -> None:
    """Send the link of a ticket to its own contact.

    Nothing is sent unless `code` is an active ticket of today and `contact`, e-mail or phone, belongs to it. The
    caller does not learn whether it does. So every attempt from a network `address` counts as a guess: RateLimited
    after five in 15 minutes.
    """
    await record_guess(runtime, f"recover:{address}")
    async with runtime.transaction() as tx:
        for record in await _active_records_by_code(tx, office_slug, code):
            match = await _matching_contact(tx, record, contact, offers)
            if match is not None:
                channel, recipient = match
                office = await office_by_slug(tx.session, office_slug)
                await ticket_messages.enqueue_ticket_link(tx, office, record, channel, recipient)
                logger.info("ticket_recovered", extra={"ticket": record.ticket.id, "channel": channel})


async def _active_records_by_code(tx: Transaction, office_slug: str, code: str) -> list[TicketRecord]:
    """Load the active tickets of today with this code; an empty list for an unknown office."""
    try:
        office = await office_by_slug(tx.session, office_slug)
    except NotFound:
        return []
    day = hours.to_local_day(office.hours, tx.now)
    records = await ticket_rows.ticket_records_by_code(tx.session, office.id, day, normalise_code(code))
    return [record for record in records if record.ticket.state in ACTIVE_STATES]


def normalise_code(text: str) -> str:
    """Convert a typed code to the form on tickets: `b 42` to `B-042`."""
    folded = "".join(character for character in text.upper() if character.isalnum())
    letter, digits = folded[:1], folded[1:]
    return f"{letter}-{int(digits):03d}" if digits.isascii() and digits.isdigit() else text.strip().upper()


async def _matching_contact(
    tx: Transaction, record: TicketRecord, contact: str, offers: Sequence[ChannelOffer]
) -> tuple[str, str] | None:
    """Return channel and recipient if the contact belongs to the ticket or to its appointment."""
    emails, phones, channels = [record.email], [record.phone], record.channels
    if record.ticket.appointment_id is not None:
        appointment = await appointment_by_id(tx.session, record.ticket.appointment_id)
        emails.append(appointment.email)
        phones.append(appointment.phone)
        channels += appointment.channels
    typed = parse_contact_identifiers(contact)
    typed_email, phone = typed.get("email", "").casefold(), typed.get("phone")
    email = next((known for known in emails if known and known.casefold() == typed_email), None)
    if email is not None:
        return "email", email
    if phone is None:
        return None
    chosen = [each.channel for each in channels if each.address == phone]
    given = [offer.channel for offer in offers_for_given_number(offers, phone)] if phone in phones else []
    return next(((channel, phone) for channel in (*chosen, *given)), None)
