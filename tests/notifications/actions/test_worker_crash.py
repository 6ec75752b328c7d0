"""A worker that is killed in mid-send loses nothing. The benchmark does it twenty times (benchmarks/notices)."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from office360.benchmarks.notices.installation import environment_of, fill, running_sink, states
from office360.core.db.outbox import SENT

EACH, KILLS = 40, 3  # messages of each way; the workers that are killed
AFTER = 10  # messages
TIMEOUT_S = 60


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_worker_that_is_killed_three_times_in_mid_send_loses_nothing(
    database_url: str, tmp_path: Path
) -> None:
    await fill(database_url, EACH, EACH)
    script = str(Path(__file__).parent.parent / "support" / "killed_worker.py")
    with running_sink(tmp_path / "sink") as sink:
        environment = environment_of(database_url, sink)
        for _ in range(KILLS):
            worker = await asyncio.create_subprocess_exec(sys.executable, script, str(AFTER), env=environment)
            async with asyncio.timeout(TIMEOUT_S):
                assert await worker.wait() == -signal.SIGKILL
        assert (await states(database_url)).get(SENT, 0) < KILLS * AFTER
        worker = await asyncio.create_subprocess_exec(sys.executable, script, env=environment)
        async with asyncio.timeout(TIMEOUT_S):
            while await states(database_url) != {SENT: 2 * EACH}:
                await asyncio.sleep(0.05)
        worker.terminate()
        await worker.wait()
        for way in ("email", "sms"):
            assert len({one.identifier for one in sink.came(way)}) == EACH
