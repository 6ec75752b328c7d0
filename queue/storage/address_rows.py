"""SQL of the addresses that took open tickets without appointment. No rules."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_batch
from ..domain.ticket import ENDED_STATES
from .tables import TicketAddressRow, TicketRow


async def count_open_tickets(session: AsyncSession, office_id: str, address: str) -> int:
    """Count the open tickets that an address took in an office without appointment."""
    of_address = (TicketAddressRow.office_id == office_id) & (TicketAddressRow.address == address)
    statement = (
        select(func.count())
        .select_from(TicketAddressRow)
        .join(TicketRow, TicketRow.id == TicketAddressRow.ticket_id)
        .where(of_address, TicketRow.state.not_in(ENDED_STATES))
    )
    return (await session.execute(statement)).scalar_one()


async def delete_ended_ticket_addresses(session: AsyncSession) -> int:
    """Delete a batch of addresses of tickets that have ended; return how many."""
    ended = select(TicketRow.id).where(
        TicketRow.id == TicketAddressRow.ticket_id, TicketRow.state.in_(ENDED_STATES)
    )
    key = TicketAddressRow.ticket_id
    return len(await delete_batch(session, key, ended.exists(), order_by=key))


async def insert_ticket_address(session: AsyncSession, ticket_id: str, office_id: str, address: str) -> None:
    """Insert the address that took a ticket."""
    session.add(TicketAddressRow(ticket_id=ticket_id, office_id=office_id, address=address))
    await session.flush()
