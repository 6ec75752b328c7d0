"""Figure 3: overload. How old is the state on a phone, and does the last state arrive?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...installation import Installation
from .. import peers
from ..agents import BenchmarkAgent, open_agents, run_agents
from ..bus_traffic import PublishedVersion, run_injector, run_monitor
from ..figure import BenchmarkContext, FigureResult, median
from ..frame_check import count_wrong_phones
from ..office import FilledOffice, create_installation
from ..phones import PhoneCrowd, run_phones

SECONDS = 10.0
PER_S = 500
AGENTS = 8
P99_MS = 150.0
RECORDS = 4_000_000
QUIET_S, QUIET_MOST_S = 1.0, 30.0


def _topic(on: Installation[FilledOffice]) -> str:
    return f"{{{on.filled.office}}}:line:{on.filled.lines[0]}"


async def measure_real_calls(
    bench: BenchmarkContext, on: Installation[FilledOffice], people: PhoneCrowd, staff: Sequence[BenchmarkAgent]
) -> dict[str, Any]:
    """Serve tickets as fast as agents and database can: call, start, finish, take a ticket."""
    async with run_monitor(bench.redis_url) as heard:
        working = asyncio.create_task(run_agents(list(staff), SECONDS, on.filled))
        read = await people.send_command(f"read {SECONDS}")
        await working
        await people.send_command(f"quiet {QUIET_S} {QUIET_MOST_S}")
        published = heard.versions_of_topic(_topic(on))
        return {
            **await people.frame_ages(published),
            **_rates(published, read),
            "wrong": await count_wrong_phones(on, people),
        }


async def measure_injected_messages(on: Installation[FilledOffice], people: PhoneCrowd) -> dict[str, Any]:
    """Inject the product's messages at a higher rate than phones can show singly."""
    async with run_injector(on) as bus:
        publishing = asyncio.create_task(bus.publish_at_rate(PER_S, SECONDS))
        read = await people.send_command(f"read {SECONDS}")
        await publishing
    await people.send_command(f"quiet {QUIET_S} {QUIET_MOST_S}")
    found = {**await people.frame_ages(bus.published), **_rates(bus.published, read)}
    return {**found, "wrong": await count_wrong_phones(on, people)}


def _rates(published: Sequence[PublishedVersion], read: dict[str, Any]) -> dict[str, float]:
    return {"changes_per_s": len(published) / SECONDS, "frames_per_s": read["frames_per_s"]}


async def measure_naive_server(bench: BenchmarkContext, per_s: float, payload_bytes: float) -> dict[str, Any]:
    """Measure a server that delivers each message to all phones, at the same rate."""
    async with peers.run_server_with_phones(
        peers.NAIVE, bench.tools, bench.redis_url, bench.phones, round(payload_bytes)
    ) as server:
        return await server.crowd.send_command(f"rate {per_s} {SECONDS}")


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    visits, injected, naive = [], [], []
    for _ in range(bench.rounds):
        async with create_installation(
            bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones
        ) as on:
            with on.serve_two() as (under_test, other):
                options = ("--path", "/ws/ticket", "--record", str(RECORDS))
                hellos = on.filled.hellos()
                async with run_phones(
                    bench.tools, [under_test.port], bench.phones, *options, hellos=hellos
                ) as people:
                    injected.append(await measure_injected_messages(on, people))
                    async with open_agents(other.url, on.filled, AGENTS) as staff:
                        visits.append(await measure_real_calls(bench, on, people, staff))
        naive.append(await measure_naive_server(bench, visits[-1]["changes_per_s"], 500))
    return [
        *_rows("visits as fast as 8 agents make them", visits, naive),
        *_rows(f"{PER_S} changes a second on the bus", injected, naive),
    ]


def _rows(what: str, ours: list[dict[str, Any]], naive: list[dict[str, Any]]) -> list[FigureResult]:
    p99, missing = median([rates["p99_ms"] for rates in ours]), sum(rates["wrong"] for rates in ours)
    shown = median([rates["shown_p99_ms"] for rates in ours])
    changes = median([rates["changes_per_s"] for rates in ours])
    note = f"{changes:.0f} changes/s; what is shown until then: p99 {shown:.0f} ms"
    beside = {peers.NAIVE: median([rates["p99_ms"] for rates in naive])}
    return [
        FigureResult(
            3,
            f"age of a state on arrival, p99, {what}",
            "ms",
            p99,
            f"≤ {P99_MS:.0f}",
            p99 <= P99_MS,
            None,
            beside,
            note,
        ),
        FigureResult(3, f"phones that do not show the last state, {what}", "phones", missing, "0", missing == 0),
    ]
