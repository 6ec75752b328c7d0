"""RAM and open files of the processes under test, sampled by id."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .ledger import check_growth

SAMPLE_INTERVAL_S = 2.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LARGEST_GROWTH_MB = 40.0  # caches fill while the number of tickets and phones grows
LARGEST_GROWTH_FILES = 60.0  # sockets of people who are there by chance at one time and not at another
LARGEST_IDLE_FILES = 40.0  # above those of the first sample, when every person has gone


@dataclass(frozen=True, slots=True)
class ResourceSample:
    ram_mb: float
    files: int


@dataclass
class ResourceLog:
    """Samples by process: its id and name."""

    samples: dict[tuple[int, str], list[ResourceSample]] = field(default_factory=lambda: defaultdict(list))

    async def run(self, pids: Callable[[], Mapping[int, str]], stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.sample(await asyncio.to_thread(pids))
            await asyncio.sleep(SAMPLE_INTERVAL_S)

    def sample(self, pids: Mapping[int, str]) -> None:
        for pid, name in pids.items():
            found = _read_sample(pid)
            if found is not None:
                self.samples[pid, name].append(found)

    def growth(self) -> list[str]:
        """Describe processes whose RAM or files grew after their first quarter."""
        found = []
        for (pid, name), samples in self.samples.items():
            subject = f"{name} ({pid})"
            found += check_growth(subject, [sample.ram_mb for sample in samples], LARGEST_GROWTH_MB, "MB")
            found += check_growth(
                subject, [float(sample.files) for sample in samples], LARGEST_GROWTH_FILES, "files"
            )
        return found

    def left_files(self, pids: Mapping[int, str], idle: Mapping[str, int]) -> list[str]:
        """Describe processes with more open files than before the first person (`idle`)."""
        found = []
        for pid, name in pids.items():
            sample = _read_sample(pid)
            if sample is not None and sample.files > idle[name] + LARGEST_IDLE_FILES:
                found.append(f"{name} ({pid}): {sample.files} open files, {idle[name]} before the first person")
        return found


def _read_sample(pid: int) -> ResourceSample | None:
    """Read a process; None if it has ended."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return ResourceSample(resident * PAGE_BYTES / 1e6, len(os.listdir(f"/proc/{pid}/fd")))
    except (OSError, IndexError):
        return None


def count_idle_files(pids: Mapping[int, str]) -> dict[str, int]:
    """Return the open files by name of process, the most if there are several."""
    found: dict[str, int] = {}
    for pid, name in pids.items():
        sample = _read_sample(pid)
        found[name] = max(found.get(name, 0), sample.files if sample else 0)
    return found
