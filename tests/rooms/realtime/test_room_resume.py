"""Sessions on /ws/room that are resumed, and time without a socket."""

from __future__ import annotations

from office360.core.db import timers
from office360.rooms.actions import presence
from office360.signaling import close_codes

from ...conftest import AppServer, FakeClock
from ..support.room_client import enter_room_client, last_seq, open_room_client, resume_hello
from ..support.socket_call import call
from ..support.video_appointments import BookedVideoAppointment


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
