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
from datetime import timedelta
from typing import Protocol

from ..core.runtime import Runtime
from . import store
from .message import Message
from .store import Claim

logger = logging.getLogger(__name__)

TICK_S = 1.0  # how often a process looks for what is due
CONCURRENCY = 8  # sends under way in one channel; mail servers commonly take ten connections from one client
SEND_TIMEOUT_S = 60  # RFC 5321 allows minutes; who needs more than one is tried again
LEASE = timedelta(seconds=3 * SEND_TIMEOUT_S)  # outlives a send and its closing
FIRST_RETRY_S = 15
LONGEST_RETRY_S = 3_600
REMINDER_S = 600  # often enough to be seen, seldom enough to be read
ATTEMPTS = 16  # at what fails for no known reason; with these pauses about eight hours

Jitter = Callable[[], float]  # 0 … 1


class Undeliverable(Exception):
    """The other side will never take it; trying again is of no use. `reason` names no person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Deferred(Exception):
    """Not now, and for no fault of the message: it is tried again for as long as it says something.

    A mail server can be away for a weekend. A channel that raises this ends with Undeliverable what is over.
    `reason` names no person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unwanted(Exception):
    """Nobody is there any more who wants it, such as a browser that unsubscribed: the end of it, and no fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A way to somebody: e-mail, SMS, push."""

    async def send(self, message: Message) -> None:
        """Hand it over. Raises Undeliverable when that is final, Unwanted when nobody wants it any more,
        Deferred when it is no fault of the message; anything else is tried again, but not for ever."""
        ...


def pause_s(attempt: int, jitter: float) -> float:
    """How long to wait after the n-th failed attempt: doubling, and shortened by up to half, so that
    what failed together is not tried again together."""
    longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempt - 1, ATTEMPTS))
    return longest * (1 - jitter / 2)


async def work_once(
    runtime: Runtime,
    channels: Mapping[str, Channel],
    *,
    limit: int = CONCURRENCY,
    jitter: Jitter = random.random,
) -> int:
    """Send what is due now, up to `limit` a channel; the number of messages tried."""
    tried = 0
    for name, channel in channels.items():
        claims = await _claim(runtime, name, limit)
        await asyncio.gather(*(_deliver(runtime, channel, claim, jitter) for claim in claims))
        tried += len(claims)
    return tried


async def run(runtime: Runtime, channels: Mapping[str, Channel], stop: asyncio.Event) -> None:
    """Send what is due until `stop` is set; then finish what is under way."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_tell_what_waits(runtime, channels, stop), name="outbox without channel")
        for name, channel in channels.items():
            group.create_task(_serve(runtime, name, channel, stop), name=f"outbox {name}")


async def _tell_what_waits(runtime: Runtime, channels: Collection[str], stop: asyncio.Event) -> None:
    """Say again and again in the log what nobody will send until the installation has a channel for it."""
    while not stop.is_set():
        try:
            async with runtime.reading() as session:
                waiting = await store.waiting_without(session, channels)
            if waiting:
                logger.warning("no_transport", extra={"waiting": waiting})
        except Exception:  # a database that is away comes back
            logger.exception("count_failed")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), REMINDER_S)


async def _serve(runtime: Runtime, name: str, channel: Channel, stop: asyncio.Event) -> None:
    stopped = asyncio.create_task(stop.wait())
    sending: set[asyncio.Task[None]] = set()
    try:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                claims = await _claim_if_possible(runtime, name, CONCURRENCY - len(sending))
                for claim in claims:
                    task = group.create_task(_deliver(runtime, channel, claim, random.random))
                    sending.add(task)
                    task.add_done_callback(sending.discard)
                if not claims:
                    await asyncio.wait({stopped, *sending}, timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()


async def _claim_if_possible(runtime: Runtime, channel: str, limit: int) -> list[Claim]:
    if limit == 0:
        return []
    try:
        return await _claim(runtime, channel, limit)
    except Exception:  # a database that is away comes back; the worker must still be here then
        logger.exception("claim_failed", extra={"channel": channel})
        return []


async def _claim(runtime: Runtime, channel: str, limit: int) -> list[Claim]:
    async with runtime.reading() as session:
        if not await store.is_due(session, runtime.now(), channel):
            return []
    async with runtime.transaction() as tx:
        claims = await store.claim(tx.session, tx.now, channel, limit=limit, lease=LEASE)
        worn_out = [claim for claim in claims if claim.attempt > ATTEMPTS and claim.was_left]
        for claim in worn_out:  # its last attempt ended with the worker: it may be what kills it
            await store.mark_dead(tx.session, claim, "never_finished")
    for claim in worn_out:
        logger.error("message_dead", extra=_names(claim))
    return [claim for claim in claims if claim not in worn_out]


async def _deliver(runtime: Runtime, channel: Channel, claim: Claim, jitter: Jitter) -> None:
    try:
        await _send(runtime, channel, claim, jitter)
    except Exception:  # could not even be closed: the lease ends, and somebody sends it again
        logger.exception("closing_failed", extra=_names(claim))


async def _send(runtime: Runtime, channel: Channel, claim: Claim, jitter: Jitter) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await channel.send(claim.message)
    except Undeliverable as refusal:
        await _give_up(runtime, claim, refusal.reason)
    except Unwanted as end:
        await _let_go(runtime, claim, end.reason)
    except Deferred as failure:
        await _try_again(runtime, claim, failure.reason, jitter)
    except Exception as failure:
        # The name of the failure only: its text may hold an address.
        if claim.attempt >= ATTEMPTS:
            await _give_up(runtime, claim, type(failure).__name__)
        else:
            await _try_again(runtime, claim, type(failure).__name__, jitter)
    else:
        async with runtime.transaction() as tx:
            await store.mark_sent(tx.session, claim, tx.now)
        logger.info("message_sent", extra=_names(claim))


async def _try_again(runtime: Runtime, claim: Claim, failure: str, jitter: Jitter) -> None:
    async with runtime.transaction() as tx:
        at = tx.now + timedelta(seconds=pause_s(claim.attempt, jitter()))
        await store.mark_retry(tx.session, claim, at, failure)
    logger.warning("message_failed", extra={**_names(claim), "failure": failure})


async def _let_go(runtime: Runtime, claim: Claim, reason: str) -> None:
    async with runtime.transaction() as tx:
        await store.mark_void(tx.session, claim, reason)
    logger.info("message_unwanted", extra={**_names(claim), "reason": reason})


async def _give_up(runtime: Runtime, claim: Claim, failure: str) -> None:
    async with runtime.transaction() as tx:
        await store.mark_dead(tx.session, claim, failure)
    logger.error("message_dead", extra={**_names(claim), "failure": failure})


def _names(claim: Claim) -> dict[str, object]:
    message = claim.message
    return {"outbox": message.id, "kind": message.kind, "channel": message.channel, "attempt": claim.attempt}
