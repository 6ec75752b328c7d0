"""/ws/room by real sockets: every command accepted, refused, malformed, and from somebody who is no member."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.core.auth import Role
from office360.core.db import timers
from office360.core.tokens import hash_token
from office360.rooms.actions import participants as rooms
from office360.rooms.realtime.room_socket import COMMANDS
from office360.rooms.storage import room_rows
from office360.signaling import close_codes
from office360.staff.actions import accounts as staff
from office360.staff.storage.tables import ApiKeyRow
from sqlalchemy import select

from ...conftest import AppServer, FakeClock
from ...support.timeouts import PATIENCE_S
from ..conftest import AT, Booked
from ..support.room_client import Message, Peer, connected, welcomed

OFFER = {"type": "offer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


@pytest.fixture
def booked(clock: FakeClock, amina: Booked) -> Booked:
    """Five minutes before amina's appointment."""
    clock.set(AT - timedelta(minutes=5))
    return amina


@pytest.fixture
async def key(booked: Booked, app_server: AppServer) -> str:
    return await staff.create_api_key(app_server.runtime, name="boris", role=Role.AGENT, offices=["centro"])


def agent_hello(booked: Booked, key: str) -> Message:
    return {"appointment": booked.appointment.id, "key": key}


@asynccontextmanager
async def lobby(server: AppServer, booked: Booked, key: str) -> AsyncIterator[tuple[Peer, Peer]]:
    """amina in the lobby, boris in the room."""
    async with AsyncExitStack() as stack:
        boris = await stack.enter_async_context(welcomed(server, agent_hello(booked, key)))
        amina = await stack.enter_async_context(welcomed(server, {"token": booked.token}))
        await amina.say("join")
        await amina.hear("lobby")
        await boris.hear("participant_joined", participant=amina.id)
        yield amina, boris


@asynccontextmanager
async def call(server: AppServer, booked: Booked, key: str) -> AsyncIterator[tuple[Peer, Peer]]:
    """Both admitted."""
    async with lobby(server, booked, key) as (amina, boris):
        await boris.say("admit", participant=amina.id)
        await amina.hear("admitted")
        await boris.hear("participant_updated", participant=amina.id, state="admitted")
        yield amina, boris


# hello


async def test_a_citizen_is_welcomed_outside(app_server: AppServer, booked: Booked) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        welcome = amina.welcome
    assert (welcome["role"], welcome["state"], welcome["resumed"]) == ("citizen", "outside", False)
    assert (welcome["participants"], welcome["ice_servers"], welcome["resume_window_s"]) == ([], [], 120)
    assert (welcome["name"], welcome["seq"]) == ("Amina", 0)


async def test_an_agent_is_admitted_and_sees_who_waits(app_server: AppServer, booked: Booked, key: str) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        await amina.say("join", name="Amina Haddad", test_code="K7-42")
        await amina.hear("lobby")
        async with welcomed(app_server, agent_hello(booked, key)) as boris:
            assert (boris.welcome["state"], boris.welcome["role"]) == ("admitted", "agent")
            (seen,) = boris.welcome["participants"]
    assert seen["participant"] == amina.id
    assert (seen["role"], seen["name"], seen["state"]) == ("citizen", "Amina Haddad", "lobby")
    assert (seen["polite"], seen["connected"]) == (False, True)
    assert seen["media"] == {"audio": True, "video": True, "screen": False}


async def test_staff_come_in_by_their_cookie_from_our_own_page_only(app_server: AppServer, booked: Booked) -> None:
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=Role.AGENT, password="a password of boris"
    )
    cookie = await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")
    hello, cookies = {"appointment": booked.appointment.id}, f"office360_staff={cookie}"
    async with welcomed(app_server, hello, Cookie=cookies, Origin=app_server.url) as boris:
        assert boris.welcome["name"] == "Boris"
    async with connected(app_server, hello, Cookie=cookies) as program:
        assert await program.closed() == close_codes.NOT_ALLOWED


async def test_a_foreign_page_gets_no_socket(app_server: AppServer, booked: Booked) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with connected(app_server, {"token": booked.token}, Origin="https://elsewhere.example.org"):
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
async def test_a_hello_that_is_wrong_is_closed_with_its_code(
    app_server: AppServer, booked: Booked, hello: Message, code: int
) -> None:
    async with connected(app_server, hello) as stranger:
        assert await stranger.closed() == code


async def test_a_wrong_key_and_a_key_of_another_office_are_not_allowed(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    program = await staff.create_api_key(app_server.runtime, role=Role.INTEGRATION)
    for wrong in ("wrong", program):
        async with connected(app_server, agent_hello(booked, wrong)) as stranger:
            assert await stranger.closed() == close_codes.NOT_ALLOWED


async def test_too_early_is_not_allowed_and_too_late_is_over(
    app_server: AppServer, clock: FakeClock, booked: Booked
) -> None:
    clock.set(AT - timedelta(minutes=16))
    async with connected(app_server, {"token": booked.token}) as amina:
        assert await amina.closed() == close_codes.NOT_ALLOWED
    clock.set(AT + timedelta(hours=2))
    async with connected(app_server, {"token": booked.token}) as amina:
        assert await amina.closed() == close_codes.NOT_FOUND


async def test_a_first_message_that_is_no_hello_is_closed(app_server: AppServer, booked: Booked) -> None:
    async with app_server.client() as client, client.ws_connect("/ws/room") as socket:
        peer = Peer(socket)
        await peer.say("join")
        assert await peer.closed() == close_codes.NO_HELLO


async def test_a_fifth_agent_is_one_too_many(app_server: AppServer, booked: Booked) -> None:
    async with AsyncExitStack() as stack:
        for number in range(4):
            key = await staff.create_api_key(app_server.runtime, name=str(number), role=Role.AGENT)
            await stack.enter_async_context(welcomed(app_server, agent_hello(booked, key)))
        key = await staff.create_api_key(app_server.runtime, name="fifth", role=Role.AGENT)
        fifth = await stack.enter_async_context(connected(app_server, agent_hello(booked, key)))
        assert await fifth.closed() == close_codes.TOO_MANY


# The second tab


async def test_a_second_tab_closes_the_first_and_keeps_the_state(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with (
        call(app_server, booked, key) as (first, boris),
        welcomed(app_server, {"token": booked.token}) as second,
    ):
        assert await first.closed() == close_codes.REPLACED
        assert second.id == first.id
        assert second.welcome["state"] == "admitted"
        assert [one["participant"] for one in second.welcome["participants"]] == [boris.id]
        await boris.say("chat", text="still here?")
        assert (await second.hear("chat"))["from"] == boris.id


# The lobby


async def test_joining_is_answered_by_the_place(app_server: AppServer, booked: Booked) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        await amina.say("join")
        told = await amina.hear("lobby")
    assert (told["position"], told["agent"]) == (1, "away")


async def test_the_place_moves_up_when_somebody_is_admitted(
    app_server: AppServer, elena: Booked, booked: Booked, key: str
) -> None:
    async with (
        lobby(app_server, elena, key) as (first, boris),
        welcomed(app_server, {"token": booked.token}) as second,
    ):
        await second.say("join")
        await second.hear("lobby", position=2)
        await boris.say("admit", participant=first.id)
        told = await second.hear("lobby", position=1, agent="busy")
    assert told["agent_name"] == "boris"


async def test_the_agent_s_state_and_message_reach_the_lobby(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with lobby(app_server, booked, key) as (amina, boris):
        await boris.say("agent_state", state="busy")
        await amina.hear("lobby", agent="busy")
        await boris.say("message", text="Two minutes more", participant=amina.id)
        assert (await amina.hear("lobby", agent="busy"))["message"] == "Two minutes more"


async def test_leaving_tells_the_agent(app_server: AppServer, booked: Booked, key: str) -> None:
    async with lobby(app_server, booked, key) as (amina, boris):
        await amina.say("leave")
        await amina.hear("left")
        await boris.hear("participant_left", participant=amina.id)


async def test_whoever_waits_is_told_of_nobody(app_server: AppServer, booked: Booked, key: str) -> None:
    async with lobby(app_server, booked, key) as (amina, _):
        assert {one["type"] for one in amina.heard} <= {"welcome", "lobby"}
        assert amina.welcome["participants"] == []


# Into the call and out of it


async def test_admitted_people_learn_of_each_other(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        admitted = next(one for one in amina.heard if one["type"] == "admitted")
        (seen,) = admitted["participants"]
        assert (seen["participant"], seen["role"], seen["polite"]) == (boris.id, "agent", True)
        updated = next(one for one in boris.heard if one["type"] == "participant_updated")
        assert (updated["participant"], updated["polite"]) == (amina.id, False)


async def test_back_to_the_lobby(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.say("return_to_lobby", participant=amina.id)
        await amina.hear("returned_to_lobby")
        assert (await amina.hear("lobby"))["position"] == 1
        await boris.hear("participant_updated", participant=amina.id, state="lobby")
        assert await amina.refused("chat", text="hello?") == "not_admitted"


async def test_whoever_is_removed_reads_why_and_may_come_again(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.say("remove", participant=amina.id)
        assert (await amina.hear("ended"))["reason"] == "removed"
        assert await amina.closed() == close_codes.NORMAL
        await boris.hear("participant_left", participant=amina.id)
        async with welcomed(app_server, {"token": booked.token}) as again:
            assert again.welcome["state"] == "outside"


async def test_the_end_is_told_to_everybody_and_closes_the_room(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.say("end", outcome="resolved")
        for peer in (amina, boris):
            assert (await peer.hear("ended"))["reason"] == "ended"
            assert await peer.closed() == close_codes.NORMAL
        async with connected(app_server, {"token": booked.token}) as late:
            assert await late.closed() == close_codes.NOT_FOUND
        resume = {"resume": {"session": amina.welcome["session"], "seq": 1}}
        async with connected(app_server, resume) as missed_it:
            assert (await missed_it.hear("ended"))["reason"] == "ended"
            assert await missed_it.closed() == close_codes.NORMAL


# Relay


async def test_letters_reach_their_addressee_stamped(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await boris.say("description", to=amina.id, pc_gen=3, description=OFFER, **{"from": "nobody"})
        heard = await amina.hear("description")
        assert (heard["from"], heard["pc_gen"], heard["description"]) == (boris.id, 3, OFFER)
        await amina.say("candidate", to=boris.id, pc_gen=3, candidate=CANDIDATE)
        assert (await boris.hear("candidate"))["candidate"]["sdpMid"] == "0"
        await amina.say("candidate", to=boris.id, pc_gen=3, candidate=None)
        assert (await boris.hear("candidate"))["candidate"] is None
        await amina.say("renew", to=boris.id, pc_gen=3)
        assert (await boris.hear("renew"))["from"] == amina.id


async def test_letters_keep_their_order(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        for number in range(40):
            await boris.say("renew", to=amina.id, pc_gen=number)
        heard = [(await amina.hear("renew"))["pc_gen"] for _ in range(40)]
    assert heard == list(range(40))


async def test_nobody_reaches_another_room(app_server: AppServer, elena: Booked, booked: Booked, key: str) -> None:
    other_key = await staff.create_api_key(app_server.runtime, name="other", role=Role.AGENT)
    async with (
        call(app_server, booked, key) as (amina, _),
        call(app_server, elena, other_key) as (victim, _),
    ):
        assert await amina.refused("renew", to=victim.id, pc_gen=1) == "not_in_room"
        await amina.say("chat", text="psst")
        assert await victim.quiet() == []


async def test_chat_goes_to_the_others_and_not_back(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.say("chat", text="Buenos días")
        heard = await boris.hear("chat")
        assert (heard["text"], heard["from"]) == ("Buenos días", amina.id)
        assert "chat" not in await amina.quiet()


async def test_what_one_sends_is_told_and_remembered(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.say("media_state", audio=True, video=False, screen=False)
        heard = await boris.hear("media_state")
        assert (heard["from"], heard["video"]) == (amina.id, False)
        async with welcomed(app_server, agent_hello(booked, key)) as again:
            assert again.welcome["participants"][0]["media"]["video"] is False


async def test_fresh_ice_servers_are_given_on_demand(app_server: AppServer, booked: Booked) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        await amina.say("ice_servers")
        assert (await amina.hear("ice_servers"))["ice_servers"] == []


async def test_quality_consent_and_checklist_are_taken_silently(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.say("quality", rtt_ms=40, loss_up_pct=0.5, path="udp", reason="bandwidth")
        await amina.say("consent", text="video_call_v1", accepted=True)
        await boris.say("checklist", items={"document_shown": True})
        assert "error" not in await amina.quiet() + await boris.quiet()
    async with app_server.runtime.reading() as session:
        events = await room_rows.events_of(session, booked.appointment.id)
    assert {"quality", "consent", "checklist"} <= {one.kind for one in events}


async def kinds_of(server: AppServer, booked: Booked) -> list[str]:
    async with server.runtime.reading() as session:
        return [one.kind for one in await room_rows.events_of(session, booked.appointment.id)]


async def test_quality_is_kept_every_10_s(
    app_server: AppServer, clock: FakeClock, booked: Booked, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        for _ in range(4):
            for _ in range(5):
                await amina.say("quality", rtt_ms=40)
            await boris.say("quality", rtt_ms=50)
            assert "error" not in await amina.quiet() + await boris.quiet()
            clock.advance(seconds=5)
    assert (await kinds_of(app_server, booked)).count("quality") == 4


async def test_a_consent_counts_from_inside_the_room_and_once(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        assert await amina.refused("consent", text="video_call_v1", accepted=True) == "not_admitted"
        await amina.say("join")
        await amina.hear("lobby")
        for _ in range(20):
            await amina.say("consent", text="video_call_v1", accepted=True)
        assert "error" not in await amina.quiet()
    assert (await kinds_of(app_server, booked)).count("consent") == 1


# Refused and malformed

STAFF_COMMANDS: list[tuple[str, Message]] = [
    ("admit", {"participant": "ME"}),
    ("return_to_lobby", {"participant": "ME"}),
    ("remove", {"participant": "ME"}),
    ("message", {"text": "hello"}),
    ("agent_state", {"state": "away"}),
    ("checklist", {"items": {"document_shown": True}}),
    ("end", {}),
]
MEMBER_COMMANDS: list[tuple[str, Message]] = [
    ("description", {"to": "x", "pc_gen": 1, "description": OFFER}),
    ("candidate", {"to": "x", "pc_gen": 1, "candidate": CANDIDATE}),
    ("renew", {"to": "x", "pc_gen": 1}),
    ("chat", {"text": "hello"}),
    ("media_state", {"audio": True}),
    ("quality", {"rtt_ms": 10}),
]
BROKEN: list[tuple[str, Message]] = [
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
    ("renew", {}),
    ("chat", {"text": "   "}),
    ("media_state", {"audio": "perhaps"}),
    ("quality", {"rtt_ms": -1}),
    ("consent", {"text": "video_call_v1"}),
]


@pytest.mark.parametrize(("type", "message"), STAFF_COMMANDS)
async def test_what_staff_do_is_refused_to_a_citizen(
    app_server: AppServer, booked: Booked, key: str, type: str, message: Message
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        message = {name: amina.id if value == "ME" else value for name, value in message.items()}
        assert await amina.refused(type, **message) == "staff_only"
        assert "ended" not in await boris.quiet()


@pytest.mark.parametrize(("type", "message"), MEMBER_COMMANDS)
async def test_what_members_do_is_refused_to_whoever_is_outside(
    app_server: AppServer, booked: Booked, type: str, message: Message
) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        assert await amina.refused(type, **message) == "not_admitted"


@pytest.mark.parametrize(("type", "message"), BROKEN)
async def test_a_broken_command_is_an_error_and_the_call_goes_on(
    app_server: AppServer, booked: Booked, key: str, type: str, message: Message
) -> None:
    async with call(app_server, booked, key) as (_, boris):
        await boris.say(type, id="m1", **message)
        error = await boris.hear("error", in_reply_to=type, id="m1")
        assert (error["code"], bool(error["errors"])) == ("invalid", True)
        assert await boris.quiet() == []


def test_every_command_is_tried_broken_or_needs_nothing() -> None:
    assert set(COMMANDS) - {type for type, _ in BROKEN} == {"leave", "ice_servers"}


async def test_an_unknown_type_is_an_error(app_server: AppServer, booked: Booked) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        assert await amina.refused("dance") == "unknown_type"


async def test_admitting_a_stranger_is_an_error(app_server: AppServer, booked: Booked, key: str) -> None:
    async with welcomed(app_server, agent_hello(booked, key)) as boris:
        assert await boris.refused("admit", participant="nobody") == "not_in_room"


@pytest.mark.parametrize(
    ("type", "message"),
    [
        ("description", {"pc_gen": 1, "description": {"type": "offer", "sdp": "x" * 33_000}}),
        ("candidate", {"pc_gen": 1, "candidate": {"candidate": "x" * 2_000}}),
        ("chat", {"text": "x" * 2_001}),
    ],
)
async def test_a_field_too_large_is_said_and_closes_the_socket(
    app_server: AppServer, booked: Booked, key: str, type: str, message: Message
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.say(type, to=boris.id, **message)
        assert (await amina.hear("error", in_reply_to=type))["code"] == "too_large"
        assert await amina.closed() == close_codes.FIELD_TOO_LARGE


NO_TEXT = [r"\u0000", r"\ud800", r"\udfff"]  # what no database keeps: a NUL, half a character


@pytest.mark.parametrize("text", NO_TEXT)
@pytest.mark.parametrize(
    "message", ['{"type": "join", "name": "?"}', '{"type": "chat", "text": "a?b"}', '{"type": "end", "?": 1}']
)
async def test_text_that_nobody_can_keep_closes_only_its_own_socket(
    app_server: AppServer, booked: Booked, key: str, message: str, text: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.socket.send_str(message.replace("?", text))
        assert await amina.closed() == close_codes.MALFORMED
        assert await boris.quiet() == []


@pytest.mark.parametrize("text", NO_TEXT)
async def test_a_hello_with_text_that_nobody_can_keep_is_closed(
    app_server: AppServer, booked: Booked, text: str
) -> None:
    async with app_server.client() as client, client.ws_connect("/ws/room") as socket:
        await socket.send_str('{"type": "hello", "token": "?"}'.replace("?", text))
        assert await Peer(socket).closed() == close_codes.MALFORMED


@pytest.mark.parametrize("text", ["not json", "[]", '{"type": 7}', "{}"])
async def test_what_is_no_message_closes_the_socket_and_the_server_goes_on(
    app_server: AppServer, booked: Booked, text: str
) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        await amina.socket.send_str(text)
        assert await amina.closed() == close_codes.MALFORMED
    async with welcomed(app_server, {"token": booked.token}):
        pass


# Coming back


def resume_of(peer: Peer, seq: int) -> dict[str, Any]:
    return {"resume": {"session": peer.welcome["session"], "seq": seq}}


def last_seq(peer: Peer) -> int:
    return int(max(one["seq"] for one in peer.heard if "seq" in one))


async def test_every_message_of_the_server_is_numbered(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, _):
        await amina.refused("dance")
        numbers = [one["seq"] for one in amina.heard]
    assert numbers == list(range(len(numbers)))


async def test_a_session_resumes_with_what_was_missed(app_server: AppServer, booked: Booked, key: str) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        seen = last_seq(amina)
        await amina.socket.close()
        await boris.say("chat", text="one")
        await boris.say("chat", text="two")
        await boris.quiet()
        async with welcomed(app_server, resume_of(amina, seen)) as back:
            assert (back.welcome["resumed"], back.welcome["seq"]) == (True, seen)
            assert back.welcome["participant"] == amina.id
            assert back.welcome["session"] == amina.welcome["session"]
            heard = [await back.hear("chat"), await back.hear("chat")]
            assert [(one["text"], one["seq"]) for one in heard] == [("one", seen + 1), ("two", seen + 2)]
            assert "participant_left" not in await boris.quiet()


async def test_resuming_takes_over_from_a_socket_that_hangs(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with (
        call(app_server, booked, key) as (amina, _),
        welcomed(app_server, resume_of(amina, last_seq(amina))) as back,
    ):
        assert await amina.closed() == close_codes.REPLACED
        assert back.welcome["resumed"] is True


async def test_a_number_from_another_process_gets_a_fresh_snapshot(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with (
        call(app_server, booked, key) as (amina, boris),
        welcomed(app_server, resume_of(amina, 10_000)) as back,
    ):
        assert (back.welcome["resumed"], back.welcome["state"]) == (False, "admitted")
        assert back.id == amina.id
        assert [one["participant"] for one in back.welcome["participants"]] == [boris.id]


async def test_two_minutes_later_a_session_is_over_and_the_token_still_opens(
    app_server: AppServer, clock: FakeClock, booked: Booked
) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        await amina.say("join")
        await amina.hear("lobby")
    clock.advance(seconds=121)
    async with connected(app_server, resume_of(amina, 1)) as late:
        assert await late.closed() == close_codes.NOT_ALLOWED
    async with welcomed(app_server, {"token": booked.token, **resume_of(amina, 1)}) as again:
        assert (again.welcome["resumed"], again.id) == (False, amina.id)


async def test_admission_is_checked_again_when_one_comes_back(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        seen = last_seq(amina)
        await amina.socket.close()
        await boris.say("return_to_lobby", participant=amina.id)
        await boris.hear("participant_updated", state="lobby")
        async with welcomed(app_server, resume_of(amina, seen)) as back:
            assert back.welcome["state"] == "lobby"
            await back.hear("returned_to_lobby")
            await back.hear("lobby", position=1)


async def pass_time(server: AppServer, clock: FakeClock, seconds: int) -> None:
    """Let time go by in steps in which a process says who is still there."""
    for _ in range(seconds // 9):
        clock.advance(seconds=9)
        await server.state["live_rooms"].tick()
        await timers.fire_due(server.runtime, rooms.TIMERS)


async def test_a_lost_connection_is_told_after_25_s_and_the_leaving_after_120(
    app_server: AppServer, clock: FakeClock, booked: Booked, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.socket.close()
        await boris.quiet()
        await pass_time(app_server, clock, 27)
        await boris.hear("participant_updated", participant=amina.id, connected=False)
        await pass_time(app_server, clock, 99)
        await boris.hear("participant_left", participant=amina.id)
        assert boris.socket.close_code is None


async def test_a_signed_out_agent_is_out_of_the_room_too(
    app_server: AppServer, clock: FakeClock, booked: Booked
) -> None:
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=Role.AGENT, password="a password of boris"
    )
    cookie = await staff.login(app_server.runtime, "boris", "a password of boris", "192.0.2.7")
    hello = {"appointment": booked.appointment.id}
    headers = {"Cookie": f"office360_staff={cookie}", "Origin": app_server.url}
    async with welcomed(app_server, hello, **headers) as boris:
        await staff.logout(app_server.runtime, cookie)
        clock.advance(seconds=10)
        assert await boris.closed() == close_codes.NOT_ALLOWED


# Coming back as staff


async def revoke(server: AppServer, key: str) -> None:
    """End this key."""
    async with server.runtime.reading() as db:
        found = await db.scalar(select(ApiKeyRow.id).where(ApiKeyRow.key_hash == hash_token(key)))
    assert found is not None
    await staff.revoke_api_key(server.runtime, found)


async def forget_sessions(server: AppServer) -> None:
    """As after a restart: no session stands in the process's memory any more."""
    await server.state["live_rooms"].close()


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_revoked_key_does_not_bring_an_agent_back(
    app_server: AppServer, booked: Booked, key: str, restarted: bool
) -> None:
    async with welcomed(app_server, agent_hello(booked, key)) as boris:
        await boris.socket.close()
    if restarted:
        await forget_sessions(app_server)
    await revoke(app_server, key)
    for more in ({}, {"key": key}, agent_hello(booked, key)):
        async with connected(app_server, {**resume_of(boris, 0), **more}) as back:
            assert await back.closed() == close_codes.NOT_ALLOWED
            assert back.heard == []


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_agent_who_came_back_is_out_when_the_key_is_revoked(
    app_server: AppServer, clock: FakeClock, booked: Booked, key: str, restarted: bool
) -> None:
    async with welcomed(app_server, agent_hello(booked, key)) as boris:
        await boris.socket.close()
    if restarted:
        await forget_sessions(app_server)
    async with welcomed(app_server, {**resume_of(boris, 0), "key": key}) as back:
        assert (back.id, back.welcome["state"]) == (boris.id, "admitted")
        await revoke(app_server, key)
        clock.advance(seconds=10)
        assert await back.closed() == close_codes.NOT_ALLOWED


async def test_the_session_of_an_agent_is_resumed_by_nobody_else(
    app_server: AppServer, booked: Booked, key: str
) -> None:
    other = await staff.create_api_key(app_server.runtime, name="other", role=Role.AGENT, offices=["centro"])
    async with welcomed(app_server, agent_hello(booked, key)) as boris:
        async with connected(app_server, {**resume_of(boris, 0), "key": other}) as stranger:
            assert await stranger.closed() == close_codes.NOT_ALLOWED
        assert await boris.quiet() == []


async def test_a_session_of_somebody_turned_out_is_over(
    app_server: AppServer, clock: FakeClock, booked: Booked, key: str
) -> None:
    async with welcomed(app_server, agent_hello(booked, key)) as boris:
        await revoke(app_server, key)
        clock.advance(seconds=10)
        assert await boris.closed() == close_codes.NOT_ALLOWED
    session_hash = hash_token(boris.welcome["session"])
    async with asyncio.timeout(PATIENCE_S):
        while await presence_of(app_server, session_hash) is not None:
            await app_server.state["live_rooms"].tick()
    async with connected(app_server, resume_of(boris, 0)) as back:
        assert await back.closed() == close_codes.NOT_ALLOWED


async def presence_of(server: AppServer, session_hash: str) -> room_rows.Presence | None:
    async with server.runtime.reading() as db:
        return await room_rows.presence_of_session(db, session_hash)


async def test_a_citizen_who_also_signed_in_here_comes_back_as_a_citizen(
    app_server: AppServer, clock: FakeClock, booked: Booked, key: str
) -> None:
    async with welcomed(app_server, {"token": booked.token}) as amina:
        await amina.socket.close()
    async with welcomed(app_server, {**resume_of(amina, 0), "key": key}) as back:
        await revoke(app_server, key)
        clock.advance(seconds=10)
        await app_server.state["live_rooms"].tick()
        assert await back.quiet() == []
