"""Figure 4: what a phone costs that only waits, and how fast phones come in."""

from __future__ import annotations

import asyncio

from .. import peers
from ..figure import Bench, Row, median
from ..installation import installation
from ..phones import crowd

PHONES = 10_000
LINES = 10
AT_ONCE = 256  # hellos in flight
KB_AT_MOST, JOINS_AT_LEAST = 8.0, 1_200
PINGS_S = 25  # one round of protocol pings and their answers, every 20 s
SETTLE_S = 3
RIVALS = (peers.NCHAN_REDIS, peers.WEBSOCKETS, peers.NAIVE)


async def _ours(bench: Bench) -> tuple[float, float, int]:
    """KB a phone after the first pings, joins a second, and the phones that were lost on the way."""
    number = PHONES * bench.phones // 2_000
    async with installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=number, lines=LINES) as on:
        with on.serve() as under_test:
            options = ("--path", "/ws/ticket", "--inflight", str(AT_ONCE))
            async with crowd(bench.tools, [under_test.port], 10, *options, hellos=on.filled.hellos()):
                await asyncio.sleep(1)  # whatever the first phones make it load is no phone's cost
            empty_kb = under_test.process.pss_kb()
            async with crowd(
                bench.tools, [under_test.port], number, *options, hellos=on.filled.hellos()
            ) as people:
                read = await people.ask(f"read {PINGS_S}")
                kb = (under_test.process.pss_kb() - empty_kb) / number
                return kb, people.joined["joins_per_s"], read["gone"]


async def _peer(bench: Bench, name: str) -> float:
    number = PHONES * bench.phones // 2_000
    async with peers.peer(name, bench.tools, bench.redis_url, 0, 100) as none:
        await asyncio.sleep(1)
        empty_kb = none.process.pss_kb()
        async with peers.more(none, bench.tools, number) as people:
            await people.ask(f"read {SETTLE_S}")
            return (none.process.pss_kb() - empty_kb) / number


async def _joins(bench: Bench) -> tuple[float, float]:
    """Everybody of one line at once: hello with a token until the first state has come. A second; a CPU second."""
    async with installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones) as on:
        with on.serve() as under_test:
            options, found = ("--path", "/ws/ticket", "--inflight", str(AT_ONCE)), []
            for _ in range(max(3, bench.rounds)):
                before = under_test.process.cpu_s()
                async with crowd(
                    bench.tools, [under_test.port], bench.phones, *options, hellos=on.filled.hellos()
                ) as people:
                    cpu_s = under_test.process.cpu_s() - before
                    found.append((people.joined["joins_per_s"], bench.phones / cpu_s))
            return median([one for one, _ in found]), median([one for _, one in found])


async def measure(bench: Bench) -> list[Row]:
    kb, joins, lost = await _ours(bench)
    beside = {name: await _peer(bench, name) for name in peers.present(bench.tools, *RIVALS)}
    one_line, a_cpu_second = await _joins(bench)
    at_least = f"≥ {JOINS_AT_LEAST}"
    return [
        Row(
            4,
            f"memory of an idle phone, {PHONES} phones",
            "KB of PSS",
            kb,
            f"≤ {KB_AT_MOST:.0f}",
            kb <= KB_AT_MOST,
            None,
            beside,
        ),
        Row(4, "phones lost while idle", "phones", lost, "0", lost == 0),
        Row(
            4,
            "joins with a token, all in one line",
            "joins/s",
            one_line,
            at_least,
            one_line >= JOINS_AT_LEAST,
            note=f"{a_cpu_second:,.0f} a CPU second of the server",
        ),
        Row(
            4,
            f"joins with a token, {PHONES} over {LINES} lines",
            "joins/s",
            joins,
            at_least,
            joins >= JOINS_AT_LEAST,
        ),
    ]
