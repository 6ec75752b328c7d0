"""SQL of the addresses that took open tickets without appointment. No rules."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.ticket import ENDED_STATES
from .tables import TicketAddressRow, TicketRow


async def count_open_tickets(session: AsyncSession, office_id: str, address: str) -> int:
    """Count the open tickets that an address took in an office without appointment."""
    await delete_ended_ticket_addresses(session)
    statement = select(func.count()).where(
        TicketAddressRow.office_id == office_id, TicketAddressRow.address == address
    )
    return (await session.execute(statement)).scalar_one()


async def delete_ended_ticket_addresses(session: AsyncSession) -> None:
    """Delete the addresses of tickets that have ended."""
    ended = select(TicketRow.id).where(
        TicketRow.id == TicketAddressRow.ticket_id, TicketRow.state.in_(ENDED_STATES)
    )
    await session.execute(
        delete(TicketAddressRow).where(ended.exists()), execution_options={"synchronize_session": False}
    )


async def insert_ticket_address(session: AsyncSession, ticket_id: str, office_id: str, address: str) -> None:
    """Insert the address that took a ticket."""
    session.add(TicketAddressRow(ticket_id=ticket_id, office_id=office_id, address=address))
    await session.flush()
