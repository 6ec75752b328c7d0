"""Redis with a replica and a sentinel, as separate processes on loopback."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .ports import LOOPBACK, free_ports
from .processes import EXIT_TIMEOUT_S
from .timeouts import TEST_TIMEOUT_S

REDIS_SERVER = shutil.which("redis-server")
SERVICE = "office360"
PASSWORD = "of-the-servers"
SENTINEL_CONFIG = """
port {port}
bind {host}
sentinel monitor {service} {host} {primary} 1
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 500
sentinel failover-timeout {service} 3000
"""


class SentinelInstallation:
    """A primary, its replica and one sentinel, which alone decides about a failover."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.primary_port, self._second_port, self.sentinel_port = free_ports(3)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Return the URL of the group; the first sentinel does not run."""
        return f"redis+sentinel://:{PASSWORD}@{LOOPBACK}:1,{LOOPBACK}:{self.sentinel_port}/0?service={SERVICE}"

    def start(self) -> None:
        passwords = ["--requirepass", PASSWORD, "--masterauth", PASSWORD]
        self._start(self.primary_port, "--port", str(self.primary_port), *passwords)
        self._start(
            self._second_port,
            *("--port", str(self._second_port), *passwords),
            *("--replicaof", LOOPBACK, str(self.primary_port)),
        )
        config = self._folder / "sentinel.conf"
        config.write_text(
            SENTINEL_CONFIG.format(
                port=self.sentinel_port,
                host=LOOPBACK,
                primary=self.primary_port,
                service=SERVICE,
                password=PASSWORD,
            )
        )
        self._start(self.sentinel_port, str(config), "--sentinel")
        self._wait_for(b"num-slaves\r\n$1\r\n1\r\n", "SENTINEL", "MASTER", SERVICE)

    def _start(self, port: int, *arguments: str) -> None:
        assert REDIS_SERVER is not None
        folder = self._folder / str(port)
        folder.mkdir()
        command = [REDIS_SERVER, *arguments]
        if "--sentinel" not in arguments:
            command += ["--bind", LOOPBACK, "--save", "", "--dir", str(folder)]
        self._processes[port] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill_primary(self) -> None:
        self._processes[self.primary_port].kill()

    def freeze_primary(self) -> None:
        """Stop the primary without closing its connections, as an unplugged machine."""
        self._processes[self.primary_port].send_signal(signal.SIGSTOP)

    def thaw_primary(self) -> None:
        self._processes[self.primary_port].send_signal(signal.SIGCONT)

    def start_failover(self) -> None:
        """Make the replica the primary while the old primary still runs.

        The sentinel refuses until it has heard from the replica.
        """
        self._wait_for(b"+OK", "SENTINEL", "FAILOVER", SERVICE)

    def wait_for_failover(self) -> None:
        self._wait_for(str(self._second_port).encode(), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)

    def _wait_for(self, expected: bytes, *command: str) -> None:
        deadline = time.monotonic() + TEST_TIMEOUT_S
        while expected not in self._ask(*command):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {expected!r} in the answer to {command}")
            time.sleep(0.05)

    def _ask(self, *command: str) -> bytes:
        text = "".join(f"${len(part)}\r\n{part}\r\n" for part in command)
        with (
            suppress(OSError),
            socket.create_connection((LOOPBACK, self.sentinel_port), TEST_TIMEOUT_S) as sentinel,
        ):
            sentinel.sendall(f"*{len(command)}\r\n{text}".encode())
            return sentinel.recv(65536)
        return b""

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait(EXIT_TIMEOUT_S)


@contextmanager
def running_sentinel(folder: Path) -> Iterator[SentinelInstallation]:
    """Run the three processes for one test, which may stop the primary."""
    installation = SentinelInstallation(folder)
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()
