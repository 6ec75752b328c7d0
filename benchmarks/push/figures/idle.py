"""Figure 4: memory of a waiting phone, and joins beside bare handshakes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from ...machine import PinnedProcess
from .. import peers
from ..figure import BenchmarkContext, FigureResult, median
from ..office import create_installation
from ..phones import run_phones
from ..profile import profile_process

PHONES = 10_000
LINES = 10
HELLOS_IN_FLIGHT = 256
KB_AT_MOST, JOINS_AT_LEAST, LINES_AT_LEAST = 3.7, 0.5, 1_200
PING_ROUND_S = 25  # covers one round of protocol pings, sent every 20 s
SETTLE_S = 3
COMPARED_SERVERS = (peers.NCHAN_REDIS, peers.WEBSOCKETS, peers.NAIVE)


async def _measure_product(bench: BenchmarkContext) -> tuple[float, float, int]:
    """Measure KB per phone after the first pings, joins a second, and lost phones."""
    number = PHONES * bench.phones // 2_000
    async with create_installation(
        bench.tools, bench.postgres_url, bench.redis_url, tickets=number, lines=LINES
    ) as on:
        with on.serve() as under_test:
            options = ("--path", "/ws/ticket", "--inflight", str(HELLOS_IN_FLIGHT))
            async with run_phones(bench.tools, [under_test.port], 10, *options, hellos=on.filled.hellos()):
                await asyncio.sleep(1)  # modules loaded for the first phones are not counted
            empty_kb = under_test.process.pss_kb()
            async with run_phones(
                bench.tools, [under_test.port], number, *options, hellos=on.filled.hellos()
            ) as people:
                read = await people.send_command(f"read {PING_ROUND_S}")
                kb = (under_test.process.pss_kb() - empty_kb) / number
                return kb, people.joined["joins_per_s"], read["gone"]


async def _measure_server(bench: BenchmarkContext, name: str) -> float:
    number = PHONES * bench.phones // 2_000
    async with peers.run_server_with_phones(name, bench.tools, bench.redis_url, 0, 100) as none:
        await asyncio.sleep(1)
        empty_kb = none.process.pss_kb()
        async with peers.add_phones(none, bench.tools, number) as people:
            await people.send_command(f"read {SETTLE_S}")
            return (none.process.pss_kb() - empty_kb) / number


@dataclass(frozen=True, slots=True)
class Joins:
    """Joins a second, and joins a CPU second of the server."""

    per_s: float
    per_cpu_s: float


async def _measure_joins(bench: BenchmarkContext) -> dict[str, list[Joins]]:
    """Alternate between phones that join one line, and handshakes of `websockets`.

    A phone has joined when it has its first state. A handshake has neither a token nor a state.
    """
    found: dict[str, list[Joins]] = {}
    async with AsyncExitStack() as stack:
        servers: dict[str, tuple[PinnedProcess, int, tuple[str, ...], list[str]]] = {}
        for name, python in (("ours", None), *([("before", bench.before)] if bench.before else [])):
            servers[name] = await _serve_tickets(stack, bench, python)
        bare = await stack.enter_async_context(
            peers.run_server_with_phones(peers.WEBSOCKETS, bench.tools, bench.redis_url, 0, 100)
        )
        servers[peers.WEBSOCKETS] = (bare.process, bare.port, (), [])
        for number in range(-1, bench.rounds):
            for name, (process, port, options, hellos) in servers.items():
                with profile_process(bench, process, f"joins-{name}-{number}"):
                    joins = await _join_all(bench, process, port, options, hellos)
                if number >= 0:  # the first round imports modules
                    found.setdefault(name, []).append(joins)
    return found


async def _serve_tickets(
    stack: AsyncExitStack, bench: BenchmarkContext, python: Path | None
) -> tuple[PinnedProcess, int, tuple[str, ...], list[str]]:
    made = create_installation(
        bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones, python=python
    )
    on = await stack.enter_async_context(made)
    served = stack.enter_context(on.serve())
    return served.process, served.port, ("--path", "/ws/ticket"), on.filled.hellos()


async def _join_all(
    bench: BenchmarkContext, process: PinnedProcess, port: int, options: tuple[str, ...], hellos: list[str]
) -> Joins:
    before = process.run_time_s()
    inflight = ("--inflight", str(HELLOS_IN_FLIGHT))
    async with run_phones(bench.tools, [port], bench.phones, *options, *inflight, hellos=hellos) as people:
        cpu_s = process.run_time_s() - before
        return Joins(people.joined["joins_per_s"], bench.phones / cpu_s)


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    kb, joins, lost = await _measure_product(bench)
    beside = {
        name: await _measure_server(bench, name)
        for name in peers.available_servers(bench.tools, *COMPARED_SERVERS)
    }
    what, unit = f"memory of an idle phone, {PHONES} phones", "KB of PSS"
    many = f"joins with a token, {PHONES} over {LINES} lines"
    return [
        FigureResult(4, what, unit, kb, f"≤ {KB_AT_MOST}", kb <= KB_AT_MOST, None, beside),
        FigureResult(4, "phones lost while idle", "phones", lost, "0", lost == 0),
        *_join_rows(await _measure_joins(bench)),
        FigureResult(4, many, "joins/s", joins, f"≥ {LINES_AT_LEAST}", joins >= LINES_AT_LEAST),
    ]


def _join_rows(found: dict[str, list[Joins]]) -> list[FigureResult]:
    rows = []
    for unit, of in (("joins/s", "per_s"), ("joins a CPU second", "per_cpu_s")):
        rates = {name: median([getattr(joins, of) for joins in each]) for name, each in found.items()}
        ours, bare = rates.pop("ours"), rates.pop(peers.WEBSOCKETS)
        target = f"≥ {JOINS_AT_LEAST} × bare handshakes"
        met = ours >= JOINS_AT_LEAST * bare
        rows.append(FigureResult(4, "joins with a token, all in one line", unit, ours, target, met, bare, rates))
    return rows
