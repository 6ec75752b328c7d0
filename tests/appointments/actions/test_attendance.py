"""Attendance of appointments, and the list of a day, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments import service
from office360.appointments.service import AppointmentState, book_appointment
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ..support.database import load_state
from ..support.requesters import DIEGO, FRIDAY_AT_9, make_booking_request

S = AppointmentState


async def test_visit_passes_from_check_in_to_served(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    for step, state in [
        (service.check_in, S.CHECKED_IN),
        (service.undo_check_in, S.CONFIRMED),
        (service.check_in, S.CHECKED_IN),
        (service.mark_served, S.SERVED),
    ]:
        async with runtime.transaction() as tx:
            assert (await step(tx, booked.id)).state is state
        assert await load_state(runtime, booked.id) is state


async def test_checked_in_person_can_become_no_show(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request(mode="in_person"))
    async with runtime.transaction() as tx:
        await service.check_in(tx, booked.id)
        await service.mark_no_show(tx, booked.id)
    assert await load_state(runtime, booked.id) is S.NO_SHOW


async def test_illegal_transition_changes_nothing(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    with pytest.raises(Refused, match="illegal_transition"):
        async with runtime.transaction() as tx:
            await service.mark_served(tx, booked.id)
    assert await load_state(runtime, booked.id) is S.CONFIRMED


async def test_day_lists_active_appointments_by_time(runtime: Runtime, office: Office) -> None:
    later = await book_appointment(
        runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + timedelta(hours=1))
    )
    first = await book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    gone = await book_appointment(runtime, "centro", make_booking_request(email="gone@example.org"))
    await service.cancel_appointment(runtime, service.appointment_token(runtime, gone))
    start = FRIDAY_AT_9 - timedelta(hours=9)
    async with runtime.read_session() as session:
        day = await service.appointments_of_day(session, office.id, start, start + timedelta(days=1))
        by_video = await service.appointments_of_day(session, office.id, start, start + timedelta(days=1), "video")
    assert [one.id for one in day] == [first.id, later.id]
    assert [one.id for one in by_video] == [later.id]
