"""Events of rooms about calls of their staff, on both databases."""

from __future__ import annotations

import pytest
from office360.appointments.service import AgentCallChanged
from office360.core.runtime import Runtime, Transaction
from office360.rooms.actions import participant_actions, staff_actions

from ..support.video_appointments import (
    CARMEN,
    BookedVideoAppointment,
    enter_admitted_pair,
    enter_as_agent,
    enter_as_citizen,
)

Told = list[tuple[str, str | None]]


@pytest.fixture
def told(runtime: Runtime) -> Told:
    """Return what is told from now on: agents, and the modes of their calls."""
    calls: Told = []

    async def note(_: Transaction, event: AgentCallChanged) -> None:
        calls.append((event.agent_id, event.mode))

    runtime.events.register_handler(AgentCallChanged, note)
    return calls


async def test_call_lasts_from_admission_until_the_room_ends(
    runtime: Runtime, booked: BookedVideoAppointment, told: Told
) -> None:
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    assert told == []
    await staff_actions.admit_participant(runtime, staff, guest.participant_id)
    assert told == [("boris", "video")]
    await staff_actions.end_room(runtime, staff, "resolved")
    assert told == [("boris", "video"), ("boris", None)]


async def test_call_that_goes_on_by_telephone_changes_its_mode(
    runtime: Runtime, booked: BookedVideoAppointment, told: Told
) -> None:
    _, staff = await enter_admitted_pair(runtime, booked)
    await staff_actions.set_by_phone(runtime, staff, True)
    assert told == [("boris", "video"), ("boris", "phone")]


async def test_colleague_who_joins_is_in_the_call_until_leaving(
    runtime: Runtime, booked: BookedVideoAppointment, told: Told
) -> None:
    await enter_admitted_pair(runtime, booked)
    colleague = await enter_as_agent(runtime, booked, CARMEN)
    await participant_actions.leave_room(runtime, colleague)
    assert told == [("boris", "video"), ("carmen", "video"), ("carmen", None)]


async def test_call_ends_when_its_citizen_leaves(
    runtime: Runtime, booked: BookedVideoAppointment, told: Told
) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)
    await participant_actions.leave_room(runtime, guest)
    assert told == [("boris", "video"), ("boris", None)]
