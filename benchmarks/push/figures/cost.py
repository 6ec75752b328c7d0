"""Figure 1: cost of a push, in CPU seconds of the server per million delivered frames."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...installation import Installation, ServeProcess
from .. import peers
from ..agents import call_and_put_back, open_agents
from ..bus_traffic import run_injector
from ..figure import BenchmarkContext, FigureResult, median
from ..office import FilledOffice, create_installation
from ..peers import PushServer
from ..phones import run_phones
from ..profile import profile_process

OURS = "ours"
# By name: the command to the phones. Ours is measured for longer, so that its work of every few seconds is in it.
LOADS = {"10 changes a second": ("rate 10 3", "rate 10 1.2"), "50 changes a second": ("rate 50 2", "rate 50 0.8")}
LOADS["as fast as they go, window 1"] = ("saturate 1.5 1", "saturate 0.8 1")
CALLS = "real calls, at their rate"
CALLS_S = 2.0
WARM_UP = "rate 5 1"
PERSONAL_AT_MOST, SENDS_AT_MOST, SHARED_AT_MOST = 1.5, 1.2, 1.5
COMPARED_SERVERS = (peers.NCHAN_REDIS, peers.NODE_WS, peers.SOCKET_IO)
SHARED_TICKETS = 200


@dataclass(frozen=True, slots=True)
class PushCost:
    """CPU seconds per million frames, and frames per second."""

    per_million_s: float
    frames_per_s: float


@dataclass
class CostRounds:
    """Costs by load and server, and the bytes of our frame."""

    costs: dict[str, dict[str, list[PushCost]]]
    payload_bytes: float = 0.0

    def medians(self, load: str) -> dict[str, float]:
        """Return the CPU seconds per million frames of each server."""
        return {name: median([cost.per_million_s for cost in each]) for name, each in self.costs[load].items()}


async def _measure(server: PushServer, command: str) -> PushCost:
    before = server.process.run_time_s()
    read = await server.crowd.send_command(command)
    return _cost(server.process.run_time_s() - before, read)


def _cost(cpu_s: float, read: dict[str, Any]) -> PushCost:
    return PushCost(cpu_s / max(1, read["frames"]) * 1e6, read["frames_per_s"])


@asynccontextmanager
async def _connect_phones(
    bench: BenchmarkContext, served: ServeProcess, path: str, hellos: Sequence[str]
) -> AsyncIterator[tuple[PushServer, int]]:
    """Connect phones to our server. The pipe has one byte for each event that they ask for."""
    reading, writing = os.pipe()
    options = ("--path", path, "--pubfd", str(writing))
    try:
        async with run_phones(bench.tools, [served.port], bench.phones, *options, hellos=hellos) as people:
            yield PushServer(OURS, served.process, people, served.port), reading
    finally:
        os.close(reading)
        os.close(writing)


async def _measure_loads(
    bench: BenchmarkContext, ours: PushServer, found: CostRounds, names: Sequence[str]
) -> None:
    """Alternate between all servers, which stay connected, load by load."""
    async with AsyncExitStack() as stack:
        others = [
            await stack.enter_async_context(
                peers.run_server_with_phones(
                    name, bench.tools, bench.redis_url, bench.phones, round(found.payload_bytes)
                )
            )
            for name in names
        ]
        for other in others:
            await other.crowd.send_command(WARM_UP)
        for _ in range(bench.rounds):
            for load, (command, shorter) in LOADS.items():
                found.costs[load][OURS].append(await _measure(ours, command))
                for other in others:
                    found.costs[load][other.name].append(await _measure(other, shorter))


async def _measure_personal_frames(
    bench: BenchmarkContext, on: Installation[FilledOffice], names: Sequence[str]
) -> CostRounds:
    """Measure phones with tickets: a call or its return changes the frame of each."""
    found = CostRounds(defaultdict(lambda: defaultdict(list)))
    with on.serve_two() as (under_test, other):
        async with _connect_phones(bench, under_test, "/ws/ticket", on.filled.hellos()) as (ours, reading):
            with profile_process(bench, under_test.process, "cost-personal"):
                await _measure_real_calls(bench, on, ours, other, found)
                async with run_injector(on) as bus:
                    publishing = asyncio.create_task(bus.publish_for_each_byte(reading))
                    await _measure_loads(bench, ours, found, names)
                    publishing.cancel()
    return found


async def _measure_real_calls(
    bench: BenchmarkContext,
    on: Installation[FilledOffice],
    ours: PushServer,
    other: ServeProcess,
    found: CostRounds,
) -> None:
    """Measure calls of an agent at a second process, then the ceiling at the same rate."""
    async with open_agents(other.url, on.filled, 1) as (agent,):
        for _ in range(bench.rounds):
            before = ours.process.run_time_s()
            working = asyncio.create_task(call_and_put_back(agent, time.monotonic_ns() + int(CALLS_S * 1e9)))
            read = await ours.crowd.send_command(f"read {CALLS_S}")
            await working
            found.costs[CALLS][OURS].append(_cost(ours.process.run_time_s() - before, read))
            found.payload_bytes = read["payload_bytes"]
    per_s = max(1.0, median([cost.frames_per_s for cost in found.costs[CALLS][OURS]]) / bench.phones)
    async with peers.run_server_with_phones(
        peers.CEILING, bench.tools, bench.redis_url, bench.phones, round(found.payload_bytes)
    ) as ceiling:
        await ceiling.crowd.send_command(WARM_UP)
        for _ in range(bench.rounds):
            found.costs[CALLS][peers.CEILING].append(await _measure(ceiling, f"rate {per_s:.1f} 1"))


async def _measure_shared_frames(
    bench: BenchmarkContext, on: Installation[FilledOffice], names: Sequence[str]
) -> CostRounds:
    """Measure displays of an office, which all get the same frame."""
    found = CostRounds(defaultdict(lambda: defaultdict(list)))
    hellos = [f'{{"type":"hello","office":"{on.filled.office}"}}'] * bench.phones
    with on.serve_two() as (under_test, other):
        async with (
            open_agents(other.url, on.filled, 1),  # without an open desk each board would simulate the day
            _connect_phones(bench, under_test, "/ws/display", hellos) as (ours, reading),
            run_injector(on) as bus,
        ):
            with profile_process(bench, under_test.process, "cost-shared"):
                publishing = asyncio.create_task(bus.publish_for_each_byte(reading))
                found.payload_bytes = (await ours.crowd.send_command(WARM_UP))["payload_bytes"]
                await _measure_loads(bench, ours, found, names)
                publishing.cancel()
    return found


async def _measure_version(
    bench: BenchmarkContext, names: Sequence[str], python: Path | None = None
) -> tuple[CostRounds, CostRounds]:
    """Measure personal and shared frames of a single installation beside other servers."""
    database, redis = bench.postgres_url, bench.redis_url
    async with create_installation(bench.tools, database, redis, tickets=bench.phones, python=python) as on:
        personal = await _measure_personal_frames(bench, on, names)
    async with create_installation(bench.tools, database, redis, tickets=SHARED_TICKETS, python=python) as on:
        return personal, await _measure_shared_frames(bench, on, names if python else (peers.PROTOCOL, *names))


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    names = (peers.CEILING, *peers.available_servers(bench.tools, *COMPARED_SERVERS))
    personal, shared = await _measure_version(bench, names)
    personal_before, shared_before = (
        await _measure_version(bench, (peers.CEILING,), bench.before) if bench.before else (None, None)
    )
    rows = [
        _row(f"personal frames, {load}", load, personal, personal_before, OURS, PERSONAL_AT_MOST)
        for load in (CALLS, *LOADS)
    ]
    for load in LOADS:
        rows.append(_row(f"shared frames, {load}", load, shared, shared_before, OURS, SHARED_AT_MOST))
        rows.append(_row(f"their sends alone, {load}", load, shared, None, peers.PROTOCOL, SENDS_AT_MOST))
    return rows


def _row(
    what: str, load: str, found: CostRounds, before: CostRounds | None, name: str, at_most: float
) -> FigureResult:
    costs = found.medians(load)
    ours, ceiling = costs[name], costs[peers.CEILING]
    rivals = {other: cost for other, cost in costs.items() if other in COMPARED_SERVERS}
    met = ours <= at_most * ceiling and ours < rivals.get(peers.NCHAN_REDIS, float("inf"))
    speed = median([cost.frames_per_s for cost in found.costs[load][name]])
    note = f"{found.payload_bytes:.0f} bytes a frame, {speed:,.0f} frames/s"
    if before is not None:
        earlier = before.medians(load)
        note += f"; before {earlier[OURS]:.3g}, {earlier[OURS] / earlier[peers.CEILING]:.2f} × its ceiling"
    target = f"≤ {at_most} × ceiling, below nchan"
    return FigureResult(1, what, "CPU s per million", ours, target, met, ceiling, rivals, note)
