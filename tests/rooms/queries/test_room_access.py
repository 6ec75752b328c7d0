"""Access to a room by a second page, on both databases."""

from __future__ import annotations

from office360.core.auth import Principal
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions
from office360.rooms.queries.room_access import CITIZEN_PERSON, is_person_inside, person_key
from office360.rooms.storage import room_rows

from ...conftest import FakeClock
from ..support.video_appointments import (
    AT,
    BORIS,
    BookedVideoAppointment,
    enter_as_agent,
    enter_as_citizen,
)


async def test_page_detects_participant_inside_by_another_page(
    runtime: Runtime, amina: BookedVideoAppointment, clock: FakeClock
) -> None:
    async def is_inside(staff: Principal | None = None) -> bool:
        async with runtime.read_session() as session:
            room = await room_rows.load_room(session, amina.appointment.id)
            return await is_person_inside(session, room, CITIZEN_PERSON if staff is None else person_key(staff))

    clock.set(AT)
    assert not await is_inside()
    member = await enter_as_citizen(runtime, amina)
    assert not await is_inside()  # the preview is outside the room
    await participant_actions.join_lobby(runtime, member, None)
    assert await is_inside()
    assert not await is_inside(BORIS)
    await enter_as_agent(runtime, amina)
    assert await is_inside(BORIS)
    await participant_actions.leave_room(runtime, member)
    assert not await is_inside()
