"""`lobby` messages: read again only when what the lobbies show has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions, staff_actions
from office360.rooms.queries import room_lists
from office360.rooms.realtime import lobby_subscribers
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ...core.bus.test_redis_bus import wait_until
from ..support.live_sessions import RecordingConnection, open_session
from ..support.video_appointments import BookedVideoAppointment, enter_as_agent


@pytest.fixture
async def rooms(runtime: Runtime) -> AsyncIterator[LiveRooms]:
    live = LiveRooms(runtime, TurnServers())
    yield live
    await live.close()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Offices whose lobbies were read."""
    found: list[str] = []
    read = room_lists.lobby_updates

    async def record(session: Any, office_id: str) -> Any:
        found.append(office_id)
        return await read(session, office_id)

    monkeypatch.setattr(lobby_subscribers, "lobby_updates", record)
    return found


def positions(connection: RecordingConnection) -> list[int]:
    return [message["position"] for message in connection.sent_of_type("lobby")]


async def test_lobby_is_read_only_when_who_waits_changes(
    runtime: Runtime,
    clock: FakeClock,
    rooms: LiveRooms,
    reads: list[str],
    elena: BookedVideoAppointment,
    booked: BookedVideoAppointment,
) -> None:
    amina, other = RecordingConnection(), RecordingConnection()
    guest, _ = await open_session(rooms, runtime, booked, amina, "amina-1")
    await participant_actions.join_lobby(runtime, guest, None)
    await amina.wait_sent("lobby")
    assert len(reads) == 1
    clock.advance(seconds=1)
    second, _ = await open_session(rooms, runtime, elena, other, "elena-1")
    await asyncio.sleep(3 * lobby_subscribers.DEBOUNCE_S)
    assert len(reads) == 1
    await participant_actions.join_lobby(runtime, second, None)
    await other.wait_sent("lobby")
    await participant_actions.leave_room(runtime, guest)
    await wait_until(lambda: positions(other) == [2, 1])
    assert positions(amina) == [1]
    assert len(reads) <= 4


async def test_many_changes_are_read_once(
    runtime: Runtime, rooms: LiveRooms, reads: list[str], booked: BookedVideoAppointment
) -> None:
    amina = RecordingConnection()
    guest, _ = await open_session(rooms, runtime, booked, amina, "amina-1")
    await participant_actions.join_lobby(runtime, guest, None)
    await amina.wait_sent("lobby")
    for _ in range(50):
        rooms._lobby.request_refresh("centro")
        await asyncio.sleep(0)
    await asyncio.sleep(3 * lobby_subscribers.DEBOUNCE_S)
    assert len(reads) <= 3


async def test_lobby_shows_agent_who_enters_and_changes_state(
    runtime: Runtime, rooms: LiveRooms, booked: BookedVideoAppointment
) -> None:
    amina = RecordingConnection()
    guest, _ = await open_session(rooms, runtime, booked, amina, "amina-1")
    await participant_actions.join_lobby(runtime, guest, None)
    await amina.wait_sent("lobby")
    boris = await enter_as_agent(runtime, booked)
    await wait_until(lambda: amina.sent_of_type("lobby")[-1]["agent"] == "available")
    await staff_actions.send_lobby_message(runtime, boris, "Two minutes", None)
    await wait_until(lambda: amina.sent_of_type("lobby")[-1].get("message") == "Two minutes")
