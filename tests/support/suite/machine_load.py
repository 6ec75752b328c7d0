"""Bounds of what concurrent test processes do to the machine at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from ...matrix import Load, required_load
from .profile import tree_cpu_s

CORES = os.cpu_count() or 1
POLL_S = 0.05
# Names the folder of locked files, and of things that are made once, to the other test processes of a run.
FOLDER_VARIABLE = "OFFICE360_TEST_RUN"
# Test processes: two more than cores, because a process waits for pictures in real time, and each waits now and
# then.
PROCESSES = CORES + 2
# Tests without media give way to those with media, whose pictures come in real time.
NICENESS = 5


class MachineLoad:
    """Plugin of a test process: holds a test back until the machine has room for it.

    The test processes of a run share locked files: any number of light tests, as many tests with browsers as
    cores, one test with media, and nothing beside a test that must be alone.
    """

    def __init__(self, folder: Path, *, gives_way: bool = False) -> None:
        """Use the run's folder. `gives_way`: to test processes with media."""
        self._folder = folder
        if gives_way:
            os.nice(NICENESS)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        with self.room_for(required_load(item.nodeid)):
            return (yield)

    @contextmanager
    def room_for(self, load: Load) -> Iterator[None]:
        """Wait until a test with this load may start; keep its room during the block."""
        with ExitStack() as stack:
            stack.enter_context(self._lock("all", fcntl.LOCK_EX if load is Load.ALONE else fcntl.LOCK_SH))
            if load is Load.MEDIA:
                stack.enter_context(self._lock("media", fcntl.LOCK_EX))
            if load in (Load.MEDIA, Load.BROWSER):
                stack.enter_context(self._first_free([f"browser{number}" for number in range(CORES)]))
            yield

    @contextmanager
    def _lock(self, name: str, kind: int) -> Iterator[None]:
        with (self._folder / name).open("w") as file:
            fcntl.flock(file, kind)
            yield

    @contextmanager
    def _first_free(self, names: list[str]) -> Iterator[None]:
        with ExitStack() as stack:
            files = [stack.enter_context((self._folder / name).open("w")) for name in names]
            while not any(map(_is_locked_now, files)):
                time.sleep(POLL_S)
            yield


def _is_locked_now(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class LoadSummary:
    """Plugin of the first test process: makes the run's folder, and prints its cost."""

    def __init__(self) -> None:
        self._highest = os.getloadavg()[0]
        self._folder = tempfile.mkdtemp(prefix="office360-tests-")
        os.environ[FOLDER_VARIABLE] = self._folder

    def pytest_unconfigure(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def pytest_runtest_logreport(self) -> None:
        self._highest = max(self._highest, os.getloadavg()[0])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.write_line(
            f"{CORES} cores, {tree_cpu_s():.0f} s of CPU, highest load of a minute {self._highest:.1f}"
        )


def run_folder(name: str) -> Path:
    """Return a folder that all test processes of a run share."""
    folder = Path(os.environ[FOLDER_VARIABLE]) / name
    folder.mkdir(exist_ok=True)
    return folder


def is_running_tests(config: pytest.Config) -> bool:
    """Tell whether this process runs tests: the first does not if it has started others."""
    return hasattr(config, "workerinput") or not config.getoption("numprocesses", None)


def machine_load(config: pytest.Config) -> MachineLoad:
    """Make the plugin of this test process; the first has made the run's folder."""
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    return MachineLoad(Path(os.environ[FOLDER_VARIABLE]), gives_way=worker != "gw0")
