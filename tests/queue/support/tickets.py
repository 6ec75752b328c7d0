"""Tickets for the rules' tests: who came when, in minutes from half past ten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from office360.queue.domain.line import Line
from office360.queue.domain.ticket import Kind, Priority, State, Ticket

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after half past ten in Madrid."""
    return T0 + timedelta(minutes=minutes)


def walk_in(number: int, arrived: float, **changes: Any) -> Ticket:
    """Somebody without an appointment."""
    ticket = Ticket(
        id=f"t{number:02d}",
        line_id="line",
        number=number,
        code=f"A-{number:03d}",
        service="documents",
        kind=Kind.WALK_IN,
        issued_at=at(arrived),
        arrived_at=at(arrived),
        since=at(arrived),
        passes_left=10,
    )
    return replace(ticket, **changes)


def preferential(number: int, arrived: float, **changes: Any) -> Ticket:
    return walk_in(number, arrived, priority=Priority.PREFERENTIAL, **changes)


def booked(number: int, arrived: float, appointment: float, **changes: Any) -> Ticket:
    """Somebody with an appointment at that minute, who checked in at the other."""
    return walk_in(
        number,
        arrived,
        kind=Kind.APPOINTMENT,
        appointment_id=f"a{number}",
        appointment_at=at(appointment),
        **changes,
    )


def line(*tickets: Ticket, last_calls: tuple[Kind, ...] = (), line_id: str = "line") -> Line:
    return Line(line_id, tuple(replace(one, line_id=line_id) for one in tickets), last_calls)


def held(ticket: Ticket, desk: str, until: float) -> Ticket:
    return replace(ticket, state=State.ON_HOLD, returns_to=desk, not_before=at(until))
