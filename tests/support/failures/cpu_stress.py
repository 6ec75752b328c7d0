"""Busy processes that leave a test less CPU than it has on a quiet machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# The loop ends with its parent, which a signal may kill before it could end the loop, or before the loop begins.
BUSY_LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]):\n    sum(range(1_000_000))\n"


@contextmanager
def stressed_cpu(process_count: int) -> Iterator[list[int]]:
    """Keep processes busy for the block, and return their ids."""
    with ExitStack() as stack:
        busy = []
        for _ in range(process_count):
            command = [sys.executable, "-S", "-c", BUSY_LOOP, str(os.getpid())]
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.kill)
            busy.append(process.pid)
        yield busy
