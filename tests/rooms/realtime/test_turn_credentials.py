"""Credentials of the TURN relay: for the people in the call, from their admission on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.json_types import JsonObject
from office360.server.settings import Settings

from ...conftest import AppServer
from ..support.guests import invite_guest
from ..support.room_client import RoomClient, enter_room_client, last_seq, resume_hello
from ..support.socket_call import agent_hello
from ..support.video_appointments import BookedVideoAppointment

TURN_URI = "turn:turn.example.org"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"turn_uris": [TURN_URI], "turn_secret": "a secret"})


def has_credentials(message: JsonObject) -> bool:
    """Check that a message has all or nothing: a URI alone would be of no use."""
    servers = message.get("ice_servers", [])
    told = [(server["urls"], bool(server["username"] and server["credential"])) for server in servers]
    return told == [([TURN_URI], True)]


async def ask_for_credentials(person: RoomClient) -> bool:
    await person.send("ice_servers")
    return has_credentials(await person.receive("ice_servers"))


@pytest.mark.parametrize("who", ["citizen", "guest"])
async def test_turn_credentials_come_with_admission_only(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, who: str
) -> None:
    token = booked.token if who == "citizen" else (await invite_guest(app_server.runtime, booked))[1]
    async with (
        enter_room_client(app_server, agent_hello(booked, key)) as boris,
        enter_room_client(app_server, {"token": token}) as amina,
    ):
        given = {"staff": has_credentials(boris.welcome), "outside": has_credentials(amina.welcome)}
        given["asked outside"] = await ask_for_credentials(amina)
        await amina.send("join")
        await boris.receive("participant_joined", participant=amina.id)
        given["asked in the lobby"] = await ask_for_credentials(amina)
        await boris.send("admit", participant=amina.id)
        given["admitted"] = has_credentials(await amina.receive("admitted"))
        given["asked in the call"] = await ask_for_credentials(amina)
        await boris.send("hold", participant=amina.id)
        await amina.receive("held")
        given["asked on hold"] = await ask_for_credentials(amina)
        await boris.send("admit", participant=amina.id)
        given["taken back"] = has_credentials(await amina.receive("admitted"))
        seq = last_seq(amina)
        async with enter_room_client(app_server, resume_hello(amina, seq)) as resumed:
            given["resumed in the call"] = has_credentials(resumed.welcome)
            await boris.send("return_to_lobby", participant=amina.id)
            await resumed.receive("returned_to_lobby")
            given["asked after the return"] = await ask_for_credentials(resumed)
            seq = last_seq(resumed)
        async with enter_room_client(app_server, resume_hello(amina, seq)) as waiting:
            given["resumed in the lobby"] = has_credentials(waiting.welcome)
    in_call = {"staff", "admitted", "asked in the call", "taken back", "resumed in the call"}
    assert given == {place: place in in_call for place in given}


async def test_turn_credentials_outlast_appointment_by_an_hour(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        (server,) = boris.welcome["ice_servers"]
    expires = int(server["username"].split(":")[0])
    closes_at = booked.appointment.ends_at + timedelta(minutes=30)
    assert expires == int((closes_at + timedelta(hours=1)).timestamp())
