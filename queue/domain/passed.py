"""Who has been passed by one change, and is told why. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .call_order import call_order
from .line import Line
from .ticket import Ticket


def overtaken_tickets(before: Line, after: Line, reason: str, now: datetime) -> list[Ticket]:
    """Those whose place in `after` is worse than it was in `before`, with the reason that their phones give."""
    places = {place.ticket.id: number for number, place in enumerate(call_order(before, now))}
    return [
        replace(place.ticket, reason=reason)
        for number, place in enumerate(call_order(after, now))
        if places.get(place.ticket.id, number) < number
    ]
