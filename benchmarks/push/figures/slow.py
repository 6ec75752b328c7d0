"""Figure 7: phones that never read: cost for others, the server's memory, and their end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import update

from ....core.clock import SystemClock
from ....core.events import EventRegistry
from ....offices.storage.tables import OfficeRow
from ....server.runtime import make_runtime
from ...installation import Installation
from ...machine import PinnedProcess
from .. import peers
from ..bus_traffic import run_injector
from ..figure import BenchmarkContext, FigureResult, median
from ..office import FilledOffice, create_installation
from ..phones import run_phones

PHONES = 200
STALLED = 20  # so many, because the memory of a single phone is less than what a process grows by chance
PER_S = 200
SECONDS = 5.0
MAX_ROUNDS = 8  # of SECONDS each, until the kernel's buffer of a slow reader is full
RECORDS = 2_000_000
MORE_KB, P99_RATIO = 256.0, 1.5
WATCH_EVERY_S = 0.05
# Long frames fill the kernel's buffers within seconds: the message of a paused office is in each frame.
PAUSE_MESSAGE = "La oficina está cerrada por una avería. " * 100
ABORTED, SLOW_READER, RESET = -1, 4001, 1006


@dataclass(frozen=True, slots=True)
class SlowReaderRound:
    """Ages at other phones without and with them; the highest growth of the server for each."""

    alone_ms: float
    beside_ms: float
    more_kb: float
    code: int
    still_open: int


class PeakWatch:
    """The highest private memory of a process, in KB, until `stop`."""

    def __init__(self, process: PinnedProcess) -> None:
        self._process = process
        self.highest_kb = process.private_kb()
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            self.highest_kb = max(self.highest_kb, self._process.private_kb())

    def stop(self) -> int:
        self._task.cancel()
        return self.highest_kb


async def _pause_and_resume(on: Installation[FilledOffice]) -> None:
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(paused=True, pause_message=PAUSE_MESSAGE))
    await runtime.bus.close()
    await runtime.db.close()


async def _measure_p99_ms(
    on: Installation[FilledOffice], bench: BenchmarkContext, port: int, stalled: int
) -> tuple[float, dict[str, int]]:
    """Measure at reading phones.

    With stalled phones, until their sockets ended, and how they ended.
    """
    options = ("--path", "/ws/ticket", "--record", str(RECORDS), "--stall", str(stalled))
    async with run_phones(bench.tools, [port], PHONES, *options, hellos=on.filled.hellos()) as people:
        found = []
        async with run_injector(on) as bus:
            for _ in range(MAX_ROUNDS if stalled else 1):
                publishing = asyncio.create_task(bus.publish_at_rate(PER_S, SECONDS))
                read = await people.send_command(f"read {SECONDS}")
                await publishing
                found.append((await people.frame_ages(bus.published))["p99_ms"])
                if read["gone"] >= stalled:
                    break
        return median(found), await people.send_command("drain 5")


async def _measure_round(bench: BenchmarkContext) -> SlowReaderRound:
    async with create_installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=PHONES) as on:
        await _pause_and_resume(on)
        with on.serve() as under_test:
            await _measure_p99_ms(on, bench, under_test.port, 0)  # the first growth is not caused by a slow reader
            without = PeakWatch(under_test.process)
            alone, _ = await _measure_p99_ms(on, bench, under_test.port, 0)
            without_kb = without.stop()
            with_them = PeakWatch(under_test.process)
            beside, ended = await _measure_p99_ms(on, bench, under_test.port, STALLED)
            more_kb = (with_them.stop() - without_kb) / STALLED
            return SlowReaderRound(alone, beside, more_kb, ended["code"], ended["still_open"])


async def _measure_naive_server(bench: BenchmarkContext) -> float:
    """Measure a server that awaits each phone: all wait for the phone that does not read."""
    options = ("--stall", "1")
    async with peers.run_server_with_phones(
        peers.NAIVE, bench.tools, bench.redis_url, PHONES, len(PAUSE_MESSAGE), *options
    ) as server:
        read = await server.crowd.send_command(f"rate {PER_S} {SECONDS}")
        return float(read["frames"] / (read["events"] * (PHONES - 1)))


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    rounds = [await _measure_round(bench) for _ in range(min(2, bench.rounds))]
    delivered = await _measure_naive_server(bench)
    alone = median([measured.alone_ms for measured in rounds])
    beside = median([measured.beside_ms for measured in rounds])
    more = median([measured.more_kb for measured in rounds])
    still_open = sum(measured.still_open for measured in rounds)
    ends = ", ".join(sorted({_describe_close_code(measured.code) for measured in rounds}))
    return [
        FigureResult(
            7,
            "age on arrival at the others, p99",
            "ms",
            beside,
            f"≤ {P99_RATIO} × without it",
            beside <= P99_RATIO * max(alone, 1.0),
            note=f"without it {alone:.1f} ms; {peers.NAIVE} delivers {delivered:.0%} of its frames then",
        ),
        FigureResult(
            7,
            f"server's memory for a phone that never reads, at its highest, of {STALLED}",
            "KB",
            more,
            f"≤ {MORE_KB:.0f}",
            more <= MORE_KB,
        ),
        FigureResult(
            7, "phones that never read and are still open", "phones", still_open, "0", still_open == 0, note=ends
        ),
    ]


def _describe_close_code(code: int) -> str:
    return {ABORTED: "aborted", SLOW_READER: "closed with 4001"}.get(code, f"ended with {code}")
