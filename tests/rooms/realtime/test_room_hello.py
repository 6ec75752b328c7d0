"""The hello of /ws/room: who enters a room, and a second tab."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.json_types import JsonObject
from office360.signaling import close_codes
from office360.staff.actions import accounts as staff

from ...conftest import AppServer, FakeClock
from ..support.room_client import RoomClient, enter_room_client, open_room_client
from ..support.socket_call import agent_hello, call
from ..support.video_appointments import AT, BookedVideoAppointment


async def test_citizen_hello_is_welcomed_outside_the_lobby(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        welcome = amina.welcome
    assert (welcome["role"], welcome["state"], welcome["resumed"]) == ("citizen", "outside", False)
    assert (welcome["participants"], welcome["ice_servers"], welcome["resume_window_s"]) == ([], [], 120)
    assert (welcome["name"], welcome["seq"]) == ("Amina", 0)


async def test_agent_hello_is_admitted_and_lists_waiting_citizen(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.send("join", name="Amina Haddad", test_code="K7-42")
        await amina.receive("lobby")
        async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
            assert (boris.welcome["state"], boris.welcome["role"]) == ("admitted", "agent")
            (citizen,) = boris.welcome["participants"]
    assert citizen["participant"] == amina.id
    assert (citizen["role"], citizen["name"], citizen["state"]) == ("citizen", "Amina Haddad", "lobby")
    assert (citizen["polite"], citizen["connected"]) == (False, True)
    assert citizen["media"] == {"audio": True, "video": True, "screen": False}


async def test_staff_cookie_is_accepted_only_from_own_origin(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=StaffRole.AGENT, password="a password of boris"
    )
    cookie = await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")
    hello, cookies = {"appointment": booked.appointment.id}, f"office360_staff={cookie}"
    async with enter_room_client(app_server, hello, Cookie=cookies, Origin=app_server.url) as boris:
        assert boris.welcome["name"] == "Boris"
    async with open_room_client(app_server, hello, Cookie=cookies) as program:
        assert await program.wait_closed() == close_codes.NOT_ALLOWED


async def test_foreign_origin_is_refused_before_upgrade(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with open_room_client(app_server, {"token": booked.token}, Origin="https://elsewhere.example.org"):
            pass
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"token": "unknown"}, close_codes.NOT_FOUND),
        ({"appointment": "unknown"}, close_codes.NOT_FOUND),
        ({}, close_codes.NOT_ALLOWED),
        ({"token": 7}, close_codes.MALFORMED),
        ({"resume": "yes"}, close_codes.MALFORMED),
        ({"resume": {"session": "unknown", "seq": 0}}, close_codes.NOT_ALLOWED),
        ({"resume": {"session": "unknown", "seq": -1}}, close_codes.MALFORMED),
    ],
)
async def test_invalid_hello_closes_socket_with_matching_code(
    app_server: AppServer, booked: BookedVideoAppointment, hello: JsonObject, code: int
) -> None:
    async with open_room_client(app_server, hello) as stranger:
        assert await stranger.wait_closed() == code


async def test_wrong_key_and_integration_key_are_not_allowed(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    program = await staff.create_api_key(app_server.runtime, role=StaffRole.INTEGRATION)
    for wrong in ("wrong", program):
        async with open_room_client(app_server, agent_hello(booked, wrong)) as stranger:
            assert await stranger.wait_closed() == close_codes.NOT_ALLOWED


async def test_wrong_key_beside_a_token_is_not_allowed(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, {"token": booked.token, "key": key}) as amina:
        resume = {"session": amina.welcome["session"], "seq": 0}
        for hello in ({"token": booked.token}, {"token": booked.token, "resume": resume}, {"resume": resume}):
            async with open_room_client(app_server, {**hello, "key": "wrong"}) as stranger:
                assert await stranger.wait_closed() == close_codes.NOT_ALLOWED, hello


async def test_early_hello_is_not_allowed_and_late_hello_not_found(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    clock.set(AT - timedelta(minutes=16))
    async with open_room_client(app_server, {"token": booked.token}) as amina:
        assert await amina.wait_closed() == close_codes.NOT_ALLOWED
    clock.set(AT + timedelta(hours=2))
    async with open_room_client(app_server, {"token": booked.token}) as amina:
        assert await amina.wait_closed() == close_codes.NOT_FOUND


async def test_first_message_other_than_hello_closes_socket(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    async with app_server.client() as client, client.ws_connect("/ws/room") as socket:
        peer = RoomClient(socket)
        await peer.send("join")
        assert await peer.wait_closed() == close_codes.NO_HELLO


async def test_fifth_agent_hello_is_closed_as_too_many(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    async with AsyncExitStack() as stack:
        for number in range(4):
            key = await staff.create_api_key(app_server.runtime, name=str(number), role=StaffRole.AGENT)
            await stack.enter_async_context(enter_room_client(app_server, agent_hello(booked, key)))
        key = await staff.create_api_key(app_server.runtime, name="fifth", role=StaffRole.AGENT)
        fifth = await stack.enter_async_context(open_room_client(app_server, agent_hello(booked, key)))
        assert await fifth.wait_closed() == close_codes.TOO_MANY


async def test_second_tab_replaces_first_and_keeps_state(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with (
        call(app_server, booked, key) as (first, boris),
        enter_room_client(app_server, {"token": booked.token}) as second,
    ):
        assert await first.wait_closed() == close_codes.REPLACED
        assert second.id == first.id
        assert second.welcome["state"] == "admitted"
        assert [other["participant"] for other in second.welcome["participants"]] == [boris.id]
        await boris.send("chat", text="hello?")
        assert (await second.receive("chat"))["from"] == boris.id
