"""The same request once more, and the same person: whoever has a ticket gets no second one."""

from __future__ import annotations

from datetime import timedelta

from ...core.errors import FieldError, Invalid, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord
from .ticket_request import IssuedTicket, TicketRequest, compute_request_digest

REQUEST_KEY_KEPT_FOR = timedelta(hours=24)  # contract.md: an Idempotency-Key is kept for a day


async def find_repeated_request(tx: Transaction, office: Office, request: TicketRequest) -> IssuedTicket | None:
    """What this request was given before, if it comes once more. Raises Invalid when its key meant another one."""
    if request.request_key is None:
        return None
    record = await ticket_rows.ticket_record_by_request_key(tx.session, request.request_key)
    if record is None:
        return None
    if record.ticket.issued_at + REQUEST_KEY_KEPT_FOR <= tx.now:
        await ticket_rows.clear_request_key(tx.session, request.request_key)
        return None
    if record.request_digest != compute_request_digest(office, request):
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return IssuedTicket(record.ticket, derive_ticket_token(tx.runtime, record), is_repeat=True)


def person_keys(office: Office, request: TicketRequest, day: str) -> dict[str, str | None]:
    """Hashes by which a second ticket of the same person, office and day is found and refused."""
    if request.exempt:
        return {"device_key": None, "email_key": None, "phone_key": None}
    email = request.email.lower() if request.email else None
    known = {"device_key": request.device, "email_key": email, "phone_key": request.phone}
    return {
        name: hash_token("\0".join((office.id, day, value))) if value else None for name, value in known.items()
    }


def already_waiting_error(runtime: Runtime, record: TicketRecord, device: str | None) -> Refused:
    """The refusal of a second ticket. Only the device that took the first gets its token back."""
    if device is None or record.device_hash != hash_token(device):
        return Refused("already_waiting", ticket=record.ticket.code)
    token = derive_ticket_token(runtime, record)
    return Refused(
        "already_waiting",
        ticket=record.ticket.code,
        token=token,
        links={"page": f"{runtime.public_url}/t/{token}"},
    )


def derive_ticket_token(runtime: Runtime, record: TicketRecord) -> str:
    """The token of a ticket's page, derived again."""
    return runtime.tokens.derive("ticket", record.ticket.id, record.token_hash)
