"""The lobby on /ws/room, admission, removal and the end."""

from __future__ import annotations

from office360.signaling import close_codes

from ...conftest import AppServer
from ..support.room_client import enter_room_client, open_room_client
from ..support.socket_call import call, lobby
from ..support.video_appointments import BookedVideoAppointment


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
