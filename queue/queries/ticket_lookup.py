"""Look-ups of a ticket, by its token, its device or its id, and its link. No writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.batching import BatchLoader
from ...core.errors import NotFound, Unavailable
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...offices.service import Office, office_by_id, office_by_line_id
from ..domain.ticket import Ticket
from ..storage import ticket_rows
from ..storage.recent_tickets import committed_office
from ..storage.ticket_rows import TicketRecord
from .line_view import load_ticket_view
from .ticket_json import ticket_object


async def ticket_record_by_token(session: AsyncSession, token: str) -> TicketRecord:
    """Load the ticket behind a token. Raises NotFound."""
    record = await ticket_rows.ticket_record_by_token_hash(session, hash_token(token))
    if record is None:
        raise NotFound
    return record


async def ticket_by_token(session: AsyncSession, token: str) -> Ticket:
    """Load the ticket behind a token, without its contacts. Raises NotFound."""
    return (await ticket_record_by_token(session, token)).ticket


async def active_ticket_by_device(
    session: AsyncSession, office_id: str, device: str | None
) -> TicketRecord | None:
    """Load the active ticket that this device took in this office."""
    return await ticket_rows.active_ticket_for_device(session, office_id, hash_token(device)) if device else None


async def describe_ticket_by_id(
    session: AsyncSession, runtime: Runtime, ticket_id: str, language: str
) -> dict[str, Any]:
    """Load a ticket as the API returns it, without token and links. Raises NotFound."""
    record = await ticket_rows.ticket_record_by_id(session, ticket_id)
    if record is None:
        raise NotFound
    return await describe_ticket(session, runtime, record.ticket, language)


async def describe_ticket(
    session: AsyncSession, runtime: Runtime, ticket: Ticket, language: str, *, since_s: float | None = None
) -> dict[str, Any]:
    """Return a given state of a ticket as in the API, with the present state of its line.

    `since_s`: when the request began, on time.perf_counter. If it has committed this state, nothing is read again.
    """
    committed = committed_office(session, ticket, since_s) if since_s is not None else None
    office = committed or await office_by_line_id(session, ticket.line_id)
    view = await load_ticket_view(session, office, ticket, runtime.now())
    shown = ticket_object(view, ticket.id, language)
    assert shown is not None
    return {"id": ticket.id, **shown}


@dataclass(frozen=True, slots=True)
class TicketWithOffice:
    """A ticket and its office at the time of the look-up."""

    ticket: Ticket
    office: Office


class TicketLookup:
    """Look-ups by token for phones that connect, coalesced into a query."""

    # after a restart, all phones of a process connect again at once

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._batches: BatchLoader[str, TicketWithOffice | Unavailable] = BatchLoader(self._find_batch)

    async def find(self, token: str) -> TicketWithOffice | None:
        """Return the ticket behind a token; None for an unknown token.

        Raises Unavailable if its office cannot be read.
        """
        found = await self._batches.load(hash_token(token))
        if isinstance(found, Unavailable):
            raise found
        return found

    async def _find_batch(self, token_hashes: Collection[str]) -> Mapping[str, TicketWithOffice | Unavailable]:
        """Load tickets. An office that cannot be read does not fail the tickets of others."""
        async with self._runtime.read_session() as session:
            found = await ticket_rows.tickets_by_token_hashes(session, token_hashes)
            ids = {office_id for _, office_id in found.values()}
            offices: dict[str, Office] = {}
            for office_id in ids:
                with suppress(Unavailable):
                    offices[office_id] = await office_by_id(session, office_id)
        return {
            key: TicketWithOffice(ticket, offices[office_id])
            if office_id in offices
            else Unavailable("office_unreadable")
            for key, (ticket, office_id) in found.items()
        }


def derive_ticket_token(runtime: Runtime, record: TicketRecord) -> str:
    """Derive the token of a ticket again."""
    return runtime.tokens.derive("ticket", record.ticket.id, record.token_hash)


def ticket_url(runtime: Runtime, token: str) -> str:
    """Return the address of the ticket page behind a token."""
    return f"{runtime.public_url}/t/{token}"


@dataclass(frozen=True, slots=True)
class TicketSlip:
    """The content of a paper slip, in the language of the citizen.

    `address` is what the QR code holds.
    """

    office: Office
    ticket: Ticket
    language: str
    address: str
    seen: Mapping[str, Any]


async def load_ticket_slip(session: AsyncSession, runtime: Runtime, ticket_id: str) -> TicketSlip:
    """Load the slip of a ticket.

    It holds the token, so only staff may get it. Raises NotFound.
    """
    record = await ticket_rows.ticket_record_by_id(session, ticket_id)
    if record is None:
        raise NotFound
    office = await office_by_id(session, record.office_id)
    seen = await describe_ticket_by_id(session, runtime, ticket_id, record.language)
    address = ticket_url(runtime, derive_ticket_token(runtime, record))
    return TicketSlip(office, record.ticket, record.language, address, seen)
