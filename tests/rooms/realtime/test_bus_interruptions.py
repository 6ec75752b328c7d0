"""Two processes of one room, and the bus between them goes away: nothing that was said is lost, or heard twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.rooms.actions import staff_actions
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.server.lifespan import make_runtime
from office360.server.settings import Settings
from office360.signaling import close_codes
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ...core.bus.test_redis_bus import wait_until, wait_until_down, wait_until_up
from ...support.valkey import RunningValkey
from ..support.video_appointments import BookedVideoAppointment
from .test_live_rooms import RecordingConnection, open_admitted_sessions, open_session

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def runtimes(
    settings: Settings, clock: FakeClock, valkey: RunningValkey
) -> AsyncIterator[tuple[Runtime, Runtime]]:
    """Two processes' own runtimes: one database, one server that carries the bus."""
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    made = make_runtime(with_bus, clock, EventRegistry()), make_runtime(with_bus, clock, EventRegistry())
    yield made
    for one in made:
        await one.bus.close()
        await one.db.close()


@pytest.fixture
async def two(runtimes: tuple[Runtime, Runtime]) -> AsyncIterator[tuple[LiveRooms, LiveRooms]]:
    here, there = (LiveRooms(runtime, TurnServers()) for runtime in runtimes)
    yield here, there
    await here.close()
    await there.close()


def received(wire: RecordingConnection, type: str) -> list[Any]:
    return [message for message in wire.sent if message["type"] == type]


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
    two: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    (guest, amina), (_, boris) = await open_admitted_sessions(*two, runtimes[0], booked)
    room = two[0].room(booked.appointment.id)
    await room.relay.send_signal(guest.participant_id, None, {"type": "chat", "text": "0"})
    await stop_bus(valkey, runtimes)
    for number in (1, 2, 3):
        await room.relay.send_signal(guest.participant_id, None, {"type": "chat", "text": str(number)})
    await start_bus(valkey, runtimes)
    await wait_until(lambda: len(received(boris, "chat")) >= 4)
    await room.relay.send_signal(guest.participant_id, None, {"type": "chat", "text": "4"})
    await wait_until(lambda: len(received(boris, "chat")) >= 5)
    assert [one["text"] for one in received(boris, "chat")] == ["0", "1", "2", "3", "4"]
    assert received(amina, "chat") == []


async def test_same_process_signals_work_while_bus_is_down(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    here, _ = two
    (guest, _), (_, boris) = await open_admitted_sessions(here, here, runtimes[0], booked)
    await stop_bus(valkey, runtimes)
    letter = {"type": "chat", "text": "still here"}
    await here.room(booked.appointment.id).relay.send_signal(guest.participant_id, None, letter)
    await boris.receive("chat")
    await start_bus(valkey, runtimes)
    letter = {"type": "chat", "text": "and now"}
    await here.room(booked.appointment.id).relay.send_signal(guest.participant_id, None, letter)
    await wait_until(lambda: len(received(boris, "chat")) >= 2)
    assert [one["text"] for one in received(boris, "chat")] == ["still here", "and now"]


async def test_signal_missed_by_one_process_is_resent(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    (guest, _), (_, boris) = await open_admitted_sessions(*two, runtimes[0], booked)
    room = two[0].room(booked.appointment.id)
    valkey.send_command("CLIENT", "KILL", "TYPE", "pubsub")
    await room.relay.send_signal(guest.participant_id, None, {"type": "chat", "text": "into the gap"})
    await wait_until(lambda: received(boris, "chat"))
    for runtime in runtimes:
        await wait_until_up(runtime.bus)
    await room.relay.send_signal(guest.participant_id, None, {"type": "chat", "text": "after it"})
    await wait_until(lambda: len(received(boris, "chat")) >= 2)
    assert [one["text"] for one in received(boris, "chat")] == ["into the gap", "after it"]


async def test_superseded_description_is_not_delivered(
    runtimes: tuple[Runtime, Runtime], two: tuple[LiveRooms, LiveRooms], booked: BookedVideoAppointment
) -> None:
    (guest, _), (host, boris) = await open_admitted_sessions(*two, runtimes[0], booked)
    here, there = (rooms.room(booked.appointment.id) for rooms in two)
    offer = {"type": "description", "from": guest.participant_id, "pc_gen": 1}
    for number in (2, 1):
        letter = {"kind": "relay", "by": "a process", "n": number, "from": guest.participant_id}
        await runtimes[0].bus.publish(here.topic, {**letter, "to": host.participant_id, "message": offer})
    await here.relay.send_signal(guest.participant_id, None, {"type": "chat", "text": "after them"})
    await boris.receive("chat")
    assert len(received(boris, "description")) == 1
    assert there.sessions


async def test_change_missed_on_bus_is_found_by_resync(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    (guest, amina), (host, _) = await open_admitted_sessions(*two, runtimes[0], booked)
    await stop_bus(valkey, runtimes)
    await staff_actions.return_to_lobby(runtimes[1], host, guest.participant_id)
    assert received(amina, "returned_to_lobby") == []
    await two[0].run_maintenance()
    assert len(received(amina, "returned_to_lobby")) == 1


async def test_replaced_session_is_closed_when_bus_returns(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: BookedVideoAppointment,
) -> None:
    first, second = RecordingConnection(), RecordingConnection()
    await open_session(two[0], runtimes[0], booked, first, "amina-1")
    await stop_bus(valkey, runtimes)
    await open_session(two[1], runtimes[1], booked, second, "amina-2")
    assert first.closed is None
    await start_bus(valkey, runtimes)
    assert await first.until_closed() == close_codes.REPLACED
    assert second.closed is None
