"""Random lines with every kind of ticket, for tests of the line_settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from office360.queue.domain.line import Line
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import Ticket, TicketKind, TicketPriority, TicketState

from .tickets import appointment_ticket, at_minute, walk_in_ticket

DESKS = ("d1", "d2")
STATES = [TicketState.WAITING] * 6 + [TicketState.ON_HOLD, TicketState.CALLED, TicketState.MISSED]


@st.composite
def draw_ticket(draw: st.DrawFn, number: int, prefix: str = "") -> Ticket:
    """Draw a ticket that arrived in the last 90 minutes."""
    arrived = draw(st.integers(-90, 0))
    if draw(st.integers(0, 2)) == 0:
        ticket = appointment_ticket(number, arrived, arrived + draw(st.integers(-29, 15)))
    else:
        ticket = walk_in_ticket(
            number, arrived, priority=draw(st.sampled_from([TicketPriority.NORMAL, TicketPriority.PREFERENTIAL]))
        )
    minutes = draw(st.none() | st.integers(-10, 20))
    return replace(
        ticket,
        id=f"{prefix}{ticket.id}",
        state=draw(st.sampled_from(STATES)),
        overtakings_left=draw(st.sampled_from([0, 0, 1, 2, 9])),
        not_before=None if minutes is None else at_minute(minutes),
        placed_at=draw(st.sampled_from([None, None, None, at_minute(-5), at_minute(-3)])),
        returns_to=draw(st.sampled_from([None, None, None, *DESKS])),
    )


@st.composite
def draw_line(draw: st.DrawFn, line_id: str = "line", max_tickets: int = 9) -> Line:
    """Draw a line of up to `max_tickets` tickets."""
    count = draw(st.integers(0, max_tickets))
    tickets = tuple(
        replace(draw(draw_ticket(number, line_id[:1])), line_id=line_id) for number in range(1, count + 1)
    )
    kinds = st.sampled_from([TicketKind.APPOINTMENT, TicketKind.APPOINTMENT, TicketKind.WALK_IN])
    line_settings = LineSettings(guard_wait=timedelta(minutes=draw(st.sampled_from([20, 45]))))
    return Line(line_id, tickets, tuple(draw(st.lists(kinds, max_size=3))), line_settings)


@st.composite
def draw_plain_line(draw: st.DrawFn) -> Line:
    """Draw a line of walk-ins that cannot overtake each other; some are postponed."""
    delays = draw(st.lists(st.none() | st.integers(-10, 20), max_size=9))
    arrived = draw(st.lists(st.integers(-90, 0), min_size=len(delays), max_size=len(delays)))
    tickets = (
        walk_in_ticket(
            number,
            minute,
            not_before=None if minutes is None else at_minute(minutes),
            overtakings_left=draw(st.integers(0, 2)),
        )
        for number, (minute, minutes) in enumerate(zip(arrived, delays, strict=True), 1)
    )
    kinds = draw(st.lists(st.sampled_from(TicketKind), max_size=3))
    return Line("line", tuple(tickets), tuple(kinds))
