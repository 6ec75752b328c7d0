"""The signals at the start of a call of four, and a page that says that it closes."""

from __future__ import annotations

from office360.rooms.realtime.participant_session import RELAYED_BURST
from office360.signaling import close_codes
from office360.signaling.websocket_protocol import MAX_MESSAGES_BURST

from ...conftest import AppServer, FakeClock
from ..support.room_client import RoomClient, enter_room_client
from ..support.socket_call import CANDIDATE, OFFER, call, lobby
from ..support.video_appointments import BookedVideoAppointment, fire_due_timers

START_OF_CALL_OF_FOUR = 131  # the candidates of three peer connections, each m-line with its own


async def send_candidates(sender: RoomClient, to: RoomClient, count: int) -> None:
    for _ in range(count):
        await sender.send("candidate", to=to.id, pc_gen=1, candidate=CANDIDATE)


async def test_start_of_call_of_four_is_relayed_without_a_limit(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await send_candidates(amina, boris, START_OF_CALL_OF_FOUR)
        for _ in range(START_OF_CALL_OF_FOUR):
            await boris.receive("candidate")
        await amina.send("chat", text="Hola")
        assert (await boris.receive("chat"))["text"] == "Hola"


async def test_flood_of_signals_or_of_other_messages_is_closed(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await send_candidates(amina, boris, 2 * RELAYED_BURST)
        assert await amina.wait_closed() == close_codes.TOO_MANY
        for _ in range(3 * MAX_MESSAGES_BURST):
            await boris.send("chat", text="again")
        assert await boris.wait_closed() == close_codes.TOO_MANY


async def test_refused_signals_count_as_ordinary_messages(
    app_server: AppServer, booked: BookedVideoAppointment
) -> None:
    async with enter_room_client(app_server, {"token": booked.token}) as amina:
        for _ in range(3 * MAX_MESSAGES_BURST):
            await amina.send("candidate", to="x", pc_gen=1, candidate=CANDIDATE)
        assert await amina.wait_closed() == close_codes.TOO_MANY


async def test_batch_arrives_as_single_candidates_in_order(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    candidates = [{**CANDIDATE, "sdpMLineIndex": number} for number in range(5)]
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("candidates", to=boris.id, pc_gen=3, candidates=[*candidates, None], **{"from": boris.id})
        received = [await boris.receive("candidate", pc_gen=3) for _ in range(6)]
    assert [signal["candidate"] and signal["candidate"]["sdpMLineIndex"] for signal in received] == [
        0,
        1,
        2,
        3,
        4,
        None,
    ]
    assert {signal["from"] for signal in received} == {amina.id}


async def test_offer_may_follow_admission_at_once(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with lobby(app_server, booked, key) as (amina, boris):
        await boris.send("admit", participant=amina.id)
        await boris.send("description", to=amina.id, pc_gen=1, description=OFFER)
        await amina.receive("admitted")
        assert (await amina.receive("description"))["from"] == boris.id


# Away


async def test_closing_page_is_told_to_others_at_once(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("away")
        assert (await boris.receive("away"))["from"] == amina.id
        await boris.receive("participant_updated", participant=amina.id, connected=False, state="admitted")


async def test_reloaded_page_is_connected_again(
    app_server: AppServer, booked: BookedVideoAppointment, key: str
) -> None:
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("away")
        await boris.receive("participant_updated", participant=amina.id, connected=False)
        async with enter_room_client(app_server, {"token": booked.token}) as again:
            assert again.welcome["state"] == "admitted"
            await boris.receive("participant_updated", participant=amina.id, connected=True)


async def test_closed_page_stays_away_until_it_sends_something(
    app_server: AppServer, clock: FakeClock, booked: BookedVideoAppointment, key: str
) -> None:
    rooms = app_server.lifespan_state["live_rooms"]
    async with call(app_server, booked, key) as (amina, boris):
        await amina.send("away")
        await boris.receive("participant_updated", participant=amina.id, connected=False)
        clock.advance(seconds=12)
        await rooms.run_maintenance()
        await fire_due_timers(app_server.runtime)
        assert "participant_updated" not in await boris.drain_types()
        await amina.send("ice_servers")  # the browser has kept the page and shows it again
        await amina.receive("ice_servers")
        clock.advance(seconds=12)
        await rooms.run_maintenance()
        await boris.receive("participant_updated", participant=amina.id, connected=True)
