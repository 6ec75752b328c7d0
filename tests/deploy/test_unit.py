"""The unit of deploy/server as systemd runs it: start, reload, watchdog."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from office360.server.process.systemd import WATCHDOG_INTERVAL_S

from ..conftest import TEST_SECRET
from ..support.ports import free_ports
from ..support.processes import (
    EXIT_TIMEOUT_S,
    READY_TIMEOUT_S,
    ServedProcess,
    child_pids,
    environment_without_settings,
)
from ..support.systemd import NotificationSocket, notification_socket, run_exec_reload, unit_command
from .files import DEPLOY, ROOT

UNIT = (DEPLOY / "office360@.service").read_text()
BIN = Path(sys.executable).parent


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[NotificationSocket]:
    with notification_socket(tmp_path) as opened:
        yield opened


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path, notifications: NotificationSocket) -> dict[str, str]:
    return write_environment(tmp_path, sqlite_template, notifications)


def write_environment(folder: Path, template: Path, notifications: NotificationSocket) -> dict[str, str]:
    """Return the environment of an instance with a database in this folder."""
    (folder / "office360.db").write_bytes(template.read_bytes())
    port, room_port = free_ports(2)
    kept = environment_without_settings()
    return {
        **kept,
        **notifications.environment,
        "PATH": f"{BIN}:/usr/bin:/bin",
        "PORT": str(port),
        "TESTROOM_PORT": str(room_port),
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": TEST_SECRET,
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'office360.db'}",
    }


@contextmanager
def started_unit(instance: str, folder: Path, environment: Mapping[str, str]) -> Iterator[ServedProcess]:
    """Run ExecStart of an instance of the unit, in the folder of the Procfile."""
    log = folder / f"{instance}.log"
    with log.open("wb") as output:
        command = unit_command(UNIT, "ExecStart", instance, {})
        main = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    served = ServedProcess(f"http://127.0.0.1:{environment['PORT']}", main, log)
    try:
        yield served
    finally:
        served.ensure_ended()


async def wait_for_log(served: ServedProcess, event: str, *, after: int = 0) -> None:
    """Wait for an event in the log, after this number of bytes."""
    async with asyncio.timeout(READY_TIMEOUT_S):
        while event.encode() not in served.log.read_bytes()[after:]:
            assert served.process.poll() is None, served.log_tail()
            await asyncio.sleep(0.1)


async def test_reload_replaces_web_processes_and_keeps_their_log(
    environment: dict[str, str], notifications: NotificationSocket, redis_url: str, tmp_path: Path
) -> None:
    two = {**environment, "OFFICE360_WORKERS": "2", "OFFICE360_REDIS_URL": redis_url}
    with started_unit("web", tmp_path, two) as served:
        assert "READY=1" in await notifications.receive()
        await served.wait_until_ready()
        old, size = set(child_pids(served.pid)), served.log.stat().st_size
        assert len(old) == 2
        run_exec_reload(UNIT, served.pid)
        async with asyncio.timeout(READY_TIMEOUT_S):
            while old & (alive := set(child_pids(served.pid))) or len(alive) != 2:
                await asyncio.sleep(0.1)
        await wait_for_log(served, "server.lifespan", after=size)  # lines of the new processes
        assert served.stop() == 0


@pytest.fixture
def instance_folders(tmp_path: Path) -> dict[str, Path]:
    """Create a folder for each instance of the unit that is a single process."""
    folders = {instance: tmp_path / instance for instance in ("web", "testroom", "worker")}
    for folder in folders.values():
        folder.mkdir()
    return folders


async def test_single_processes_keep_running_on_reload(
    sqlite_template: Path, instance_folders: dict[str, Path]
) -> None:
    async with asyncio.TaskGroup() as group:  # at once, because each waits for the interval of its watchdog
        for instance, folder in instance_folders.items():
            group.create_task(_keep_running_on_reload(instance, sqlite_template, folder))


async def _keep_running_on_reload(instance: str, template: Path, folder: Path) -> None:
    with (
        notification_socket(folder) as notifications,
        started_unit(instance, folder, write_environment(folder, template, notifications)) as served,
    ):
        assert "READY=1" in await notifications.receive()
        run_exec_reload(UNIT, served.pid)
        await wait_for_log(served, "reload_ignored")
        async with asyncio.timeout(WATCHDOG_INTERVAL_S + EXIT_TIMEOUT_S):
            assert "WATCHDOG=1" in await notifications.receive()
        served.stop()


def test_watchdog_allows_several_missed_beats() -> None:
    (limit_s,) = (int(line.split("=")[1]) for line in UNIT.splitlines() if line.startswith("WatchdogSec="))
    assert limit_s >= 4 * WATCHDOG_INTERVAL_S
