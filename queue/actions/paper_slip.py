"""The slip of a ticket, for whoever has no phone at hand: what stands on it, and the address in its QR code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ...offices.service import Office, office_by_id
from ..domain.ticket import Ticket
from ..storage import ticket_rows
from . import citizen
from .duplicate_tickets import derive_ticket_token


@dataclass(frozen=True, slots=True)
class TicketSlip:
    """`address` is the ticket's own page, which anybody may open who reads the code. `language`: its owner's."""

    office: Office
    ticket: Ticket
    language: str
    address: str
    seen: Mapping[str, Any]


async def load_ticket_slip(session: AsyncSession, runtime: Runtime, ticket_id: str) -> TicketSlip:
    """Raises NotFound. Only for whoever may hand the ticket out: it bears its secret."""
    record = await ticket_rows.ticket_record_by_id(session, ticket_id)
    if record is None:
        raise NotFound
    office = await office_by_id(session, record.office_id)
    seen = await citizen.describe_ticket_by_id(session, runtime, ticket_id, record.language)
    address = f"{runtime.public_url}/t/{derive_ticket_token(runtime, record)}"
    return TicketSlip(office, record.ticket, record.language, address, seen)
