"""The full day contains what its description says."""

from __future__ import annotations

from collections import Counter

import pytest
from office360.appointments.service import appointment_by_id
from office360.core.runtime import Runtime
from office360.queue.queries.staff_board import staff_board

from .full_day import CLOSED_DESK, WAITING_PEOPLE, build_full_day

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_full_day_has_its_people_and_states(runtime: Runtime) -> None:
    day = await build_full_day(runtime)
    async with runtime.read_session() as session:
        board = await staff_board(session, day.office, day.now, "es")
        booked = [await appointment_by_id(session, appointment.id) for appointment in day.appointments.values()]
    tickets = Counter(ticket["state"] for ticket in board["tickets"])
    modes = Counter(appointment.mode for appointment in booked)
    assert (tickets["waiting"], len(board["desks"])) == (WAITING_PEOPLE, CLOSED_DESK)
    assert {"called", "serving", "on_hold", "missed"} <= tickets.keys()
    assert (modes["video"], modes["phone"]) == (8, 8)
    assert {"confirmed", "checked_in", "served", "no_show", "cancelled_citizen"} <= {
        appointment.state for appointment in booked
    }
