"""Sends what stands in the outbox: claim, send, close. Knows neither letters nor gateways.

At least once: a worker that dies keeps its rows only until their lease ends. Whoever receives tells a second
delivery by the message's key. One loop per channel, so a gateway that hangs delays nobody else's.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ...core.runtime import Runtime
from ..domain.concurrency_limits import ChannelConcurrency
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, Postponed, TemporaryFailure
from ..storage import outbox_rows
from ..storage.outbox_rows import ClaimedMessage
from .attempt_results import AttemptRecorder

logger = logging.getLogger(__name__)

POLL_INTERVAL_S = 1.0  # how often a process looks for what is due
CHANNEL_CONCURRENCY = 48  # sends under way in one channel
HOST_CONCURRENCY = (
    32  # of these to one domain, number or push service, so that one that hangs leaves places to the others
)
SEND_TIMEOUT_S = 60  # RFC 5321 allows minutes; who needs more than one is tried again
LEASE = timedelta(seconds=3 * SEND_TIMEOUT_S)  # outlives a send and its closing
FIRST_RETRY_S = 15
LONGEST_RETRY_S = 3_600
LONGEST_HOST_PAUSE_S = 6 * 3_600  # whoever wants to be left alone for longer is asked again all the same
UNSENT_WARNING_INTERVAL_S = 600  # often enough to be seen, seldom enough to be read
MAX_ATTEMPTS = 16  # at what fails for no known reason; with these pauses about eight hours

Jitter = Callable[[], float]  # 0 … 1


class DeliveryChannel(Protocol):
    """A way to somebody: e-mail, SMS, push."""

    async def send(self, message: OutboxMessage) -> DeliveryReceipt | None:
        """Hand it over; what to keep of it. Raises Undeliverable when that is final, Unwanted when nobody wants it
        any more, PutOff when its time has not come, Deferred when it is no fault of the message; anything else is
        tried again, but not for ever."""
        ...


def retry_delay_s(attempt: int, jitter: float) -> float:
    """How long to wait after the n-th failed attempt: doubling, and shortened by up to half, so that
    what failed together is not tried again together."""
    longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempt - 1, MAX_ATTEMPTS))
    return longest * (1 - jitter / 2)


async def send_due_messages(
    runtime: Runtime,
    channels: Mapping[str, DeliveryChannel],
    *,
    limit: int = CHANNEL_CONCURRENCY,
    jitter: Jitter = random.random,
) -> int:
    """Send what is due now, up to `limit` a channel; the number of messages tried."""
    closing, tried = AttemptRecorder(runtime), 0
    for name, channel in channels.items():
        places = ChannelConcurrency(limit, limit)
        claims = await _claim_messages(runtime, name, places)
        await asyncio.gather(
            *(_send_and_release(SendContext(channel, closing, places, jitter), claim) for claim in claims)
        )
        tried += len(claims)
    return tried


async def run_delivery_worker(
    runtime: Runtime, channels: Mapping[str, DeliveryChannel], stop: asyncio.Event
) -> None:
    """Send what is due until `stop` is set; then finish what is under way."""
    closing = AttemptRecorder(runtime)
    async with asyncio.TaskGroup() as group:
        group.create_task(_log_messages_without_channel(runtime, channels, stop), name="outbox without channel")
        for name, channel in channels.items():
            sending = SendContext(
                channel, closing, ChannelConcurrency(CHANNEL_CONCURRENCY, HOST_CONCURRENCY), random.random
            )
            group.create_task(_run_channel(runtime, name, sending, stop), name=f"outbox {name}")


async def _log_messages_without_channel(runtime: Runtime, channels: Collection[str], stop: asyncio.Event) -> None:
    """Say again and again in the log what nobody will send until the installation has a channel for it."""
    while not stop.is_set():
        try:
            async with runtime.read_session() as session:
                waiting = await outbox_rows.count_without_channel(session, channels)
            if waiting:
                logger.warning("no_transport", extra={"waiting": waiting})
        except Exception:  # a database that is away comes back
            logger.exception("count_failed")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), UNSENT_WARNING_INTERVAL_S)


@dataclass(frozen=True, slots=True)
class SendContext:
    """What one loop works with."""

    channel: DeliveryChannel
    recorder: AttemptRecorder
    concurrency: ChannelConcurrency
    jitter: Jitter


async def _run_channel(runtime: Runtime, name: str, context: SendContext, stop: asyncio.Event) -> None:
    stopped = asyncio.create_task(stop.wait())
    under_way: set[asyncio.Task[None]] = set()
    more = False
    try:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                claims = await _try_claim_messages(runtime, name, context.concurrency, skip_check=more)
                for claim in claims:
                    task = group.create_task(_send_and_release(context, claim))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                more = not context.concurrency.free_capacity(
                    runtime.now()
                )  # where all places were taken there is more
                if not claims:
                    await asyncio.wait(
                        {stopped, *under_way}, timeout=POLL_INTERVAL_S, return_when=asyncio.FIRST_COMPLETED
                    )
    finally:
        stopped.cancel()


async def _try_claim_messages(
    runtime: Runtime, channel: str, concurrency: ChannelConcurrency, *, skip_check: bool
) -> list[ClaimedMessage]:
    if not concurrency.free_capacity(runtime.now()):
        return []
    try:
        return await _claim_messages(runtime, channel, concurrency, skip_check=skip_check)
    except Exception:  # a database that is away comes back; the worker must still be here then
        logger.exception("claim_failed", extra={"channel": channel})
        return []


async def _claim_messages(
    runtime: Runtime, channel: str, concurrency: ChannelConcurrency, *, skip_check: bool = False
) -> list[ClaimedMessage]:
    """Take what is due, as much as there are places for. `more`: without asking first whether there is any."""
    now = runtime.now()
    if not skip_check:
        async with runtime.read_session() as session:
            if not await outbox_rows.has_due_messages(session, now, channel, concurrency.blocked_hosts(now)):
                return []
    async with runtime.transaction() as tx:
        claims = await outbox_rows.claim_messages(
            tx.session,
            tx.now,
            channel,
            limit=concurrency.free_capacity(tx.now),
            lease=LEASE,
            quota=concurrency.host_quota(tx.now),
        )
        worn_out = [claim for claim in claims if claim.attempt > MAX_ATTEMPTS and claim.was_abandoned]
        for claim in worn_out:  # its last attempt ended with the worker: it may be what kills it
            await outbox_rows.mark_dead(tx.session, claim, "never_finished")
    for claim in worn_out:
        logger.error("message_dead", extra=claim.log_fields())
    good = [claim for claim in claims if claim not in worn_out]
    for claim in good:
        concurrency.acquire(claim.host)
    return good


async def _send_and_release(context: SendContext, claim: ClaimedMessage) -> None:
    try:
        await _send_message(context, claim)
    except Exception:  # could not even be closed: the lease ends, and somebody sends it again
        logger.exception("closing_failed", extra=claim.log_fields())
    finally:
        context.concurrency.release(claim.host)


async def _send_message(context: SendContext, claim: ClaimedMessage) -> None:
    closing = context.recorder
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            receipt = await context.channel.send(claim.message)
    except PermanentFailure as refusal:
        await closing.record_dead(claim, refusal.reason)
    except NoLongerWanted as end:
        await closing.record_void(claim, end.reason)
    except Postponed as delay:
        await closing.record_postponed(claim, delay.until, delay.reason)
    except TemporaryFailure as failure:
        await _schedule_retry(context, claim, failure)
    except Exception as failure:
        # The name of the failure only: its text may hold an address.
        if claim.attempt >= MAX_ATTEMPTS:
            await closing.record_dead(claim, type(failure).__name__)
        else:
            await _schedule_retry(context, claim, TemporaryFailure(type(failure).__name__))
    else:
        await closing.record_sent(claim, receipt)


async def _schedule_retry(context: SendContext, claim: ClaimedMessage, failure: TemporaryFailure) -> None:
    """Try again after a pause, and leave alone whoever asked for it."""
    wanted = min(failure.retry_after_s or 0, LONGEST_HOST_PAUSE_S)
    pause = max(retry_delay_s(claim.attempt, context.jitter()), wanted)
    at = await context.recorder.record_retry(claim, timedelta(seconds=pause), failure.reason)
    if wanted:
        rest = timedelta(seconds=pause - wanted)
        context.concurrency.pause_host(None if failure.whole_channel else claim.host, at - rest)
