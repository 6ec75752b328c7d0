"""The same request once more, and the same person: whoever has a ticket gets no second one."""

from __future__ import annotations

from datetime import timedelta

from ...core.errors import FieldError, Invalid, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office
from ..storage import store
from ..storage.store import Record
from .ticket_request import IssuedTicket, TicketRequest, digest

REQUEST_KEPT = timedelta(hours=24)  # contract.md: an Idempotency-Key is kept for a day


async def answered_before(tx: Transaction, office: Office, request: TicketRequest) -> IssuedTicket | None:
    """What this request was given before, if it comes once more. Raises Invalid when its key meant another one."""
    if request.request_key is None:
        return None
    record = await store.by_request(tx.session, request.request_key)
    if record is None:
        return None
    if record.ticket.issued_at + REQUEST_KEPT <= tx.now:
        await store.forget_request(tx.session, request.request_key)
        return None
    if record.request_digest != digest(office, request):
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return IssuedTicket(record.ticket, token_of(tx.runtime, record), again=True)


def keys_of(office: Office, request: TicketRequest, day: str) -> dict[str, str | None]:
    """Hashes by which a second ticket of the same person, office and day is found and refused."""
    if request.exempt:
        return {"device_key": None, "email_key": None, "phone_key": None}
    email = request.email.lower() if request.email else None
    known = {"device_key": request.device, "email_key": email, "phone_key": request.phone}
    return {
        name: hash_token("\0".join((office.id, day, value))) if value else None for name, value in known.items()
    }


def already_waiting(runtime: Runtime, record: Record, device: str | None) -> Refused:
    """The refusal of a second ticket. Only the device that took the first gets its token back."""
    if device is None or record.device_hash != hash_token(device):
        return Refused("already_waiting", ticket=record.ticket.code)
    token = token_of(runtime, record)
    return Refused(
        "already_waiting",
        ticket=record.ticket.code,
        token=token,
        links={"page": f"{runtime.public_url}/t/{token}"},
    )


def token_of(runtime: Runtime, record: Record) -> str:
    """The token of a ticket's page, derived again."""
    return runtime.tokens.derive("ticket", record.ticket.id, record.token_hash)
