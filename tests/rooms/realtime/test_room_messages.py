"""Messages on /ws/room that are relayed or stored, and broken messages."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.core.errors import Invalid
from office360.core.json_types import JsonObject
from office360.core.web.validation import parse_model
from office360.rooms.realtime.socket_messages import (
    ChatCommand,
    ChecklistCommand,
    EndCommand,
    JoinCommand,
    LobbyMessageCommand,
    MediaStateCommand,
    QualityCommand,
)
from office360.signaling import close_codes
from office360.staff.actions import accounts as staff
from pydantic import BaseModel

from ...conftest import AppServer, FakeClock
from ..support.room_client import RoomClient, enter_room_client
from ..support.socket_call import CANDIDATE, OFFER, agent_hello, call
from ..support.video_appointments import BookedVideoAppointment, audit_kinds


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

# Beyond the case that the table of messages has for each command
BROKEN: list[tuple[type[BaseModel], JsonObject]] = [
    (JoinCommand, {"test_code": "x" * 17}),
    (LobbyMessageCommand, {"text": "x" * 501}),
    (ChatCommand, {"text": "hello", "id": "x" * 65}),
    (MediaStateCommand, {"lost": ["screen"]}),
    (QualityCommand, {"concealed_up_pct": 101}),
    (QualityCommand, {"reason": "a sentence, not a word"}),
    (ChecklistCommand, {"items": {f"step_{number}": True for number in range(21)}}),
    (EndCommand, {"outcome": "a sentence, not a word"}),
    (EndCommand, {"note": "x" * 2_001}),
]


@pytest.mark.parametrize(("model", "message"), BROKEN)
def test_values_beyond_their_limits_are_invalid(model: type[BaseModel], message: JsonObject) -> None:
    with pytest.raises(Invalid):
        parse_model(model, message)


async def test_malformed_command_is_an_error_and_call_continues(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (_, boris):
        await boris.send("admit", id="m1")
        error = await boris.receive("error", in_reply_to="admit", id="m1")
        assert (error["code"], bool(error["errors"])) == ("invalid", True)
        assert await boris.drain_types() == []


@pytest.mark.parametrize(
    "batch", [[None] * 33, [{"candidate": 7}], "all"], ids=["too many", "malformed", "no list"]
)
async def test_malformed_batch_of_candidates_is_invalid(
    app_server: AppServer, booked: BookedVideoAppointment, key: str, batch: object
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        assert await amina.send_refused("candidates", to=boris.id, pc_gen=1, candidates=batch) == "invalid"


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
