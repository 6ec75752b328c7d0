"""Relayed messages between processes arrive once and in order, or their sender is told.

Each process has a bus of its own that can be cut or that loses messages, on the in-process bus and
on Valkey.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from random import Random

import pytest
from office360.core.bus.base import Bus, MemoryBus
from office360.core.bus.redis_bus import BusCipher, RedisBus
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.rooms.actions import staff_actions
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.realtime import outgoing_pair, reliable_relay
from office360.rooms.realtime.live_rooms import LiveRooms
from office360.rooms.realtime.participant_session import MAX_REPLAY_BYTES, RoomSession
from office360.signaling.ice import TurnServers

from ...conftest import TEST_SECRET
from ...core.bus.test_redis_bus import wait_until
from ...support.valkey import RunningValkey
from ..support.faulty_bus import EveryMessageLost, FaultyBus
from ..support.live_sessions import RecordingConnection, open_admitted_sessions, open_session
from ..support.video_appointments import BookedVideoAppointment

SEEDS = range(4)


@dataclass
class Process:
    """A web process: its bus and its live rooms."""

    bus: FaultyBus
    runtime: Runtime
    rooms: LiveRooms

    def say(self, booked: BookedVideoAppointment, member: RoomMember, text: str) -> None:
        """Send a chat line of a participant through this process. Its id is its text."""
        relay = self.rooms.room(booked.appointment.id).relay
        line = {"type": "chat", "text": text, "from": member.participant_id}
        relay.send_chat(member.participant_id, line, text, wants_notice=True)

    def offer(self, booked: BookedVideoAppointment, member: RoomMember, to: RoomMember, generation: int) -> None:
        """Send a description of a generation."""
        offer = {"type": "description", "from": member.participant_id, "pc_gen": generation, "description": {}}
        self.rooms.room(booked.appointment.id).relay.send(member.participant_id, [to.participant_id], offer)


class PageConnection(RecordingConnection):
    """Socket of our own page, which confirms what it has and shows each chat line once."""

    session: RoomSession | None = None

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def send_frame(self, frame: str) -> None:
        super().send_frame(frame)
        message = json.loads(frame)
        if message["type"] == "chat" and message["text"] not in self.shown:
            self.shown.append(message["text"])
        if self.session is not None:
            asyncio.get_running_loop().call_later(0.01, self.session.acknowledge, message["seq"])


MakeBus = Callable[[], Bus]


@pytest.fixture(params=["memory", "valkey"])
async def make_bus(request: pytest.FixtureRequest) -> AsyncIterator[MakeBus]:
    """Return a factory of the bus of a process."""
    if request.param == "memory":
        shared = MemoryBus()
        yield lambda: shared
        await shared.close()
        return
    valkey: RunningValkey = request.getfixturevalue("valkey")
    made: list[Bus] = []

    def make() -> Bus:
        made.append(RedisBus(valkey.url, BusCipher([TEST_SECRET], "bus")))
        return made[-1]

    yield make
    for bus in made:
        await bus.close()


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have lost messages sent again after hundredths of a second."""
    monkeypatch.setattr(outgoing_pair, "RETRY_DELAYS_S", (0.05,))
    monkeypatch.setattr(reliable_relay, "CHECK_INTERVAL_S", 0.02)
    monkeypatch.setattr(reliable_relay, "REPEAT_REQUEST_S", 0.02)


@asynccontextmanager
async def running_processes(
    runtime: Runtime, make_bus: MakeBus, count: int, chance: Random | None = None
) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        processes = []
        for _ in range(count):
            bus = FaultyBus(make_bus(), chance)
            own = replace(runtime, bus=bus)
            rooms = LiveRooms(own, TurnServers())
            stack.push_async_callback(bus.close)
            stack.push_async_callback(rooms.close)
            processes.append(Process(bus, own, rooms))
        yield processes


def texts(connection: RecordingConnection) -> list[str]:
    return [message["text"] for message in connection.sent_of_type("chat")]


async def test_chats_received_elsewhere_are_not_shown_again(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment
) -> None:
    async with running_processes(runtime, make_bus, 3) as (first, second, third):
        (_, amina), (boris, _) = await open_admitted_sessions(second.rooms, first.rooms, first.runtime, booked)
        lines = [str(number) for number in range(5)]
        for line in lines:
            first.say(booked, boris, line)
        relay = first.rooms.room(booked.appointment.id).relay
        await wait_until(lambda: len(texts(amina)) >= 5 and not relay.has_pending)
        again = RecordingConnection()
        await open_session(third.rooms, third.runtime, booked, again, "amina-2")
        assert again.sent[0]["resumed"] is False
        for process in (first, second, third):
            process.bus.is_cut = True
        first.say(booked, boris, "while cut")
        for process in (first, second, third):
            await process.bus.mend()
        await wait_until(lambda: "while cut" in texts(again))
        first.say(booked, boris, "after")
        await wait_until(lambda: "after" in texts(again))
        assert (texts(amina), texts(again)) == (lines, ["while cut", "after"])


@pytest.mark.usefixtures("quick_retries")
async def test_lost_recovery_is_repeated_soon(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing_pair, "RETRY_DELAYS_S", (0.05, 3_600.0))
    async with running_processes(runtime, make_bus, 2) as (first, second):
        (_, amina), (boris, _) = await open_admitted_sessions(second.rooms, first.rooms, first.runtime, booked)
        first.bus.is_cut = True
        first.say(booked, boris, "while cut")
        await asyncio.sleep(0.2)  # the next repetition would be an hour away
        first.bus._chance = EveryMessageLost()
        await first.bus.mend()
        await wait_until(lambda: first.bus.lost)
        first.bus._chance = None
        await wait_until(lambda: texts(amina) == ["while cut"])


async def test_line_reaches_receiver_who_was_away_when_it_was_sent(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment
) -> None:
    async with running_processes(runtime, make_bus, 2) as (first, second):
        (_, amina), (boris, agent) = await open_admitted_sessions(second.rooms, first.rooms, first.runtime, booked)
        await second.rooms.close()  # the process ends with its sessions
        first.say(booked, boris, "are you there?")
        assert agent.sent_of_type("error") == []
        again = RecordingConnection()
        await open_session(first.rooms, first.runtime, booked, again, "amina-2")
        await again.wait_sent("chat")
        assert (texts(amina), texts(again)) == ([], ["are you there?"])


async def test_lines_beyond_the_replay_are_sent_again(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment
) -> None:
    async with running_processes(runtime, make_bus, 2) as (first, second):
        (_, _), (boris, agent) = await open_admitted_sessions(second.rooms, first.rooms, first.runtime, booked)
        page = RecordingConnection()
        guest, session = await open_session(
            second.rooms, second.runtime, booked, page, "amina-2", acknowledges=True
        )
        session.detach_connection(page, second.runtime.now())  # the socket is lost
        lines = [str(number) * 2_000 for number in range(MAX_REPLAY_BYTES // 2_000 + 2)]
        for line in lines:
            first.say(booked, boris, line)
        await wait_until(lambda: session.frames_after(0) is None)
        again = RecordingConnection()
        await second.rooms.resume_session(guest, session, again, 0)  # type: ignore[arg-type]
        assert again.sent[0]["resumed"] is False
        await wait_until(lambda: len(texts(again)) >= len(lines))
        assert texts(again) == lines
        session.acknowledge(session.seq)
        await wait_until(lambda: len(agent.sent_of_type("delivered")) >= len(lines))
        assert agent.sent_of_type("error") == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("quick_retries")
async def test_faulty_bus_loses_doubles_and_reorders_nothing(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment, seed: int
) -> None:
    chance = Random(seed)
    async with running_processes(runtime, make_bus, 3) as processes:
        first, second, third = processes
        (guest, amina), (agent, boris) = await open_admitted_sessions(
            first.rooms, second.rooms, first.runtime, booked
        )
        for process in processes:
            process.bus._chance = chance
        for number in range(30):
            first.say(booked, guest, f"a{number}")
            second.say(booked, agent, f"b{number}")
            first.offer(booked, guest, agent, number)
            await asyncio.sleep(chance.uniform(0, 0.005))
        await wait_until(lambda: len(texts(boris)) >= 30 and len(texts(amina)) >= 30)
        assert texts(boris) == [f"a{number}" for number in range(30)]
        assert texts(amina) == [f"b{number}" for number in range(30)]
        generations = [message["pc_gen"] for message in boris.sent_of_type("description")]
        assert generations == sorted(set(generations))
        assert generations[-1] == 29
        assert sum(process.bus.lost for process in processes) > 5
        assert third.rooms is not first.rooms


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("quick_retries")
async def test_page_that_moves_between_processes_shows_each_line_once(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment, seed: int
) -> None:
    chance = Random(seed)
    async with running_processes(runtime, make_bus, 3) as processes:
        first, second, third = processes
        (guest, _), (agent, boris) = await open_admitted_sessions(first.rooms, second.rooms, first.runtime, booked)
        for process in processes:
            process.bus._chance = chance
        page, homes = PageConnection(), [third, first, third]
        for number in range(30):
            if number % 10 == 0:
                page.session = None
                home = homes[number // 10]
                _, page.session = await open_session(
                    home.rooms, home.runtime, booked, page, f"amina-{number + 2}", acknowledges=True
                )
            second.say(booked, agent, f"b{number}")
            await asyncio.sleep(chance.uniform(0, 0.005))
        await wait_until(lambda: len(page.shown) >= 30)
        assert page.shown == [f"b{number}" for number in range(30)]
        await wait_until(lambda: not second.rooms.room(booked.appointment.id).relay.has_pending)
        assert boris.sent_of_type("error") == []
        assert guest.participant_id != agent.participant_id


@pytest.mark.usefixtures("quick_retries")
async def test_sender_is_told_of_messages_that_were_not_received(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing_pair, "MESSAGE_LIFETIME_S", 0.2)
    async with running_processes(runtime, make_bus, 2) as (first, second):
        (guest, _), (agent, boris) = await open_admitted_sessions(second.rooms, first.rooms, first.runtime, booked)
        second.bus.is_cut = True
        first.say(booked, agent, "lost")
        first.offer(booked, agent, guest, 3)
        await wait_until(lambda: len(boris.sent_of_type("error")) >= 2)
        chat, signal = boris.sent_of_type("error")
        assert (chat["code"], chat["in_reply_to"], chat["id"]) == ("not_delivered", "chat", "lost")
        assert chat["to"] == [guest.participant_id]
        assert (signal["in_reply_to"], signal["to"], signal["pc_gen"]) == ("description", guest.participant_id, 3)


async def test_sender_is_told_when_receiver_leaves_with_line_unread(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment
) -> None:
    async with running_processes(runtime, make_bus, 2) as (first, second):
        (guest, _), (agent, boris) = await open_admitted_sessions(second.rooms, first.rooms, first.runtime, booked)
        second.bus.is_cut = True
        first.say(booked, agent, "wait")
        await staff_actions.return_to_lobby(first.runtime, agent, guest.participant_id)
        assert (await boris.wait_sent("error"))["id"] == "wait"


async def test_delivery_is_confirmed_to_a_page_that_asked(
    runtime: Runtime, make_bus: MakeBus, booked: BookedVideoAppointment
) -> None:
    async with running_processes(runtime, make_bus, 2) as (first, second):
        (guest, amina), (_, boris) = await open_admitted_sessions(first.rooms, second.rooms, first.runtime, booked)
        first.say(booked, guest, "1")
        assert (await amina.wait_sent("delivered"))["id"] == "1"
        assert texts(boris) == ["1"]


async def test_alone_in_the_call_a_line_is_refused(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    async with running_processes(runtime, MemoryBus, 1) as (only,):
        agent, _ = await open_session(only.rooms, only.runtime, booked, RecordingConnection(), "boris-1")
        with pytest.raises(Refused, match="not_delivered"):
            only.say(booked, agent, "hello?")
