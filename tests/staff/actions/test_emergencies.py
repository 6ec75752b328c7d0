"""The emergency button: who may press, answer and end, and what the office's boards say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.errors import NotAllowed, NotFound, RateLimited
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.service import open_desk
from office360.staff.actions import emergencies
from office360.staff.consoles.alerts import ConsoleReader, build_alert_fields
from office360.staff.domain.emergency import MAX_EMERGENCIES
from office360.staff.queries.board import load_board, remove_names
from office360.staff.storage.tables import EmergencyRow
from sqlalchemy import select

from ...conftest import FakeClock
from ...queue.conftest import BORIS, CARMEN, DIEGO, ELENA
from ...rooms.support.video_appointments import book_video_appointment
from ..support.boards import ENGLISH_LOCALE


async def console_fields(runtime: Runtime, office: Office, person: Principal) -> dict[str, object]:
    """Return what the console of this person shows."""
    async with runtime.read_session() as session:
        board = await load_board(session, runtime.tokens, office, "en", runtime.now())
    return build_alert_fields(board, ConsoleReader(person.id, person.role), ENGLISH_LOCALE)


async def press(runtime: Runtime, office: Office) -> str:
    await open_desk(runtime, BORIS, office.desks[0].id)
    _, emergency = await emergencies.press_at_desk(runtime, BORIS, office.desks[0].id)
    return emergency.id


async def test_consoles_follow_press_answer_and_end(runtime: Runtime, office: Office) -> None:
    emergency_id = await press(runtime, office)
    seen = await console_fields(runtime, office, CARMEN)
    assert seen["emergencies"] == [
        {
            "id": emergency_id,
            "title": "Emergency at desk 1",
            "detail": "Boris, since 10:30.",
            "comes": "No one has answered yet.",
            "answered": False,
            "may": ["answer", "end"],
        }
    ]
    own = await console_fields(runtime, office, BORIS)
    assert (own["emergencies"], own["own_emergency"]) == ([], {"id": emergency_id, "text": "They know"})
    for _ in range(2):
        await emergencies.answer(runtime, CARMEN, emergency_id)
    own = await console_fields(runtime, office, BORIS)
    assert own["own_emergency"] == {"id": emergency_id, "text": "Comes: Carmen"}
    await emergencies.end(runtime, CARMEN, emergency_id, note="All calm", false_alarm=False)
    assert (await console_fields(runtime, office, ELENA))["emergencies"] == []
    async with runtime.read_session() as session:
        actions = await session.scalars(
            select(AuditEntryRow.action)
            .where(AuditEntryRow.subject_type == "emergency")
            .order_by(AuditEntryRow.id)
        )
        assert list(actions) == ["emergency.started", "emergency.answered", "emergency.ended"]


async def test_two_presses_at_once_are_one_emergency(runtime: Runtime, office: Office) -> None:
    desk = office.desks[0].id
    await open_desk(runtime, BORIS, desk)
    pressed = await asyncio.gather(*(emergencies.press_at_desk(runtime, BORIS, desk) for _ in range(3)))
    assert len({emergency.id for _, emergency in pressed}) == 1


async def test_agents_press_for_their_own_desk_only(runtime: Runtime, office: Office) -> None:
    await open_desk(runtime, BORIS, office.desks[0].id)
    with pytest.raises(NotAllowed) as refused:
        await emergencies.press_at_desk(runtime, ELENA, office.desks[0].id)
    assert refused.value.code == "not_your_desk"
    _, emergency = await emergencies.press_at_desk(runtime, CARMEN, office.desks[0].id)
    assert emergency.starter_id == "carmen"


async def test_agent_of_another_office_has_no_part(runtime: Runtime, office: Office) -> None:
    emergency_id = await press(runtime, office)
    with pytest.raises(NotAllowed):
        await emergencies.press_at_desk(runtime, DIEGO, office.desks[0].id)
    with pytest.raises(NotAllowed):
        await emergencies.answer(runtime, DIEGO, emergency_id)
    with pytest.raises(NotAllowed):
        await emergencies.end(runtime, DIEGO, emergency_id, note=None, false_alarm=True)
    with pytest.raises(NotFound):
        await emergencies.answer(runtime, CARMEN, "unknown")


async def test_colleague_answers_but_does_not_end(runtime: Runtime, office: Office) -> None:
    emergency_id = await press(runtime, office)
    await emergencies.answer(runtime, ELENA, emergency_id)
    with pytest.raises(NotAllowed):
        await emergencies.end(runtime, ELENA, emergency_id, note=None, false_alarm=True)
    await emergencies.end(runtime, BORIS, emergency_id, note=None, false_alarm=True)


async def test_presses_are_limited(runtime: Runtime, office: Office) -> None:
    desk = office.desks[0].id
    await open_desk(runtime, BORIS, desk)
    for _ in range(MAX_EMERGENCIES):
        _, emergency = await emergencies.press_at_desk(runtime, BORIS, desk)
        await emergencies.end(runtime, BORIS, emergency.id, note=None, false_alarm=True)
    with pytest.raises(RateLimited):
        await emergencies.press_at_desk(runtime, BORIS, desk)


async def test_room_names_the_desk_of_its_agent(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, clock.now() + timedelta(minutes=30), "Amina")
    _, without_desk = await emergencies.press_in_call(runtime, ELENA, booked.appointment.id)
    assert (without_desk.desk_id, without_desk.desk) == (None, "")
    await open_desk(runtime, BORIS, office.desks[0].id)
    _, at_desk = await emergencies.press_in_call(runtime, BORIS, booked.appointment.id)
    assert (at_desk.desk, at_desk.appointment_id) == ("1", booked.appointment.id)


async def test_office_press_names_own_desk_or_entrance(runtime: Runtime, office: Office) -> None:
    _, emergency = await emergencies.press_at_entrance(runtime, CARMEN, office.slug)
    seen: Any = await console_fields(runtime, office, BORIS)
    assert (emergency.desk_id, emergency.place) == (None, "entrance")
    assert [emergency["title"] for emergency in seen["emergencies"]] == ["Emergency at the entrance"]
    await open_desk(runtime, BORIS, office.desks[0].id)
    _, at_desk = await emergencies.press_at_entrance(runtime, BORIS, office.slug)
    assert (at_desk.desk, at_desk.place) == ("1", "desk")
    with pytest.raises(NotAllowed):
        await emergencies.press_at_entrance(runtime, DIEGO, office.slug)


async def test_call_without_desk_is_named_as_call(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, clock.now() + timedelta(minutes=30), "Amina")
    await emergencies.press_in_call(runtime, ELENA, booked.appointment.id)
    seen: Any = await console_fields(runtime, office, CARMEN)
    assert [emergency["title"] for emergency in seen["emergencies"]] == ["Emergency in a call"]


async def test_public_programs_see_no_emergency(runtime: Runtime, office: Office) -> None:
    await press(runtime, office)
    async with runtime.read_session() as session:
        board = await load_board(session, runtime.tokens, office, "en", runtime.now())
    assert len(board["emergencies"]) == 1
    assert remove_names(board)["emergencies"] == []


async def test_old_emergency_keeps_no_note_and_name(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    emergency_id = await press(runtime, office)
    await emergencies.end(runtime, BORIS, emergency_id, note="A man with a hat", false_alarm=False)
    clock.advance(days=31)
    await emergencies.erase_old_emergencies(runtime, runtime.now() - timedelta(days=30))
    async with runtime.read_session() as session:
        row = await session.get_one(EmergencyRow, emergency_id)
        assert (row.note, row.starter, row.desk) == (None, "", "1")


def test_reader_role_decides_who_hears_emergencies() -> None:
    board: dict[str, list[object]] = {"emergencies": []}
    for role, hears in ((StaffRole.AGENT, False), (StaffRole.HOST, True)):
        fields = build_alert_fields(board, ConsoleReader("one", role), ENGLISH_LOCALE)
        assert fields["ways"]["emergency_sound"] is hears
