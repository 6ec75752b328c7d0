"""The product's worker with leases of a second: `python killed_worker.py [COUNT]`.

Messages that it leaves in flight are soon claimed again. With COUNT, it is killed when the recipient's side has
accepted that many messages, before it can store that the last one was sent. Settings come from its environment.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from datetime import timedelta

from office360.notifications.actions import worker
from office360.notifications.actions.worker import AttemptRecorder
from office360.notifications.domain.send_results import DeliveryReceipt
from office360.notifications.storage.outbox_rows import ClaimedMessage
from office360.server.process.uvicorn_server import run_worker
from office360.server.settings import load_settings


class KillingRecorder(AttemptRecorder):
    """Kills its process in place of the record of the COUNT-th sent message."""

    kill_at = 0
    sent_numbers = itertools.count(1)

    async def record_sent(self, claim: ClaimedMessage, receipt: DeliveryReceipt | None) -> None:
        if next(self.sent_numbers) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        await super().record_sent(claim, receipt)


if __name__ == "__main__":
    worker.LEASE = worker.URGENT_LEASE = timedelta(seconds=1)
    if len(sys.argv) > 1:
        KillingRecorder.kill_at = int(sys.argv[1])
        worker.AttemptRecorder = KillingRecorder  # type: ignore[misc] # the worker builds its own recorder
    asyncio.run(run_worker(load_settings()))
