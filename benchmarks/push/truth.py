"""Whether the phones show what SQL says: state and place of each, once everything has been told."""

from __future__ import annotations

from sqlalchemy import select

from ...core.clock import SystemClock
from ...core.events import Events
from ...queue.domain.call_order import order
from ...queue.domain.line import Line
from ...queue.domain.ticket import OVER
from ...queue.storage import store
from ...queue.storage.tables import TicketRow
from ...server.lifespan import make_runtime
from .installation import Installation
from .phones import Crowd

Shown = tuple[str, int | None]
"""A ticket's state and how many are ahead."""


async def wrong(on: Installation, people: Crowd) -> int:
    """How many phones show something else than they should, or have gone though their ticket has not."""
    true = await _true(on)
    last = await people.last()
    return sum(
        (frame.get("state"), frame.get("ahead")) != true[ticket_id] or (gone and true[ticket_id][0] not in OVER)
        for ticket_id, (gone, _, frame) in zip(on.filled.ticket_ids, last, strict=False)
    )


async def _true(on: Installation) -> dict[str, Shown]:
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), Events())
    line_id = on.filled.line_ids[0]
    try:
        async with runtime.reading() as session:
            states = (await session.execute(select(TicketRow.id, TicketRow.state))).all()
            active = (await store.active(session, [line_id]))[line_id]
        places = order(Line(line_id, tuple(active)), runtime.now())
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    ahead = {place.ticket.id: number for number, place in enumerate(places)}
    return {ticket_id: (state, ahead.get(ticket_id)) for ticket_id, state in states}
