"""`make bench`: the nine figures of the queue's speed, or the named figures.

make bench ARGS="cost overload"        some of them
make bench ARGS="--rounds 1 --phones 200 cost"   a quick run; its figures prove nothing
make bench ARGS="--profile cost"       with py-spy's stacks of the server in var/bench
make bench ARGS="--before FOLDER cost" also the server of an earlier revision, installed in this folder
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import traceback
from pathlib import Path

from ..machine import OTHER_CORE, describe_machine, pin_to_core
from . import report
from .figure import BenchmarkContext, FigureResult, MeasureFigure
from .figures import call, cost, fewer, idle, overload, pair, slow, throughput, visit
from .tools import postgres_server, prepare_tools, redis_server

FIGURES: dict[str, MeasureFigure] = {
    "cost": cost.measure,
    "fewer": fewer.measure,
    "overload": overload.measure,
    "idle": idle.measure,
    "call": call.measure,
    "throughput": throughput.measure,
    "slow": slow.measure,
    "pair": pair.measure,
    "visit": visit.measure,
}
FIGURE_NUMBERS = {
    "cost": 1,
    "fewer": 2,
    "overload": 3,
    "idle": 4,
    "call": 5,
    "throughput": 6,
    "slow": 7,
    "pair": 8,
    "visit": 9,
}
FIGURE_TIMEOUT_S = 420  # for one figure


def main() -> None:
    arguments = _arguments()
    folder = Path("var/bench").resolve()
    tools = prepare_tools(folder)
    pin_to_core(OTHER_CORE)
    with (
        tempfile.TemporaryDirectory() as data,
        redis_server(folder) as redis,
        postgres_server(Path(data)) as postgres,
    ):
        bench = BenchmarkContext(
            tools,
            Path(data),
            redis,
            postgres,
            arguments.rounds,
            arguments.phones,
            folder if arguments.profile else None,
            arguments.before and arguments.before.absolute() / ".venv/bin/python",
        )
        rows = asyncio.run(_measure(bench, arguments.figures or list(FIGURES)))
    report.write_json_lines(folder / "figures.jsonl", rows)
    print(f"\n{describe_machine()}\n{report.format_table(rows)}")
    for name in tools.missing:
        print(f"MISSING, NOT RUN HERE: {name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    parser.add_argument("--rounds", type=int, default=5, help="rounds by turns, of which medians are taken")
    parser.add_argument("--phones", type=int, default=2_000, help="phones in the line")
    parser.add_argument("--profile", action="store_true", help="have py-spy look at the server while it works")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="an earlier revision with its .venv")
    arguments = parser.parse_args()
    unknown = set(arguments.figures) - set(FIGURES)
    if unknown:
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    return arguments


async def _measure(bench: BenchmarkContext, names: list[str]) -> list[FigureResult]:
    """Measure the figures in sequence.

    A failing figure is reported and does not stop the rest.
    """
    rows: list[FigureResult] = []
    for name in names:
        start = time.monotonic()
        try:
            async with asyncio.timeout(FIGURE_TIMEOUT_S):
                found = await FIGURES[name](bench)
        except Exception as error:
            traceback.print_exc()
            found = [FigureResult(FIGURE_NUMBERS[name], name, "", None, "", False, note=f"failed: {error!r}")]
        print(f"{name}: {time.monotonic() - start:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
        rows += found
    return rows


if __name__ == "__main__":
    main()
