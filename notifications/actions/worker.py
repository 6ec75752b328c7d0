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
from ..domain.concurrency_limits import Places
from ..domain.message_content import Message
from ..domain.send_results import Deferred, PutOff, Receipt, Undeliverable, Unwanted
from ..storage import outbox_rows
from ..storage.outbox_rows import Claim
from .attempt_results import Closing

logger = logging.getLogger(__name__)

TICK_S = 1.0  # how often a process looks for what is due
CONCURRENCY = 48  # sends under way in one channel
OF_ONE = 32  # of these to one domain, number or push service, so that one that hangs leaves places to the others
SEND_TIMEOUT_S = 60  # RFC 5321 allows minutes; who needs more than one is tried again
LEASE = timedelta(seconds=3 * SEND_TIMEOUT_S)  # outlives a send and its closing
FIRST_RETRY_S = 15
LONGEST_RETRY_S = 3_600
LONGEST_REST_S = 6 * 3_600  # whoever wants to be left alone for longer is asked again all the same
REMINDER_S = 600  # often enough to be seen, seldom enough to be read
ATTEMPTS = 16  # at what fails for no known reason; with these pauses about eight hours

Jitter = Callable[[], float]  # 0 … 1


class Channel(Protocol):
    """A way to somebody: e-mail, SMS, push."""

    async def send(self, message: Message) -> Receipt | None:
        """Hand it over; what to keep of it. Raises Undeliverable when that is final, Unwanted when nobody wants it
        any more, PutOff when its time has not come, Deferred when it is no fault of the message; anything else is
        tried again, but not for ever."""
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
    closing, tried = Closing(runtime), 0
    for name, channel in channels.items():
        places = Places(limit, limit)
        claims = await _claim(runtime, name, places)
        await asyncio.gather(*(_deliver(Sending(channel, closing, places, jitter), claim) for claim in claims))
        tried += len(claims)
    return tried


async def run(runtime: Runtime, channels: Mapping[str, Channel], stop: asyncio.Event) -> None:
    """Send what is due until `stop` is set; then finish what is under way."""
    closing = Closing(runtime)
    async with asyncio.TaskGroup() as group:
        group.create_task(_tell_what_waits(runtime, channels, stop), name="outbox without channel")
        for name, channel in channels.items():
            sending = Sending(channel, closing, Places(CONCURRENCY, OF_ONE), random.random)
            group.create_task(_serve(runtime, name, sending, stop), name=f"outbox {name}")


async def _tell_what_waits(runtime: Runtime, channels: Collection[str], stop: asyncio.Event) -> None:
    """Say again and again in the log what nobody will send until the installation has a channel for it."""
    while not stop.is_set():
        try:
            async with runtime.reading() as session:
                waiting = await outbox_rows.waiting_without(session, channels)
            if waiting:
                logger.warning("no_transport", extra={"waiting": waiting})
        except Exception:  # a database that is away comes back
            logger.exception("count_failed")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), REMINDER_S)


@dataclass(frozen=True, slots=True)
class Sending:
    """What one loop works with."""

    channel: Channel
    closing: Closing
    places: Places
    jitter: Jitter


async def _serve(runtime: Runtime, name: str, sending: Sending, stop: asyncio.Event) -> None:
    stopped = asyncio.create_task(stop.wait())
    under_way: set[asyncio.Task[None]] = set()
    more = False
    try:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                claims = await _claim_if_possible(runtime, name, sending.places, more=more)
                for claim in claims:
                    task = group.create_task(_deliver(sending, claim))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                more = not sending.places.free(runtime.now())  # where all places were taken there is more
                if not claims:
                    await asyncio.wait({stopped, *under_way}, timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()


async def _claim_if_possible(runtime: Runtime, channel: str, places: Places, *, more: bool) -> list[Claim]:
    if not places.free(runtime.now()):
        return []
    try:
        return await _claim(runtime, channel, places, more=more)
    except Exception:  # a database that is away comes back; the worker must still be here then
        logger.exception("claim_failed", extra={"channel": channel})
        return []


async def _claim(runtime: Runtime, channel: str, places: Places, *, more: bool = False) -> list[Claim]:
    """Take what is due, as much as there are places for. `more`: without asking first whether there is any."""
    now = runtime.now()
    if not more:
        async with runtime.reading() as session:
            if not await outbox_rows.is_due(session, now, channel, places.closed_to(now)):
                return []
    async with runtime.transaction() as tx:
        claims = await outbox_rows.claim(
            tx.session, tx.now, channel, limit=places.free(tx.now), lease=LEASE, room=places.room(tx.now)
        )
        worn_out = [claim for claim in claims if claim.attempt > ATTEMPTS and claim.was_left]
        for claim in worn_out:  # its last attempt ended with the worker: it may be what kills it
            await outbox_rows.mark_dead(tx.session, claim, "never_finished")
    for claim in worn_out:
        logger.error("message_dead", extra=claim.names())
    good = [claim for claim in claims if claim not in worn_out]
    for claim in good:
        places.take(claim.host)
    return good


async def _deliver(sending: Sending, claim: Claim) -> None:
    try:
        await _send(sending, claim)
    except Exception:  # could not even be closed: the lease ends, and somebody sends it again
        logger.exception("closing_failed", extra=claim.names())
    finally:
        sending.places.give(claim.host)


async def _send(sending: Sending, claim: Claim) -> None:
    closing = sending.closing
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            receipt = await sending.channel.send(claim.message)
    except Undeliverable as refusal:
        await closing.give_up(claim, refusal.reason)
    except Unwanted as end:
        await closing.let_go(claim, end.reason)
    except PutOff as delay:
        await closing.put_off(claim, delay.until, delay.reason)
    except Deferred as failure:
        await _again(sending, claim, failure)
    except Exception as failure:
        # The name of the failure only: its text may hold an address.
        if claim.attempt >= ATTEMPTS:
            await closing.give_up(claim, type(failure).__name__)
        else:
            await _again(sending, claim, Deferred(type(failure).__name__))
    else:
        await closing.sent(claim, receipt)


async def _again(sending: Sending, claim: Claim, failure: Deferred) -> None:
    """Try again after a pause, and leave alone whoever asked for it."""
    wanted = min(failure.after_s or 0, LONGEST_REST_S)
    pause = max(pause_s(claim.attempt, sending.jitter()), wanted)
    at = await sending.closing.try_again(claim, timedelta(seconds=pause), failure.reason)
    if wanted:
        rest = timedelta(seconds=pause - wanted)
        sending.places.rest(None if failure.by_all else claim.host, at - rest)
