"""Repeated requests, and limits of a person or address. Issues nothing.

People behind one address share its first free tickets; further ones cost a proof of work, and above the limit the
host issues them. The offices' own networks have no limit (`BookingLimits.office_networks`).
"""

from __future__ import annotations

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Requester, acquire_advisory_lock, spend_proof
from ...core.db.idempotency_keys import RESPONSE_RETENTION
from ...core.db.rate_limits import record_daily_value
from ...core.errors import FieldError, Invalid, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import TokenSigner, hash_token
from ...offices.service import Office
from ..domain.actors import CITIZEN_ACTOR
from ..notify import ticket_messages
from ..queries.ticket_lookup import derive_ticket_token, ticket_url
from ..storage import address_rows, ticket_rows
from ..storage.ticket_rows import PersonKey, TicketRecord
from .ticket_request import IssuedTicket, TicketRequest, compute_request_digest

PERSON_KEY = "person"  # the purpose of the key; a stored value depends on it
TICKETS_WITHOUT_PROOF = 3  # a family that comes together


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


async def claim_person_keys(
    tx: Transaction, office: Office, request: TicketRequest, day: str
) -> dict[str, str | None]:
    """Return the keyed hashes that identify the person of a new ticket.

    A person has one ticket: the device that took it, and staff, are refused a second. Others are not, because
    anyone can type a contact; the contact is told of its first ticket instead, which keeps its key.
    Raises Refused("already_waiting").
    """
    keys = _person_keys(tx.runtime.tokens, office, request, day)
    records = await ticket_rows.active_tickets_of_person(tx.session, keys)
    for record in records:
        if request.actor != CITIZEN_ACTOR or record.device_key in keys.get("device_key", ()):
            raise already_waiting_error(tx.runtime, record, request.device)
    for record in records:
        await _tell_of_first_ticket(tx, office, record, request)
    taken = {key for record in records for key in (record.email_key, record.phone_key)}
    return {
        name: keys[name][0] if name in keys and taken.isdisjoint(keys[name]) else None
        for name in ("device_key", "email_key", "phone_key")
    }


def _person_keys(
    tokens: TokenSigner, office: Office, request: TicketRequest, day: str
) -> dict[PersonKey, list[str]]:
    """Return the hashes of each kind of key, for look-ups.

    The current key comes first, then those of older secrets, then the unkeyed hash of older versions.
    """
    email = request.email.lower() if request.email else None
    known: dict[PersonKey, str | None] = {
        "device_key": request.device,
        "email_key": email,
        "phone_key": request.phone,
    }
    digests = {
        name: hash_token("\0".join((office.id, day, value)))
        for name, value in known.items()
        if value and not request.exempt
    }
    return {name: [*tokens.signatures(PERSON_KEY, digest), digest] for name, digest in digests.items()}


async def rekey_active_tickets(runtime: Runtime) -> None:
    """Key the hashes that older versions stored in active tickets.

    Data retention deletes those of ended tickets.
    """
    async with runtime.transaction() as tx:
        await ticket_rows.rekey_active_tickets(tx.session, partial(runtime.tokens.sign, PERSON_KEY))


async def _tell_of_first_ticket(
    tx: Transaction, office: Office, record: TicketRecord, request: TicketRequest
) -> None:
    """Send the link of the ticket to the typed contact, on a channel that the ticket uses."""
    if record.email and request.email and record.email.lower() == request.email.lower():
        await ticket_messages.enqueue_ticket_link(tx, office, record, "email", record.email)
        return
    chosen = next((chosen for chosen in record.channels if chosen.address == request.phone), None)
    if chosen is not None:
        await ticket_messages.enqueue_ticket_link(tx, office, record, chosen.channel, chosen.address)


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


# Limits of an address


async def lock_address(tx: Transaction, office: Office, requester: Requester) -> None:
    """Lock the count of an address until the commit; before lines, to avoid deadlocks."""
    if _has_limit(requester):
        await acquire_advisory_lock(tx.session, f"tickets:{office.id}:{requester.address}")


async def check_address_limit(tx: Transaction, office: Office, requester: Requester) -> None:
    """Check the open tickets of the address, and spend its proof of work if one is needed.

    Raises Refused("too_many_turns" | "proof_required"), Invalid("altcha": proof_used).
    """
    code = await address_refusal_code(tx.session, office, requester)
    if code == "too_many_turns" or (code is not None and requester.must_verify):
        raise Refused(code)
    if code is not None:
        await spend_proof(tx, requester)


async def address_refusal_code(session: AsyncSession, office: Office, requester: Requester) -> str | None:
    """Return "too_many_turns", or "proof_required" if one more ticket costs a proof, or None."""
    if not _has_limit(requester):
        return None
    assert requester.limits is not None
    assert requester.address is not None
    count = await address_rows.count_open_tickets(session, office.id, requester.address)
    if count >= requester.limits.open_turns:
        return "too_many_turns"
    return "proof_required" if count >= TICKETS_WITHOUT_PROOF else None


async def save_ticket_address(tx: Transaction, office: Office, requester: Requester, ticket_id: str) -> None:
    """Save the address of an issued ticket, to be counted."""
    if _has_limit(requester):
        assert requester.address is not None
        await address_rows.insert_ticket_address(tx.session, ticket_id, office.id, requester.address)


async def record_channel_number(runtime: Runtime, requester: Requester, phone: str) -> str | None:
    """Count a telephone number that an address gives for messages. Raises RateLimited.

    Returns the id for `delete_guess`, None if it is not counted now.
    """
    if requester.limits is None or requester.address is None or not requester.limits.sms_numbers:
        return None
    number = runtime.tokens.sign("phone", phone)
    return await record_daily_value(runtime, f"sms:{requester.address}", number, requester.limits.sms_numbers)


def _has_limit(requester: Requester) -> bool:
    return requester.limits is not None and requester.address is not None and requester.limits.open_turns > 0
