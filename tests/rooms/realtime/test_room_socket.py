"""/ws/room with real sockets: each command accepted, refused, malformed, and from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.db import timers
from office360.core.json_types import JsonObject
from office360.core.tokens import hash_token
from office360.rooms.actions import presence
from office360.rooms.realtime.room_commands import COMMANDS
from office360.rooms.storage import room_rows
from office360.signaling import close_codes
from office360.staff.actions import accounts as staff
from office360.staff.storage.tables import ApiKeyRow, StaffSessionRow
from sqlalchemy import select, update

from ...conftest import AppServer, FakeClock
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.room_client import RoomClient, enter_room_client, open_room_client
from ..support.video_appointments import AT, BookedVideoAppointment, audit_kinds

OFFER = {"type": "offer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


@pytest.fixture
async def key(booked: BookedVideoAppointment, app_server: AppServer) -> str:
    return await staff.create_api_key(app_server.runtime, name="boris", role=StaffRole.AGENT, offices=["centro"])


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


# hello


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


# A second tab


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


# The lobby


async def test_join_is_answered_with_lobby_position(app_server: AppServer, booked: BookedVideoAppointment) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.send("join")
        update = await amina.receive("lobby")
    assert (update["position"], update["agent"]) == (1, "away")


async def test_lobby_position_moves_up_when_first_is_admitted(
    app_server: AppServer, elena: BookedVideoAppointment, booked: BookedVideoAppointment, key: str
) -> None:
    async with (
        lobby(app_server, elena, key) as (first, boris),
        enter_room_client(app_server, {"token": booked.token}) as second,
    ):
        await second.send("join")
        await second.receive("lobby", position=2)
        await boris.send("admit", participant=first.id)
        update = await second.receive("lobby", position=1, agent="busy")
    assert update["agent_name"] == "boris"


async def test_agent_state_and_message_reach_the_lobby(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with lobby(app_server, booked, key) as (amina, boris):
        await boris.send("agent_state", state="busy")
        await amina.receive("lobby", agent="busy")
        await boris.send("message", text="Two minutes more", participant=amina.id)
        assert (await amina.receive("lobby", agent="busy"))["message"] == "Two minutes more"


async def test_leaving_the_lobby_notifies_the_agent(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with lobby(app_server, booked, key) as (amina, boris):
        await amina.send("leave")
        await amina.receive("left")
        await boris.receive("participant_left", participant=amina.id)


async def test_participant_in_lobby_learns_of_no_other_participant(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with lobby(app_server, booked, key) as (amina, _):
        assert {message["type"] for message in amina.received} <= {"welcome", "lobby"}
        assert amina.welcome["participants"] == []


# Admission and removal


async def test_admitted_participants_receive_each_other(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        admitted = next(message for message in amina.received if message["type"] == "admitted")
        (agent,) = admitted["participants"]
        assert (agent["participant"], agent["role"], agent["polite"]) == (boris.id, "agent", True)
        updated = next(message for message in boris.received if message["type"] == "participant_updated")
        assert (updated["participant"], updated["polite"]) == (amina.id, False)


async def test_agent_returns_citizen_to_the_lobby(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.send("return_to_lobby", participant=amina.id)
        await amina.receive("returned_to_lobby")
        assert (await amina.receive("lobby"))["position"] == 1
        await boris.receive("participant_updated", participant=amina.id, state="lobby")
        assert await amina.send_refused("chat", text="hello?") == "not_admitted"


async def test_removed_participant_gets_reason_and_may_return(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.send("remove", participant=amina.id)
        assert (await amina.receive("ended"))["reason"] == "removed"
        assert await amina.wait_closed() == close_codes.NORMAL
        await boris.receive("participant_left", participant=amina.id)
        async with enter_room_client(app_server, {"token": booked.token}) as again:
            assert again.welcome["state"] == "outside"


async def test_end_is_sent_to_all_and_closes_the_room(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.send("end", outcome="resolved")
        for peer in (amina, boris):
            assert (await peer.receive("ended"))["reason"] == "ended"
            assert await peer.wait_closed() == close_codes.NORMAL
        async with open_room_client(app_server, {"token": booked.token}) as late:
            assert await late.wait_closed() == close_codes.NOT_FOUND
        resume = {"resume": {"session": amina.welcome["session"], "seq": 1}}
        async with open_room_client(app_server, resume) as late_client:
            assert (await late_client.receive("ended"))["reason"] == "ended"
            assert await late_client.wait_closed() == close_codes.NORMAL


# Relay


async def test_signals_reach_their_addressee_with_real_sender(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.send("description", to=amina.id, pc_gen=3, description=OFFER, **{"from": "unknown"})
        received = await amina.receive("description")
        assert (received["from"], received["pc_gen"], received["description"]) == (boris.id, 3, OFFER)
        await amina.send("candidate", to=boris.id, pc_gen=3, candidate=CANDIDATE)
        assert (await boris.receive("candidate"))["candidate"]["sdpMid"] == "0"
        await amina.send("candidate", to=boris.id, pc_gen=3, candidate=None)
        assert (await boris.receive("candidate"))["candidate"] is None
        await amina.send("renew", to=boris.id, pc_gen=3)
        assert (await boris.receive("renew"))["from"] == amina.id


async def test_signals_keep_their_order(app_server: AppServer, booked: BookedVideoAppointment, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        for number in range(40):
            await boris.send("renew", to=amina.id, pc_gen=number)
        received = [(await amina.receive("renew"))["pc_gen"] for _ in range(40)]
    assert received == list(range(40))


async def test_signals_and_chat_do_not_cross_rooms(
    app_server: AppServer, elena: BookedVideoAppointment, booked: BookedVideoAppointment, key: str
) -> None:
    other_key = await staff.create_api_key(app_server.runtime, name="other", role=StaffRole.AGENT)
    async with (
        call(app_server, booked, key) as (amina, _),
        call(app_server, elena, other_key) as (victim, _),
    ):
        assert await amina.send_refused("renew", to=victim.id, pc_gen=1) == "not_in_room"
        await amina.send("chat", text="psst")
        assert await victim.drain_types() == []


async def test_chat_is_not_echoed_to_its_sender(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("chat", text="Buenos días")
        received = await boris.receive("chat")
        assert (received["text"], received["from"]) == ("Buenos días", amina.id)
        assert "chat" not in await amina.drain_types()


async def test_media_state_is_relayed_and_stored(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("media_state", audio=True, video=False, screen=False)
        received = await boris.receive("media_state")
        assert (received["from"], received["video"]) == (amina.id, False)
        async with enter_room_client(app_server, agent_hello(booked, key)) as again:
            assert again.welcome["participants"][0]["media"]["video"] is False


async def test_ice_servers_command_returns_ice_servers(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.send("ice_servers")
        assert (await amina.receive("ice_servers"))["ice_servers"] == []


async def test_quality_consent_and_checklist_are_stored_silently(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("quality", rtt_ms=40, loss_up_pct=0.5, path="udp", reason="bandwidth")
        await amina.send("consent", text="video_call_v1", accepted=True)
        await boris.send("checklist", items={"document_shown": True})
        assert "error" not in await amina.drain_types() + await boris.drain_types()
    assert {"quality", "consent", "checklist"} <= set(await audit_kinds(app_server.runtime, booked))


async def test_quality_samples_are_stored_once_in_10_s(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        for _ in range(4):
            for _ in range(5):
                await amina.send("quality", rtt_ms=40)
            await boris.send("quality", rtt_ms=50)
            assert "error" not in await amina.drain_types() + await boris.drain_types()
            clock.advance(seconds=5)
    assert (await audit_kinds(app_server.runtime, booked)).count("quality") == 4


async def test_consent_is_stored_once_and_only_inside_the_room(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        assert await amina.send_refused("consent", text="video_call_v1", accepted=True) == "not_admitted"
        await amina.send("join")
        await amina.receive("lobby")
        for _ in range(20):
            await amina.send("consent", text="video_call_v1", accepted=True)
        assert "error" not in await amina.drain_types()
    assert (await audit_kinds(app_server.runtime, booked)).count("consent") == 1


# Refused and malformed

STAFF_COMMANDS: list[tuple[str, JsonObject]] = [
    ("admit", {"participant": "ME"}),
    ("return_to_lobby", {"participant": "ME"}),
    ("remove", {"participant": "ME"}),
    ("message", {"text": "hello"}),
    ("agent_state", {"state": "away"}),
    ("checklist", {"items": {"document_shown": True}}),
    ("end", {}),
]
MEMBER_COMMANDS: list[tuple[str, JsonObject]] = [
    ("description", {"to": "x", "pc_gen": 1, "description": OFFER}),
    ("candidate", {"to": "x", "pc_gen": 1, "candidate": CANDIDATE}),
    ("candidates", {"to": "x", "pc_gen": 1, "candidates": [CANDIDATE]}),
    ("renew", {"to": "x", "pc_gen": 1}),
    ("away", {}),
    ("chat", {"text": "hello"}),
    ("media_state", {"audio": True}),
    ("quality", {"rtt_ms": 10}),
    ("sound_only", {"on": True, "reason": "own_choice"}),
]
BROKEN: list[tuple[str, JsonObject]] = [
    ("join", {"name": 7}),
    ("join", {"test_code": "x" * 17}),
    ("admit", {}),
    ("return_to_lobby", {"participant": None}),
    ("remove", {"participant": ["x"]}),
    ("message", {"text": ""}),
    ("message", {"text": "x" * 501}),
    ("agent_state", {"state": "asleep"}),
    ("checklist", {"items": "all"}),
    ("end", {"outcome": "a sentence, not a word"}),
    ("description", {"to": "x"}),
    ("candidate", {"to": "x", "pc_gen": 1}),
    ("candidates", {"to": "x", "pc_gen": 1, "candidates": []}),
    ("candidates", {"to": "x", "pc_gen": 1, "candidates": [None] * 33}),
    ("renew", {}),
    ("chat", {"text": "   "}),
    ("ack", {"seq": -1}),
    ("media_state", {"audio": "perhaps"}),
    ("quality", {"rtt_ms": -1}),
    ("quality", {"concealed_up_pct": 101}),
    ("sound_only", {"on": True, "reason": "because"}),
    ("consent", {"text": "video_call_v1"}),
]


@pytest.mark.parametrize(("type", "message"), STAFF_COMMANDS)
async def test_staff_commands_are_refused_to_citizens(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, type: str, message: JsonObject
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        message = {name: amina.id if value == "ME" else value for name, value in message.items()}
        assert await amina.send_refused(type, **message) == "staff_only"
        assert "ended" not in await boris.drain_types()


@pytest.mark.parametrize(("type", "message"), MEMBER_COMMANDS)
async def test_member_commands_are_refused_outside_the_room(
    app_server: AppServer, booked: BookedVideoAppointment, type: str, message: JsonObject
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        assert await amina.send_refused(type, **message) == "not_admitted"


@pytest.mark.parametrize(("type", "message"), BROKEN)
async def test_malformed_command_is_an_error_and_call_continues(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, type: str, message: JsonObject
) -> None:
    async with call(app_server, booked, key) as (_, boris):
        await boris.send(type, id="m1", **message)
        error = await boris.receive("error", in_reply_to=type, id="m1")
        assert (error["code"], bool(error["errors"])) == ("invalid", True)
        assert await boris.drain_types() == []


def test_every_command_with_fields_has_a_malformed_case() -> None:
    assert set(COMMANDS) - {type for type, _ in BROKEN} == {"leave", "ice_servers", "away"}


async def test_unknown_command_type_is_an_error(app_server: AppServer, booked: BookedVideoAppointment) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        assert await amina.send_refused("dance") == "unknown_type"


async def test_admitting_unknown_participant_is_an_error(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        assert await boris.send_refused("admit", participant="unknown") == "not_in_room"


@pytest.mark.parametrize(
    ("type", "message"),
    [
        ("description", {"pc_gen": 1, "description": {"type": "offer", "sdp": "x" * 33_000}}),
        ("candidate", {"pc_gen": 1, "candidate": {"candidate": "x" * 2_000}}),
        ("candidates", {"pc_gen": 1, "candidates": [None, {"candidate": "x" * 2_000}]}),
        ("chat", {"text": "x" * 2_001}),
    ],
)
async def test_too_large_field_is_reported_and_closes_socket(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, type: str, message: JsonObject
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send(type, to=boris.id, **message)
        assert (await amina.receive("error", in_reply_to=type))["code"] == "too_large"
        assert await amina.wait_closed() == close_codes.FIELD_TOO_LARGE


UNSTORABLE_TEXT = [r"\u0000", r"\ud800", r"\udfff"]  # PostgreSQL rejects NUL and lone surrogates


@pytest.mark.parametrize("text", UNSTORABLE_TEXT)
@pytest.mark.parametrize(
    "message", ['{"type": "join", "name": "?"}', '{"type": "chat", "text": "a?b"}', '{"type": "end", "?": 1}']
)
async def test_unstorable_text_closes_only_its_own_socket(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, message: str, text: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.socket.send_str(message.replace("?", text))
        assert await amina.wait_closed() == close_codes.MALFORMED
        assert await boris.drain_types() == []


@pytest.mark.parametrize("text", UNSTORABLE_TEXT)
async def test_hello_with_unstorable_text_closes_socket(
    app_server: AppServer, booked: BookedVideoAppointment, text: str
) -> None:
    async with app_server.client() as client, client.ws_connect("/ws/room") as socket:
        await socket.send_str('{"type": "hello", "token": "?"}'.replace("?", text))
        assert await RoomClient(socket).wait_closed() == close_codes.MALFORMED


@pytest.mark.parametrize("text", ["not json", "[]", '{"type": 7}', "{}"])
async def test_non_message_closes_socket_and_server_continues(
    app_server: AppServer, booked: BookedVideoAppointment, text: str
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.socket.send_str(text)
        assert await amina.wait_closed() == close_codes.MALFORMED
    async with enter_room_client(app_server, {"token": booked.token}):
        pass


# Resume


def resume_hello(peer: RoomClient, seq: int) -> JsonObject:
    return {"resume": {"session": peer.welcome["session"], "seq": seq}}


def last_seq(peer: RoomClient) -> int:
    return int(max(message["seq"] for message in peer.received if "seq" in message))


async def test_every_server_message_is_numbered(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, _):
        await amina.send_refused("dance")
        numbers = [message["seq"] for message in amina.received]
    assert numbers == list(range(len(numbers)))


async def test_session_resumes_with_missed_messages(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        last_received = last_seq(amina)
        await amina.socket.close()
        await boris.send("chat", text="first")
        await boris.send("chat", text="second")
        await boris.drain_types()
        async with enter_room_client(app_server, resume_hello(amina, last_received)) as back:
            assert (back.welcome["resumed"], back.welcome["seq"]) == (True, last_received)
            assert back.welcome["participant"] == amina.id
            assert back.welcome["session"] == amina.welcome["session"]
            received = [await back.receive("chat"), await back.receive("chat")]
            assert [(message["text"], message["seq"]) for message in received] == [
                ("first", last_received + 1),
                ("second", last_received + 2),
            ]
            assert "participant_left" not in await boris.drain_types()


async def test_resume_replaces_a_hanging_socket(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with (
        call(app_server, booked, key) as (amina, _),
        enter_room_client(app_server, resume_hello(amina, last_seq(amina))) as back,
    ):
        assert await amina.wait_closed() == close_codes.REPLACED
        assert back.welcome["resumed"] is True


async def test_resume_with_unknown_seq_gets_fresh_snapshot(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with (
        call(app_server, booked, key) as (amina, boris),
        enter_room_client(app_server, resume_hello(amina, 10_000)) as back,
    ):
        assert (back.welcome["resumed"], back.welcome["state"]) == (False, "admitted")
        assert back.id == amina.id
        assert [other["participant"] for other in back.welcome["participants"]] == [boris.id]


async def test_expired_session_falls_back_to_the_token(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.send("join")
        await amina.receive("lobby")
    clock.advance(seconds=121)
    async with open_room_client(app_server, resume_hello(amina, 1)) as late:
        assert await late.wait_closed() == close_codes.NOT_ALLOWED
    async with enter_room_client(app_server, {"token": booked.token, **resume_hello(amina, 1)}) as again:
        assert (again.welcome["resumed"], again.id) == (False, amina.id)


async def test_resume_uses_the_current_admission(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        last_received = last_seq(amina)
        await amina.socket.close()
        await boris.send("return_to_lobby", participant=amina.id)
        await boris.receive("participant_updated", state="lobby")
        async with enter_room_client(app_server, resume_hello(amina, last_received)) as back:
            assert back.welcome["state"] == "lobby"
            await back.receive("returned_to_lobby")
            await back.receive("lobby", position=1)


async def advance_time(server: AppServer, clock: FakeClock, seconds: int) -> None:
    """Advance the clock in steps of one maintenance run of the process."""
    for _ in range(seconds // 9):
        clock.advance(seconds=9)
        await server.lifespan_state["live_rooms"].run_maintenance()
        await timers.fire_due_timers(server.runtime, presence.TIMERS)


async def test_disconnect_is_sent_after_25_s_and_leaving_after_120_s(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.socket.close()
        await boris.drain_types()
        await advance_time(app_server, clock, 27)
        await boris.receive("participant_updated", participant=amina.id, connected=False)
        await advance_time(app_server, clock, 99)
        await boris.receive("participant_left", participant=amina.id)
        assert boris.socket.close_code is None


async def test_signed_out_agent_is_closed_out_of_the_room(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=StaffRole.AGENT, password="a password of boris"
    )
    cookie = await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")
    hello = {"appointment": booked.appointment.id}
    headers = {"Cookie": f"office360_staff={cookie}", "Origin": app_server.url}
    async with enter_room_client(app_server, hello, **headers) as boris:
        await staff.logout(app_server.runtime, cookie)
        clock.advance(seconds=10)
        assert await boris.wait_closed() == close_codes.NOT_ALLOWED


async def log_in(server: AppServer) -> dict[str, str]:
    """Log in the agent boris, and return the headers of his browser."""
    cookie = await staff.login(server.runtime, "boris", "a password of boris", "192.0.2.7")
    return {"Cookie": f"office360_staff={cookie}", "Origin": server.url}


async def test_agent_resumes_call_after_login_session_expired(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=StaffRole.AGENT, password="a password of boris"
    )
    headers, hello = await log_in(app_server), {"appointment": booked.appointment.id}
    async with app_server.runtime.transaction() as tx:
        await tx.session.execute(update(StaffSessionRow).values(expires_at=clock.now() + timedelta(seconds=10)))
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.send("join")
        async with enter_room_client(app_server, hello, **headers) as boris:
            await boris.send("admit", participant=amina.id)
            await amina.receive("admitted")
            clock.advance(seconds=10)
            assert await boris.wait_closed() == close_codes.NOT_ALLOWED
        resume = {**hello, **resume_hello(boris, last_seq(boris))}
        async with open_room_client(app_server, resume, **headers) as stranger:
            assert await stranger.wait_closed() == close_codes.NOT_ALLOWED
        async with enter_room_client(app_server, resume, **await log_in(app_server)) as back:
            assert (back.welcome["resumed"], back.id) == (True, boris.id)
        assert "participant_left" not in await amina.drain_types()


# Resume of staff


async def revoke(server: AppServer, key: str) -> None:
    """Revoke an API key."""
    async with server.runtime.read_session() as db:
        found = await db.scalar(select(ApiKeyRow.id).where(ApiKeyRow.key_hash == hash_token(key)))
    assert found is not None
    await staff.revoke_api_key(server.runtime, found)


async def drop_live_sessions(server: AppServer) -> None:
    """Drop all sessions of the process, as a restart does."""
    await server.lifespan_state["live_rooms"].close()


@pytest.mark.parametrize("restarted", [False, True])
async def test_revoked_key_cannot_resume_a_session(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, restarted: bool
) -> None:
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        await boris.socket.close()
    if restarted:
        await drop_live_sessions(app_server)
    await revoke(app_server, key)
    for more in ({}, {"key": key}, agent_hello(booked, key)):
        async with open_room_client(app_server, {**resume_hello(boris, 0), **more}) as back:
            assert await back.wait_closed() == close_codes.NOT_ALLOWED
            assert back.received == []


@pytest.mark.parametrize("restarted", [False, True])
async def test_resumed_agent_is_closed_when_key_is_revoked(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment, key: str, restarted: bool
) -> None:
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        await boris.socket.close()
    if restarted:
        await drop_live_sessions(app_server)
    async with enter_room_client(app_server, {**resume_hello(boris, 0), "key": key}) as back:
        assert (back.id, back.welcome["state"]) == (boris.id, "admitted")
        await revoke(app_server, key)
        clock.advance(seconds=10)
        assert await back.wait_closed() == close_codes.NOT_ALLOWED


async def test_agent_session_is_not_resumed_with_another_key(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    other = await staff.create_api_key(app_server.runtime, name="other", role=StaffRole.AGENT, offices=["centro"])
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        async with open_room_client(app_server, {**resume_hello(boris, 0), "key": other}) as stranger:
            assert await stranger.wait_closed() == close_codes.NOT_ALLOWED
        assert await boris.drain_types() == []


async def test_revoked_session_cannot_be_resumed(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, agent_hello(booked, key)) as boris:
        await revoke(app_server, key)
        clock.advance(seconds=10)
        assert await boris.wait_closed() == close_codes.NOT_ALLOWED
    session_hash = hash_token(boris.welcome["session"])
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while await load_presence(app_server, session_hash) is not None:
            await app_server.lifespan_state["live_rooms"].run_maintenance()
    async with open_room_client(app_server, resume_hello(boris, 0)) as back:
        assert await back.wait_closed() == close_codes.NOT_ALLOWED


async def load_presence(server: AppServer, session_hash: str) -> room_rows.SessionPresence | None:
    async with server.runtime.read_session() as db:
        return await room_rows.presence_by_session(db, session_hash)


async def test_citizen_with_staff_key_resumes_as_citizen(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment, key: str
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        await amina.socket.close()
    async with enter_room_client(app_server, {**resume_hello(amina, 0), "key": key}) as back:
        await revoke(app_server, key)
        clock.advance(seconds=10)
        await app_server.lifespan_state["live_rooms"].run_maintenance()
        assert await back.drain_types() == []
