"""Cost of video rooms on the server: `python -m office360.benchmarks.rooms`.

The server has core 0, the people have core 1. Without names all figures are measured, which takes
about eight minutes: relay, processes, joins, memory, delays.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from ...tests.support.valkey import running_valkey
from ..push.machine import OTHER_CORE, pin_to_core
from . import growth, relay_cost

FIGURES = ("relay", "processes", "joins", "memory", "delays")
DELAY_ROOMS = (50, 100, 200, 300, 400, 600)
MAX_DELAY_MS = 25.0


async def run(figures: list[str], rounds: int, folder: Path) -> None:
    if "relay" in figures:
        print("CPU of a relayed message in one process / of a bare websockets echo (target 3)")
        print_costs(await relay_cost.measure(folder, rounds))
    if "processes" in figures:
        with running_valkey(folder / "valkey") as valkey:
            print("the same between two processes over Redis, both processes together")
            print_costs(await relay_cost.measure_between_processes(folder, rounds, valkey.url))
    if "joins" in figures:
        print("CPU of one more join by waiting rooms of the office (target: flat within 1.3)")
        costs = await growth.measure_joins(folder, rounds)
        for cost in costs:
            print(f"  {cost.rooms:>4} rooms {cost.cpu_ms:>7.1f} ms   {cost.cpu_ms / costs[0].cpu_ms:.2f}")
    if "memory" in figures:
        call_kb, lobby_kb = await growth.measure_ram(folder)
        print(
            f"memory of a room: a call of two {call_kb:.0f} KB (target 120), a waiting citizen {lobby_kb:.0f} KB"
        )
    if "delays" in figures:
        delays = await growth.measure_delays(folder, DELAY_ROOMS)
        for delay in delays:
            print(
                f"  {delay.rooms:>4} rooms  p50 {delay.p50_ms:>6.1f} ms  p99 {delay.p99_ms:>6.1f} ms  "
                f"{delay.core:.2f} of a core"
            )
        fit = [delay.rooms for delay in delays if delay.p99_ms <= MAX_DELAY_MS]
        print(f"rooms a core with p99 of the relay ≤ {MAX_DELAY_MS:.0f} ms: at least {max(fit, default=0)}")


def print_costs(costs: list[relay_cost.RelayCost]) -> None:
    for cost in costs:
        ours, echo = statistics.median(cost.ours), statistics.median(cost.echo)
        print(f"  {cost.kind:12} {ours:>6.0f} µs / {echo:>4.0f} µs = {cost.ratio:.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", choices=FIGURES, default=[])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    pin_to_core(OTHER_CORE)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.figures or list(FIGURES), arguments.rounds, Path(folder)))


if __name__ == "__main__":
    main()
