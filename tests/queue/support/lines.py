"""Random lines for the tests of the rules, with tickets of all kinds and states."""

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
    """Draw a ticket of the last 90 minutes."""
    came = draw(st.integers(-90, 0))
    if draw(st.integers(0, 2)) == 0:
        one = appointment_ticket(number, came, came + draw(st.integers(-29, 15)))
    else:
        one = walk_in_ticket(
            number, came, priority=draw(st.sampled_from([TicketPriority.NORMAL, TicketPriority.PREFERENTIAL]))
        )
    wait = draw(st.none() | st.integers(-10, 20))
    return replace(
        one,
        id=f"{prefix}{one.id}",
        state=draw(st.sampled_from(STATES)),
        passes_left=draw(st.sampled_from([0, 0, 1, 2, 9])),
        not_before=None if wait is None else at_minute(wait),
        placed_at=draw(st.sampled_from([None, None, None, at_minute(-5), at_minute(-3)])),
        returns_to=draw(st.sampled_from([None, None, None, *DESKS])),
    )


@st.composite
def draw_line(draw: st.DrawFn, line_id: str = "line", max_tickets: int = 9) -> Line:
    """Draw a line of up to `max_tickets` tickets."""
    count = draw(st.integers(0, max_tickets))
    people = tuple(
        replace(draw(draw_ticket(number, line_id[:1])), line_id=line_id) for number in range(1, count + 1)
    )
    kinds = st.sampled_from([TicketKind.APPOINTMENT, TicketKind.APPOINTMENT, TicketKind.WALK_IN])
    rules = LineSettings(guard_wait=timedelta(minutes=draw(st.sampled_from([20, 45]))))
    return Line(line_id, people, tuple(draw(st.lists(kinds, max_size=3))), rules)


@st.composite
def draw_plain_line(draw: st.DrawFn) -> Line:
    """Draw a line without overtaking.

    Its tickets are walk-ins; some of them are postponed.
    """
    waits = draw(st.lists(st.none() | st.integers(-10, 20), max_size=9))
    came = draw(st.lists(st.integers(-90, 0), min_size=len(waits), max_size=len(waits)))
    people = (
        walk_in_ticket(
            n, minute, not_before=None if wait is None else at_minute(wait), passes_left=draw(st.integers(0, 2))
        )
        for n, (minute, wait) in enumerate(zip(came, waits, strict=True), 1)
    )
    kinds = draw(st.lists(st.sampled_from(TicketKind), max_size=3))
    return Line("line", tuple(people), tuple(kinds))
