"""People of video rooms over `websockets`: lobby, admission, relayed messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

STEP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class BookedRoom:
    """Appointment of a room that is open now."""

    appointment_id: str
    token: str


@dataclass(slots=True)
class RoomPerson:
    """One socket of /ws/room."""

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
        """Wait for the next message of one of these types."""
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
