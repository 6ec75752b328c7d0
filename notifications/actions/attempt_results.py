"""Writes down what became of each attempt. What was sent in one moment is closed in one transaction.

A process that is killed between a delivery and its closing sends that message again, so the moment is short.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from ...core.batching import BatchLoader
from ...core.runtime import Runtime
from ..domain.send_results import DeliveryReceipt
from ..storage import outbox_rows
from ..storage.outbox_rows import ClaimedMessage

logger = logging.getLogger(__name__)

BATCH_WINDOW_S = 0.05  # a letter is under way for as long, and a commit costs what ten letters do


class AttemptRecorder:
    """Writes down how attempts ended, for all channels of a process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sent: dict[str, tuple[ClaimedMessage, DeliveryReceipt | None]] = {}
        self._sent_batches: BatchLoader[str, bool] = BatchLoader(self._record_sent_batch, BATCH_WINDOW_S)

    async def record_sent(self, claim: ClaimedMessage, receipt: DeliveryReceipt | None) -> None:
        """It left: kept together with its receipt."""
        self._sent[claim.message.id] = (claim, receipt)
        await self._sent_batches.load(claim.message.id)
        logger.info("message_sent", extra=claim.log_fields())

    async def _record_sent_batch(self, ids: Collection[str]) -> Mapping[str, bool]:
        sent = [self._sent.pop(one) for one in ids]
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_sent(tx.session, [claim for claim, _ in sent], tx.now)
            receipts = [(claim.message, receipt) for claim, receipt in sent if receipt is not None]
            await outbox_rows.insert_deliveries(tx.session, receipts, tx.now)
        return dict.fromkeys(ids, True)

    async def record_retry(self, claim: ClaimedMessage, pause: timedelta, failure: str) -> datetime:
        """When it is tried again."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_retry(tx.session, claim, tx.now + pause, failure)
        logger.warning("message_failed", extra={**claim.log_fields(), "failure": failure})
        return tx.now + pause

    async def record_postponed(self, claim: ClaimedMessage, until: datetime, reason: str) -> None:
        """Its time has not come."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_postponed(tx.session, claim, until, reason)
        logger.info("message_put_off", extra={**claim.log_fields(), "reason": reason})

    async def record_void(self, claim: ClaimedMessage, reason: str) -> None:
        """Nobody wants it any more."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_void(tx.session, claim, reason)
        logger.info("message_unwanted", extra={**claim.log_fields(), "reason": reason})

    async def record_dead(self, claim: ClaimedMessage, failure: str) -> None:
        """It will never be taken; stays to be seen."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_dead(tx.session, claim, failure)
        logger.error("message_dead", extra={**claim.log_fields(), "failure": failure})
