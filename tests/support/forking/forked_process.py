"""Processes of the product, forked from a process that has imported it.

For tests in which several processes work together. Tests of the start itself use new interpreters.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

POLL_INTERVAL_S = 0.01


class ForkedProcess:
    """A forked process, with the methods of subprocess.Popen that tests use."""

    def __init__(self, server: ForkServer, pid: int, log: Path) -> None:
        self._server, self.pid, self.log = server, pid, log
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, the negative signal that killed it, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for the exit code. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(POLL_INTERVAL_S)
        return code

    async def wait_for_line(self, line: str, timeout_s: float) -> None:
        """Wait until the process has written this line."""
        async with asyncio.timeout(timeout_s):
            while line not in self.log.read_text().splitlines():
                await asyncio.sleep(POLL_INTERVAL_S)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:  # the number of an ended process may be that of another
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The process that has imported the product."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: the `queue` of the current folder must not hide Python's module
            [sys.executable, "-P", str(Path(__file__).parent / "fork_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
    ) -> ForkedProcess:
        """Run a program in a fork. `command`: a file or `-m` and a module, and arguments."""
        log.touch()
        pid = self.ask(
            command=[*command],
            environment={**environment},
            folder=str(folder),
            log=str(log),
            open_files=resource.getrlimit(resource.RLIMIT_NOFILE),  # of this test, as a child of it has
        )
        return ForkedProcess(self, pid, log)

    def ask(self, **request: Any) -> Any:
        """Return the answer to a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(f"{json.dumps(request)}\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@cache
def fork_server() -> ForkServer:
    """Return the only server of this test process; start it when a test first needs it."""
    server = ForkServer()
    atexit.register(server.close)
    return server
