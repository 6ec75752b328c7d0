"""Figure 4: memory of a waiting phone, and the rate of joining phones."""

from __future__ import annotations

import asyncio

from .. import peers
from ..figure import BenchmarkContext, FigureResult, median
from ..installation import create_installation
from ..phones import run_phones

PHONES = 10_000
LINES = 10
HELLOS_IN_FLIGHT = 256
KB_AT_MOST, JOINS_AT_LEAST = 8.0, 1_200
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


async def _measure_joins(bench: BenchmarkContext) -> tuple[float, float]:
    """Join all phones of one line at once, until each has its first state.

    Returns joins per second and per CPU second.
    """
    async with create_installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones) as on:
        with on.serve() as under_test:
            options, found = ("--path", "/ws/ticket", "--inflight", str(HELLOS_IN_FLIGHT)), []
            for _ in range(max(3, bench.rounds)):
                before = under_test.process.cpu_s()
                async with run_phones(
                    bench.tools, [under_test.port], bench.phones, *options, hellos=on.filled.hellos()
                ) as people:
                    cpu_s = under_test.process.cpu_s() - before
                    found.append((people.joined["joins_per_s"], bench.phones / cpu_s))
            return median([one for one, _ in found]), median([one for _, one in found])


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    kb, joins, lost = await _measure_product(bench)
    beside = {
        name: await _measure_server(bench, name)
        for name in peers.available_servers(bench.tools, *COMPARED_SERVERS)
    }
    one_line, a_cpu_second = await _measure_joins(bench)
    at_least = f"≥ {JOINS_AT_LEAST}"
    return [
        FigureResult(
            4,
            f"memory of an idle phone, {PHONES} phones",
            "KB of PSS",
            kb,
            f"≤ {KB_AT_MOST:.0f}",
            kb <= KB_AT_MOST,
            None,
            beside,
        ),
        FigureResult(4, "phones lost while idle", "phones", lost, "0", lost == 0),
        FigureResult(
            4,
            "joins with a token, all in one line",
            "joins/s",
            one_line,
            at_least,
            one_line >= JOINS_AT_LEAST,
            note=f"{a_cpu_second:,.0f} a CPU second of the server",
        ),
        FigureResult(
            4,
            f"joins with a token, {PHONES} over {LINES} lines",
            "joins/s",
            joins,
            at_least,
            joins >= JOINS_AT_LEAST,
        ),
    ]
