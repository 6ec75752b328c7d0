"""The product under test: databases, gateways, processes and their service manager."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...core.runtime import Runtime
from ...server.runtime import make_runtime
from ...tests.faults.support.tcp_proxy import TcpProxy, run_tcp_proxy
from ...tests.support.installation import to_environment
from ...tests.support.ports import free_port
from ...tests.support.postgres import BreakablePostgres, breakable_postgres
from ...tests.support.processes import child_pids, environment_without_settings, readiness
from ...tests.support.valkey import RunningValkey, running_valkey
from ..installation import COMMAND, benchmark_settings
from ..notices.outbox import MessageSink, run_sink
from .stepped_clock import SteppedClock

DISK_MB = 512  # of the database, so that a full disk is a real full disk
WAL_MB = 96
RESTART_DELAY_S = 1.0  # of the service manager, as `RestartSec` of systemd
READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0


@dataclass
class ManagedProcess:
    """A command that is started again when it has ended."""

    name: str
    arguments: tuple[str, ...]
    popen: subprocess.Popen[bytes] | None = None


@dataclass
class SoakedProduct:
    """Handles of everything that a fault may break."""

    folder: Path
    web_url: str
    proxy: TcpProxy
    postgres: BreakablePostgres
    disk: Path | None  # the folder of the database, if it is a file system of its own
    valkey: RunningValkey
    sink: MessageSink
    clock: SteppedClock
    runtime: Runtime
    environment: dict[str, str]
    processes: dict[str, ManagedProcess] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address for people, over a network that a fault may cut or slow down."""
        return self.proxy.url

    def web_pids(self) -> list[int]:
        served = self.processes["web"].popen
        return child_pids(served.pid) if served is not None else []

    def pids(self) -> dict[int, str]:
        """Return the running processes of the product, with their names."""
        alone = {
            process.popen.pid: name
            for name, process in self.processes.items()
            if name != "web" and process.popen is not None and process.popen.poll() is None
        }
        return {**dict.fromkeys(self.web_pids(), "web"), **alone}

    def worker_pid(self) -> int:
        running = self.processes["worker"].popen
        assert running is not None
        return running.pid

    def start(self, process: ManagedProcess) -> None:
        command = [*COMMAND, *process.arguments]
        with (self.folder / f"{process.name}.log").open("ab") as log:
            process.popen = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )

    async def keep_running(self) -> None:
        """Start ended processes again, as a service manager does, until cancelled."""
        while True:
            await asyncio.sleep(RESTART_DELAY_S)
            for process in self.processes.values():
                if process.popen is not None and process.popen.poll() is not None:
                    self.start(process)

    def stop(self) -> None:
        """Terminate all processes; kill those that do not end."""
        running = [process.popen for process in self.processes.values() if process.popen is not None]
        for popen in running:
            popen.terminate()
        for popen in running:
            try:
                popen.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                for child in child_pids(popen.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, 9)
                popen.kill()
                popen.wait(STOP_TIMEOUT_S)

    async def wait_until_ready(self) -> None:
        async with asyncio.timeout(READY_TIMEOUT_S):
            while await readiness(self.web_url) != "ok":  # noqa: ASYNC110
                await asyncio.sleep(0.2)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Mount a small file system on a folder; None if this user may not mount."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@asynccontextmanager
async def run_product(folder: Path) -> AsyncIterator[SoakedProduct]:
    """Start databases and gateways. The caller fills the database, then calls `run_processes`."""
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(folder / "disk"))
        data = disk or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(breakable_postgres(data))
        valkey = stack.enter_context(running_valkey(folder / "valkey"))
        sink = stack.enter_context(run_sink(folder / "sink"))
        port, room_port = free_port(), free_port()
        web_url = f"http://127.0.0.1:{port}"
        proxy = await stack.enter_async_context(run_tcp_proxy(web_url))
        settings = benchmark_settings(postgres.url, valkey.url)
        clock = SteppedClock(folder)
        environment = to_environment(
            settings,
            OFFICE360_PUBLIC_URL=proxy.url,
            OFFICE360_EMBEDDED_WORKER="false",
            OFFICE360_TESTROOM_URL=f"http://127.0.0.1:{room_port}",
            OFFICE360_PROGRAMS_PROVE="false",
            OFFICE360_TESTS_PER_HOUR="100000",
            OFFICE360_SOCKETS_PER_ADDRESS="100000",
            OFFICE360_SMTP_URL=f"smtp://127.0.0.1:{sink.smtp_port}?starttls=off",
            OFFICE360_SMS_URL=f"http://127.0.0.1:{sink.sms_port}/sms",
            OFFICE360_SMS_PER_DAY="1000000",
            OFFICE360_SMS_PER_OFFICE="1000000",
            OFFICE360_SMS_NUMBERS_PER_ADDRESS="1000000",
            OFFICE360_QUIET_HOURS="",
            **clock.environment,
        )
        clean = environment_without_settings()
        # the soak's own view needs no bus, and must not fail with it
        runtime = make_runtime(settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
        stack.push_async_callback(runtime.db.close)
        product = SoakedProduct(
            folder, web_url, proxy, postgres, disk, valkey, sink, clock, runtime, clean | environment
        )
        for process in (
            ManagedProcess("web", ("serve", "--workers", "2", "--port", str(port))),
            ManagedProcess("worker", ("worker",)),
            ManagedProcess("testroom", ("testroom", "--port", str(room_port))),
        ):
            product.processes[process.name] = process
        yield product


@asynccontextmanager
async def run_processes(product: SoakedProduct) -> AsyncIterator[None]:
    """Run the processes of the product and keep them running during the block."""
    for process in product.processes.values():
        product.start(process)
    try:
        await product.wait_until_ready()
        keeping = asyncio.create_task(product.keep_running(), name="service manager")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        await asyncio.to_thread(product.stop)
