"""Figure 7: one phone that never reads. What it costs the others, the server's memory, and how it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import update

from ....core.clock import SystemClock
from ....core.events import Events
from ....offices.tables import OfficeRow
from ....server.lifespan import make_runtime
from .. import peers
from ..figure import Bench, Row, median
from ..installation import Installation, installation
from ..phones import crowd
from ..wire import injector

PHONES = 200
PER_S = 200
SECONDS = 5.0
MOST_TIMES = 8  # so often SECONDS until what the kernel keeps for a slow reader is full
RECORDS = 2_000_000
MORE_KB, P99_RATIO = 1_024.0, 1.5
# Long frames fill the kernel's buffers within seconds: an office that is paused tells everybody why.
PAUSE = "La oficina está cerrada por una avería. " * 100
ABORTED, SLOW_READER, RESET = -1, 4001, 1006


@dataclass(frozen=True, slots=True)
class Round:
    alone_ms: float
    beside_ms: float
    more_kb: float
    code: int
    still_open: int


async def _pause(on: Installation) -> None:
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), Events())
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(paused=True, pause_message=PAUSE))
    await runtime.bus.close()
    await runtime.db.close()


async def _p99(on: Installation, bench: Bench, port: int, stalled: int) -> tuple[float, dict[str, int]]:
    """At the phones that read; with a stalled one, until it is gone, and how that went."""
    options = ("--path", "/ws/ticket", "--record", str(RECORDS), "--stall", str(stalled))
    async with crowd(bench.tools, [port], PHONES, *options, hellos=on.filled.hellos()) as people:
        found = []
        async with injector(on) as bus:
            for _ in range(MOST_TIMES if stalled else 1):
                publishing = asyncio.create_task(bus.at_rate(PER_S, SECONDS))
                read = await people.ask(f"read {SECONDS}")
                await publishing
                found.append((await people.ages(bus.published))["p99_ms"])
                if read["gone"]:
                    break
        return median(found), await people.ask("drain 5")


async def _round(bench: Bench) -> Round:
    async with installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=PHONES) as on:
        await _pause(on)
        with on.serve() as under_test:
            await _p99(on, bench, under_test.port, 0)  # what it grows by at first is no slow reader's
            alone, _ = await _p99(on, bench, under_test.port, 0)
            before_kb = under_test.process.pss_kb()
            beside, ended = await _p99(on, bench, under_test.port, 1)
            more_kb = under_test.process.pss_kb() - before_kb
            return Round(alone, beside, more_kb, ended["code"], ended["still_open"])


async def _naive(bench: Bench) -> float:
    """The same at a server that awaits each phone: all wait for the one that does not read."""
    options = ("--stall", "1")
    async with peers.peer(peers.NAIVE, bench.tools, bench.redis_url, PHONES, len(PAUSE), *options) as one:
        read = await one.crowd.ask(f"rate {PER_S} {SECONDS}")
        return float(read["frames"] / (read["events"] * (PHONES - 1)))


async def measure(bench: Bench) -> list[Row]:
    rounds = [await _round(bench) for _ in range(min(2, bench.rounds))]
    delivered = await _naive(bench)
    alone, beside = median([one.alone_ms for one in rounds]), median([one.beside_ms for one in rounds])
    more, still_open = median([one.more_kb for one in rounds]), sum(one.still_open for one in rounds)
    ends = ", ".join(sorted({_end(one.code) for one in rounds}))
    return [
        Row(
            7,
            "age on arrival at the others, p99",
            "ms",
            beside,
            f"≤ {P99_RATIO} × without it",
            beside <= P99_RATIO * max(alone, 1.0),
            note=f"without it {alone:.1f} ms; {peers.NAIVE} delivers {delivered:.0%} of its frames then",
        ),
        Row(
            7,
            "server's memory for a phone that never reads",
            "KB of PSS",
            more,
            f"≤ {MORE_KB:.0f}",
            more <= MORE_KB,
        ),
        Row(7, "phones that never read and are still open", "phones", still_open, "0", still_open == 0, note=ends),
    ]


def _end(code: int) -> str:
    return {ABORTED: "aborted", SLOW_READER: "closed with 4001"}.get(code, f"ended with {code}")
