"""Two processes of one room, and the bus between them goes away: nothing that was said is lost, or heard twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from office360.core.events import Events
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.server.lifespan import make_runtime
from office360.server.settings import Settings
from office360.signaling import close_codes
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ...core.bus.test_redis_bus import until, until_down, until_up
from ...support.valkey import RunningValkey
from ..conftest import AT, Booked
from .test_live_rooms import Wire, admitted, sit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def runtimes(
    settings: Settings, clock: FakeClock, valkey: RunningValkey
) -> AsyncIterator[tuple[Runtime, Runtime]]:
    """Two processes' own runtimes: one database, one server that carries the bus."""
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    made = make_runtime(with_bus, clock, Events()), make_runtime(with_bus, clock, Events())
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


@pytest.fixture
def booked(clock: FakeClock, office: Office, amina: Booked) -> Booked:
    clock.set(AT - timedelta(minutes=5))
    return amina


def heard(wire: Wire, type: str) -> list[Any]:
    return [message for message in wire.sent if message["type"] == type]


async def bus_away(valkey: RunningValkey, runtimes: tuple[Runtime, Runtime]) -> None:
    valkey.stop()
    for runtime in runtimes:
        await until_down(runtime.bus)


async def bus_back(valkey: RunningValkey, runtimes: tuple[Runtime, Runtime]) -> None:
    valkey.start()
    for runtime in runtimes:
        await until_up(runtime.bus)


async def test_what_was_said_while_the_bus_was_away_is_heard_afterwards_once_and_in_order(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: Booked,
) -> None:
    (guest, amina), (_, boris) = await admitted(*two, runtimes[0], booked)
    room = two[0].room(booked.appointment.id)
    await room.relayed.send(guest.participant_id, None, {"type": "chat", "text": "0"})
    await bus_away(valkey, runtimes)
    for number in (1, 2, 3):
        await room.relayed.send(guest.participant_id, None, {"type": "chat", "text": str(number)})
    await bus_back(valkey, runtimes)
    await until(lambda: len(heard(boris, "chat")) >= 4)
    await room.relayed.send(guest.participant_id, None, {"type": "chat", "text": "4"})
    await until(lambda: len(heard(boris, "chat")) >= 5)
    assert [one["text"] for one in heard(boris, "chat")] == ["0", "1", "2", "3", "4"]
    assert heard(amina, "chat") == []


async def test_while_the_bus_is_away_people_at_the_same_process_still_hear_each_other(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: Booked,
) -> None:
    here, _ = two
    (guest, _), (_, boris) = await admitted(here, here, runtimes[0], booked)
    await bus_away(valkey, runtimes)
    letter = {"type": "chat", "text": "still here"}
    await here.room(booked.appointment.id).relayed.send(guest.participant_id, None, letter)
    await boris.hear("chat")
    await bus_back(valkey, runtimes)
    letter = {"type": "chat", "text": "and now"}
    await here.room(booked.appointment.id).relayed.send(guest.participant_id, None, letter)
    await until(lambda: len(heard(boris, "chat")) >= 2)
    assert [one["text"] for one in heard(boris, "chat")] == ["still here", "and now"]


async def test_what_one_process_alone_has_missed_is_said_to_it_again(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: Booked,
) -> None:
    (guest, _), (_, boris) = await admitted(*two, runtimes[0], booked)
    room = two[0].room(booked.appointment.id)
    valkey.say("CLIENT", "KILL", "TYPE", "pubsub")
    await room.relayed.send(guest.participant_id, None, {"type": "chat", "text": "into the gap"})
    await until(lambda: heard(boris, "chat"))
    for runtime in runtimes:
        await until_up(runtime.bus)
    await room.relayed.send(guest.participant_id, None, {"type": "chat", "text": "after it"})
    await until(lambda: len(heard(boris, "chat")) >= 2)
    assert [one["text"] for one in heard(boris, "chat")] == ["into the gap", "after it"]


async def test_a_description_that_a_newer_one_has_replaced_is_not_delivered_late(
    runtimes: tuple[Runtime, Runtime], two: tuple[LiveRooms, LiveRooms], booked: Booked
) -> None:
    (guest, _), (host, boris) = await admitted(*two, runtimes[0], booked)
    here, there = (rooms.room(booked.appointment.id) for rooms in two)
    offer = {"type": "description", "from": guest.participant_id, "pc_gen": 1}
    for number in (2, 1):
        letter = {"kind": "relay", "by": "a process", "n": number, "from": guest.participant_id}
        await runtimes[0].bus.publish(here.topic, {**letter, "to": host.participant_id, "message": offer})
    await here.relayed.send(guest.participant_id, None, {"type": "chat", "text": "after them"})
    await boris.hear("chat")
    assert len(heard(boris, "description")) == 1
    assert there.sessions


async def test_a_change_that_nobody_was_told_of_is_found_by_the_next_look(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: Booked,
) -> None:
    (guest, amina), (host, _) = await admitted(*two, runtimes[0], booked)
    await bus_away(valkey, runtimes)
    await participants.return_to_lobby(runtimes[1], host, guest.participant_id)
    assert heard(amina, "returned_to_lobby") == []
    await two[0].tick()
    assert len(heard(amina, "returned_to_lobby")) == 1


async def test_a_second_tab_at_another_process_closes_the_first_when_the_bus_is_back(
    valkey: RunningValkey,
    runtimes: tuple[Runtime, Runtime],
    two: tuple[LiveRooms, LiveRooms],
    booked: Booked,
) -> None:
    first, second = Wire(), Wire()
    await sit(two[0], runtimes[0], booked, first, "amina-1")
    await bus_away(valkey, runtimes)
    await sit(two[1], runtimes[1], booked, second, "amina-2")
    assert first.closed is None
    await bus_back(valkey, runtimes)
    assert await first.until_closed() == close_codes.REPLACED
    assert second.closed is None
