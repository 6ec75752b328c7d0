"""A worker of a process's own: `python killed_worker.py [AFTER]`, with the settings of its environment.

The product's own, but that what it leaves in mid-send is taken up again after a second instead of minutes. With
AFTER, it is killed when so many messages were taken by the other side, before it can write down the last of them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from datetime import timedelta

from office360.notifications.actions import worker
from office360.notifications.actions.attempt_results import AttemptRecorder
from office360.notifications.domain.send_results import DeliveryReceipt
from office360.notifications.storage.outbox_rows import ClaimedMessage
from office360.server.process.uvicorn_server import run_worker
from office360.server.settings import load_settings


def kill_process_after(count: int) -> None:
    taken, sent = itertools.count(1), AttemptRecorder.record_sent

    async def sent_or_dead(self: AttemptRecorder, claim: ClaimedMessage, receipt: DeliveryReceipt | None) -> None:
        if next(taken) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        await sent(self, claim, receipt)

    setattr(AttemptRecorder, "record_sent", sent_or_dead)  # noqa: B010 - a method, which a type checker lets nobody replace


if __name__ == "__main__":
    worker.LEASE = timedelta(seconds=1)
    for after in sys.argv[1:]:
        kill_process_after(int(after))
    asyncio.run(run_worker(load_settings()))
