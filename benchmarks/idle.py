"""Cost of a waiting server: `python -m office360.benchmarks.idle [SECONDS]`.

The demo city runs without a browser beside a lower bound: a bare Starlette app under uvicorn, in the same
seconds. For each it prints CPU in % of a core, wake-ups a second (voluntary context switches of all threads) and
memory. At most three minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .installation import run_demo

DEFAULT_SECONDS = 30
MAX_SECONDS = 60
MAX_CPU_PCT = 0.5
MAX_RESIDENT_MB = 150
QUIET_TIMEOUT_S = 90  # for the demo's history, which is written after the start
QUIET_CPU_PCT = 10.0
BARE_APP = """
import uvicorn
from starlette.applications import Starlette
uvicorn.run(Starlette(), port=0, log_level="critical")
"""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """Totals of a process since its start."""

    at_s: float
    cpu_s: float
    wake_ups: int
    resident_mb: float


@dataclass(frozen=True, slots=True)
class IdleCost:
    """Use of a process in a period."""

    cpu_pct: float
    wake_ups_per_s: float
    resident_mb: float


def read_use(pid: int) -> ProcessReading:
    """Read CPU, wake-ups and memory of a process from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    wake_ups = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        wake_ups += int(lines["voluntary_ctxt_switches"])
    resident_mb = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    cpu_s = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return ProcessReading(time.monotonic(), cpu_s, wake_ups, resident_mb)


def cost_between(before: ProcessReading, after: ProcessReading) -> IdleCost:
    passed_s = after.at_s - before.at_s
    return IdleCost(
        100 * (after.cpu_s - before.cpu_s) / passed_s,
        (after.wake_ups - before.wake_ups) / passed_s,
        after.resident_mb,
    )


def wait_until_quiet(pid: int) -> None:
    """Wait until two seconds in a row cost little."""
    deadline_s, quiet = time.monotonic() + QUIET_TIMEOUT_S, 0
    while quiet < 2 and time.monotonic() < deadline_s:
        before = read_use(pid)
        time.sleep(1)
        quiet = quiet + 1 if cost_between(before, read_use(pid)).cpu_pct < QUIET_CPU_PCT else 0


@contextmanager
def run_bare_app() -> Iterator[int]:
    """Run the bare app and yield its process id."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([sys.executable, "-c", BARE_APP], cwd=folder)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)


def main(seconds: int) -> bool:
    with run_demo() as product, run_bare_app() as bare_pid:
        wait_until_quiet(product.pid)
        before = read_use(product.pid), read_use(bare_pid)
        time.sleep(seconds)
        product_cost = cost_between(before[0], read_use(product.pid))
        bare_cost = cost_between(before[1], read_use(bare_pid))
    print(f"{'':12} {'CPU %':>6} {'wake-ups/s':>10} {'MB':>6}")
    for name, cost in (("demo city", product_cost), ("bare uvicorn", bare_cost)):
        print(f"{name:12} {cost.cpu_pct:6.2f} {cost.wake_ups_per_s:10.1f} {cost.resident_mb:6.0f}")
    return product_cost.cpu_pct <= MAX_CPU_PCT and product_cost.resident_mb <= MAX_RESIDENT_MB


if __name__ == "__main__":
    sys.exit(not main(min(MAX_SECONDS, int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS)))
