"""Process that compares simulated days, so that the web process goes on serving.

It reads a pickled `WhatIfTask` from standard input and writes the pickled `WhatIfResult`. Only its own parent
writes to that pipe.
"""

from __future__ import annotations

import os
import pickle
import sys
import time

from ...simulation.what_if import WhatIfTask, compare_cases

# After these times no further pair of days is begun.
PROCESSOR_TIME_S = 8.0
WAITING_TIME_S = 20.0  # on a busy machine, whose other work goes first
LOW_PRIORITY = 10  # of Unix: citizens' requests go first


def main() -> None:
    """Compare the days of the task on standard input."""
    os.nice(LOW_PRIORITY)
    task: WhatIfTask = pickle.load(sys.stdin.buffer)  # noqa: S301  written by the parent process
    begun_s = time.monotonic()

    def is_time_over() -> bool:
        return time.process_time() >= PROCESSOR_TIME_S or time.monotonic() - begun_s >= WAITING_TIME_S

    result = compare_cases(task, is_time_over)
    pickle.dump(result, sys.stdout.buffer)
