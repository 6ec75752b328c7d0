"""A worker that is killed during a send loses no message."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from office360.benchmarks.notices.outbox import count_states, fill_outbox, run_sink, worker_environment
from office360.core.db.outbox import SENT

from ...support.processes import fork_program

MESSAGES_PER_CHANNEL, KILLS = 40, 2
KILLED_AFTER_MESSAGES = 10
TIMEOUT_S = 60


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_worker_killed_while_sending_loses_no_message(database_url: str, tmp_path: Path) -> None:
    await fill_outbox(database_url, MESSAGES_PER_CHANNEL, MESSAGES_PER_CHANNEL)
    program = Path(__file__).parent.parent / "support" / "killed_worker.py"
    with run_sink(tmp_path / "sink") as sink:
        environment = worker_environment(database_url, sink)
        for _ in range(KILLS):
            worker = fork_program(tmp_path, program, str(KILLED_AFTER_MESSAGES), environment=environment)
            assert worker.wait(TIMEOUT_S) == -signal.SIGKILL
        assert (await count_states(database_url)).get(SENT, 0) < KILLS * KILLED_AFTER_MESSAGES
        worker = fork_program(tmp_path, program, environment=environment)
        async with asyncio.timeout(TIMEOUT_S):
            while await count_states(database_url) != {SENT: 2 * MESSAGES_PER_CHANNEL}:
                await asyncio.sleep(0.2)  # each look opens the database
        worker.terminate()
        worker.wait(TIMEOUT_S)
        for channel in ("email", "sms"):
            identifiers = {received.identifier for received in sink.received(channel)}
            assert len(identifiers) == MESSAGES_PER_CHANNEL
