"""Figure 8: two processes over Redis: correct phones, and the gain of the second core."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass

from ...machine import OTHER_CORE, SERVER_CORE
from ..bus_traffic import run_injector
from ..figure import BenchmarkContext, FigureResult, median
from ..frame_check import count_wrong_phones
from ..office import create_installation
from ..phones import run_phones

SECONDS = 5.0
PER_S = 500


@dataclass(frozen=True, slots=True)
class PairDelivery:
    """Frames per second, CPU seconds per million frames of all processes, outdated phones."""

    frames_per_s: float
    per_million_s: float
    wrong: int


async def _measure_round(bench: BenchmarkContext, cores: tuple[int, ...]) -> PairDelivery:
    """Run a process per core. The phones are spread over them and run on any core."""
    async with create_installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=bench.phones) as on:
        with ExitStack() as stack:
            served = [stack.enter_context(on.serve(core)) for core in cores]
            options = ("--path", "/ws/ticket")
            async with run_phones(
                bench.tools,
                [serving.port for serving in served],
                bench.phones,
                *options,
                hellos=on.filled.hellos(),
                core=None,
            ) as people:
                before = sum(serving.process.cpu_s() for serving in served)
                async with run_injector(on) as bus:
                    publishing = asyncio.create_task(bus.publish_at_rate(PER_S, SECONDS))
                    read = await people.send_command(f"read {SECONDS}")
                    cpu_s = sum(serving.process.cpu_s() for serving in served) - before
                    await publishing
                await people.send_command("quiet 1 20")
                missing = await count_wrong_phones(on, people)
        return PairDelivery(read["frames_per_s"], cpu_s / max(1, read["frames"]) * 1e6, missing)


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    single_runs, double_runs = [], []
    for _ in range(bench.rounds):
        single_runs.append(await _measure_round(bench, (SERVER_CORE,)))
        double_runs.append(await _measure_round(bench, (SERVER_CORE, OTHER_CORE)))
    single = median([each.frames_per_s for each in single_runs])
    double = median([each.frames_per_s for each in double_runs])
    missing = sum(each.wrong for each in double_runs)
    costs = (
        median([each.per_million_s for each in single_runs]),
        median([each.per_million_s for each in double_runs]),
    )
    return [
        FigureResult(
            8, "phones of two processes that do not show the last state", "phones", missing, "0", missing == 0
        ),
        FigureResult(
            8,
            "frames delivered by two processes",
            "frames/s",
            double,
            "more than by one",
            double > single,
            note=f"by one {single:.0f} ({double / single:.2f} ×); CPU s per million {costs[0]:.1f} and "
            f"{costs[1]:.1f}; phones, Redis and the publisher share the second core",
        ),
    ]
