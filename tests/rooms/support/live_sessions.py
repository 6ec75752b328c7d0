"""Sessions in LiveRooms whose connections record the sent messages. No sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from office360.core.errors import Office360Error
from office360.core.json_types import JsonObject
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.rooms.realtime.participant_session import RoomSession

from ...support.timeouts import TEST_TIMEOUT_S
from .video_appointments import BORIS, BookedVideoAppointment


class RecordingConnection:
    """Sending side of a socket that records its messages and its close code."""

    def __init__(self) -> None:
        self.sent: list[JsonObject] = []
        self.close_code: int | None = None
        self._changed = asyncio.Event()

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(dict(message))
        self._changed.set()

    def send_frame(self, frame: str) -> None:
        self.send(json.loads(frame))

    def describe_error(self, error: Office360Error) -> str:
        return f"sentence of {error.code}"

    def close(self, code: int, reason: str = "") -> None:
        self.close_code = code
        self._changed.set()

    def sent_of_type(self, type: str) -> list[JsonObject]:
        return [message for message in self.sent if message["type"] == type]

    async def wait_sent(self, type: str) -> JsonObject:
        """Wait for a message of this type, and return the first message."""
        await self._wait_until(lambda: bool(self.sent_of_type(type)))
        return self.sent_of_type(type)[0]

    async def wait_closed(self) -> int | None:
        """Wait for the close, and return its code."""
        await self._wait_until(lambda: self.close_code is not None)
        return self.close_code

    async def _wait_until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not is_true():
                self._changed.clear()
                await self._changed.wait()


async def open_session(
    rooms: LiveRooms,
    runtime: Runtime,
    booked: BookedVideoAppointment,
    connection: RecordingConnection,
    id: str,
    *,
    acknowledges: bool = False,
) -> tuple[RoomMember, RoomSession]:
    """Open a session for Boris if the id begins with `boris`, else for the citizen."""
    if id.startswith("boris"):
        member = await room_entry.enter_as_staff(runtime, BORIS, booked.appointment.id, hash_token(id))
    else:
        member = await room_entry.enter_as_citizen(runtime, booked.token, hash_token(id))
    session = await rooms.open_session(member, id, connection, acknowledges=acknowledges)  # type: ignore[arg-type]
    return member, session


async def open_admitted_sessions(
    citizen_rooms: LiveRooms, agent_rooms: LiveRooms, runtime: Runtime, booked: BookedVideoAppointment
) -> tuple[tuple[RoomMember, RecordingConnection], tuple[RoomMember, RecordingConnection]]:
    """Open sessions of Amina and Boris in two processes, and have Boris admit Amina."""
    amina, boris = RecordingConnection(), RecordingConnection()
    guest, _ = await open_session(citizen_rooms, runtime, booked, amina, "amina-1")
    agent, _ = await open_session(agent_rooms, runtime, booked, boris, "boris-1")
    await participant_actions.join_lobby(runtime, guest, None)
    await amina.wait_sent("lobby")
    await boris.wait_sent("participant_joined")
    await staff_actions.admit_participant(runtime, agent, guest.participant_id)
    await amina.wait_sent("admitted")
    await boris.wait_sent("participant_updated")
    return (guest, amina), (agent, boris)
