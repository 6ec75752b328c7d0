"""Background tasks of a process: restarts, and the end of a process that cannot work."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest
from office360.core import periodic
from office360.core.db.process_heartbeats import ProcessKind, is_process_alive
from office360.core.runtime import Runtime
from office360.server import app
from office360.server.lifespan import run_or_end_process
from office360.server.settings import Settings


@pytest.fixture
def terminations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Collect SIGTERM in place of ending the tests."""
    monkeypatch.setattr(periodic, "FIRST_RESTART_DELAY_S", 0.0001)
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    yield received
    signal.signal(signal.SIGTERM, before)


async def test_repeatedly_failing_task_ends_its_process(
    terminations: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    async def task(stop: asyncio.Event) -> None:
        raise ValueError

    await run_or_end_process("pulse", task, asyncio.Event())
    assert terminations == [signal.SIGTERM]
    assert caplog.records[-1].message == "task_given_up"


def task_names(settings: Settings, runtime: Runtime, *kinds: ProcessKind, delivers: bool = True) -> set[str]:
    return set(app._background_tasks(kinds, delivers, runtime, None, settings, None))  # type: ignore[arg-type]


async def test_worker_works_without_embedded_worker(settings: Settings, runtime: Runtime) -> None:
    shared = settings.model_copy(update={"embedded_worker": False})
    assert {"timers", "outbox", "nightly"} <= task_names(shared, runtime, ProcessKind.WORKER)
    assert not {"timers", "outbox", "nightly"} & task_names(shared, runtime, ProcessKind.WEB)


async def test_worker_without_delivery_fires_timers_only(settings: Settings, runtime: Runtime) -> None:
    names = task_names(settings, runtime, ProcessKind.WORKER, delivers=False)
    assert "timers" in names
    assert "outbox" not in names


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_process_has_beaten_before_it_serves(settings: Settings) -> None:
    created = app.create_app(settings)
    async with created.router.lifespan_context(created) as state:
        runtime: Runtime = state["runtime"]  # type: ignore[index]
        async with runtime.read_session() as session:
            assert await is_process_alive(session, runtime.process_id)
