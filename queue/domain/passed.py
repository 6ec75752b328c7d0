"""Who has been passed by one change, and is told why. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .call_order import order
from .line import Line
from .ticket import Ticket


def told_why(before: Line, after: Line, reason: str, now: datetime) -> list[Ticket]:
    """Those whose place in `after` is worse than it was in `before`, with the reason that their phones give."""
    places = {place.ticket.id: number for number, place in enumerate(order(before, now))}
    return [
        replace(place.ticket, reason=reason)
        for number, place in enumerate(order(after, now))
        if places.get(place.ticket.id, number) < number
    ]
