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
PRIMARY_ADDRESS = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
POLL_INTERVAL_S = 0.05
SENTINEL_CONFIG = """
port {port}
bind {host}
sentinel monitor {service} {host} {primary} 1
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 600000
sentinel failover-timeout {service} 3000
"""


DOWN_AFTER_FAULT_MS = 500
# A sentinel that was not run for 2 s decides nothing for 30 s, which is all the time that a test has.
TILT_TRIGGER_MS = 600_000


class SentinelInstallation:
    """A primary, its replica and one sentinel, which alone decides about a failover.

    The sentinel takes a silent primary for down only after a fault of the test, because a primary is silent at
    times on a busy machine.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.primary_port, self._second_port, self.sentinel_port = free_ports(3)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Return the URL of the group; the first sentinel does not run."""
        return f"redis+sentinel://:{PASSWORD}@{LOOPBACK}:1,{LOOPBACK}:{self.sentinel_port}/0?service={SERVICE}"

    def start(self) -> None:
        passwords = ["--requirepass", PASSWORD, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0"]
        self._start(self.primary_port, "--port", str(self.primary_port), *passwords)
        self._start(
            self._second_port,
            *("--port", str(self._second_port), *passwords),
            *("--replicaof", LOOPBACK, str(self.primary_port)),
        )
        # a sentinel asks a replica only every 10 s, and takes none that was not in step for a primary
        self._wait_for(b"master_link_status:up", "INFO", "replication", port=self._second_port)
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
        self._wait_for(b"master-link-status\r\n$2\r\nok\r\n", "SENTINEL", "REPLICAS", SERVICE)
        self._ask("SENTINEL", "DEBUG", "tilt-trigger", str(TILT_TRIGGER_MS))  # an error in Redis 6

    def _start(self, port: int, *arguments: str) -> None:
        assert REDIS_SERVER is not None
        folder = self._folder / str(port)
        folder.mkdir()
        command = [REDIS_SERVER, *arguments]
        if "--sentinel" not in arguments:
            command += ["--bind", LOOPBACK, "--save", "", "--dir", str(folder)]
        self._processes[port] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill_primary(self) -> None:
        self._notice_silence()
        self._processes[self.primary_port].kill()

    def freeze_primary(self) -> None:
        """Stop the primary without closing its connections, as an unplugged machine."""
        self._notice_silence()
        self._processes[self.primary_port].send_signal(signal.SIGSTOP)

    def thaw_primary(self) -> None:
        self._processes[self.primary_port].send_signal(signal.SIGCONT)

    def replace_primary(self) -> None:
        """Make the replica the primary while the old primary still runs.

        The sentinel refuses while it fails over, and gives up if the replica is slow to answer.
        """
        deadline = time.monotonic() + TEST_TIMEOUT_S
        while not self.has_failed_over() and time.monotonic() < deadline:
            self._ask("SENTINEL", "FAILOVER", SERVICE)
            time.sleep(POLL_INTERVAL_S)

    def pause(self, port: int, seconds: float) -> None:
        """Let a server run as late as on a busy machine."""
        self._processes[port].send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._processes[port].send_signal(signal.SIGCONT)

    def wait_for_failover(self) -> None:
        self._wait_for(str(self._second_port).encode(), *PRIMARY_ADDRESS)

    def has_failed_over(self) -> bool:
        return str(self._second_port).encode() in self._ask(*PRIMARY_ADDRESS)

    def _notice_silence(self) -> None:
        self._wait_for(b"+OK", "SENTINEL", "SET", SERVICE, "down-after-milliseconds", str(DOWN_AFTER_FAULT_MS))

    def _wait_for(self, expected: bytes, *command: str, port: int | None = None) -> None:
        deadline = time.monotonic() + TEST_TIMEOUT_S
        while expected not in self._ask(*command, port=port):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {expected!r} in the answer to {command}")
            time.sleep(POLL_INTERVAL_S)

    def _ask(self, *command: str, port: int | None = None) -> bytes:
        """Ask the sentinel, or the server at this port, after its password."""
        text = f"*{len(command)}\r\n" + "".join(f"${len(part)}\r\n{part}\r\n" for part in command)
        if port:
            text = f"AUTH {PASSWORD}\r\n{text}"
        with (
            suppress(OSError),
            socket.create_connection((LOOPBACK, port or self.sentinel_port), TEST_TIMEOUT_S) as server,
        ):
            server.sendall(text.encode())
            return server.recv(65536)
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
