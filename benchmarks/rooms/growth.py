"""CPU of a join, RAM of a room and delay of the relay, by the number of rooms."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..installation import ServeProcess
from .people import BookedRoom, Call, RoomPerson, calls_in, close_all, join_lobby, open_installation
from .relay_cost import BODIES, CANDIDATE

ROOM_COUNTS = (10, 50, 100, 250)
MORE_JOINS = 20
WARM_JOINS = 20  # before the first figure
SETTLE_S = 1.0
IDLE_S = 10.0  # as long as the longest interval of the maintenance
IDLE_ROOMS = 100
CANDIDATES_OF_A_START = 40  # of each side
DELAY_ROUND_S = 8.0
MESSAGES_PER_S_AND_PERSON = 1.0  # a busy call: candidates, chat, states


@dataclass(frozen=True, slots=True)
class JoinCost:
    """CPU of a further join in milliseconds while `rooms` people of the office wait.

    Less the CPU that the idle process takes in the same time.
    """

    rooms: int
    cpu_ms: float


async def measure_joins(folder: Path, rounds: int) -> list[JoinCost]:
    """Measure in one process with more and more rooms. A round has its own process."""
    found: dict[int, list[float]] = {count: [] for count in ROOM_COUNTS}
    for _ in range(rounds):
        async with open_installation(folder, WARM_JOINS + max(ROOM_COUNTS) + MORE_JOINS) as installation:
            with installation.serve() as server:
                rooms = iter(installation.filled.rooms)
                await close_all([await join_lobby(server.url, next(rooms)) for _ in range(WARM_JOINS)])
                people: list[RoomPerson] = []
                for count in ROOM_COUNTS:
                    while len(people) < count:
                        people.append(await join_lobby(server.url, next(rooms)))
                    found[count].append(await _cpu_of_more_joins(server, people, rooms))
                await close_all(people)
    return [JoinCost(count, statistics.median(costs)) for count, costs in found.items()]


async def _cpu_of_more_joins(server: ServeProcess, people: list[RoomPerson], rooms: Iterator[BookedRoom]) -> float:
    """Return the CPU of a further join in milliseconds. Adds the people who join."""
    await asyncio.sleep(SETTLE_S)
    before = server.process.cpu_s()
    await asyncio.sleep(IDLE_S)
    idle, before, begun = (server.process.cpu_s() - before) / IDLE_S, server.process.cpu_s(), time.monotonic()
    for _ in range(MORE_JOINS):
        people.append(await join_lobby(server.url, next(rooms)))
    await asyncio.sleep(SETTLE_S)
    cpu_s = server.process.cpu_s() - before - idle * (time.monotonic() - begun)
    return cpu_s / MORE_JOINS * 1e3


async def measure_ram(folder: Path) -> tuple[float, float]:
    """Measure the KB of a room with an idle call, and of a room with a waiting citizen."""
    async with open_installation(folder, 2 * IDLE_ROOMS + 10) as installation:
        warm, calls_rooms, lobby_rooms = (
            installation.filled.rooms[:10],
            installation.filled.rooms[10 : 10 + IDLE_ROOMS],
            installation.filled.rooms[10 + IDLE_ROOMS :],
        )
        key = installation.filled.agent_key
        with installation.serve() as server:
            async with calls_in(server.url, server.url, warm, key) as calls:
                await asyncio.gather(*(_start_of_call(call) for call in calls))
            await asyncio.sleep(SETTLE_S)
            before = server.process.pss_kb()
            async with calls_in(server.url, server.url, calls_rooms, key) as calls:
                await asyncio.gather(*(_start_of_call(call) for call in calls))
                await asyncio.sleep(SETTLE_S)
                with_calls = server.process.pss_kb()
                waiting = [await join_lobby(server.url, room) for room in lobby_rooms]
                await asyncio.sleep(SETTLE_S)
                with_lobby = server.process.pss_kb()
                await close_all(waiting)
    return (with_calls - before) / IDLE_ROOMS, (with_lobby - with_calls) / IDLE_ROOMS


async def _start_of_call(call: Call) -> None:
    """Exchange an offer, an answer and the candidates of both sides, and confirm them."""
    sides = ((call.agent, call.citizen), (call.citizen, call.agent))
    for sender, receiver in sides:
        signal = {"to": sender.peer, "pc_gen": 1}
        await sender.send("description", **signal, **BODIES["description"])
        for _ in range(CANDIDATES_OF_A_START):
            await sender.send("candidate", **signal, candidate=CANDIDATE)
            await asyncio.sleep(0.04)
        seq = 0
        for _ in range(CANDIDATES_OF_A_START):
            seq = (await receiver.receive("candidate"))["seq"]
        await receiver.send("ack", seq=seq)


@dataclass(frozen=True, slots=True)
class RelayDelay:
    """Delay of relayed messages while this many rooms are in a call."""

    rooms: int
    p50_ms: float
    p99_ms: float
    core: float  # share of the core that the server used


async def measure_delays(folder: Path, counts: tuple[int, ...]) -> list[RelayDelay]:
    """Measure with more and more rooms in one process."""
    found = []
    async with open_installation(folder, max(counts)) as installation:
        with installation.serve() as server:
            calls: list[Call] = []
            for count in counts:
                rooms = installation.filled.rooms[len(calls) : count]
                async with calls_in(server.url, server.url, rooms, installation.filled.agent_key) as more:
                    calls += more
                    await asyncio.sleep(SETTLE_S)
                    before, begun = server.process.cpu_s(), time.monotonic()
                    delays = await _delays_of_round(calls)
                    core = (server.process.cpu_s() - before) / (time.monotonic() - begun)
                    cuts = statistics.quantiles(delays, n=100)
                    found.append(RelayDelay(count, cuts[49], cuts[98], core))
                    if cuts[98] > 100:
                        break
                    more.clear()  # they stay for the next count
            await close_all([person for call in calls for person in (call.citizen, call.agent)])
    return found


async def _delays_of_round(calls: list[Call]) -> list[float]:
    people = [person for call in calls for person in (call.citizen, call.agent)]
    ends = asyncio.get_running_loop().time() + DELAY_ROUND_S
    readers = [asyncio.create_task(_read_delays(person), name="reader") for person in people]
    await asyncio.gather(*(_speak(person, number / len(people), ends) for number, person in enumerate(people)))
    await asyncio.sleep(SETTLE_S)
    for reader in readers:
        reader.cancel()
    results = await asyncio.gather(*readers, return_exceptions=True)
    assert all(isinstance(result, list) for result in results)
    return [delay for result in results if isinstance(result, list) for delay in result]


async def _speak(person: RoomPerson, phase: float, ends: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(phase / MESSAGES_PER_S_AND_PERSON)
    while loop.time() < ends:
        await person.send("chat", text=str(time.perf_counter()))
        await asyncio.sleep(1 / MESSAGES_PER_S_AND_PERSON)


async def _read_delays(person: RoomPerson) -> list[float]:
    delays: list[float] = []
    try:
        while True:
            message = json.loads(await person.socket.recv())
            if message["type"] == "chat":
                delays.append((time.perf_counter() - float(message["text"])) * 1e3)
            if "seq" in message:
                await person.send("ack", seq=message["seq"])
    except asyncio.CancelledError:
        return delays
