"""Sessions of staff on /ws/room whose login or key ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.core.tokens import hash_token
from office360.rooms.storage import room_rows
from office360.signaling import close_codes
from office360.staff.actions import accounts as staff
from office360.staff.storage.tables import ApiKeyRow, StaffSessionRow
from sqlalchemy import select, update

from ...conftest import AppServer, FakeClock
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.room_client import enter_room_client, last_seq, open_room_client, resume_hello
from ..support.socket_call import agent_hello
from ..support.video_appointments import BookedVideoAppointment


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
