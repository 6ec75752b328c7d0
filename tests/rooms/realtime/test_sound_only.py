"""Voice only and sign language on /ws/room: what is recorded, and what others see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.rooms.queries.call_timelines import load_call_timeline
from office360.rooms.storage import room_rows
from office360.staff.actions import accounts as staff

from ...conftest import AppServer, FakeClock
from ..support.room_client import enter_room_client
from ..support.video_appointments import AT, BookedVideoAppointment, audit_kinds, book_video_appointment, load_room


@pytest.fixture
async def key(booked: BookedVideoAppointment, app_server: AppServer) -> str:
    return await staff.create_api_key(app_server.runtime, name="boris", role=StaffRole.AGENT, offices=["centro"])


async def book_before(server: AppServer, clock: FakeClock, needs: tuple[str, ...]) -> BookedVideoAppointment:
    """Book with the notice that an interpreter needs, and let the time of the room come."""
    clock.set(AT - timedelta(days=5))
    booked = await book_video_appointment(server.runtime, AT, "Fatima", service="complaints", needs=needs)
    clock.set(AT)
    return booked


async def test_voice_only_is_recorded_once_for_each_change(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, clock: FakeClock
) -> None:
    hello = {"appointment": booked.appointment.id, "key": key}
    async with enter_room_client(app_server, hello) as boris:
        for on, reason in ((True, "weak_connection"), (True, "own_choice"), (False, "recovered")):
            await boris.send("sound_only", on=on, reason=reason)
            assert "error" not in await boris.drain_types()
            clock.advance(seconds=40)
    assert (await audit_kinds(app_server.runtime, booked)).count("sound_only") == 2
    async with app_server.runtime.read_session() as session:
        timeline = await load_call_timeline(session, booked.appointment.id)
    (period,) = [entry for entry in timeline.entries if entry.kind == "sound_only"]
    assert (period.until - period.at).total_seconds() == 80  # type: ignore[operator]
    assert timeline.people[period.participant_id or ""][0] == "agent"


@pytest.mark.parametrize(("needs", "signs"), [(("sign_language",), True), ((), False)])
async def test_guest_of_sign_language_appointment_signs(
    app_server: AppServer, key: str, clock: FakeClock, needs: tuple[str, ...], signs: bool
) -> None:
    signing = await book_before(app_server, clock, needs)
    async with (
        enter_room_client(app_server, {"appointment": signing.appointment.id, "key": key}) as boris,
        enter_room_client(app_server, {"token": signing.token}) as fatima,
    ):
        await fatima.send("join")
        joined = await boris.receive("participant_joined", participant=fatima.id)
        assert joined["signs"] is signs
        await boris.send("admit", participant=fatima.id)
        admitted = await fatima.receive("admitted")
        assert [other["signs"] for other in admitted["participants"]] == [False]  # boris speaks


async def test_sign_language_mark_is_deleted_with_names(app_server: AppServer, clock: FakeClock) -> None:
    runtime = app_server.runtime
    signing = await book_before(app_server, clock, ("sign_language",))
    async with enter_room_client(app_server, {"token": signing.token}):
        assert (await load_room(runtime, signing)).signs
    await room_rows.anonymise_participants(runtime, clock.now())
    assert (await load_room(runtime, signing)).signs
    clock.advance(days=1)
    await room_rows.anonymise_participants(runtime, clock.now())
    assert not (await load_room(runtime, signing)).signs
