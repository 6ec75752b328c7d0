"""Figure 3: more changes than can be shown. How old is what a phone shows, and does the last state arrive?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from .. import peers
from ..agents import Agent, agents, all_at_once
from ..figure import Bench, Row, median
from ..installation import Installation, installation
from ..phones import Crowd, crowd
from ..truth import wrong
from ..wire import Published, injector, monitor

SECONDS = 10.0
PER_S = 500
AGENTS = 8
P99_MS = 150.0
RECORDS = 4_000_000
QUIET_S, QUIET_MOST_S = 1.0, 30.0


def _topic(on: Installation) -> str:
    return f"{{{on.filled.office}}}:line:{on.filled.lines[0]}"


async def of_visits(bench: Bench, on: Installation, people: Crowd, staff: Sequence[Agent]) -> dict[str, Any]:
    """Visits as fast as the agents and the database sustain: call, start, finish, and somebody takes a ticket."""
    async with monitor(bench.redis_url) as heard:
        working = asyncio.create_task(all_at_once(list(staff), SECONDS, on.filled))
        read = await people.ask(f"read {SECONDS}")
        await working
        await people.ask(f"quiet {QUIET_S} {QUIET_MOST_S}")
        published = heard.of(_topic(on))
        return {**await people.ages(published), **_rates(published, read), "wrong": await wrong(on, people)}


async def of_injected(on: Installation, people: Crowd) -> dict[str, Any]:
    """The product's own messages, at a rate that nobody could show one by one."""
    async with injector(on) as bus:
        publishing = asyncio.create_task(bus.at_rate(PER_S, SECONDS))
        read = await people.ask(f"read {SECONDS}")
        await publishing
    await people.ask(f"quiet {QUIET_S} {QUIET_MOST_S}")
    found = {**await people.ages(bus.published), **_rates(bus.published, read)}
    return {**found, "wrong": await wrong(on, people)}


def _rates(published: Sequence[Published], read: dict[str, Any]) -> dict[str, float]:
    return {"changes_per_s": len(published) / SECONDS, "frames_per_s": read["frames_per_s"]}


async def of_naive(bench: Bench, per_s: float, payload_bytes: float) -> dict[str, Any]:
    """A server that delivers every message to everybody, at the same rate of changes."""
    async with peers.peer(peers.NAIVE, bench.tools, bench.redis_url, bench.phones, round(payload_bytes)) as one:
        return await one.crowd.ask(f"rate {per_s} {SECONDS}")


async def measure(bench: Bench) -> list[Row]:
    visits, injected, naive = [], [], []
    for _ in range(bench.rounds):
        async with installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones) as on:
            with on.two() as (under_test, other):
                options = ("--path", "/ws/ticket", "--record", str(RECORDS))
                hellos = on.filled.hellos()
                async with crowd(bench.tools, [under_test.port], bench.phones, *options, hellos=hellos) as people:
                    injected.append(await of_injected(on, people))
                    async with agents(other.url, on.filled, AGENTS) as staff:
                        visits.append(await of_visits(bench, on, people, staff))
        naive.append(await of_naive(bench, visits[-1]["changes_per_s"], 500))
    return [
        *_rows("visits as fast as 8 agents make them", visits, naive),
        *_rows(f"{PER_S} changes a second on the bus", injected, naive),
    ]


def _rows(what: str, ours: list[dict[str, Any]], naive: list[dict[str, Any]]) -> list[Row]:
    p99, missing = median([one["p99_ms"] for one in ours]), sum(one["wrong"] for one in ours)
    shown, changes = median([one["shown_p99_ms"] for one in ours]), median([one["changes_per_s"] for one in ours])
    note = f"{changes:.0f} changes/s; what is shown until then: p99 {shown:.0f} ms"
    beside = {peers.NAIVE: median([one["p99_ms"] for one in naive])}
    return [
        Row(
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
        Row(3, f"phones that do not show the last state, {what}", "phones", missing, "0", missing == 0),
    ]
