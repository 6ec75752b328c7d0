"""Use cases of a participant, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from office360.appointments.service import AppointmentState
from office360.core.errors import RateLimited, Refused
from office360.core.runtime import Runtime
from office360.precheck.actions.connection_tests import create_test
from office360.precheck.storage.tables import ConnectionTestRow
from office360.rooms.actions import participant_actions
from office360.rooms.domain.room import SentMedia
from office360.rooms.storage import room_rows
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.video_appointments import (
    BookedVideoAppointment,
    appointment_state,
    enter_admitted_pair,
    enter_as_citizen,
    load_room,
)


async def test_join_checks_in_the_appointment(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    member = await enter_as_citizen(runtime, booked)
    assert await appointment_state(runtime, booked) is AppointmentState.CONFIRMED
    await participant_actions.join_lobby(runtime, member, "Amina H.")
    await participant_actions.join_lobby(runtime, member, None)
    assert await appointment_state(runtime, booked) is AppointmentState.CHECKED_IN
    room = await load_room(runtime, booked)
    assert room.get_participant(member.participant_id).name == "Amina H."


async def linked_tests(runtime: Runtime, booked: BookedVideoAppointment) -> set[str | None]:
    async with runtime.read_session() as session:
        found = await session.execute(
            select(ConnectionTestRow.code).where(ConnectionTestRow.appointment_id == booked.appointment.id)
        )
        return set(found.scalars())


async def test_guessed_codes_link_one_test_at_most(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    first, second = [(await create_test(runtime, "room", None))[0].code for _ in range(2)]
    member = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, member, None)
    await participant_actions.link_test(runtime, member, token=None, code=first)
    await participant_actions.link_test(runtime, member, token=None, code=second)
    assert await linked_tests(runtime, booked) == {first}


async def test_guessed_codes_are_limited_and_token_is_not(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    test, token = await create_test(runtime, "room", None)
    member = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, member, None)
    for _ in range(5):
        await participant_actions.link_test(runtime, member, token=None, code="K7-42")
    with pytest.raises(RateLimited):
        await participant_actions.link_test(runtime, member, token=None, code=test.code)
    assert await linked_tests(runtime, booked) == set()
    await participant_actions.link_test(runtime, member, token=token, code=None)
    assert await linked_tests(runtime, booked) == {test.code}


async def test_leaving_the_lobby_undoes_check_in(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    member = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, member, None)
    await participant_actions.leave_room(runtime, member)
    assert await appointment_state(runtime, booked) is AppointmentState.CONFIRMED
    await participant_actions.join_lobby(runtime, member, None)
    assert await appointment_state(runtime, booked) is AppointmentState.CHECKED_IN


async def test_leaving_the_call_keeps_check_in(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)
    await participant_actions.leave_room(runtime, guest)
    assert await appointment_state(runtime, booked) is AppointmentState.CHECKED_IN


async def test_sent_media_is_stored_for_later_participants(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)
    await participant_actions.set_sent_media(runtime, guest, SentMedia(audio=True, video=False, screen=True))
    room = await load_room(runtime, booked)
    assert room.get_participant(guest.participant_id).media == SentMedia(True, False, True)


async def audit_consents(runtime: Runtime, booked: BookedVideoAppointment) -> list[dict[str, Any]]:
    async with runtime.read_session() as session:
        events = await room_rows.audit_events(session, booked.appointment.id)
    return [event.details for event in events if event.kind == "consent"]


async def test_consent_is_stored_only_when_it_changes(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    guest, staff = await enter_admitted_pair(runtime, booked)
    for accepted in (True, True, False, False, True):
        clock.advance(seconds=1)
        await participant_actions.record_consent(runtime, guest, "video_call_v1", accepted)
    await participant_actions.record_consent(runtime, staff, "video_call_v1", True)
    await participant_actions.record_consent(runtime, guest, "recording_v1", True)
    consents = [(consent["text"], consent["accepted"]) for consent in await audit_consents(runtime, booked)]
    assert consents[:3] == [("video_call_v1", True), ("video_call_v1", False), ("video_call_v1", True)]
    assert sorted(consents[3:]) == [("recording_v1", True), ("video_call_v1", True)]


async def test_consents_per_participant_are_limited(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)
    for number in range(participant_actions.MAX_CONSENTS):
        await participant_actions.record_consent(runtime, guest, f"text_{number}", True)
    with pytest.raises(Refused, match="too_many_consents"):
        await participant_actions.record_consent(runtime, guest, "one_more", True)
    await participant_actions.record_consent(runtime, guest, "text_0", True)
    assert len(await audit_consents(runtime, booked)) == participant_actions.MAX_CONSENTS
