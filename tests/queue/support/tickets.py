"""Tickets for tests of the rules. Times are minutes after 10:30 in Madrid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from office360.queue.domain.line import Line
from office360.queue.domain.ticket import Ticket, TicketKind, TicketPriority, TicketState

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def at_minute(minutes: float) -> datetime:
    """Return the time this many minutes after 10:30 in Madrid."""
    return T0 + timedelta(minutes=minutes)


def walk_in_ticket(number: int, arrived: float, **changes: Any) -> Ticket:
    """Make the ticket of a walk-in that was issued at `arrived`."""
    ticket = Ticket(
        id=f"t{number:02d}",
        line_id="line",
        number=number,
        code=f"A-{number:03d}",
        service="documents",
        kind=TicketKind.WALK_IN,
        issued_at=at_minute(arrived),
        arrived_at=at_minute(arrived),
        since=at_minute(arrived),
        overtakings_left=10,
    )
    return replace(ticket, **changes)


def preferential_ticket(number: int, arrived: float, **changes: Any) -> Ticket:
    return walk_in_ticket(number, arrived, priority=TicketPriority.PREFERENTIAL, **changes)


def appointment_ticket(number: int, arrived: float, appointment: float, **changes: Any) -> Ticket:
    """Make the ticket of an appointment at `appointment` that checked in at `arrived`."""
    return walk_in_ticket(
        number,
        arrived,
        kind=TicketKind.APPOINTMENT,
        appointment_id=f"a{number}",
        appointment_at=at_minute(appointment),
        **changes,
    )


def line_with(*tickets: Ticket, last_calls: tuple[TicketKind, ...] = (), line_id: str = "line") -> Line:
    return Line(line_id, tuple(replace(ticket, line_id=line_id) for ticket in tickets), last_calls)


def held_ticket(ticket: Ticket, desk: str, until: float) -> Ticket:
    return replace(ticket, state=TicketState.ON_HOLD, returns_to=desk, not_before=at_minute(until))
