"""Writes down what became of each attempt. What was sent in one moment is closed in one transaction.

A process that is killed between a delivery and its closing sends that message again, so the moment is short.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from ...core.batching import Together
from ...core.runtime import Runtime
from ..domain.send_results import Receipt
from ..storage import outbox_rows
from ..storage.outbox_rows import Claim

logger = logging.getLogger(__name__)

TOGETHER_S = 0.05  # a letter is under way for as long, and a commit costs what ten letters do


class Closing:
    """Writes down how attempts ended, for all channels of a process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sent: dict[str, tuple[Claim, Receipt | None]] = {}
        self._together: Together[str, bool] = Together(self._close_sent, TOGETHER_S)

    async def sent(self, claim: Claim, receipt: Receipt | None) -> None:
        """It left: kept together with its receipt."""
        self._sent[claim.message.id] = (claim, receipt)
        await self._together.ask(claim.message.id)
        logger.info("message_sent", extra=claim.names())

    async def _close_sent(self, ids: Collection[str]) -> Mapping[str, bool]:
        sent = [self._sent.pop(one) for one in ids]
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_sent(tx.session, [claim for claim, _ in sent], tx.now)
            receipts = [(claim.message, receipt) for claim, receipt in sent if receipt is not None]
            await outbox_rows.keep_deliveries(tx.session, receipts, tx.now)
        return dict.fromkeys(ids, True)

    async def try_again(self, claim: Claim, pause: timedelta, failure: str) -> datetime:
        """When it is tried again."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_retry(tx.session, claim, tx.now + pause, failure)
        logger.warning("message_failed", extra={**claim.names(), "failure": failure})
        return tx.now + pause

    async def put_off(self, claim: Claim, until: datetime, reason: str) -> None:
        """Its time has not come."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_put_off(tx.session, claim, until, reason)
        logger.info("message_put_off", extra={**claim.names(), "reason": reason})

    async def let_go(self, claim: Claim, reason: str) -> None:
        """Nobody wants it any more."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_void(tx.session, claim, reason)
        logger.info("message_unwanted", extra={**claim.names(), "reason": reason})

    async def give_up(self, claim: Claim, failure: str) -> None:
        """It will never be taken; stays to be seen."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_dead(tx.session, claim, failure)
        logger.error("message_dead", extra={**claim.names(), "failure": failure})
