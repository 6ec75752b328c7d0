"""Steps of a process's time of day, without touching the machine's clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from office360.benchmarks.soak.stepped_clock import SteppedClock

from ..conftest import skip_or_fail_tier

READ_CLOCKS = """
import sys, time
for _ in sys.stdin:
    print(time.time(), time.monotonic(), flush=True)
"""


def read_clocks(process: subprocess.Popen[str]) -> tuple[float, float]:
    """Return by how many seconds its time of day and its steady clock are fast."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    of_day_s, steady_s = map(float, process.stdout.readline().split())
    return round(of_day_s - time.time()), round(steady_s - time.monotonic())


def test_step_moves_the_time_of_day_of_one_process_only(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path)
    if not clock.is_available:
        skip_or_fail_tier("NO C COMPILER ON THIS MACHINE: the soak makes no clock steps (apt-get install gcc)")
    command = [sys.executable, "-c", READ_CLOCKS]
    options = {"env": {**os.environ, **clock.environment}, "text": True}
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as first,  # type: ignore[call-overload]
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as second,  # type: ignore[call-overload]
    ):
        assert read_clocks(first) == (0, 0)
        clock.step(-180, first.pid)
        assert (read_clocks(first), read_clocks(second)) == ((-180, 0), (0, 0))
        clock.step(0)
        assert read_clocks(first) == (0, 0)
        for process in (first, second):
            process.stdin.close()
