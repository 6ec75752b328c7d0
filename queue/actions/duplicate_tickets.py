"""Repeated requests, and second tickets of one person. Issues nothing."""

from __future__ import annotations

from ...core.db.idempotency_keys import RESPONSE_RETENTION
from ...core.errors import FieldError, Invalid, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office
from ..queries.ticket_lookup import derive_ticket_token, ticket_url
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord
from .ticket_request import IssuedTicket, TicketRequest, compute_request_digest


async def find_repeated_request(tx: Transaction, office: Office, request: TicketRequest) -> IssuedTicket | None:
    """Return the ticket of an earlier request with this key, or None.

    A key is kept as long as an Idempotency-Key (docs/api.md#idempotency). Raises Invalid if the key belongs to
    another request.
    """
    if request.request_key is None:
        return None
    record = await ticket_rows.ticket_record_by_request_key(tx.session, request.request_key)
    if record is None:
        return None
    if record.ticket.issued_at + RESPONSE_RETENTION <= tx.now:
        await ticket_rows.clear_request_key(tx.session, request.request_key)
        return None
    if record.request_digest != compute_request_digest(office, request):
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return IssuedTicket(record.ticket, derive_ticket_token(tx.runtime, record), is_repeat=True)


def person_keys(office: Office, request: TicketRequest, day: str) -> dict[str, str | None]:
    """Return hashes that identify a person in an office on a day."""
    if request.exempt:
        return {"device_key": None, "email_key": None, "phone_key": None}
    email = request.email.lower() if request.email else None
    known = {"device_key": request.device, "email_key": email, "phone_key": request.phone}
    return {
        name: hash_token("\0".join((office.id, day, value))) if value else None for name, value in known.items()
    }


def already_waiting_error(runtime: Runtime, record: TicketRecord, device: str | None) -> Refused:
    """Return the refusal of a second ticket.

    Only the device that took the first ticket gets its token.
    """
    if device is None or record.device_hash != hash_token(device):
        return Refused("already_waiting", ticket=record.ticket.code)
    token = derive_ticket_token(runtime, record)
    return Refused(
        "already_waiting",
        ticket=record.ticket.code,
        token=token,
        links={"page": ticket_url(runtime, token)},
    )
