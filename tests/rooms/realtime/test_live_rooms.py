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
from office360.rooms.actions import participants
from office360.rooms.actions.participants import Seat
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.rooms.realtime.participant_session import Session
from office360.signaling import close_codes, relay
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ...support.timeouts import PATIENCE_S
from ..conftest import AT, BORIS, Booked


class Wire:
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

    async def hear(self, type: str) -> dict[str, Any]:
        """The first message of this type, now or soon."""
        await self._until(lambda: any(one["type"] == type for one in self.sent))
        return next(one for one in self.sent if one["type"] == type)

    async def until_closed(self) -> int | None:
        await self._until(lambda: self.closed is not None)
        return self.closed

    async def _until(self, holds: Any) -> None:
        async with asyncio.timeout(PATIENCE_S):
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


@pytest.fixture
def booked(clock: FakeClock, amina: Booked) -> Booked:
    clock.set(AT - timedelta(minutes=5))
    return amina


async def sit(rooms: LiveRooms, runtime: Runtime, booked: Booked, wire: Wire, id: str) -> tuple[Seat, Session]:
    """amina, or boris when the id begins with his name, at this process."""
    if id.startswith("boris"):
        seat = await participants.enter_staff(runtime, BORIS, booked.appointment.id, hash_token(id))
    else:
        seat = await participants.enter_citizen(runtime, booked.token, hash_token(id))
    return seat, await rooms.open(seat, id, wire)  # type: ignore[arg-type]


async def admitted(
    here: LiveRooms, there: LiveRooms, runtime: Runtime, booked: Booked
) -> tuple[tuple[Seat, Wire], tuple[Seat, Wire]]:
    """amina here, boris there, both in the call."""
    amina, boris = Wire(), Wire()
    guest, _ = await sit(here, runtime, booked, amina, "amina-1")
    host, _ = await sit(there, runtime, booked, boris, "boris-1")
    await participants.join(runtime, guest, None, None)
    await amina.hear("lobby")
    await boris.hear("participant_joined")
    await participants.admit(runtime, host, guest.participant_id)
    await amina.hear("admitted")
    await boris.hear("participant_updated")
    return (guest, amina), (host, boris)


async def test_changes_and_letters_cross_from_one_process_to_the_other(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: Booked
) -> None:
    (guest, _), (host, boris) = await admitted(here, there, runtime, booked)
    room = here.room(booked.appointment.id)
    message = {"type": "renew", "to": host.participant_id, "pc_gen": 1}
    to, letter = relay.letter(guest.participant_id, message, room.admitted())
    await room.relayed.send(guest.participant_id, to, letter)
    assert (await boris.hear("renew"))["from"] == guest.participant_id


async def test_a_second_tab_at_another_process_closes_the_first(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: Booked
) -> None:
    first, second = Wire(), Wire()
    await sit(here, runtime, booked, first, "amina-1")
    await sit(there, runtime, booked, second, "amina-2")
    assert await first.until_closed() == close_codes.REPLACED
    assert second.closed is None


async def test_whoever_is_removed_reads_it_wherever_they_are(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: Booked
) -> None:
    (guest, amina), (host, _) = await admitted(here, there, runtime, booked)
    await participants.remove(runtime, host, guest.participant_id)
    assert (await amina.hear("ended"))["reason"] == "removed"
    assert await amina.until_closed() == close_codes.NORMAL


async def test_a_message_that_the_bus_lost_is_healed_by_the_versions(
    runtime: Runtime, here: LiveRooms, booked: Booked
) -> None:
    elsewhere = replace(runtime, bus=MemoryBus())
    amina = Wire()
    guest, _ = await sit(here, runtime, booked, amina, "amina-1")
    host = await participants.enter_staff(elsewhere, BORIS, booked.appointment.id, hash_token("boris"))
    await participants.join(elsewhere, guest, None, None)
    await participants.admit(elsewhere, host, guest.participant_id)
    assert [one["type"] for one in amina.sent] == ["welcome"]
    await here.tick()
    assert (await amina.hear("admitted"))["participants"][0]["participant"] == host.participant_id


async def test_the_bus_carries_no_name(
    runtime: Runtime, here: LiveRooms, there: LiveRooms, booked: Booked
) -> None:
    heard: list[str] = []

    async def listen(message: Mapping[str, Any]) -> None:
        heard.append(str(message))

    for topic in (participants.room_topic("centro", booked.appointment.id), "{centro}:office"):
        await runtime.bus.subscribe(topic, listen)
    (_, amina), (host, _) = await admitted(here, there, runtime, booked)
    await participants.end(runtime, host, "resolved")
    await amina.hear("ended")
    assert heard
    assert not any(name in one for one in heard for name in ("Amina", "Boris", "resolved"))


async def test_a_room_that_nobody_comes_back_to_is_forgotten(
    runtime: Runtime, clock: FakeClock, here: LiveRooms, booked: Booked
) -> None:
    wire = Wire()
    _, session = await sit(here, runtime, booked, wire, "amina-1")
    await here.lost(here.room(booked.appointment.id), session, wire)  # type: ignore[arg-type]
    clock.advance(seconds=119)
    await here.tick()
    assert here.session(session.hash) is session
    clock.advance(seconds=1)
    await here.tick()
    assert here.session(session.hash) is None
    with pytest.raises(KeyError):
        here.room(booked.appointment.id)


async def test_credentials_of_the_relay_last_for_the_appointment_and_an_hour(
    runtime: Runtime, here: LiveRooms, booked: Booked
) -> None:
    wire = Wire()
    await sit(here, runtime, booked, wire, "amina-1")
    (server,) = wire.sent[0]["ice_servers"]
    expires = int(server["username"].split(":")[0])
    closes_at = booked.appointment.ends_at + timedelta(minutes=30)
    assert expires == int((closes_at + timedelta(hours=1)).timestamp())
