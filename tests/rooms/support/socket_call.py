"""Sockets of Amina and Boris in a room: in the lobby, and in the call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from office360.core.json_types import JsonObject

from ...conftest import AppServer
from .room_client import RoomClient, enter_room_client
from .video_appointments import BookedVideoAppointment

OFFER = {"type": "offer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


def agent_hello(booked: BookedVideoAppointment, key: str) -> JsonObject:
    return {"appointment": booked.appointment.id, "key": key}


@asynccontextmanager
async def lobby(
    server: AppServer, booked: BookedVideoAppointment, key: str
) -> AsyncIterator[tuple[RoomClient, RoomClient]]:
    """Open sockets of Amina in the lobby and of Boris in the room."""
    async with AsyncExitStack() as stack:
        boris = await stack.enter_async_context(enter_room_client(server, agent_hello(booked, key)))
        amina = await stack.enter_async_context(enter_room_client(server, {"token": booked.token}))
        await amina.send("join")
        await amina.receive("lobby")
        await boris.receive("participant_joined", participant=amina.id)
        yield amina, boris


@asynccontextmanager
async def call(
    server: AppServer, booked: BookedVideoAppointment, key: str
) -> AsyncIterator[tuple[RoomClient, RoomClient]]:
    """Open sockets of Amina and Boris, both admitted."""
    async with lobby(server, booked, key) as (amina, boris):
        await boris.send("admit", participant=amina.id)
        await amina.receive("admitted")
        await boris.receive("participant_updated", participant=amina.id, state="admitted")
        yield amina, boris
