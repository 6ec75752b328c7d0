"""What is written to people about their tickets: outbox rows, sent by notifications/."""

from __future__ import annotations

from ..core.runtime import Transaction
from ..offices.service import Office
from .store import Record
from .view import LineState


def issued(tx: Transaction, office: Office, record: Record, email: str, state: LineState) -> None:
    """The code, the range and the link. The link's token is derived again when the letter is sent."""
    ticket, language = record.ticket, record.language
    service = office.service(ticket.service)
    eta = state["tickets"][ticket.id]["eta"] or {"earliest": None, "latest": None}
    tx.enqueue(
        "ticket_issued",
        subject=f"ticket:{ticket.id}",
        recipient=email,
        language=language,
        key=f"ticket_issued:{ticket.id}",
        payload={
            "ticket_id": ticket.id,
            "token_hash": record.token_hash,
            "code": ticket.code,
            "name": record.name,
            "office": office.name,
            "address": office.address,
            "office_phone": office.phone,
            "line": office.line_by_id(ticket.line_id).name(language),
            "service": service.name(language),
            "bring": service.what_to_bring(language),
            "eta_earliest": eta["earliest"],
            "eta_latest": eta["latest"],
            "timezone": str(office.timezone),
        },
    )
