"""CPU of the start of the demo: `python -m office360.benchmarks.start [--runs 3]`.

Starts `office360 demo` with a new database, until the port answers and every office has past visits. Prints user
and system time of the process tree, and the elapsed time, which other programs on the machine lengthen.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ..server.demo.offices import demo_city
from .machine import free_port, run_process

HISTORY_TIMEOUT_S = 120
# `date('now')` is in UTC, so that at night the first visits of today may count as past; they are in all offices.
COUNT_VISITS = (
    "SELECT offices.slug, count(*) FROM tickets JOIN offices ON offices.id = office_id "
    "WHERE day < date('now') GROUP BY offices.slug"
)


@dataclass(frozen=True, slots=True)
class StartFigures:
    """The costs of a start until the port answered, and until the history was complete."""

    listening_cpu_s: float
    cpu_s: float
    elapsed_s: float
    visits: int


def measure_start(folder: Path) -> StartFigures:
    """Start the demo in a new folder and stop it when its history is complete."""
    port, begun = free_port(), time.monotonic()
    command = [sys.executable, "-m", "office360.server.cli", "demo", "--port", str(port)]
    with run_process(command, folder, port=port) as process:
        listening_cpu_s = process.cpu_s()
        while len(visits := _count_visits(folder / "var" / "demo.db")) < len(demo_city()):
            if time.monotonic() > begun + HISTORY_TIMEOUT_S or process.popen.poll() is not None:
                raise TimeoutError(f"the history was not completed; offices with visits: {list(visits)}")
            time.sleep(0.1)
        elapsed_s = time.monotonic() - begun
        return StartFigures(listening_cpu_s, process.cpu_s(), elapsed_s, sum(visits.values()))


def _count_visits(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return dict(connection.execute(COUNT_VISITS))
    finally:
        connection.close()


def main() -> None:
    """Measure some starts.

    The first also compiles the files that the environment has not compiled yet.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = []
    for number in range(parser.parse_args().runs):
        with tempfile.TemporaryDirectory() as folder:
            figures = measure_start(Path(folder))
        runs.append(figures)
        print(
            f"start {number + 1}: {figures.cpu_s:5.2f} s of CPU ({figures.listening_cpu_s:.2f} until the port "
            f"answered), {figures.elapsed_s:5.1f} s elapsed, {figures.visits} past visits",
            flush=True,
        )
    print(f"median: {statistics.median(run.cpu_s for run in runs):5.2f} s of CPU")


if __name__ == "__main__":
    main()
