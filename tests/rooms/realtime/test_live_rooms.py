"""Live rooms of two processes that share database and bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from office360.core.bus.base import MemoryBus
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.rooms.actions.room_transaction import room_topic
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.signaling import close_codes, relay
from office360.signaling.ice import TurnServers

from ...conftest import FakeClock
from ..support.live_sessions import RecordingConnection, open_admitted_sessions, open_session
from ..support.video_appointments import (
    BORIS,
    BookedVideoAppointment,
    enter_admitted_pair,
    enter_as_agent,
    enter_as_citizen,
)


@pytest.fixture
async def first_process(runtime: Runtime) -> AsyncIterator[LiveRooms]:
    rooms = LiveRooms(runtime, TurnServers())
    yield rooms
    await rooms.close()


@pytest.fixture
async def second_process(runtime: Runtime) -> AsyncIterator[LiveRooms]:
    rooms = LiveRooms(runtime, TurnServers())
    yield rooms
    await rooms.close()


async def test_changes_and_signals_cross_processes(
    runtime: Runtime, first_process: LiveRooms, second_process: LiveRooms, booked: BookedVideoAppointment
) -> None:
    (guest, _), (agent, boris) = await open_admitted_sessions(first_process, second_process, runtime, booked)
    room = first_process.room(booked.appointment.id)
    message = {"type": "renew", "to": agent.participant_id, "pc_gen": 1}
    to, signal = relay.stamp_signal(guest.participant_id, message, room.admitted_ids())
    room.relay.send(guest.participant_id, [to], signal)
    assert (await boris.wait_sent("renew"))["from"] == guest.participant_id


async def test_second_tab_at_another_process_closes_the_first(
    runtime: Runtime, first_process: LiveRooms, second_process: LiveRooms, booked: BookedVideoAppointment
) -> None:
    first, second = RecordingConnection(), RecordingConnection()
    await open_session(first_process, runtime, booked, first, "amina-1")
    await open_session(second_process, runtime, booked, second, "amina-2")
    assert await first.wait_closed() == close_codes.REPLACED
    assert second.close_code is None


async def test_removal_reaches_participant_at_another_process(
    runtime: Runtime, first_process: LiveRooms, second_process: LiveRooms, booked: BookedVideoAppointment
) -> None:
    (guest, amina), (agent, _) = await open_admitted_sessions(first_process, second_process, runtime, booked)
    await staff_actions.remove_participant(runtime, agent, guest.participant_id)
    assert (await amina.wait_sent("ended"))["reason"] == "removed"
    assert await amina.wait_closed() == close_codes.NORMAL


async def test_lost_bus_message_is_recovered_by_version_check(
    runtime: Runtime, first_process: LiveRooms, booked: BookedVideoAppointment
) -> None:
    other_bus = replace(runtime, bus=MemoryBus())
    amina = RecordingConnection()
    guest, _ = await open_session(first_process, runtime, booked, amina, "amina-1")
    agent = await room_entry.enter_as_staff(other_bus, BORIS, booked.appointment.id, hash_token("boris"))
    await participant_actions.join_lobby(other_bus, guest, None)
    await staff_actions.admit_participant(other_bus, agent, guest.participant_id)
    assert [message["type"] for message in amina.sent] == ["welcome"]
    await first_process.run_maintenance()
    assert (await amina.wait_sent("admitted"))["participants"][0]["participant"] == agent.participant_id


async def test_bus_messages_carry_no_names(
    runtime: Runtime, first_process: LiveRooms, second_process: LiveRooms, booked: BookedVideoAppointment
) -> None:
    published: list[str] = []

    async def record(message: Mapping[str, Any]) -> None:
        published.append(str(message))

    for topic in (room_topic("centro", booked.appointment.id), "{centro}:office"):
        await runtime.bus.subscribe(topic, record)
    (_, amina), (agent, _) = await open_admitted_sessions(first_process, second_process, runtime, booked)
    await staff_actions.end_room(runtime, agent, "resolved")
    await amina.wait_sent("ended")
    assert published
    assert not any(name in message for message in published for name in ("Amina", "Boris", "resolved"))


async def test_room_without_sessions_is_dropped_after_120_s(
    runtime: Runtime, clock: FakeClock, first_process: LiveRooms, booked: BookedVideoAppointment
) -> None:
    connection = RecordingConnection()
    _, session = await open_session(first_process, runtime, booked, connection, "amina-1")
    room = first_process.room(booked.appointment.id)
    await first_process.on_connection_lost(room, session, connection)  # type: ignore[arg-type]
    clock.advance(seconds=119)
    await first_process.run_maintenance()
    assert first_process.session(session.hash) is session
    clock.advance(seconds=1)
    await first_process.run_maintenance()
    assert first_process.session(session.hash) is None
    with pytest.raises(KeyError):
        first_process.room(booked.appointment.id)


async def test_socket_that_attaches_after_the_end_is_closed(
    first_process: LiveRooms, runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    """The room ends between the transaction of a hello and its welcome."""
    connection = RecordingConnection()
    await enter_admitted_pair(runtime, booked)
    amina, boris = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await staff_actions.end_room(runtime, boris, "resolved")
    await first_process.open_session(amina, "late", connection)  # type: ignore[arg-type]
    assert connection.sent_of_type("ended")
    assert await connection.wait_closed() == close_codes.NORMAL


async def test_late_news_of_older_session_keeps_newer_one(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    rooms, first, second = LiveRooms(runtime, TurnServers()), RecordingConnection(), RecordingConnection()
    await open_session(rooms, runtime, booked, first, "amina-1")
    member, _ = await open_session(rooms, runtime, booked, second, "amina-2")
    assert await first.wait_closed() == close_codes.REPLACED
    late = {"kind": "session", "participant": member.participant_id, "session": hash_token("amina-1")}
    await rooms.room(booked.appointment.id)._on_bus_message(late)
    assert second.close_code is None
    await rooms.close()
