"""Two processes with one database and one bus: what one is told reaches the people of the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.core.bus.base import MemoryBus
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.rooms.actions.room_transaction import RoomMember, room_topic
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.rooms.realtime.participant_session import RoomSession
from office360.signaling import close_codes, relay
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.video_appointments import BORIS, BookedVideoAppointment


class RecordingConnection:
    """The sending side of a socket that nobody reads but the test."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed: int | None = None
        self._something = asyncio.Event()

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(dict(message))
        self._something.set()

    def close(self, code: int, reason: str = "") -> None:
        self.closed = code
        self._something.set()

    async def receive(self, type: str) -> dict[str, Any]:
        """The first message of this type, now or soon."""
        await self._until(lambda: any(one["type"] == type for one in self.sent))
        return next(one for one in self.sent if one["type"] == type)

    async def until_closed(self) -> int | None:
        await self._until(lambda: self.closed is not None)
        return self.closed

    async def _until(self, holds: Any) -> None:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not holds():
                self._something.clear()
                await self._something.wait()


@pytest.fixture
async def here(runtime: Runtime) -> AsyncIterator[LiveRooms]:
    rooms = LiveRooms(runtime, TurnServers(("turn:turn.example.org",), "a secret"))
    yield rooms
    await rooms.close()


@pytest.fixture
async def there(runtime: Runtime) -> AsyncIterator[LiveRooms]:
    rooms = LiveRooms(runtime, TurnServers())
    yield rooms
    await rooms.close()


async def open_session(
    rooms: LiveRooms, runtime: Runtime, booked: BookedVideoAppointment, wire: RecordingConnection, id: str
) -> tuple[RoomMember, RoomSession]:
    """amina, or boris when the id begins with his name, at this process."""
    if id.startswith("boris"):
        seat = await room_entry.enter_as_staff(runtime, BORIS, booked.appointment.id, hash_token(id))
    else:
        seat = await room_entry.enter_as_citizen(runtime, booked.token, hash_token(id))
    return seat, await rooms.open_session(seat, id, wire)  # type: ignore[arg-type]


async def open_admitted_sessions(
    here: LiveRooms, there: LiveRooms, runtime: Runtime, booked: BookedVideoAppointment
) -> tuple[tuple[RoomMember, RecordingConnection], tuple[RoomMember, RecordingConnection]]:
    """amina here, boris there, both in the call."""
    amina, boris = RecordingConnection(), RecordingConnection()
    guest, _ = await open_session(here, runtime, booked, amina, "amina-1")
    host, _ = await open_session(there, runtime, booked, boris, "boris-1")
    await participant_actions.join_lobby(runtime, guest, None, None)
    await amina.receive("lobby")
    await boris.receive("participant_joined")
    await staff_actions.admit_participant(runtime, host, guest.participant_id)
    await amina.receive("admitted")
    await boris.receive("participant_updated")
    return (guest, amina), (host, boris)


async def test_changes_and_signals_cross_processes(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: BookedVideoAppointment
) -> None:
    (guest, _), (host, boris) = await open_admitted_sessions(here, there, runtime, booked)
    room = here.room(booked.appointment.id)
    message = {"type": "renew", "to": host.participant_id, "pc_gen": 1}
    to, letter = relay.stamp_signal(guest.participant_id, message, room.admitted_ids())
    await room.relay.send_signal(guest.participant_id, to, letter)
    assert (await boris.receive("renew"))["from"] == guest.participant_id


async def test_second_tab_at_another_process_closes_the_first(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: BookedVideoAppointment
) -> None:
    first, second = RecordingConnection(), RecordingConnection()
    await open_session(here, runtime, booked, first, "amina-1")
    await open_session(there, runtime, booked, second, "amina-2")
    assert await first.until_closed() == close_codes.REPLACED
    assert second.closed is None


async def test_removal_reaches_participant_at_another_process(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: BookedVideoAppointment
) -> None:
    (guest, amina), (host, _) = await open_admitted_sessions(here, there, runtime, booked)
    await staff_actions.remove_participant(runtime, host, guest.participant_id)
    assert (await amina.receive("ended"))["reason"] == "removed"
    assert await amina.until_closed() == close_codes.NORMAL


async def test_lost_bus_message_is_recovered_by_version_check(
    runtime: Runtime, here: LiveRooms, booked: BookedVideoAppointment
) -> None:
    elsewhere = replace(runtime, bus=MemoryBus())
    amina = RecordingConnection()
    guest, _ = await open_session(here, runtime, booked, amina, "amina-1")
    host = await room_entry.enter_as_staff(elsewhere, BORIS, booked.appointment.id, hash_token("boris"))
    await participant_actions.join_lobby(elsewhere, guest, None, None)
    await staff_actions.admit_participant(elsewhere, host, guest.participant_id)
    assert [one["type"] for one in amina.sent] == ["welcome"]
    await here.run_maintenance()
    assert (await amina.receive("admitted"))["participants"][0]["participant"] == host.participant_id


async def test_bus_messages_carry_no_names(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: BookedVideoAppointment
) -> None:
    heard: list[str] = []

    async def listen(message: Mapping[str, Any]) -> None:
        heard.append(str(message))

    for topic in (room_topic("centro", booked.appointment.id), "{centro}:office"):
        await runtime.bus.subscribe(topic, listen)
    (_, amina), (host, _) = await open_admitted_sessions(here, there, runtime, booked)
    await staff_actions.end_room(runtime, host, "resolved")
    await amina.receive("ended")
    assert heard
    assert not any(name in one for one in heard for name in ("Amina", "Boris", "resolved"))


async def test_room_without_sessions_is_dropped_after_120_s(
    runtime: Runtime, clock: FakeClock, here: LiveRooms, booked: BookedVideoAppointment
) -> None:
    wire = RecordingConnection()
    _, session = await open_session(here, runtime, booked, wire, "amina-1")
    await here.on_connection_lost(here.room(booked.appointment.id), session, wire)  # type: ignore[arg-type]
    clock.advance(seconds=119)
    await here.run_maintenance()
    assert here.session(session.hash) is session
    clock.advance(seconds=1)
    await here.run_maintenance()
    assert here.session(session.hash) is None
    with pytest.raises(KeyError):
        here.room(booked.appointment.id)


async def test_turn_credentials_outlast_appointment_by_an_hour(
    runtime: Runtime, here: LiveRooms, booked: BookedVideoAppointment
) -> None:
    wire = RecordingConnection()
    await open_session(here, runtime, booked, wire, "amina-1")
    (server,) = wire.sent[0]["ice_servers"]
    expires = int(server["username"].split(":")[0])
    closes_at = booked.appointment.ends_at + timedelta(minutes=30)
    assert expires == int((closes_at + timedelta(hours=1)).timestamp())
