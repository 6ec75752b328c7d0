"""Processes of the product, each with its own environment, stopped by their id."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from office360.benchmarks.machine import list_children

from .forking.forked_process import ForkedProcess, fork_server
from .http_client import open_client
from .ports import free_port

SERVE = ("-m", "office360.server.cli", "serve")
READY_TIMEOUT_S = 180  # four interpreters import everything while other tests run
EXIT_TIMEOUT_S = 90  # a command imports everything first
LOG_TAIL_BYTES = 8_000

ENV_PREFIX = "OFFICE360_"
# An empty name switches off /etc/office360.env, so that a machine with an installation gives the same results.
NO_ENV_FILE = {"OFFICE360_ENV_FILE": ""}

RunningProcess = subprocess.Popen[bytes] | ForkedProcess
ProcessStart = Callable[[Sequence[str], Mapping[str, str], Path, Path], RunningProcess]
"""Starts a command with an environment and a folder; its output goes to a file."""


@dataclass
class ServedProcess:
    """An `office360 …` process, or another program that serves the app."""

    url: str
    process: RunningProcess
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def client(self) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        """Open a client with its own cookies."""
        return open_client(self.url)

    def kill(self) -> None:
        """Send SIGKILL, as the kernel does when it is out of memory."""
        self.process.kill()
        self.process.wait(EXIT_TIMEOUT_S)

    def stop(self) -> int:
        """Send SIGTERM, as a deployment does, and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(EXIT_TIMEOUT_S)

    def ensure_ended(self) -> None:
        """Terminate the process, and kill it if it does not end."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(EXIT_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(EXIT_TIMEOUT_S)

    def log_tail(self) -> str:
        """Return the end of its log."""
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    async def wait_until_ready(self, timeout_s: float = READY_TIMEOUT_S, state: str = "ok") -> None:
        """Wait for this state of `readiness`. Raises with its log if it ends or takes too long."""
        async with asyncio.timeout(timeout_s):
            while True:
                if self.process.poll() is not None:
                    raise RuntimeError(f"ended with {self.process.returncode}:\n{self.log_tail()}")
                if await readiness(self.url) == state:
                    return
                await asyncio.sleep(0.05)


async def readiness(url: str) -> str | None:
    """Return `ok`, `without bus`, or `unavailable`, by `/readyz`; None without an answer."""
    try:
        async with open_client() as client, client.get(f"{url}/readyz") as answer:
            if answer.status != 200:
                return "unavailable"
            return "without bus" if "bus" in (await answer.json()).get("reasons", {}) else "ok"
    except aiohttp.ClientError:
        return None


# Before a command that a test interrupts: a shell starts programs in its background without SIGINT.
WITH_INTERRUPTS = ("env", "--default-signal=INT")


def child_pids(pid: int) -> list[int]:
    """Return the ids of the running children of a process, without Python's own helper."""
    return [child for child in list_children(pid) if "resource_tracker" not in _command_line(child)]


def _command_line(pid: int) -> str:
    """Return the arguments of a process; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def environment_without_settings() -> dict[str, str]:
    """Return this process's environment without settings and without a file of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    return {**kept, **NO_ENV_FILE}


def start_process(
    folder: Path,
    environment: Mapping[str, str],
    command: Sequence[str] = SERVE,
    port: int | None = None,
    *arguments: str,
) -> ServedProcess:
    """Start a process on a port of loopback. The caller waits for it and ends it."""
    return _start_on_port(_start_interpreter, folder, environment, [*command, *arguments], port)


def fork_process(
    folder: Path,
    environment: Mapping[str, str],
    command: Sequence[str] = SERVE,
    port: int | None = None,
    *arguments: str,
) -> ServedProcess:
    """Start a process as `start_process` does, without the CPU of its imports."""
    return _start_on_port(fork_server().start, folder, environment, [*command, *arguments], port)


def _start_on_port(
    start: ProcessStart, folder: Path, environment: Mapping[str, str], command: Sequence[str], port: int | None
) -> ServedProcess:
    port = port or free_port()
    url, log = f"http://127.0.0.1:{port}", folder / f"{port}.log"
    process = start([*command, "--port", str(port)], _complete_environment(environment, url), folder, log)
    return ServedProcess(url, process, log)


def _start_interpreter(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *command],
            env=environment,
            stdin=subprocess.DEVNULL,  # not the terminal of the tests, which may close
            stdout=output,
            stderr=output,
            cwd=folder,
        )


def fork_program(
    folder: Path, program: Path, *arguments: str, environment: Mapping[str, str] = os.environ
) -> ForkedProcess:
    """Run a program of the tests in a fork; its output goes to a file of the folder."""
    return fork_server().start([str(program), *arguments], environment, folder, folder / f"{program.stem}.log")


def _complete_environment(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """Return the environment of a process: no settings but those of its test."""
    return {**environment_without_settings(), "OFFICE360_PUBLIC_URL": url, **environment}
