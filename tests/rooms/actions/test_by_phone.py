"""A call that goes on by telephone, on both databases."""

from __future__ import annotations

import pytest
from office360.appointments.service import AppointmentState
from office360.core.errors import NotAllowed, Refused
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions, staff_actions
from office360.rooms.actions.reveal_number import reveal_number
from office360.rooms.domain import room as rules
from office360.rooms.storage.call_rows import call_records

from ...conftest import FakeClock
from ..support.video_appointments import (
    AT,
    BookedVideoAppointment,
    appointment_state,
    audit_kinds,
    book_video_appointment,
    enter_admitted_pair,
    enter_as_agent,
    enter_as_citizen,
    load_room,
)


async def test_call_by_phone_counts_as_held_without_admission(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    staff = await enter_as_agent(runtime, booked)
    await staff_actions.set_by_phone(runtime, staff, True)
    assert await appointment_state(runtime, booked) is AppointmentState.CHECKED_IN
    assert rules.has_ongoing_call(await load_room(runtime, booked))
    clock.advance(minutes=4)
    await staff_actions.set_by_phone(runtime, staff, True)  # again: nothing new
    await staff_actions.end_room(runtime, staff, "resolved")
    assert await appointment_state(runtime, booked) is AppointmentState.SERVED
    assert (await audit_kinds(runtime, booked)).count("by_phone") == 1
    async with runtime.read_session() as session:
        record = (await call_records(session, [booked.appointment.id]))[booked.appointment.id]
    assert record.by_phone_at is not None
    assert record.began_at == record.by_phone_at
    assert rules.call_length_s(await load_room(runtime, booked)) == 240


async def test_each_look_at_the_number_is_audited(runtime: Runtime, office: object, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, AT, "Elena", phone="+34600000001")
    clock.set(AT)
    guest, staff = await enter_admitted_pair(runtime, booked)
    assert [await reveal_number(runtime, staff) for _ in range(2)] == ["+34600000001"] * 2
    with pytest.raises(NotAllowed, match="staff_only"):
        await reveal_number(runtime, guest)
    assert (await audit_kinds(runtime, booked)).count("number_shown") == 2


async def test_number_that_is_missing_is_not_audited(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    staff = await enter_as_agent(runtime, booked)
    with pytest.raises(Refused, match="no_phone_number"):
        await reveal_number(runtime, staff)
    assert "number_shown" not in await audit_kinds(runtime, booked)


async def test_telephone_taken_back_leaves_no_trace_in_figures(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    staff = await enter_as_agent(runtime, booked)
    await staff_actions.set_by_phone(runtime, staff, True)
    await staff_actions.set_by_phone(runtime, staff, False)
    assert await appointment_state(runtime, booked) is AppointmentState.CONFIRMED
    assert (await load_room(runtime, booked)).by_phone_since is None
    assert (await audit_kinds(runtime, booked))[-2:] == ["by_phone", "by_phone_undone"]


async def test_waiting_citizen_who_is_called_may_close_the_page(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.set_by_phone(runtime, staff, True)
    await participant_actions.leave_room(runtime, guest)
    assert await appointment_state(runtime, booked) is AppointmentState.CHECKED_IN


async def test_undo_keeps_citizen_of_the_call_checked_in(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, staff = await enter_admitted_pair(runtime, booked)
    with pytest.raises(NotAllowed, match="staff_only"):
        await staff_actions.set_by_phone(runtime, guest, True)
    for is_on in (True, False):
        await staff_actions.set_by_phone(runtime, staff, is_on)
        assert await appointment_state(runtime, booked) is AppointmentState.CHECKED_IN
