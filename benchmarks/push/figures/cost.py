"""Figure 1: cost of a push, in CPU seconds of the server per million delivered frames."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from .. import peers
from ..agents import BenchmarkAgent, call_and_put_back, open_agents
from ..bus_traffic import BusInjector, run_injector
from ..figure import BenchmarkContext, FigureResult, median
from ..installation import BenchmarkInstallation, ServeProcess, create_installation
from ..phones import PhoneCrowd, run_phones
from ..profile import profile_process

RUN_S = 4.0
WARM_UP_S = 1.0
EVENTS_IN_FLIGHT = 2  # one event waits behind the one being sent: no idle time, one frame per write
SHARED_AT_MOST, PERSONAL_AT_MOST = 1.45, 1.8
COMPARED_SERVERS = (peers.NCHAN_REDIS, peers.NODE_WS, peers.SOCKET_IO)


@dataclass(frozen=True, slots=True)
class PushCost:
    """CPU seconds per million frames, frames per second, and the size of a frame."""

    per_million_s: float
    frames_per_s: float
    payload_bytes: float


def _cost(cpu_s: float, read: dict[str, Any]) -> PushCost:
    return PushCost(cpu_s / max(1, read["frames"]) * 1e6, read["frames_per_s"], read["payload_bytes"])


async def _measure_calls(under_test: ServeProcess, agent: BenchmarkAgent, people: PhoneCrowd) -> PushCost:
    """Measure calls and returns of one agent; each changes the frame of all waiting phones."""
    before = under_test.process.cpu_s()
    working = asyncio.create_task(call_and_put_back(agent, time.monotonic_ns() + int(RUN_S * 1e9)))
    read = await people.send_command(f"read {RUN_S}")
    await working
    return _cost(under_test.process.cpu_s() - before, read)


async def _measure_messages(
    under_test: ServeProcess, bus: BusInjector, people: PhoneCrowd, reading: int
) -> PushCost:
    """Measure the same changes as bus messages, each after all phones have the previous one."""
    publishing = asyncio.create_task(bus.publish_for_each_byte(reading))
    before = under_test.process.cpu_s()
    read = await people.send_command(f"saturate {RUN_S} 1")
    publishing.cancel()
    return _cost(under_test.process.cpu_s() - before, read)


async def _measure_server(bench: BenchmarkContext, name: str, payload_bytes: float) -> PushCost:
    """Measure another server with as many phones and equal frame size, at full speed."""
    async with peers.run_server_with_phones(
        name, bench.tools, bench.redis_url, bench.phones, round(payload_bytes)
    ) as one:
        await one.crowd.send_command(f"rate 5 {WARM_UP_S}")
        before = one.process.cpu_s()
        read = await one.crowd.send_command(f"saturate {RUN_S} {EVENTS_IN_FLIGHT}")
        return _cost(one.process.cpu_s() - before, read)


async def _measure_personal_frames(
    bench: BenchmarkContext, on: BenchmarkInstallation
) -> dict[str, list[PushCost]]:
    """Alternate between our phones with tickets and other servers with equal frame size."""
    found: dict[str, list[PushCost]] = defaultdict(list)
    with on.serve_two() as (under_test, other):
        reading, writing = os.pipe()
        options = ("--path", "/ws/ticket", "--pubfd", str(writing))
        async with (
            run_phones(
                bench.tools, [under_test.port], bench.phones, *options, hellos=on.filled.hellos()
            ) as people,
            open_agents(other.url, on.filled, 1) as (agent,),
        ):
            for number in range(bench.rounds):
                with profile_process(bench, under_test.process, f"cost-calls-{number}"):
                    found["calls"].append(await _measure_calls(under_test, agent, people))
                async with run_injector(on) as bus:
                    with profile_process(bench, under_test.process, f"cost-messages-{number}"):
                        found["messages"].append(await _measure_messages(under_test, bus, people, reading))
                for name in (peers.CEILING, *peers.available_servers(bench.tools, *COMPARED_SERVERS)):
                    found[name].append(await _measure_server(bench, name, found["messages"][-1].payload_bytes))
        os.close(reading)
        os.close(writing)
    return found


async def _measure_shared_frames(bench: BenchmarkContext, on: BenchmarkInstallation) -> dict[str, list[PushCost]]:
    """Measure displays of one office, which all get the same frame."""
    found: dict[str, list[PushCost]] = defaultdict(list)
    hellos = [f'{{"type":"hello","office":"{on.filled.office}"}}'] * bench.phones
    with on.serve_two() as (under_test, other):
        async with (
            run_phones(
                bench.tools, [under_test.port], bench.phones, "--path", "/ws/display", hellos=hellos
            ) as people,
            open_agents(other.url, on.filled, 1) as (agent,),
        ):
            for number in range(bench.rounds):
                with profile_process(bench, under_test.process, f"cost-shared-{number}"):
                    found["calls"].append(await _measure_calls(under_test, agent, people))
                for name in (peers.CEILING, *peers.available_servers(bench.tools, *COMPARED_SERVERS)):
                    found[name].append(await _measure_server(bench, name, found["calls"][-1].payload_bytes))
    return found


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    async with create_installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones) as on:
        personal = await _measure_personal_frames(bench, on)
    async with create_installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=200) as on:
        shared = await _measure_shared_frames(bench, on)
    return [
        _row("shared frame (2,000 screens of one office), real calls", shared, "calls", SHARED_AT_MOST),
        _row("personal frames, real calls", personal, "calls", PERSONAL_AT_MOST),
        _row("personal frames, as fast as they go", personal, "messages", PERSONAL_AT_MOST),
    ]


def _row(what: str, found: dict[str, list[PushCost]], ours: str, at_most: float) -> FigureResult:
    costs = {name: median([one.per_million_s for one in each]) for name, each in found.items()}
    ceiling, rivals = costs[peers.CEILING], {name: costs[name] for name in COMPARED_SERVERS if name in costs}
    met = costs[ours] <= at_most * ceiling and all(costs[ours] < one for one in rivals.values())
    last = found[ours][-1]
    speed = median([one.frames_per_s for one in found[ours]])
    note = f"{last.payload_bytes:.0f} bytes a frame, {speed:,.0f} frames/s"
    target = f"≤ {at_most} × ceiling, below the others"
    return FigureResult(1, what, "CPU s per million", costs[ours], target, met, ceiling, rivals, note)
