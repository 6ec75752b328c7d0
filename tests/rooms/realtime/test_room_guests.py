"""Guests on /ws/room: a link for a single device, the lobby, withdrawal; and hold."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from office360.rooms.actions import room_invites
from office360.rooms.domain.room import ParticipantRole
from office360.signaling import close_codes

from ...conftest import AppServer
from ..support.guests import invite_guest
from ..support.room_client import RoomClient, enter_room_client, open_room_client
from ..support.socket_call import OFFER, agent_hello, call
from ..support.video_appointments import BORIS, BookedVideoAppointment

PHONE = {"Cookie": "office360_device=phone-of-fatima"}
TABLET = {"Cookie": "office360_device=another"}


async def test_guest_enters_by_link_and_is_admitted(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    _, token = await invite_guest(app_server.runtime, booked, role=ParticipantRole.RELATIVE)
    async with (
        call(app_server, booked, key) as (amina, boris),
        enter_room_client(app_server, {"token": token}, **PHONE) as fatima,
    ):
        assert (fatima.welcome["role"], fatima.welcome["state"]) == ("relative", "outside")
        await fatima.send("join", name="Fatima Haddad")
        await fatima.receive("lobby")
        waiting = await boris.receive("participant_joined", participant=fatima.id)
        assert (waiting["role"], waiting["name"], waiting["state"]) == ("relative", "Fatima Haddad", "lobby")
        await boris.send("admit", participant=fatima.id)
        admitted = await fatima.receive("admitted")
        polite = {other["participant"]: other["polite"] for other in admitted["participants"]}
        joined = await amina.receive("participant_joined", participant=fatima.id)
        assert polite == {boris.id: True, amina.id: not joined["polite"]}
        await fatima.send("description", to=amina.id, pc_gen=1, description=OFFER)
        assert (await amina.receive("description"))["from"] == fatima.id


async def test_link_works_on_first_device_only(app_server: AppServer, booked: BookedVideoAppointment) -> None:
    _, token = await invite_guest(app_server.runtime, booked)
    async with enter_room_client(app_server, {"token": token}, **PHONE) as fatima:
        first = fatima.id
        for elsewhere in (TABLET, {}):
            async with open_room_client(app_server, {"token": token}, **elsewhere) as other:
                assert await other.wait_closed() == close_codes.NOT_ALLOWED
    async with enter_room_client(app_server, {"token": token}, **PHONE) as again:
        assert again.id == first


async def test_program_without_cookie_returns_by_session(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    _, token = await invite_guest(app_server.runtime, booked)
    async with enter_room_client(app_server, {"token": token}) as program:
        resume = {"session": program.welcome["session"], "seq": 0}
    async with open_room_client(app_server, {"token": token}) as second:
        assert await second.wait_closed() == close_codes.NOT_ALLOWED
    async with enter_room_client(app_server, {"resume": resume}) as back:
        assert back.id == program.id


async def test_withdrawn_link_takes_guest_out(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    invite, token = await invite_guest(app_server.runtime, booked)
    async with call(app_server, booked, key) as (_, boris):
        async with enter_room_client(app_server, {"token": token}, **PHONE) as fatima:
            await fatima.send("join")
            await boris.receive("participant_joined", participant=fatima.id)
            await boris.send("admit", participant=fatima.id)
            await fatima.receive("admitted")
            await room_invites.withdraw_invite(app_server.runtime, BORIS, booked.appointment, invite.id)
            assert (await fatima.receive("ended"))["reason"] == "removed"
            await boris.receive("participant_left", participant=fatima.id)
            resume = {"session": fatima.welcome["session"], "seq": 0}
        async with open_room_client(app_server, {"token": token}, **PHONE) as again:
            assert await again.wait_closed() == close_codes.NOT_FOUND
        async with open_room_client(app_server, {"resume": resume}) as resumed:
            assert await resumed.wait_closed() == close_codes.NOT_ALLOWED


async def test_fifth_person_is_refused(app_server: AppServer, booked: BookedVideoAppointment, key: str) -> None:
    async with call(app_server, booked, key) as (_, boris), AsyncExitStack() as stack:
        guests: list[RoomClient] = []
        for name in ("Fatima", "Gema", "Hugo"):
            _, token = await invite_guest(app_server.runtime, booked, name)
            guest = await stack.enter_async_context(enter_room_client(app_server, {"token": token}))
            await guest.send("join")
            await boris.receive("participant_joined", participant=guest.id)
            guests.append(guest)
        for guest in guests[:2]:
            await boris.send("admit", participant=guest.id)
            await guest.receive("admitted")
        assert await boris.send_refused("admit", participant=guests[2].id) == "room_full"


# hold


async def test_hold_cuts_signals_and_admission_takes_back(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.send("hold", participant=amina.id)
        await amina.receive("held")
        updated = await boris.receive("participant_updated", participant=amina.id)
        assert (updated["state"], updated["held"]) == ("admitted", True)
        sent = {"to": boris.id, "pc_gen": 1, "description": OFFER}
        assert await amina.send_refused("description", **sent) == "not_admitted"
        assert await amina.send_refused("chat", text="Can you hear me?") == "not_admitted"
        assert await boris.send_refused("description", **{**sent, "to": amina.id}) == "not_in_room"
        await boris.send("chat", text="Not for Amina.")
        assert "chat" not in await amina.drain_types()
        await boris.send("admit", participant=amina.id)
        back = await amina.receive("admitted")
        assert [other["participant"] for other in back["participants"]] == [boris.id]
        await boris.receive("participant_updated", participant=amina.id, held=False)
        await amina.send("description", **sent)
        assert (await boris.receive("description"))["from"] == amina.id


async def test_held_person_who_comes_back_is_still_held(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.send("hold", participant=amina.id)
        await amina.receive("held")
        async with enter_room_client(app_server, {"token": booked.token}) as again:
            welcome = again.welcome
        assert (welcome["state"], welcome["held"], welcome["participants"]) == ("admitted", True, [])


@pytest.mark.parametrize("participant", ["boris", "unknown"])
async def test_hold_of_staff_or_strangers_is_refused(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, participant: str
) -> None:
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        found = boris.id if participant == "boris" else participant
        code = await boris.send_refused("hold", participant=found)
    assert code == ("staff_stay" if participant == "boris" else "not_in_room")
