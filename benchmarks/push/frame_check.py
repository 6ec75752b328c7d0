"""Check of the phones against SQL: state and position of each, after all pushes."""

from __future__ import annotations

from sqlalchemy import select

from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...queue.domain.call_order import call_order
from ...queue.domain.line import Line
from ...queue.domain.ticket import ENDED_STATES
from ...queue.storage import ticket_rows
from ...queue.storage.tables import TicketRow
from ...server.runtime import make_runtime
from ..installation import Installation
from .office import FilledOffice
from .phones import PhoneCrowd

ShownTicket = tuple[str, int | None]
"""A ticket's state and how many are ahead."""


async def count_wrong_phones(on: Installation[FilledOffice], people: PhoneCrowd) -> int:
    """Count phones with a wrong frame, or without a socket although their ticket is active."""
    true = await _load_expected(on)
    last = await people.last_frames()
    return sum(
        (frame.get("state"), frame.get("ahead")) != true[ticket_id]
        or (gone and true[ticket_id][0] not in ENDED_STATES)
        for ticket_id, (gone, _, frame) in zip(on.filled.ticket_ids, last, strict=False)
    )


async def _load_expected(on: Installation[FilledOffice]) -> dict[str, ShownTicket]:
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
    line_id = on.filled.line_ids[0]
    try:
        async with runtime.read_session() as session:
            states = (await session.execute(select(TicketRow.id, TicketRow.state))).all()
            active = (await ticket_rows.active_tickets(session, [line_id]))[line_id]
        places = call_order(Line(line_id, tuple(active)), runtime.now())
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    ahead = {place.ticket.id: number for number, place in enumerate(places)}
    return {ticket_id: (state, ahead.get(ticket_id)) for ticket_id, state in states}
