"""Interruptions of the bus between two processes of a room: no loss, no duplicates."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.rooms.actions import staff_actions
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.rooms.realtime.reliable_relay import ReliableRelay
from office360.server.runtime import make_runtime
from office360.server.settings import Settings
from office360.signaling import close_codes
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ...core.bus.test_redis_bus import wait_until, wait_until_down, wait_until_up
from ...support.valkey import RunningValkey
from ..support.live_sessions import RecordingConnection, open_admitted_sessions, open_session
from ..support.video_appointments import BookedVideoAppointment


@pytest.fixture
async def runtimes(
    settings: Settings, clock: FakeClock, valkey: RunningValkey
) -> AsyncIterator[tuple[Runtime, Runtime]]:
    """Runtimes of two processes that share database and bus."""
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    made = make_runtime(with_bus, clock, EventRegistry()), make_runtime(with_bus, clock, EventRegistry())
    yield made
    for runtime in made:
        await runtime.bus.close()
        await runtime.db.close()


@pytest.fixture
async def processes(runtimes: tuple[Runtime, Runtime]) -> AsyncIterator[tuple[LiveRooms, LiveRooms]]:
    first, second = (LiveRooms(runtime, TurnServers()) for runtime in runtimes)
    yield first, second
    await first.close()
    await second.close()


def say(relay: ReliableRelay, member: RoomMember, text: str) -> None:
    line = {"type": "chat", "text": text, "from": member.participant_id}
    relay.send_chat(member.participant_id, line, None, wants_notice=False)


async def stop_bus(valkey: RunningValkey, runtimes: tuple[Runtime, Runtime]) -> None:
    valkey.stop()
    for runtime in runtimes:
        await wait_until_down(runtime.bus)


async def start_bus(valkey: RunningValkey, runtimes: tuple[Runtime, Runtime]) -> None:
    valkey.start()
    for runtime in runtimes:
        await wait_until_up(runtime.bus)


async def test_signals_sent_while_bus_is_down_arrive_once_in_order(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    processes: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    (guest, amina), (_, boris) = await open_admitted_sessions(*processes, runtimes[0], booked)
    room = processes[0].room(booked.appointment.id)
    say(room.relay, guest, "0")
    await stop_bus(valkey, runtimes)
    for number in (1, 2, 3):
        say(room.relay, guest, str(number))
    await start_bus(valkey, runtimes)
    await wait_until(lambda: len(boris.sent_of_type("chat")) >= 4)
    say(room.relay, guest, "4")
    await wait_until(lambda: len(boris.sent_of_type("chat")) >= 5)
    assert [message["text"] for message in boris.sent_of_type("chat")] == ["0", "1", "2", "3", "4"]
    assert amina.sent_of_type("chat") == []


async def test_same_process_signals_work_while_bus_is_down(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    processes: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    first, _ = processes
    (guest, _), (_, boris) = await open_admitted_sessions(first, first, runtimes[0], booked)
    await stop_bus(valkey, runtimes)
    relay = first.room(booked.appointment.id).relay
    say(relay, guest, "while down")
    await boris.wait_sent("chat")
    await start_bus(valkey, runtimes)
    say(relay, guest, "after reconnect")
    await wait_until(lambda: len(boris.sent_of_type("chat")) >= 2)
    assert [message["text"] for message in boris.sent_of_type("chat")] == ["while down", "after reconnect"]


async def test_signal_missed_by_one_process_is_resent(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    processes: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    (guest, _), (_, boris) = await open_admitted_sessions(*processes, runtimes[0], booked)
    room = processes[0].room(booked.appointment.id)
    valkey.send_command("CLIENT", "KILL", "TYPE", "pubsub")
    say(room.relay, guest, "during the gap")
    await wait_until(lambda: boris.sent_of_type("chat"))
    for runtime in runtimes:
        await wait_until_up(runtime.bus)
    say(room.relay, guest, "after the gap")
    await wait_until(lambda: len(boris.sent_of_type("chat")) >= 2)
    assert [message["text"] for message in boris.sent_of_type("chat")] == ["during the gap", "after the gap"]


async def test_change_missed_on_bus_is_found_by_resync(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    processes: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    (guest, amina), (agent, _) = await open_admitted_sessions(*processes, runtimes[0], booked)
    await stop_bus(valkey, runtimes)
    await staff_actions.return_to_lobby(runtimes[1], agent, guest.participant_id)
    assert amina.sent_of_type("returned_to_lobby") == []
    await processes[0].run_maintenance()
    assert len(amina.sent_of_type("returned_to_lobby")) == 1


async def test_replaced_session_is_closed_when_bus_returns(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    processes: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    first, second = RecordingConnection(), RecordingConnection()
    await open_session(processes[0], runtimes[0], booked, first, "amina-1")
    await stop_bus(valkey, runtimes)
    await open_session(processes[1], runtimes[1], booked, second, "amina-2")
    assert first.close_code is None
    await start_bus(valkey, runtimes)
    assert await first.wait_closed() == close_codes.REPLACED
    assert second.close_code is None
