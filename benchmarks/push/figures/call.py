"""Figure 5: time from the agent's call to the called phone, and from first to last phone.

The lower bound is one commit of the same database, and the first frame of the ceiling.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update

from ....core.clock import SystemClock
from ....core.events import EventRegistry
from ....offices.storage.tables import OfficeRow
from ....server.runtime import make_runtime
from ...installation import Installation
from ...machine import measure_flushes_ms
from .. import peers
from ..agents import BenchmarkAgent, open_agents
from ..figure import BenchmarkContext, FigureResult, median, percentile
from ..office import FilledOffice, create_installation
from ..phones import PhoneCrowd, run_phones

CALLS = 30  # per round
PER_S = 5
COMMITS = 60  # per round
P50_RATIO, P99_MS, SPREAD_RATIO = 3.0, 60.0, 2.5
RECORDS = 2_000_000
FLUSHES, FLUSH_EVERY_S = 50, 0.02  # per round, after its calls
CALLED = '"state":"called"'
COMMITTED = update(OfficeRow).values(address=bindparam("address"))


@dataclass(frozen=True, slots=True)
class CallRound:
    """Milliseconds of calls, lower bound, disk flushes and fan-out; the size of a frame."""

    calls_ms: list[float]
    bound_ms: float
    flushes_ms: list[float]
    spread_ms: float
    payload_bytes: float


async def _measure_calls(
    bench: BenchmarkContext, on: Installation[FilledOffice], agent: BenchmarkAgent, people: PhoneCrowd
) -> CallRound:
    """Measure single calls, each put back; the frames of the previous call have left."""
    places = {ticket_id: place for place, ticket_id in enumerate(on.filled.ticket_ids)}
    reading = asyncio.create_task(people.send_command(f"read {CALLS / PER_S + 1}"))
    sent: list[tuple[int, int]] = []
    start = time.monotonic() + 1 / PER_S  # when the phones have started to count
    for number in range(CALLS):
        await asyncio.sleep(max(0.0, start + number / PER_S - time.monotonic()))
        at = time.monotonic_ns()
        ticket = await agent.call_next()
        sent.append((places[ticket["id"]], at))
        await asyncio.sleep(0.5 / PER_S)
        await agent.put_back(ticket["id"])
    read = await reading
    seen = (await people.send_command("watched"))["watched"]
    return CallRound(
        [_first_delay_ms(at, place, seen) for place, at in sent],
        await _commit_ms(on) + await _first_frame_ms(bench, read["payload_bytes"]),
        await asyncio.to_thread(measure_flushes_ms, bench.data, FLUSHES, FLUSH_EVERY_S),
        (await people.send_command("spread"))["p50_ms"],
        read["payload_bytes"],
    )


def _first_delay_ms(sent: int, place: int, seen: list[list[int]]) -> float:
    """Return the milliseconds until this phone received its call; the timeout if it never did."""
    later = [at for phone, at, _ in seen if phone == place and at > sent]
    return (min(later) - sent) / 1e6 if later else 1e6


async def _first_frame_ms(bench: BenchmarkContext, payload_bytes: float) -> float:
    """Measure from the publication to the first phone of the ceiling."""
    async with peers.run_server_with_phones(
        peers.CEILING, bench.tools, bench.redis_url, 1, round(payload_bytes)
    ) as ceiling:
        read = await ceiling.crowd.send_command("rate 20 2")
        return float(read["p50_ms"])


async def _commit_ms(on: Installation[FilledOffice]) -> float:
    """Measure a transaction of a single statement, by the product's connections."""
    found = []
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
    for number in range(COMMITS):
        start = time.perf_counter()
        async with runtime.db.writer.begin() as connection:
            await connection.execute(COMMITTED, {"address": f"Calle {number}"})
        found.append((time.perf_counter() - start) * 1e3)
    await runtime.bus.close()
    await runtime.db.close()
    return median(found)


async def _ceiling_ms(bench: BenchmarkContext, payload_bytes: float) -> float:
    async with peers.run_server_with_phones(
        peers.CEILING, bench.tools, bench.redis_url, bench.phones, round(payload_bytes), "--record", str(RECORDS)
    ) as ceiling:
        await ceiling.crowd.send_command("rate 5 1")
        await ceiling.crowd.send_command(f"rate {PER_S} {CALLS / PER_S / 2}")
        spread: dict[str, Any] = await ceiling.crowd.send_command("spread")
        return float(spread["p50_ms"])


async def _measure_rounds(
    bench: BenchmarkContext, database: str, *, bus: bool
) -> tuple[list[CallRound], list[float]]:
    rounds, ceilings = [], []
    async with create_installation(bench.tools, database, bench.redis_url, tickets=bench.phones) as made:
        on = made if bus else made.without_bus()
        with on.serve() as under_test:
            options = ("--path", "/ws/ticket", "--record", str(RECORDS), "--watch", CALLED)
            hellos = on.filled.hellos()
            async with (
                run_phones(bench.tools, [under_test.port], bench.phones, *options, hellos=hellos) as people,
                open_agents(under_test.url, on.filled, 1) as (agent,),
            ):
                for _ in range(bench.rounds):
                    rounds.append(await _measure_calls(bench, on, agent, people))
                    ceilings.append(await _ceiling_ms(bench, rounds[-1].payload_bytes))
    return rounds, ceilings


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    rows: list[FigureResult] = []
    for name, database, bus in (
        ("PostgreSQL and Redis", bench.postgres_url, True),
        ("SQLite, no Redis", "sqlite", False),
    ):
        rounds, ceilings = await _measure_rounds(bench, database, bus=bus)
        rows += _rows(name, rounds, ceilings)
    return rows


def _rows(name: str, rounds: list[CallRound], ceilings: list[float]) -> list[FigureResult]:
    calls = [ms for measured in rounds for ms in measured.calls_ms]
    flushes = [ms for measured in rounds for ms in measured.flushes_ms]
    p50, p99 = percentile(calls, 0.5), percentile(calls, 0.99)
    disk = f"8 KiB flushed in {percentile(flushes, 0.5):.1f} ms at p50, {percentile(flushes, 0.99):.1f} ms at p99"
    spread, ceiling = median([measured.spread_ms for measured in rounds]), median(ceilings)
    bound = median([measured.bound_ms for measured in rounds])
    target = f"≤ {P50_RATIO:.0f} × (commit of a statement + ceiling's first frame)"
    what = f"call to phone, p50 of {len(calls)}, {name}"
    return [
        FigureResult(5, what, "ms", p50, target, p50 <= P50_RATIO * bound, bound),
        FigureResult(5, f"call to phone, p99, {name}", "ms", p99, f"≤ {P99_MS:.0f}", p99 <= P99_MS, note=disk),
        FigureResult(
            5,
            f"first to last phone, {name}",
            "ms",
            spread,
            f"≤ {SPREAD_RATIO} × ceiling",
            spread <= SPREAD_RATIO * ceiling,
            ceiling,
        ),
    ]
