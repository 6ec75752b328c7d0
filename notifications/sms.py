"""Hands notices to an SMS gateway over HTTP: within a budget, each number within its own limit, each key once.

At least once: a gateway that knows the `Idempotency-Key` sends a second request of the same message to nobody.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp

from ..core.phones import sms_problem
from ..core.runtime import Runtime
from . import store
from .message import Message
from .notice import NoticeText, NoticeWriter
from .outcomes import Deferred, Receipt, Undeliverable
from .retry_after import after_s
from .sms_request import Gateway, folded, request_of

logger = logging.getLogger(__name__)

ANSWER_S = 20
# Refusals that are the installation's fault or pass by themselves: the message waits while it says something.
LATER = frozenset({401, 402, 403, 404, 405, 408, 425, 429})
WARN_FROM = 0.8  # of the day's budget: there is time to raise it


class SmsChannel:
    """A channel of the worker: `message.recipient` is a number in E.164."""

    def __init__(
        self, runtime: Runtime, writer: NoticeWriter, gateway: Gateway, session: aiohttp.ClientSession
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._gateway = gateway
        self._session = session
        self._alarmed: tuple[object, str] | None = None  # day and alarm, so that a log says it once

    async def send(self, message: Message) -> Receipt:
        """Raises Undeliverable or Deferred."""
        now = self._runtime.now()
        if (problem := sms_problem(message.recipient, self._gateway.countries)) is not None:
            raise Undeliverable(problem)
        notice = self._writer.write(message)
        if message.attempt == 1 or not await self._was_taken(message):
            await self._spend(message, now)
            await self._post(message, notice)
        return receipt_of(message, notice)

    async def _was_taken(self, message: Message) -> bool:
        """Whether whoever handed it over ended before it could say so."""
        async with self._runtime.reading() as session:
            return await store.is_delivered(session, delivery_of(message))

    async def _spend(self, message: Message, now: datetime) -> None:
        """Raises when the day's budget, or the number's, is used up; messages under way count."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._runtime.reading() as session:
            spent = await store.count_spent(session, "sms", day, message.recipient)
        if spent.by_number > self._gateway.a_number_a_day:
            logger.error("sms_number_limit", extra={"outbox": message.id})
            raise Undeliverable("number_limit")
        if spent.by_all > self._gateway.a_day:
            self._alarm(day, "sms_budget_spent", spent.by_all)
            raise Deferred("budget_spent")
        if spent.by_all > self._gateway.a_day * WARN_FROM:
            self._alarm(day, "sms_budget_nearly_spent", spent.by_all)

    def _alarm(self, day: datetime, what: str, spent: int) -> None:
        if self._alarmed != (day, what):
            self._alarmed = (day, what)
            logger.error(what, extra={"spent": spent, "budget": self._gateway.a_day})

    async def _post(self, message: Message, notice: NoticeText) -> None:
        values = {"to": message.recipient, "text": folded(notice.plain), "key": delivery_of(message)}
        request = request_of(self._gateway.body, values)
        headers = {
            "Content-Type": request.content_type,
            "Idempotency-Key": values["key"],
            **self._gateway.headers,
        }
        try:
            async with self._session.post(
                self._gateway.url, data=request.body, headers=headers, allow_redirects=False
            ) as answer:
                _check(answer.status, after_s(answer.headers.get("Retry-After"), self._runtime.now()))
        except (aiohttp.ClientError, TimeoutError):
            raise Deferred("unreachable") from None


def _check(status: int, wait_s: float | None) -> None:
    if 200 <= status < 300:
        return
    if status in LATER or status >= 500:
        raise Deferred(f"later: {status}", wait_s, by_all=True)
    raise Undeliverable(f"refused: {status}")


def delivery_of(message: Message) -> str:
    """The same at every attempt, and no more than 64 letters, which gateways take as a reference."""
    return f"sms-{message.id}"


def receipt_of(message: Message, notice: NoticeText) -> Receipt:
    """What is kept of a delivery: never its text."""
    return Receipt(delivery_of(message), notice.title)


class DevelopmentPhone:
    """Takes what would be sent by SMS while the product is tried out; `/dev/outbox` shows it."""

    def __init__(self, writer: NoticeWriter) -> None:
        self._writer = writer

    async def send(self, message: Message) -> Receipt:
        """Note it."""
        return receipt_of(message, self._writer.write(message))


@asynccontextmanager
async def sms_channel(runtime: Runtime, writer: NoticeWriter, gateway: Gateway) -> AsyncIterator[SmsChannel]:
    """The channel, over connections that end with the block."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield SmsChannel(runtime, writer, gateway, session)
