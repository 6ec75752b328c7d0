"""People of video rooms over `websockets`: lobby, admission, relayed messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from ...appointments import service as appointments
from ...appointments.actions.book import create_appointment
from ...appointments.service import BookingRequest
from ...core.auth import StaffRole
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...offices.service import office_by_slug
from ...server.migrations import migrate
from ...server.runtime import make_runtime
from ...staff.actions.accounts import create_api_key
from ...tests.support.office_fixture import build_office
from ..installation import Installation, benchmark_settings
from ..machine import free_port

STEP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class BookedRoom:
    """Appointment of a room that is open now."""

    appointment_id: str
    token: str


@dataclass(frozen=True, slots=True)
class BookedRooms:
    """Rooms that are open now, and an API key of an agent."""

    rooms: tuple[BookedRoom, ...]
    agent_key: str


@dataclass(slots=True)
class RoomPerson:
    """A socket of /ws/room."""

    socket: ClientConnection
    welcome: dict[str, Any] = field(default_factory=dict)
    peer: str = ""  # the other participant

    @property
    def id(self) -> str:
        participant: str = self.welcome["participant"]
        return participant

    async def send(self, type_: str, **more: Any) -> None:
        await self.socket.send(json.dumps({"type": type_, **more}))

    async def receive(self, *types: str) -> dict[str, Any]:
        """Wait for the next message of any of these types."""
        async with asyncio.timeout(STEP_TIMEOUT_S):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if message["type"] in types:
                    return message


async def enter(url: str, hello: dict[str, Any]) -> RoomPerson:
    """Open a socket, send a hello and wait for the welcome."""
    socket = await connect(
        f"{url.replace('http', 'ws')}/ws/room", compression=None, max_queue=None, ping_interval=None
    )
    person = RoomPerson(socket)
    await person.send("hello", acks=True, **hello)
    person.welcome = await person.receive("welcome")
    return person


async def join_lobby(url: str, room: BookedRoom) -> RoomPerson:
    """Enter as the citizen and wait for the position in the lobby."""
    citizen = await enter(url, {"token": room.token})
    await citizen.send("join")
    await citizen.receive("lobby")
    return citizen


@dataclass(slots=True)
class Call:
    """Citizen and agent, both admitted."""

    citizen: RoomPerson
    agent: RoomPerson


async def begin_call(citizen_url: str, agent_url: str, room: BookedRoom, key: str) -> Call:
    """Have the citizen wait and the agent admit them."""
    citizen = await join_lobby(citizen_url, room)
    agent = await enter(agent_url, {"appointment": room.appointment_id, "key": key})
    await agent.send("admit", participant=citizen.id)
    await citizen.receive("admitted")
    await agent.receive("participant_updated")
    citizen.peer, agent.peer = agent.id, citizen.id
    return Call(citizen, agent)


@asynccontextmanager
async def calls_in(
    citizen_url: str, agent_url: str, rooms: Sequence[BookedRoom], key: str
) -> AsyncIterator[list[Call]]:
    """Hold a call in each room until the block ends."""
    calls: list[Call] = []
    try:
        for room in rooms:
            calls.append(await begin_call(citizen_url, agent_url, room, key))
        yield calls
    finally:
        people = [person for call in calls for person in (call.citizen, call.agent)]
        await close_all(people)


async def close_all(people: Sequence[RoomPerson]) -> None:
    await asyncio.gather(*(person.socket.close() for person in people), return_exceptions=True)


@asynccontextmanager
async def open_installation(
    folder: Path, rooms: int, redis_url: str = ""
) -> AsyncIterator[Installation[BookedRooms]]:
    """Create an office with this many video appointments that begin in five minutes."""
    database_url = f"sqlite+aiosqlite:///{folder}/rooms-{rooms}-{free_port()}.db"
    settings = benchmark_settings(database_url)
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        await migrate(runtime.db)
        await build_office(runtime)
        async with runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
        booked = []
        async with runtime.transaction() as tx:
            at = tx.now.replace(microsecond=0) + timedelta(minutes=5)
            for number in range(rooms):
                asked = BookingRequest("certificate", "video", at, f"Person {number}", f"p{number}@example.org")
                made = await create_appointment(tx, office, asked)
                booked.append(BookedRoom(made.id, appointments.appointment_token(runtime, made)))
        key = await create_api_key(runtime, role=StaffRole.AGENT)
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    yield Installation(benchmark_settings(database_url, redis_url), BookedRooms(tuple(booked), key), folder)
