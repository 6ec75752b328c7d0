"""Supervision of child processes: restart of dead and hung children, replacement, end.

Every web process has its own listening socket on the port (SO_REUSEPORT), so that the kernel spreads connections
evenly. With a shared socket the first process to wake up accepts all waiting connections: after a restart, most
of the phones. The supervisor owns the sockets, so that no waiting connection is lost with its process.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ctypes import c_bool, c_double
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import RawValue
from typing import Any

from .systemd import Watchdog

logger = logging.getLogger(__name__)

# A new interpreter, because a fork inherits locks and sockets. Settings are pickled, so no argument shows secrets.
_SPAWN = multiprocessing.get_context("spawn")

CHECK_INTERVAL_S = 1.0
HEALTHY_AFTER_S = 10.0  # a child that exits later did not fail at its start
FIRST_RESTART_DELAY_S = 0.1  # doubled each time the child fails at its start
MAX_RESTART_DELAY_S = 10.0
START_TIMEOUT_S = 300.0  # imports everything, on an overloaded machine
# without a pulse; nothing holds the event loop for longer than 0.1 s by design
HANG_TIMEOUT_S = 20.0
# a supervisor that wakes up so late cannot tell a child that hangs from a child that waits
STARVED_AFTER_S = 3.0
STACK_DUMP_TIMEOUT_S = 1.0  # for a hung child to write its stacks; a stopped process cannot
# longer than a web process takes to shut down; after it, the child is killed
TERMINATION_TIMEOUT_S = 25.0
# A replaced process waits so long until proxies have used or closed their idle connections. Longer than these are
# kept by the files of deploy/server (15 s).
PROXY_DRAIN_S = 20.0


class Pulse:
    """State of a child in shared memory: its last beat, and whether it is replaced."""

    def __init__(self) -> None:
        self._beaten_at_s = RawValue(c_double, 0.0)  # CLOCK_MONOTONIC, the same in every process
        self._is_replaced = RawValue(c_bool, False)

    def beat(self) -> None:
        self._beaten_at_s.value = time.monotonic()

    @property
    def has_begun(self) -> bool:
        return bool(self._beaten_at_s.value)

    @property
    def is_replaced(self) -> bool:
        """Tell whether another process serves already, so that this process may end slowly."""
        return bool(self._is_replaced.value)

    @is_replaced.setter
    def is_replaced(self, value: bool) -> None:
        self._is_replaced.value = value

    def silence_s(self, since_s: float) -> float:
        """Return the seconds since the last beat, or since `since_s` if there was none."""
        return time.monotonic() - max(self._beaten_at_s.value, since_s)


@dataclass(slots=True)
class ChildProcess:
    """A process that the supervisor keeps running on a socket of its own.

    `run` gets the arguments, the listening socket and the pulse. It is a module's function, because it is pickled
    by name.
    """

    name: str
    run: Callable[..., None]
    arguments: tuple[Any, ...]
    address: tuple[str, int]
    process: SpawnProcess | None = None
    listener: socket.socket | None = None
    pulse: Pulse = field(default_factory=Pulse)
    started_at_s: float = 0.0
    restart_at_s: float = 0.0
    early_exits: int = field(default=0)

    def start(self) -> None:
        if self.listener is None:
            self.listener = listening_socket(*self.address)
        # a new pulse: with the old, which has begun, a slow start would count as a hang
        self.pulse = Pulse()
        arguments = (*self.arguments, self.listener, self.pulse)
        process = _SPAWN.Process(target=self.run, args=arguments, name=self.name)
        self.started_at_s = time.monotonic()
        process.start()
        self.process = process  # started: a signal handler terminates it
        logger.info("child_started", extra={"child": self.name, "pid": self.process.pid})

    def build_replacement(self) -> ChildProcess:
        """Build a child that accepts connections of the same socket."""
        listener = None
        # not socket.dup, which makes the running child's accept block
        if self.listener is not None:
            listener = socket.socket(fileno=os.dup(self.listener.fileno()))
        return ChildProcess(self.name, self.run, self.arguments, self.address, listener=listener)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_alive()

    @property
    def is_hung(self) -> bool:
        timeout_s = HANG_TIMEOUT_S if self.pulse.has_begun else START_TIMEOUT_S
        return self.is_running and self.pulse.silence_s(self.started_at_s) > timeout_s

    def record_exit(self) -> None:
        """Record the exit and set the time of the restart.

        Connections wait in the socket for the restart. A child that fails at its start again loses its socket, so
        that they go to the other children.
        """
        assert self.process is not None
        now = time.monotonic()
        self.early_exits = 1 if now - self.started_at_s >= HEALTHY_AFTER_S else self.early_exits + 1
        self.restart_at_s = now + min(
            MAX_RESTART_DELAY_S, FIRST_RESTART_DELAY_S * 2 ** min(self.early_exits - 1, 10)
        )
        if self.early_exits > 1:
            self.close_listener()
        logger.error("child_died", extra={"child": self.name, "exit_code": self.process.exitcode})
        self.process.close()
        self.process = None

    def close_listener(self) -> None:
        """Close the supervisor's copy of the socket; a running child keeps its own."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def kill_hung(self) -> None:
        """Kill a child that hangs; SIGABRT makes it write its stacks first (faulthandler)."""
        assert self.process is not None
        assert self.process.pid is not None
        logger.error("child_hung", extra={"child": self.name, "pid": self.process.pid})
        os.kill(self.process.pid, signal.SIGABRT)
        self.process.join(STACK_DUMP_TIMEOUT_S)
        self.process.kill()
        self.process.join()

    def terminate(self, *, is_replaced: bool = False) -> None:
        self.pulse.is_replaced = is_replaced
        if self.process is not None:
            self.process.terminate()

    def end(self, timeout_s: float) -> None:
        """Terminate the child; kill it after the timeout."""
        if self.process is None:
            return
        self.process.terminate()
        self.process.join(timeout_s)
        if self.process.is_alive():
            logger.error("child_killed", extra={"child": self.name, "pid": self.process.pid})
            self.process.kill()
            self.process.join()


class Supervisor:
    """Runs children until SIGINT or SIGTERM. SIGHUP replaces them in turn.

    `others_serve`: whether other machines serve when this supervisor is stopped.
    """

    def __init__(self, children: list[ChildProcess], *, others_serve: bool = False) -> None:
        self._children = children
        self._others_serve = others_serve
        self._stopping = False
        self._checked_at_s = 0.0
        self._must_replace_all = False
        self._to_replace: list[ChildProcess] = []
        self._replacement: ChildProcess | None = None
        self._leaving: list[ChildProcess] = []  # replaced, and closing their connections

    def run(self) -> None:
        """Run until SIGINT or SIGTERM, then wait until every child has ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._replace_all)
        watchdog = Watchdog()
        while not self._stopping:
            watchdog.beat()
            self._start_due()
            self._replace_next()
            self._wait_for_exits()
            self._kill_hung()
        self._terminate_all()

    def _stop(self, *_: object) -> None:
        """Let all children end, and refuse connections, so that a proxy asks elsewhere."""
        self._stopping = True
        for child in self._all():
            # or connections would wait in this copy until the supervisor ends
            child.close_listener()
            child.terminate(is_replaced=self._others_serve)

    def _replace_all(self, *_: object) -> None:
        # only a flag, because the signal may come in the middle of a replacement
        self._must_replace_all = True

    def _all(self) -> list[ChildProcess]:
        return [*self._children, *self._leaving, *([self._replacement] if self._replacement else [])]

    def _start_due(self) -> None:
        for child in self._children:
            if child.process is None and time.monotonic() >= child.restart_at_s and not self._stopping:
                child.start()

    def _replace_next(self) -> None:
        """Start the next replacement, or put a serving replacement in its child's place.

        A child leaves only when its replacement serves and the child before it has left. If a replacement does not
        start, the remaining children stay: the new version may be broken.
        """
        if self._replacement is not None:
            self._settle_replacement(self._replacement)
        elif self._leaving or self._stopping:
            return
        elif self._to_replace:
            self._replacement = self._to_replace[0].build_replacement()
            self._replacement.start()
        elif self._must_replace_all:
            self._must_replace_all = False
            self._to_replace = list(self._children)

    def _settle_replacement(self, replacement: ChildProcess) -> None:
        if replacement.is_running and not replacement.pulse.has_begun and not replacement.is_hung:
            return
        self._replacement = None
        child = self._to_replace.pop(0)
        if not replacement.is_running or replacement.is_hung:
            logger.error("replacement_failed", extra={"child": child.name})
            replacement.end(0.0)
            replacement.close_listener()
            self._to_replace.clear()
            return
        self._children[self._children.index(child)] = replacement
        child.close_listener()
        if child.process is not None:
            child.terminate(is_replaced=True)
            # _kill_hung measures from here how long it takes to leave
            child.started_at_s = time.monotonic()
            self._leaving.append(child)

    def _wait_for_exits(self) -> None:
        """Wait for the exit of a child, at most until the next check."""
        sentinels = [child.process.sentinel for child in self._all() if child.process is not None]
        is_waiting = len(sentinels) < len(self._children) or self._replacement is not None
        wait(sentinels, FIRST_RESTART_DELAY_S if is_waiting else CHECK_INTERVAL_S)
        # a child that ends because of _stop has not died
        for child in self._children:
            if child.process is not None and not child.is_running and not self._stopping:
                child.record_exit()
        self._leaving = [child for child in self._leaving if child.is_running]

    def _kill_hung(self) -> None:
        last_check_s, self._checked_at_s = self._checked_at_s, time.monotonic()
        # the machine did not let this process run, and perhaps not its children either
        if self._checked_at_s - last_check_s > STARVED_AFTER_S:
            return
        for child in self._children:
            if child.is_hung and not self._stopping:
                child.kill_hung()
        for child in self._leaving:
            if time.monotonic() - child.started_at_s > PROXY_DRAIN_S + TERMINATION_TIMEOUT_S:
                child.end(0.0)

    def _terminate_all(self) -> None:
        """Terminate in the order of the list, so that web processes end before the test room."""
        drain_s = PROXY_DRAIN_S if self._others_serve else 0.0
        deadline = time.monotonic() + drain_s + TERMINATION_TIMEOUT_S
        for child in self._all():
            # also a replacement that was starting when the signal came
            child.end(max(0.0, deadline - time.monotonic()))


def reserve_port(host: str, port: int) -> socket.socket:
    """Bind a port for the children, also while a child restarts.

    Port 0 takes a free port. Raises OSError when another process listens there.
    """
    with _bind_socket(host, port, shared=False):
        pass  # a shared bind would succeed even if another installation listens there
    return _bind_socket(host, port, shared=True)


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind a further socket on the same port."""
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
    """Call `stop` in a thread when the parent dies: no other process supervises this process."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        with suppress(OSError):
            wait([parent.sentinel])
            stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()
