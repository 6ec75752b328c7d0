"""Supervision of child processes: dead children are restarted, a signal ends all in order.

Every web process has its own listening socket on the port (SO_REUSEPORT), so that the kernel spreads connections
evenly. With one shared socket the first process to wake up accepts all waiting connections: after a restart, most
of the phones.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

logger = logging.getLogger(__name__)

# A new interpreter, because a fork inherits locks and sockets. Settings are pickled, so no argument shows secrets.
_SPAWN = multiprocessing.get_context("spawn")

CHECK_INTERVAL_S = 1.0
HEALTHY_AFTER_S = 10.0  # a child that exits later did not fail at its start
FIRST_RESTART_DELAY_S = 0.1  # doubled each time the child fails at its start
MAX_RESTART_DELAY_S = 10.0
TERMINATION_TIMEOUT_S = 20.0  # longer than a web process takes to shut down; after it, the child is killed


@dataclass(slots=True)
class ChildProcess:
    """A process that the supervisor keeps running."""

    name: str
    run: Callable[..., None]  # a module's function, because it is pickled by name
    arguments: tuple[Any, ...]
    process: SpawnProcess | None = None
    started_at_s: float = 0.0
    restart_at_s: float = 0.0
    early_exits: int = field(default=0)

    def start(self) -> None:
        self.process = _SPAWN.Process(target=self.run, args=self.arguments, name=self.name)
        self.started_at_s = time.monotonic()
        self.process.start()
        logger.info("child_started", extra={"child": self.name, "pid": self.process.pid})

    def record_exit(self) -> None:
        """Record the exit and set the time of the restart."""
        assert self.process is not None
        now = time.monotonic()
        self.early_exits = 1 if now - self.started_at_s >= HEALTHY_AFTER_S else self.early_exits + 1
        self.restart_at_s = now + min(
            MAX_RESTART_DELAY_S, FIRST_RESTART_DELAY_S * 2 ** min(self.early_exits - 1, 10)
        )
        logger.error("child_died", extra={"child": self.name, "exit_code": self.process.exitcode})
        self.process.close()
        self.process = None


class Supervisor:
    """Runs children until SIGINT or SIGTERM."""

    def __init__(self, children: list[ChildProcess]) -> None:
        self._children = children
        self._stopping = False

    def run(self) -> None:
        """Run until SIGINT or SIGTERM, then wait until every child has ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        while not self._stopping:
            self._start_due()
            self._wait_for_exits()
        self._terminate_all()

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for child in self._children:
            if child.process is not None:
                child.process.terminate()

    def _start_due(self) -> None:
        for child in self._children:
            if child.process is None and time.monotonic() >= child.restart_at_s and not self._stopping:
                child.start()

    def _wait_for_exits(self) -> None:
        """Wait for the exit of a child, at most until the next check."""
        sentinels = [child.process.sentinel for child in self._children if child.process is not None]
        missing = len(sentinels) < len(self._children)
        wait(sentinels, FIRST_RESTART_DELAY_S if missing else CHECK_INTERVAL_S)
        for child in self._children:
            if child.process is not None and not child.process.is_alive() and not self._stopping:
                child.record_exit()

    def _terminate_all(self) -> None:
        """Terminate in the order of the list, so that web processes end before the test room."""
        deadline = time.monotonic() + TERMINATION_TIMEOUT_S
        for child in self._children:
            if child.process is None:
                continue
            child.process.terminate()  # also a child that was starting when the signal came
            child.process.join(max(0.0, deadline - time.monotonic()))
            if child.process.is_alive():
                logger.error("child_killed", extra={"child": child.name, "pid": child.process.pid})
                child.process.kill()
                child.process.join()


def reserve_port(host: str, port: int) -> socket.socket:
    """Bind a port for the children, also while one of them restarts.

    Port 0 takes a free one. Raises OSError when another process listens there.
    """
    with _bind_socket(host, port, shared=False):
        pass  # a shared bind would succeed even if another installation listens there
    return _bind_socket(host, port, shared=True)


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind one of several sockets on the same port."""
    return _bind_socket(host, port, shared=True)


def bound_port(bound: socket.socket) -> int:
    """Return the port of a bound socket."""
    port: int = bound.getsockname()[1]
    return port


def _bind_socket(host: str, port: int, *, shared: bool) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


def stop_with_parent(stop: Callable[[], None]) -> None:
    """Call `stop` in a thread when the parent dies, as no other process supervises this one."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        with suppress(OSError):
            wait([parent.sentinel])
            stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()
