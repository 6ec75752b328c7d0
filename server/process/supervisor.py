"""Several processes under one: each child that dies is started again, one signal ends all in order.

Every web process listens on the port for itself (SO_REUSEPORT), so that the kernel spreads the connections evenly:
from one shared socket the process that wakes first takes as many as wait, after a restart most of the phones.
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

# A fresh interpreter: a fork would inherit locks and sockets. Settings travel by pickle, not as arguments.
_SPAWN = multiprocessing.get_context("spawn")

CHECK_INTERVAL_S = 1.0
HEALTHY_AFTER_S = 10.0  # who lived this long did not die of its start
FIRST_RESTART_DELAY_S = 0.1  # before somebody who died is started again; doubled when it dies at once again
MAX_RESTART_DELAY_S = 10.0
TERMINATION_TIMEOUT_S = 20.0  # longer than a web process takes to say goodbye; then it is killed


@dataclass(slots=True)
class ChildProcess:
    """One process to be kept running."""

    name: str
    run: Callable[..., None]  # of a module, so that it can be named to a fresh interpreter
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
        """Note that it died, and when it is to be started again."""
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
    """Runs children until a signal says stop."""

    def __init__(self, children: list[ChildProcess]) -> None:
        self._children = children
        self._stopping = False

    def run(self) -> None:
        """Blocks until SIGINT or SIGTERM, and then until every child has ended."""
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
        """Wait for a death, or until it is time to look again."""
        sentinels = [child.process.sentinel for child in self._children if child.process is not None]
        missing = len(sentinels) < len(self._children)
        wait(sentinels, FIRST_RESTART_DELAY_S if missing else CHECK_INTERVAL_S)
        for child in self._children:
            if child.process is not None and not child.process.is_alive() and not self._stopping:
                child.record_exit()

    def _terminate_all(self) -> None:
        """In the order of the list, so that web processes end before what they use."""
        deadline = time.monotonic() + TERMINATION_TIMEOUT_S
        for child in self._children:
            if child.process is None:
                continue
            child.process.terminate()  # also whoever was being started when the signal came
            child.process.join(max(0.0, deadline - time.monotonic()))
            if child.process.is_alive():
                logger.error("child_killed", extra={"child": child.name, "pid": child.process.pid})
                child.process.kill()
                child.process.join()


def reserve_port(host: str, port: int) -> socket.socket:
    """Keep a port for the children, who listen on it, also while one of them is being started again.

    Port 0 takes a free one. Raises OSError when somebody listens there already.
    """
    with _bind_socket(host, port, shared=False):
        pass  # shared, it would be given to us even if another installation listens there
    return _bind_socket(host, port, shared=True)


def listening_socket(host: str, port: int) -> socket.socket:
    """One of several sockets that listen on the same port."""
    return _bind_socket(host, port, shared=True)


def bound_port(bound: socket.socket) -> int:
    """The number that a socket was given."""
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
    """Call `stop` in a thread once the parent is gone without having said goodbye: nobody would start us again."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        with suppress(OSError):
            wait([parent.sentinel])
            stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()
