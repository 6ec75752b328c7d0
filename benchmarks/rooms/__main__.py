"""Cost of video rooms on the server: `python -m office360.benchmarks.rooms`.

The server has core 0, the people have core 1. Without names all figures are measured: relay,
processes, joins, memory, delays. Each takes one to three minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from ...tests.support.valkey import running_valkey
from ..machine import OTHER_CORE, pin_to_core
from . import growth, relay_cost

DELAY_ROOMS = (50, 100, 200, 300, 400, 600)
MAX_DELAY_MS = 25.0
QUESTIONS = {
    "relay": "CPU of a relayed message in one process / of a bare websockets echo (target 3)",
    "processes": "the same between two processes over Redis, both processes together",
    "joins": "CPU of one more join by waiting rooms of the office (target: flat within 1.3)",
    "memory": "RAM of a room (target: 120 KB for a call)",
    "delays": f"rooms on one core with a p99 of the relay of at most {MAX_DELAY_MS:.0f} ms",
}


async def run(figures: list[str], rounds: int, folder: Path) -> None:
    for figure in figures:
        begun = time.monotonic()
        print(f"{figure}: {QUESTIONS[figure]}", flush=True)
        for line in await measure(figure, rounds, folder):
            print(f"  {line}")
        print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)


async def measure(figure: str, rounds: int, folder: Path) -> list[str]:
    """Measure a figure, and return its lines."""
    match figure:
        case "relay":
            return cost_lines(await relay_cost.measure(folder, rounds))
        case "processes":
            with running_valkey(folder / "valkey") as valkey:
                return cost_lines(await relay_cost.measure(folder, rounds, valkey.url, processes=2))
        case "joins":
            costs = await growth.measure_joins(folder, rounds)
            return [
                f"{cost.rooms:>4} rooms {cost.cpu_ms:>7.1f} ms   {cost.cpu_ms / costs[0].cpu_ms:.2f}"
                for cost in costs
            ]
        case "memory":
            call_kb, lobby_kb = await growth.measure_ram(folder)
            return [f"a call of two {call_kb:.0f} KB, a waiting citizen {lobby_kb:.0f} KB"]
        case _:
            return delay_lines(await growth.measure_delays(folder, DELAY_ROOMS))


def cost_lines(costs: list[relay_cost.RelayCost]) -> list[str]:
    lines = []
    for cost in costs:
        ours, echo = statistics.median(cost.ours), statistics.median(cost.echo)
        lines.append(f"{cost.kind:12} {ours:>6.0f} µs / {echo:>4.0f} µs = {cost.ratio:.2f}")
    return lines


def delay_lines(delays: list[growth.RelayDelay]) -> list[str]:
    fit = [delay.rooms for delay in delays if delay.p99_ms <= MAX_DELAY_MS]
    return [
        *(
            f"{delay.rooms:>4} rooms  p50 {delay.p50_ms:>6.1f} ms  p99 {delay.p99_ms:>6.1f} ms  "
            f"{delay.core:.2f} of a core"
            for delay in delays
        ),
        f"at least {max(fit, default=0)} rooms",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", choices=list(QUESTIONS), default=[])
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    pin_to_core(OTHER_CORE)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.figures or list(QUESTIONS), arguments.rounds, Path(folder)))


if __name__ == "__main__":
    main()
