"""The delivery worker: claims due messages, sends them, records how each attempt ended.

At least once: a message whose worker died is claimed again when its lease ends, and the recipient's side
recognises a second delivery by the message's key. Each channel has a loop of its own, so a slow channel
delays no other. This module knows nothing of templates, servers and gateways.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ...core.batching import BatchLoader
from ...core.failures import log_failure
from ...core.periodic import pause_until_tick_s, run_every
from ...core.runtime import Runtime
from ..domain.concurrency_limits import ChannelConcurrency
from ..domain.message_content import OutboxMessage, is_urgent_notice
from ..domain.send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, Postponed, TemporaryFailure
from ..storage import outbox_rows
from ..storage.delivery_rows import count_messages_without_channel
from ..storage.outbox_rows import ClaimedMessage

logger = logging.getLogger(__name__)

POLL_INTERVAL_S = 1.0  # between two looks for due messages of an idle channel
CHANNEL_CONCURRENCY = 48  # concurrent sends of a channel
# Of these to one domain, number or push service: if it hangs, a third of the channel stays free for the others.
HOST_CONCURRENCY = 32
SEND_TIMEOUT_S = 60  # RFC 5321 allows minutes; a send that takes longer than this is retried
# Longer than a send and the record of its end: a second process that claims the row earlier would send it again.
LEASE = timedelta(seconds=3 * SEND_TIMEOUT_S)
# Longer than a channel waits for its gateway: with a shorter time, a gateway that needed 15 to 20 s was cut, and
# its SMS was sent again.
URGENT_SEND_TIMEOUT_S = 25
# A call by push or SMS that a killed worker had claimed must not wait for minutes.
URGENT_LEASE = timedelta(seconds=URGENT_SEND_TIMEOUT_S + 15)
# A send takes as long, and a commit costs as much time as ten sends. What a killed worker has not recorded is sent
# again, so that the window must be short.
RECORD_WINDOW_S = 0.05
FIRST_RETRY_S = 15
LONGEST_RETRY_S = 3_600
LONGEST_HOST_PAUSE_S = 6 * 3_600  # a host that asks for more is tried again after this
UNSENT_WARNING_INTERVAL_S = 600  # frequent enough to be noticed, rare enough not to fill the log
# Of failures without a known cause, and of messages whose worker never returned: the message may be what kills it.
# With the pauses that is about eight hours.
MAX_ATTEMPTS = 16

Jitter = Callable[[], float]  # 0 … 1


class DeliveryChannel(Protocol):
    """A way to send messages: e-mail, SMS or push."""

    async def send(self, message: OutboxMessage) -> DeliveryReceipt | None:
        """Send a message and return the receipt to store.

        Raises PermanentFailure, NoLongerWanted, Postponed or TemporaryFailure. After any other exception the
        message is retried, at most MAX_ATTEMPTS times.
        """
        ...


@dataclass(frozen=True, slots=True)
class SendContext:
    """The parts that the loop of a channel works with."""

    channel: DeliveryChannel
    recorder: AttemptRecorder
    concurrency: ChannelConcurrency
    jitter: Jitter


async def run_delivery_worker(
    runtime: Runtime, channels: Mapping[str, DeliveryChannel], stop: asyncio.Event
) -> None:
    """Send due messages until `stop` is set, then finish those in flight."""
    recorder = AttemptRecorder(runtime)
    async with asyncio.TaskGroup() as group:
        group.create_task(_log_messages_without_channel(runtime, channels, stop), name="outbox without channel")
        for name, channel in channels.items():
            concurrency = ChannelConcurrency(CHANNEL_CONCURRENCY, HOST_CONCURRENCY)
            context = SendContext(channel, recorder, concurrency, random.random)
            group.create_task(_run_channel(runtime, name, context, stop), name=f"outbox {name}")


async def send_due_messages(
    runtime: Runtime,
    channels: Mapping[str, DeliveryChannel],
    *,
    limit: int = CHANNEL_CONCURRENCY,
    jitter: Jitter = random.random,
) -> int:
    """Send the messages that are due now, up to `limit` a channel.

    Returns the number of attempts.
    """
    recorder, attempts = AttemptRecorder(runtime), 0
    for name, channel in channels.items():
        context = SendContext(channel, recorder, ChannelConcurrency(limit, limit), jitter)
        claims = await _claim_messages(runtime, name, context.concurrency)
        await asyncio.gather(*(_send_and_release(context, claim) for claim in claims))
        attempts += len(claims)
    return attempts


async def _log_messages_without_channel(runtime: Runtime, channels: Collection[str], stop: asyncio.Event) -> None:
    """Log repeatedly how many messages wait for a channel that is not set up."""

    async def log_once() -> None:
        async with runtime.read_session() as session:
            waiting = await count_messages_without_channel(session, channels)
        if waiting:
            logger.warning("no_transport", extra={"waiting": waiting})

    await run_every(UNSENT_WARNING_INTERVAL_S, stop, log_once, logger=logger, failure_event="count_failed")


async def _run_channel(runtime: Runtime, name: str, context: SendContext, stop: asyncio.Event) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.create_task(stop.wait())
    in_flight: set[asyncio.Task[None]] = set()
    is_full = False
    try:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                begun_at_s = loop.time()
                # after a claim that filled the channel there are probably more due messages: skip the look
                claims = await _try_claim_messages(runtime, name, context.concurrency, skip_check=is_full)
                for claim in claims:
                    task = group.create_task(_send_and_release(context, claim))
                    in_flight.add(task)
                    task.add_done_callback(in_flight.discard)
                is_full = not context.concurrency.free_capacity(runtime.now())
                if not claims:
                    pause_s = pause_until_tick_s(POLL_INTERVAL_S, begun_at_s, loop.time())
                    await asyncio.wait({stopped, *in_flight}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()


async def _try_claim_messages(
    runtime: Runtime, channel: str, concurrency: ChannelConcurrency, *, skip_check: bool
) -> list[ClaimedMessage]:
    if not concurrency.free_capacity(runtime.now()):
        return []
    try:
        return await _claim_messages(runtime, channel, concurrency, skip_check=skip_check)
    except Exception as error:  # the database may be away for a while; the worker must outlive that
        log_failure(logger, "claim_failed", error, channel=channel)
        return []


async def _claim_messages(
    runtime: Runtime, channel: str, concurrency: ChannelConcurrency, *, skip_check: bool = False
) -> list[ClaimedMessage]:
    """Claim as many due messages as the channel has capacity for.

    `skip_check` claims without a look for due messages first; that look saves the write transaction of an
    idle loop.
    """
    now = runtime.now()
    blocked_hosts = concurrency.blocked_hosts(now)
    if not skip_check and not await outbox_rows.has_due_message(runtime.db, now, channel, blocked_hosts):
        return []
    # The claim is committed before the send: no network call is awaited inside a transaction, and the row of a
    # process that is killed meanwhile is free again when its lease ends.
    async with runtime.transaction() as tx:
        claims = await outbox_rows.claim_messages(
            tx.session,
            tx.now,
            channel,
            limit=concurrency.free_capacity(tx.now),
            lease=LEASE,
            urgent_lease=URGENT_LEASE,
            quota=concurrency.host_quota(tx.now),
        )
        # The worker of the last allowed attempt died. The message itself may be what kills workers.
        exhausted = [claim for claim in claims if claim.attempt > MAX_ATTEMPTS and claim.was_abandoned]
        for claim in exhausted:
            await outbox_rows.mark_dead(tx.session, claim, "never_finished")
    for claim in exhausted:
        logger.error("message_dead", extra=claim.log_fields())
    sendable = [claim for claim in claims if claim not in exhausted]
    for claim in sendable:
        concurrency.acquire(claim.host)
    return sendable


async def _send_and_release(context: SendContext, claim: ClaimedMessage) -> None:
    try:
        await _send_message(context, claim)
    except Exception as error:  # the end of the attempt was not stored: the message is sent again after its lease
        log_failure(logger, "closing_failed", error, **claim.log_fields())
    finally:
        context.concurrency.release(claim.host)


async def _send_message(context: SendContext, claim: ClaimedMessage) -> None:
    recorder = context.recorder
    try:
        async with asyncio.timeout(URGENT_SEND_TIMEOUT_S if is_urgent_notice(claim.message) else SEND_TIMEOUT_S):
            receipt = await context.channel.send(claim.message)
    except PermanentFailure as failure:
        await recorder.record_dead(claim, failure.reason)
    except NoLongerWanted as refusal:
        await recorder.record_void(claim, refusal.reason)
    except Postponed as delay:
        await recorder.record_postponed(claim, delay.until, delay.reason)
    except TemporaryFailure as failure:
        await _schedule_retry(context, claim, failure)
    except Exception as error:
        reason = type(error).__name__  # without its text, which may hold an address
        if claim.attempt >= MAX_ATTEMPTS:
            await recorder.record_dead(claim, reason)
        else:
            await _schedule_retry(context, claim, TemporaryFailure(reason))
    else:
        await recorder.record_sent(claim, receipt)


async def _schedule_retry(context: SendContext, claim: ClaimedMessage, failure: TemporaryFailure) -> None:
    """Retry a message after a pause, and pause its host or the channel if the server asks."""
    requested_pause_s = min(failure.retry_after_s or 0, LONGEST_HOST_PAUSE_S)
    retry_pause_s = max(retry_delay_s(claim.attempt, context.jitter()), requested_pause_s)
    failed_at = await context.recorder.record_retry(claim, timedelta(seconds=retry_pause_s), failure.reason)
    if not requested_pause_s:
        return
    # Other messages to the host wait only as long as the server asked, not until the retry of this message.
    paused_until = failed_at + timedelta(seconds=requested_pause_s)
    if failure.whole_channel:
        context.concurrency.pause_channel(paused_until)
    else:
        context.concurrency.pause_host(claim.host, failed_at, paused_until)


def retry_delay_s(attempt: int, jitter: float) -> float:
    """Compute the pause after the n-th failed attempt: it doubles each time.

    `jitter` shortens it by up to half, so that messages that failed together are not retried together.
    """
    longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempt - 1, MAX_ATTEMPTS))
    return longest * (1 - jitter / 2)


class AttemptRecorder:
    """Stores how attempts ended, for all channels of a process.

    Sent messages are batched into a transaction. A process that is killed between a send and its record
    sends that message again, so the batch window is short.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sent: dict[str, tuple[ClaimedMessage, DeliveryReceipt | None]] = {}
        self._sent_batches: BatchLoader[str, bool] = BatchLoader(self._record_sent_batch, RECORD_WINDOW_S)

    async def record_sent(self, claim: ClaimedMessage, receipt: DeliveryReceipt | None) -> None:
        """Mark a message as sent and store its receipt."""
        self._sent[claim.message.id] = (claim, receipt)
        await self._sent_batches.load(claim.message.id)
        logger.info("message_sent", extra=claim.log_fields())

    async def _record_sent_batch(self, ids: Collection[str]) -> Mapping[str, bool]:
        sent = [self._sent.pop(id) for id in ids]
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_sent(tx.session, [claim for claim, _ in sent], tx.now)
            deliveries = [(claim.message, receipt) for claim, receipt in sent if receipt is not None]
            await outbox_rows.insert_deliveries(tx.session, deliveries, tx.now)
        return dict.fromkeys(ids, True)

    async def record_retry(self, claim: ClaimedMessage, pause: timedelta, reason: str) -> datetime:
        """Mark a message for a retry after this pause and return the instant of the failure."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_retry(tx.session, claim, tx.now + pause, reason)
        logger.warning("message_failed", extra={**claim.log_fields(), "failure": reason})
        return tx.now

    async def record_postponed(self, claim: ClaimedMessage, until: datetime, reason: str) -> None:
        """Make a message due again at `until`."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_postponed(tx.session, claim, until, reason)
        logger.info("message_put_off", extra={**claim.log_fields(), "reason": reason})

    async def record_void(self, claim: ClaimedMessage, reason: str) -> None:
        """Drop a message that is no longer wanted."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_void(tx.session, claim, reason)
        logger.info("message_unwanted", extra={**claim.log_fields(), "reason": reason})

    async def record_dead(self, claim: ClaimedMessage, reason: str) -> None:
        """Give a message up; staff still see it and can retry it."""
        async with self._runtime.transaction() as tx:
            await outbox_rows.mark_dead(tx.session, claim, reason)
        logger.error("message_dead", extra={**claim.log_fields(), "failure": reason})
