"""The measuring machine: cores, pinned processes, CPU time and memory.

Stops processes by id.
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE, OTHER_CORE = 0, 1
START_S = 60
STOP_S = 10
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
WAL_PAGE_BYTES = 8_192  # of PostgreSQL's write-ahead log


def pin_to_core(core: int) -> None:
    """Pin this process and its future children to one core."""
    os.sched_setaffinity(0, {core})


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class PinnedProcess:
    """A started process with its descendants. `log` holds its output."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pids(self) -> list[int]:
        return _process_tree(self.popen.pid)

    def cpu_s(self) -> float:
        """Return user and system time so far, that of ended processes included."""
        return read_tree_cpu_s(self.popen.pid)

    def run_time_s(self) -> float:
        """Return user and system time of the running threads so far, to the nanosecond."""
        return sum(_run_time_ns(pid) for pid in self.pids) / 1e9

    def private_kb(self) -> int:
        """Return the resident memory that is no file's, which is cheap enough to read often."""
        return sum(_private_pages(pid) for pid in self.pids) * PAGE_BYTES // 1024

    def pss_kb(self) -> int:
        """Return the proportional set size: own memory and its share of shared memory."""
        return sum(_pss_kb(pid) for pid in self.pids)

    def stop(self) -> None:
        """Terminate, as a deployment does; kill what is left after a timeout.

        A wrapper, such as that of Node from PyPI, may end without its child.
        """
        if self.popen.poll() is not None:
            return
        started = self.pids
        self.popen.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(STOP_S)
        for pid in reversed(started):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.popen.wait(STOP_S)


@contextmanager
def run_process(
    command: Sequence[str | Path],
    folder: Path,
    *,
    core: int | None = None,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: int | None = None,
) -> Iterator[PinnedProcess]:
    """Run a process on a core (None: any) until the block ends, after `port` is open."""
    log = folder / f"{Path(str(command[0])).name}-{time.monotonic_ns()}.log"
    cores = {core} if core is not None else set(range(os.cpu_count() or 1))

    def pin() -> None:
        os.sched_setaffinity(0, cores)

    with log.open("wb") as output:
        popen = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=output,
            stderr=output,
            preexec_fn=pin,
        )
    process = PinnedProcess(popen, log)
    try:
        if port is not None:
            _wait_for(port, process)
        yield process
    finally:
        process.stop()


def _wait_for(port: int, process: PinnedProcess) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.popen.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(
        f"{process.popen.args!r} did not listen:\n{process.log.read_text(errors='replace')[-2000:]}"
    )


def read_tree_cpu_s(pid: int) -> float:
    """Read user and system time of a process and of its descendants, also of ended processes."""
    return sum(_cpu_ticks(member) for member in _process_tree(pid)) / TICKS_PER_S


def _process_tree(pid: int) -> list[int]:
    """List a process and its running descendants."""
    return [pid, *(member for child in list_children(pid) for member in _process_tree(child))]


def list_children(pid: int) -> list[int]:
    """List the running children of a process; none if it has ended.

    Tests ask often while they wait; `ps` would cost as much as a small request.
    """
    children: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            children += map(int, listed.read_text().split())
    return children


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))  # its own, and that of children that have ended


def _run_time_ns(pid: int) -> int:
    """Read the scheduler's own account, because a phase of a second is only a hundred ticks."""
    found = 0
    for account in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended
            found += int(account.read_text().split()[0])
    return found


def _private_pages(pid: int) -> int:
    resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    return int(resident) - int(shared)


def _pss_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def describe_machine() -> str:
    """Describe the machine and its load, for the head of a table."""
    found = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = found[0].split(":", 1)[1].strip() if found else platform.machine()
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"{name}, {os.cpu_count()} cores, Linux {platform.release()}, load of 1, 5 and 15 minutes: {load}"


def measure_flushes_ms(folder: Path, number: int, every_s: float) -> list[float]:
    """Measure fdatasync of 8 KiB in milliseconds, as a database does at each commit."""
    found = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(number):
            start = time.perf_counter()
            os.write(file.fileno(), bytes(WAL_PAGE_BYTES))
            os.fdatasync(file.fileno())
            found.append((time.perf_counter() - start) * 1e3)
            time.sleep(every_s)
    return found


def read_core_busy_ticks(core: int) -> tuple[int, int]:
    """Read the busy and total ticks of a core, which show other load on the machine."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            ticks = [int(count) for count in line.split()[1:9]]
            return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
    raise RuntimeError(f"there is no core {core}")
