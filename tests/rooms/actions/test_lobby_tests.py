"""Connection tests of a citizen, as staff see them in the room."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.errors import NotFound
from office360.core.runtime import Runtime
from office360.precheck.actions import connection_tests
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.rooms.actions import lobby_tests, participant_actions
from office360.rooms.domain.participant_view import build_participant_view
from office360.rooms.domain.room import LobbyTest

from ...conftest import FakeClock
from ..support.video_appointments import BookedVideoAppointment, enter_as_agent, enter_as_citizen, load_room

WEAK = MeasurementsMessage(rtt_ms=900, up_kbps=600, down_kbps=5_000)


async def reported_test(
    runtime: Runtime, token: str, measured: MeasurementsMessage, *, quick: bool
) -> tuple[str | None, str]:
    """Return the code and the token of a new test with this report."""
    test, test_token = await connection_tests.create_test(runtime, "room", token, quick=quick)
    await connection_tests.add_report(runtime, test_token, measured)
    return test.code, test_token


async def test_staff_see_test_of_waiting_citizen(
    runtime: Runtime, elena: BookedVideoAppointment, booked: BookedVideoAppointment
) -> None:
    before, _ = await reported_test(runtime, booked.token, MeasurementsMessage(rtt_ms=500), quick=False)
    guest, agent = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    citizen = (await load_room(runtime, booked)).get_participant(guest.participant_id)
    assert citizen.test == LobbyTest(before, "red", "other_network", quick=False)
    now, token = await reported_test(runtime, booked.token, WEAK, quick=True)
    await lobby_tests.show_lobby_test(runtime, guest, token)
    room = await load_room(runtime, booked)
    seen = build_participant_view(room, agent.participant_id).others[guest.participant_id]["test"]
    assert seen == {
        "code": now,
        "verdict": "red",
        "advice": "pause_downloads",
        "quick": True,
        "start_kbps": 420,
    }
    _, foreign = await reported_test(runtime, elena.token, WEAK, quick=True)
    with pytest.raises(NotFound):
        await lobby_tests.show_lobby_test(runtime, guest, foreign)


async def test_speed_of_an_old_test_starts_no_call(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lobby_tests, "LINE_VALIDITY", timedelta(minutes=1))
    code, token = await reported_test(runtime, booked.token, WEAK, quick=False)
    clock.advance(minutes=2)
    guest = await enter_as_citizen(runtime, booked)
    await lobby_tests.show_lobby_test(runtime, guest, token)
    citizen = (await load_room(runtime, booked)).get_participant(guest.participant_id)
    assert citizen.test is not None
    assert (citizen.test.code, citizen.test.start_kbps) == (code, None)


async def test_quick_test_without_voice_hides_no_complete_test(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    async def latest() -> str | None:
        async with runtime.read_session() as session:
            found = await connection_tests.latest_test_summaries(session, [booked.appointment.id])
        return found[booked.appointment.id].code

    complete, _ = await reported_test(runtime, booked.token, WEAK, quick=False)
    clock.advance(minutes=1)
    await reported_test(runtime, booked.token, MeasurementsMessage(rtt_ms=20), quick=True)
    assert await latest() == complete
    clock.advance(minutes=1)
    bad, _ = await reported_test(runtime, booked.token, WEAK, quick=True)
    assert await latest() == bad
