"""Process that compares simulated days, so that the web process goes on serving.

It reads a pickled `WhatIfTask` from standard input and writes the pickled `WhatIfResult`. Only its own parent
writes to that pipe.
"""

from __future__ import annotations

import os
import pickle
import sys
import time

from .what_if import WhatIfTask, compare_cases

SIMULATION_TIME_S = 8.0  # processor time, after which no further pair of days is begun
LOW_PRIORITY = 10  # of Unix: citizens' requests go first


def main() -> None:
    """Compare the days of the task on standard input."""
    os.nice(LOW_PRIORITY)
    task: WhatIfTask = pickle.load(sys.stdin.buffer)  # noqa: S301  written by the parent process
    result = compare_cases(task, lambda: time.process_time() >= SIMULATION_TIME_S)
    pickle.dump(result, sys.stdout.buffer)
