"""The supervisor with two small servers: hung servers are killed, SIGHUP replaces all."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest
from office360.server.process.supervisor import ChildProcess, listening_socket

from ...support.processes import READY_TIMEOUT_S, ServedProcess, start_process

PROGRAM = Path(__file__).parent.parent.parent / "support" / "supervised_servers.py"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a file: while it exists, servers fail at their start."""
    return tmp_path / "broken"


@pytest.fixture
def supervised(tmp_path: Path, broken: Path) -> Iterator[ServedProcess]:
    # -P: the `queue` of this folder must not hide Python's module
    served = start_process(tmp_path, {}, ("-P", str(PROGRAM), "--broken-when", str(broken)))
    yield served
    served.ensure_ended()


async def ask(served: ServedProcess) -> int:
    """Return the id of the process that answers a new connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    try:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
    finally:
        writer.close()
    return int(answer.rpartition(b"\r\n")[2])


async def serving(served: ServedProcess, number: int = 2, *, gone: frozenset[int] = frozenset()) -> frozenset[int]:
    """Wait until `number` processes answer, and none of `gone`. Returns their ids."""
    async with asyncio.timeout(READY_TIMEOUT_S):
        while True:
            try:
                answered = frozenset([await asyncio.wait_for(ask(served), 1) for _ in range(20)])
            except (OSError, TimeoutError):
                await asyncio.sleep(0.1)
                continue
            if len(answered) == number and not answered & gone:
                return answered


async def test_hung_child_is_killed_and_restarted(supervised: ServedProcess) -> None:
    first, second = await serving(supervised)
    os.kill(first, signal.SIGSTOP)
    assert second in await serving(supervised, gone=frozenset({first}))
    assert "child_hung" in supervised.log_tail()


async def test_sighup_replaces_children_without_lost_request(supervised: ServedProcess) -> None:
    old = await serving(supervised)
    answered: list[int] = []
    replaced = asyncio.Event()

    async def ask_repeatedly() -> None:
        while not replaced.is_set():
            answered.append(await ask(supervised))

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(ask_repeatedly())
        supervised.process.send_signal(signal.SIGHUP)
        new = await serving(supervised, gone=old)
        replaced.set()
    assert set(answered) <= old | new
    assert len(answered) > 50
    assert "child_died" not in supervised.log_tail()


async def test_broken_replacement_leaves_old_children(supervised: ServedProcess, broken: Path) -> None:
    old = await serving(supervised)
    await asyncio.to_thread(broken.touch)
    supervised.process.send_signal(signal.SIGHUP)
    async with asyncio.timeout(READY_TIMEOUT_S):
        while "replacement_failed" not in supervised.log_tail():
            await asyncio.sleep(0.1)
    assert await serving(supervised) == old


def test_child_losing_its_socket_leaves_it_to_its_replacement() -> None:
    address = ("127.0.0.1", 0)
    with listening_socket(*address) as listener:
        child = ChildProcess("web", _exit, (), address, listener=listener)
        replacement = child.build_replacement()
        for _ in range(2):
            child.start()
            assert child.process is not None
            child.process.join()
            child.record_exit()
        assert child.listener is None
        replacement.start()
        replacement.end(READY_TIMEOUT_S)
        assert replacement.listener is not None
        replacement.listener.close()


def _exit(*_: object) -> None:
    """Exit at once, as a child that fails at its start."""


def test_signal_during_start_of_child_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    address = ("127.0.0.1", 0)
    with listening_socket(*address) as listener:
        child = ChildProcess("web", _exit, (), address, listener=listener)
        monkeypatch.setattr(SpawnProcess, "start", lambda _: child.terminate())  # as the handler of SIGTERM does
        child.start()


async def test_connections_of_killed_child_wait_for_its_restart(supervised: ServedProcess) -> None:
    first, _ = await serving(supervised)
    os.kill(first, signal.SIGSTOP)
    await asyncio.sleep(0.1)
    async with asyncio.timeout(READY_TIMEOUT_S), asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(ask(supervised))  # about half of them wait for the stopped child
        await asyncio.sleep(0.1)
        os.kill(first, signal.SIGKILL)


async def test_sigterm_ends_supervisor_and_children(supervised: ServedProcess) -> None:
    children = await serving(supervised)
    assert supervised.stop() == 0
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
