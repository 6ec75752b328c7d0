"""CPU profile of a server by py-spy, which samples from outside and slows it little."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..machine import PinnedProcess
from .figure import BenchmarkContext

SAMPLES_PER_S = 199  # a prime, so that it is no multiple of a regular interval
PROFILER_TIMEOUT_S = 30
SHOWN_FUNCTIONS = 24
HIDDEN_ABOVE_SHARE = 0.9  # a function on nearly all stacks explains nothing


@contextmanager
def profile_process(bench: BenchmarkContext, process: PinnedProcess, name: str) -> Iterator[None]:
    """Profile a process during the block, if requested. Writes stacks to var/bench/NAME.txt."""
    if bench.profile is None:
        yield
        return
    output = bench.profile / f"{name}.txt"
    command = [str(_py_spy()), "record", "--pid", str(process.popen.pid), "--rate", str(SAMPLES_PER_S)]
    looking = subprocess.Popen(
        [*command, "--format", "raw", "--output", str(output), "--duration", "600"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        looking.send_signal(signal.SIGINT)
        looking.wait(PROFILER_TIMEOUT_S)
        if output.exists():
            print(f"\n{name}\n{summary(output.read_text())}", flush=True)


def _py_spy() -> Path:
    """Return py-spy, installed at first use."""
    program = Path(sys.executable).with_name("py-spy")
    if not program.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "py-spy"], check=True)
    return program


def summary(stacks: str) -> str:
    """Summarise the time spent in functions, alone and with their callees."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_name(frame) for frame in stack.split(";")]
        own[frames[-1]] += int(count)
        for name in set(frames):
            whole[name] += int(count)
    total = max(1, sum(own.values()))
    telling = [(name, count) for name, count in whole.most_common() if count < HIDDEN_ABOVE_SHARE * total]
    return "\n".join(
        f"{count / total:6.1%} {name:58.58}   {count_alone / total:6.1%} {alone}"
        for (name, count), (alone, count_alone) in zip(telling, own.most_common(SHOWN_FUNCTIONS), strict=False)
    )


def _name(frame: str) -> str:
    """Shorten `function (path:line)`: no line, and the end of the path only."""
    function, _, place = frame.partition(" (")
    return f"{function} ({'/'.join(place.split(':')[0].rstrip(')').split('/')[-2:])})"
